import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { acknowledgement } from './acknowledgement.ts';
import { applied } from './applied.ts';
import { type Figure, met } from './figures.ts';
import { fold } from './fold.ts';
import { reply } from './reply.ts';
import { scriptInputs, scriptParse } from './script.ts';

/** Ratios taken in one run; `--only <part of a name>` runs some. The exit code says nothing of the goals: a shared machine is no judge. */
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const dataDir = await mkdtemp(join(tmpdir(), 'dialog-bench-'));
const at = process.argv.indexOf('--only');
const only = at < 0 ? '' : (process.argv[at + 1] ?? '');
const replies = join(dataDir, 'reply');
await mkdir(replies);
const parts: readonly [string, () => Promise<Figure>][] = [
  ['acknowledgement', () => acknowledgement(dataDir)],
  ['applied', () => applied(dataDir)],
  ['reply', () => reply(replies)],
  ['fold', () => fold(join(replies, 'events.db'))],
  ['script-parse', async () => scriptParse()],
  ['script-inputs', async () => scriptInputs()],
];
say(`${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}`);
try {
  for (const [name, measure] of parts) {
    if (!name.includes(only)) continue;
    const figure = await measure();
    say(
      `${met(figure) ? 'met   ' : 'missed'} ${figure.value.toFixed(2)} ${figure.unit} (goal ${figure.atLeast ? '≥' : '<'} ${figure.goal})  ${figure.name}`,
    );
    say(`       ${figure.detail}`);
  }
} finally {
  await rm(dataDir, { recursive: true, force: true });
}
