import { resolve } from 'node:path';
import { parseScript } from '@dialog/script/parse';
import { renderFinding } from '@dialog/script/render-finding';
import { parseAccounts } from '@dialog/service-kit/accounts';
import type { Command } from 'commander';
import { examples } from '../options.ts';
import { readText } from '../script/files.ts';

/** `dialogctl accounts check`: the file, and the scripts that it names. Exit code 1 where something is wrong. */
export const checkCommand = (accounts: Command, out: (text: string) => void): void => {
  accounts
    .command('check <file>')
    .description('check an accounts file and the scripts that it names; every problem with its line')
    .addHelpText('after', examples('dialogctl accounts check accounts.yaml'))
    .action((file: string) => {
      const parsed = parseAccounts(readText(file), { file: resolve(file), env: process.env, scripts: true });
      for (const one of parsed.ok ? parsed.warnings : parsed.problems)
        out(`${file}:${one.line}:${one.column} ${parsed.ok ? 'warning' : 'error'} ${one.message}`);
      const wrong = parsed.ok ? [...new Set(parsed.accounts.map(({ scriptFile }) => scriptFile))].flatMap(errorsOf) : [];
      for (const line of wrong) out(line);
      const isFine = parsed.ok && wrong.length === 0;
      if (isFine) out(`${parsed.accounts.length} account(s), fine`);
      process.exitCode = isFine ? 0 : 1;
    });
};

const errorsOf = (file: string): string[] => {
  const text = readText(file);
  const parsed = parseScript(text);
  if (parsed.ok) return [];
  return parsed.findings.filter(({ severity }) => severity === 'error').map((finding) => renderFinding(text, finding, file));
};
