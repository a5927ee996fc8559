import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { createTwoFilesPatch } from 'diff';
import { accountsOf, ask, type ConsoleOptions, knownAccount, type ReasonOptions, withConsole, withReason } from './console-api.ts';
import { cannot } from './exit.ts';
import { examples } from './options.ts';
import { readText } from './script/files.ts';
import { instant } from './table.ts';

type Version = {
  readonly script: string;
  readonly bot: string;
  readonly source: string;
  readonly by: string;
  readonly publishedAt: number;
  readonly current: boolean;
  readonly open: number;
  readonly dialogs: number;
  readonly removed: boolean;
};
type Versions = {
  readonly versions: readonly Version[];
  readonly refused: { readonly script: string; readonly errors: readonly { rule: string; line: number; column: number }[] } | null;
};

/** `dialogctl script publish|list|diff|remove`: versions of a script, by their content's hash; any beginning of it that is unique will do. */
export const scriptVersionCommands = (script: Command, out: (text: string) => void): void => {
  withConsole(
    script
      .command('list <account>')
      .description('its published versions, the last first, and how many dialogs each decided')
      .addHelpText('after', examples('dialogctl script list shop')),
  ).action(async (account: string, options: ConsoleOptions) => {
    const { versions, refused } = await versionsOf(account, options);
    if (options.json === true) return out(JSON.stringify({ versions, refused }));
    if (versions.length === 0) await knownAccount(options, account);
    if (versions.length === 0) return out('Nothing was published.');
    for (const one of versions) {
      const state = one.removed ? 'removed' : one.current ? 'current' : '';
      out(
        `${one.script.slice(0, 12)}  ${state.padEnd(8)} ${instant(one.publishedAt)}  ${one.source.padEnd(8)} ${one.by.padEnd(16)} ${one.bot.padEnd(16)} ${one.dialogs} dialogs, ${one.open} open`,
      );
    }
    for (const error of refused?.errors ?? []) out(`The file as it is now is refused: ${error.line}:${error.column} ${error.rule}`);
  });

  withReason(
    withConsole(
      script
        .command('publish <account> <file-or-version>')
        .description('new chats take it from now on; a dialog keeps the version that it started with')
        .addHelpText('after', examples(...publishing)),
    ),
  ).action(async (account: string, what: string, options: ReasonOptions) => {
    const given = existsSync(what) ? { source: readText(what) } : { script: (await resolve(account, what, options)).script };
    const { by, reason, dryRun = false } = options;
    const path = `/api/accounts/${encodeURIComponent(account)}/scripts`;
    const answer = (await ask(options, path, { ...given, by, reason, dryRun })) as {
      script: string;
      before: string | null;
      warnings: readonly { line: number; column: number; message: string }[];
    };
    if (options.json === true) return out(JSON.stringify(answer));
    for (const warning of answer.warnings) out(`${what}:${warning.line}:${warning.column} warning ${warning.message}`);
    const change = `${answer.before?.slice(0, 12) ?? 'nothing'} → ${answer.script.slice(0, 12)}`;
    out(dryRun ? `A dry run: nothing was done. It would be ${change}.` : `Published: ${change}. New chats take it.`);
  });

  withConsole(
    script
      .command('diff <account> <one> [other]')
      .description('what changed between two versions, or a version and a file; [other]: what is current')
      .addHelpText(
        'after',
        `${examples('dialogctl script diff shop current bot.yaml')}\n\nExit codes: 0 they are the same, 1 they differ, 2 one of them can't be had.`,
      ),
  ).action(async (account: string, one: string, other: string | undefined, options: ConsoleOptions) => {
    const [before, after] = await Promise.all([one, other ?? 'current'].map((name) => sourceOf(account, name, options)));
    if (before === undefined || after === undefined) return;
    const patch = createTwoFilesPatch(before.name, after.name, before.source, after.source, '', '', { context: 3 });
    const same = before.source === after.source;
    if (options.json === true) out(JSON.stringify({ same, patch: same ? '' : patch }));
    else out(same ? 'The same.' : patch.split('\n').slice(1).join('\n').trimEnd());
    process.exitCode = same ? 0 : 1;
  });

  withReason(
    withConsole(
      script
        .command('remove <account> <version>')
        .description('forget a version; refused while a dialog or an account needs it')
        .addHelpText('after', examples('dialogctl script remove shop 3f0c7a5d --reason "a test" --dry-run')),
    ),
  ).action(async (account: string, version: string, options: ReasonOptions) => {
    const { script: hash } = await resolve(account, version, options);
    const { by, reason, dryRun = false } = options;
    const answer = await ask(options, `/api/accounts/${encodeURIComponent(account)}/scripts/${hash}/remove`, { by, reason, dryRun });
    if (options.json === true) return out(JSON.stringify(answer));
    out(dryRun ? `A dry run: nothing was done. ${hash.slice(0, 12)} could be removed.` : `Removed: ${hash.slice(0, 12)}.`);
  });

  script.addHelpText('after', examples('dialogctl script list shop', 'dialogctl script diff shop current bot.yaml', ...publishing));
};

const publishing = [
  'dialogctl script publish shop bot.yaml --reason "new prices"',
  'dialogctl script publish shop 3f0c7a5d --reason "back to the former one"',
];

const versionsOf = async (account: string, options: ConsoleOptions): Promise<Versions> =>
  (await ask(options, `/api/accounts/${encodeURIComponent(account)}/scripts`)) as Versions;

const resolve = async (account: string, name: string, options: ConsoleOptions): Promise<Version> => {
  const { versions } = await versionsOf(account, options);
  const found = versions.filter((one) => (name === 'current' ? one.current : one.script.startsWith(name)));
  if (found.length === 1) return found[0] as Version;
  return cannot(
    found.length === 0 ? `${name} is neither a file nor a version of ${account}` : `${name} names ${found.length} versions of ${account}`,
  );
};

/** The whole hash of a version of which the beginning is given. `account`: whose; undefined: of any. */
export const readVersion = async (given: string, account: string | undefined, options: ConsoleOptions): Promise<string> => {
  if (/^[0-9a-f]{64}$/.test(given)) return given;
  const found = new Set<string>();
  for (const name of account === undefined ? await accountsOf(options) : [account])
    for (const { script } of (await versionsOf(name, options)).versions) if (script.startsWith(given)) found.add(script);
  const [hash] = found;
  if (hash !== undefined && found.size === 1) return hash;
  return cannot(found.size === 0 ? `${given} is no version of a script` : `${given} names ${found.size} versions`);
};

const sourceOf = async (account: string, name: string, options: ConsoleOptions): Promise<{ name: string; source: string }> => {
  if (existsSync(name)) return { name, source: readText(name) };
  const { script, current } = await resolve(account, name, options);
  const { source } = (await ask(options, `/api/scripts/${script}`)) as { source: string };
  return { name: `${script.slice(0, 12)}${current ? ' (current)' : ''}`, source };
};
