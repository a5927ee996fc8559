import type { Command } from 'commander';
import { ask, type ConsoleOptions, knownAccount, queryOf, withConsole } from '../console-api.ts';
import { duration, table } from '../table.ts';
import { tried, type Waiting } from './waiting-dialog.ts';

/** `dialogctl stuck`: the dialogs that need a hand. */
export const stuckCommand = (program: Command, out: (text: string) => void): void => {
  withConsole(
    program
      .command('stuck')
      .description('dialogs that do not go on, by cause')
      .option('--account <id>', 'of one account')
      .option('--cause <cause>', 'parked, in_doubt, circuit_open, close_overdue, no_progress, queue_too_long'),
  )
    .addHelpText(
      'after',
      "\nExit codes: 0 nothing is stuck, 1 something is, 2 the console can't be asked, refuses, or has not read all histories yet.\n\nExample:\n  dialogctl stuck --cause no_progress",
    )
    .action(async (options: ConsoleOptions & { account?: string; cause?: string }) => {
      const found = (await ask(options, `/api/stuck?${queryOf({ account: options.account, cause: options.cause })}`)) as {
        now: number;
        caughtUp: boolean;
        causes: { cause: string; count: number }[];
        dialogs: (Waiting & { cause: string; reason: string | null })[];
      };
      if (found.causes.length === 0) await knownAccount(options, options.account);
      process.exitCode = found.causes.length > 0 ? 1 : found.caughtUp ? 0 : 2;
      if (options.json === true) return out(JSON.stringify(found));
      if (found.causes.length === 0) return out(found.caughtUp ? 'Nothing is stuck.' : 'Nothing of what was read so far is stuck.');
      const line = (one: (typeof found.dialogs)[number]) => [
        one.cause,
        `${one.account}/${one.chatId}`,
        one.owner ?? '-',
        duration(found.now - one.since),
        one.reason ?? '',
        tried(one.head),
      ];
      out(table(['CAUSE', 'DIALOG', 'OWNER', 'FOR', 'REASON', 'TRIES'], found.dialogs.map(line)));
      for (const { cause, count } of found.causes) {
        const shown = found.dialogs.filter((one) => one.cause === cause).length;
        if (count > shown) out(`and ${count - shown} more: ${cause}`);
      }
    });
};
