import { parseScript } from '@dialog/script/parse';
import { renderFinding } from '@dialog/script/render-finding';
import type { Finding } from '@dialog/script/types';
import { toSarif } from '@dialog/script-tools/sarif';
import type { Command } from 'commander';
import { version } from '../version.ts';
import { readText, scriptFiles } from './files.ts';

type Options = { readonly json?: boolean; readonly sarif?: boolean; readonly strict?: boolean };
type Checked = { readonly file: string; readonly text: string; readonly ok: boolean; readonly findings: readonly Finding[] };

/** `dialogctl script check`: exit code 1 where a file has errors, under `--strict` warnings too. */
export const checkCommand = (script: Command, out: (text: string) => void): void => {
  script
    .command('check <files...>')
    .description('check dialog-script/1 files; every finding with its line, a caret, and what to do about it')
    .option('--strict', 'warnings count as errors')
    .option('--json', 'for pipes')
    .option('--sarif', 'SARIF 2.1.0, for code hosts and editors')
    .addHelpText('after', '\nExamples:\n  dialogctl script check bots/*.yaml\n  dialogctl script check bots --sarif > findings.sarif')
    .action((patterns: readonly string[], options: Options) => {
      const checked = scriptFiles(patterns).map((file) => check(file, options.strict === true));
      const ok = checked.every((one) => one.ok);
      process.exitCode = ok ? 0 : 1;
      if (options.sarif === true) return out(JSON.stringify(toSarif(checked, version), null, 2));
      if (options.json === true) {
        const findings = checked.flatMap((one) => one.findings.map((finding) => ({ file: one.file, ...finding })));
        return out(JSON.stringify({ ok, findings }));
      }
      for (const one of checked) {
        for (const finding of one.findings) out(renderFinding(one.text, finding, one.file));
        out(verdict(one));
      }
    });
};

const check = (file: string, strict: boolean): Checked => {
  const text = readText(file);
  const parsed = parseScript(text);
  const findings = parsed.ok ? parsed.warnings : parsed.findings;
  return { file, text, findings, ok: parsed.ok && !(strict && findings.length > 0) };
};

const verdict = ({ file, ok, findings }: Checked): string => {
  const errors = findings.filter((finding) => finding.severity === 'error').length;
  const counted = [count(errors, 'error'), count(findings.length - errors, 'warning')].filter((part) => part !== '').join(', ');
  if (counted === '') return `${file} is fine`;
  return ok ? `${file} is fine, with ${counted}` : `${file}: ${counted}`;
};

const count = (number: number, what: string): string => (number === 0 ? '' : `${number} ${what}${number === 1 ? '' : 's'}`);
