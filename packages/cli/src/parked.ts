import type { Command } from 'commander';
import { ask, type ConsoleOptions, type ReasonOptions, subjectPath, withConsole, withReason } from './console-api.ts';
import { examples } from './options.ts';
import { readText } from './script/files.ts';

type Out = (text: string) => void;
type Common = ConsoleOptions;
type Releasing = ReasonOptions;

/** `dialogctl parked …`: asks the console, which owns the way to the log. Exit code 2 where it can't be reached or refuses. */
export const parkedCommands = (program: Command, out: Out): void => {
  const parked = program.command('parked').description('dialogs that stopped at a record which could not be applied');
  const releasing = (command: Command): Command => withReason(withConsole(command));

  withConsole(parked.command('list').description('all of them, with the reason and how many records wait')).action(
    async (options: Common) => {
      const { dialogs, now, caughtUp } = (await ask(options, '/api/parked')) as {
        now: number;
        caughtUp: boolean;
        dialogs: { account: string; chatId: string; records: number; reason: string; oldestAppendedAt: number }[];
      };
      if (options.json === true) return out(JSON.stringify(dialogs));
      if (dialogs.length === 0) return out(caughtUp ? 'Nothing is parked.' : 'Nothing of what was read so far is parked.');
      for (const one of dialogs) {
        const seconds = Math.round((now - one.oldestAppendedAt) / 1000);
        out(
          `${`${one.account}/${one.chatId}`.padEnd(40)} ${one.reason.padEnd(18)} ${String(one.records).padStart(5)} records, oldest ${seconds} s`,
        );
      }
    },
  );

  withConsole(
    parked
      .command('show <dialog>')
      .description(
        'the records that wait, in order; <dialog> is {account}/{chatId}, or {account}/v:{visitor} for what is kept of a person',
      ),
  ).action(async (dialog: string, options: Common) => {
    const { records } = (await ask(options, `/api/parked/${subjectPath(dialog)}`)) as {
      records: { place: string; reason: string; attempts: number; value: string | null }[];
    };
    process.exitCode = records.length === 0 ? 1 : 0;
    if (options.json === true) return out(JSON.stringify(records));
    if (records.length === 0) return out(`${dialog} is not parked.`);
    for (const one of records)
      out(`${one.place}  ${one.reason}${one.attempts > 0 ? `, tried ${one.attempts} times` : ''}\n  ${one.value ?? '(a tombstone)'}`);
  });

  const release = async (dialog: string, options: Releasing, more: object): Promise<void> => {
    const { plan, commandId } = (await ask(options, `/api/parked/${subjectPath(dialog)}/release`, {
      by: options.by,
      reason: options.reason,
      dryRun: options.dryRun === true,
      ...more,
    })) as { commandId: string | null; plan: { place: string; does: string }[] };
    if (options.json === true) return out(JSON.stringify({ commandId, plan }));
    for (const { place, does } of plan) out(`${does.padEnd(12)} ${place}`);
    out(commandId === null ? 'A dry run: nothing was done.' : `Asked (${commandId}); the dialog's history tells what came of it.`);
  };

  releasing(parked.command('retry <dialog>').description('apply its records again, in order')).action(
    (dialog: string, options: Releasing) => release(dialog, options, {}),
  );
  releasing(parked.command('skip <dialog> <places...>').description('leave these records out, apply the others')).action(
    (dialog: string, places: string[], options: Releasing) => release(dialog, options, { skip: places }),
  );
  releasing(parked.command('edit <dialog> <place> <file>').description("apply the file's content in place of that record")).action(
    (dialog: string, place: string, file: string, options: Releasing) =>
      release(dialog, options, { edit: [{ place, value: readText(file) }] }),
  );
  releasing(
    parked
      .command('retry-all <why>')
      .description('apply the records of all dialogs that were parked for this reason, each by a command of its own')
      .option('--skip-first', 'leave out the record that stopped each'),
  ).action(async (why: string, options: Releasing & { readonly skipFirst?: boolean }) => {
    const { dialogs } = (await ask(options, '/api/parked/release', {
      by: options.by,
      reason: options.reason,
      dryRun: options.dryRun === true,
      parkedFor: why,
      skipFirst: options.skipFirst === true,
    })) as { dialogs: { account: string; chatId: string; apply: number; skip: number }[] };
    process.exitCode = dialogs.length === 0 ? 1 : 0;
    if (options.json === true) return out(JSON.stringify(dialogs));
    for (const { account, chatId, apply, skip } of dialogs) out(`${account}/${chatId}  applies ${apply}, leaves out ${skip}`);
    out(dialogs.length === 0 ? `No dialog is parked for ${why}.` : options.dryRun === true ? 'A dry run: nothing was done.' : 'Asked.');
  });
  parked.addHelpText(
    'afterAll',
    examples(
      'dialogctl parked list',
      'dialogctl parked show shop/4711',
      'dialogctl parked retry shop/4711 --reason "the script is repaired"',
      'dialogctl parked skip shop/4711 dialog.inbox/3/1207 --reason "not a webhook" --dry-run',
      'dialogctl parked edit shop/4711 dialog.inbox/3/1207 repaired.json --reason "a brace was lost"',
      'dialogctl parked retry-all decision_failed --reason "the script is repaired" --dry-run',
    ),
  );
};
