import type { Command } from 'commander';
import { ask, type ConsoleOptions, knownAccount, queryOf, withConsole } from '../console-api.ts';
import { duration, table } from '../table.ts';

/** `dialogctl timers`. */
export const timersCommand = (program: Command, out: (text: string) => void): void => {
  withConsole(
    program
      .command('timers')
      .description('armed timers, earliest first, with the event that armed each')
      .option('--account <id>', 'of one account')
      .option('--due', 'only those whose time has come')
      .option('--limit <count>', 'at most so many, 1 to 500', '50'),
  )
    .addHelpText('after', '\nExample:\n  dialogctl timers --due')
    .action(async (options: ConsoleOptions & { account?: string; due?: boolean; limit: string }) => {
      const query = queryOf({ account: options.account, state: options.due === true ? 'due' : undefined, limit: options.limit });
      const found = (await ask(options, `/api/timers?${query}`)) as {
        now: number;
        total: number;
        due: number;
        timers: {
          account: string;
          chatId: string;
          name: string;
          at: number;
          state: string;
          setBy: number;
          input: string | null;
          step: string | null;
        }[];
      };
      if (found.total === 0) await knownAccount(options, options.account);
      if (options.json === true) return out(JSON.stringify(found));
      const line = (one: (typeof found.timers)[number]) => [
        `${one.account}/${one.chatId}`,
        one.name,
        one.at > found.now ? `in ${duration(one.at - found.now)}` : `${duration(found.now - one.at)} ago`,
        one.state,
        `event ${one.setBy}, ${one.input ?? '-'}`,
        one.step ?? '',
      ];
      if (found.timers.length > 0) out(table(['DIALOG', 'TIMER', 'DUE', 'STATE', 'ARMED BY', 'STEP'], found.timers.map(line)));
      out(`${found.total} armed, ${found.due} due.`);
    });
};
