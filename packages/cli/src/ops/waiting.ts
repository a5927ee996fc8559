import type { Command } from 'commander';
import { ask, type ConsoleOptions, knownAccount, queryOf, withConsole } from '../console-api.ts';
import { examples } from '../options.ts';
import { duration, table } from '../table.ts';
import { tried, type Waiting } from './waiting-dialog.ts';

/** `dialogctl waiting`: what is on its way, and nothing is wrong with it yet. */
export const waitingCommand = (program: Command, out: (text: string) => void): void => {
  withConsole(
    program
      .command('waiting')
      .description('dialogs in which something is on its way or waits, longest first')
      .option('--account <id>', 'of one account')
      .addHelpText('after', examples('dialogctl waiting --account shop')),
  ).action(async (options: ConsoleOptions & { account?: string }) => {
    const found = (await ask(options, `/api/waiting?${queryOf({ account: options.account })}`)) as {
      now: number;
      count: number;
      dialogs: Waiting[];
    };
    if (found.count === 0) await knownAccount(options, options.account);
    if (options.json === true) return out(JSON.stringify(found));
    if (found.count === 0) return out('Nothing waits.');
    const line = (one: Waiting) => [
      `${one.account}/${one.chatId}`,
      one.owner ?? '-',
      duration(found.now - one.since),
      one.openEffects,
      one.waitingMessages,
      tried(one.head),
    ];
    out(table(['DIALOG', 'OWNER', 'FOR', 'EFFECTS', 'MESSAGES', 'TRIES'], found.dialogs.map(line)));
    if (found.count > found.dialogs.length) out(`and ${found.count - found.dialogs.length} more`);
  });
};
