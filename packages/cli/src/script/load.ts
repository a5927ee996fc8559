import { parseScript, type Script } from '@dialog/script/parse';
import { renderFinding } from '@dialog/script/render-finding';
import { readText } from './files.ts';

/** A script that runs; where it has errors they are shown and the command ends with exit code 1. */
export const loadScript = (file: string): Script => {
  const text = readText(file);
  const parsed = parseScript(text);
  if (parsed.ok) return parsed.script;
  for (const finding of parsed.findings) process.stderr.write(`${renderFinding(text, finding, file)}\n`);
  process.stderr.write(`${file} has errors\n`);
  process.exit(1);
};
