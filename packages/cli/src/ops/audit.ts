import type { Command } from 'commander';
import { ask, type ConsoleOptions, queryOf, withConsole } from '../console-api.ts';
import { examples } from '../options.ts';
import { instant, table } from '../table.ts';

/** `dialogctl audit`. */
export const auditCommand = (program: Command, out: (text: string) => void): void => {
  withConsole(
    program
      .command('audit')
      .description('what operators did: who, what, why, when')
      .option('--account <id>', 'of one account')
      .option('--limit <count>', 'at most so many, 1 to 500', '50')
      .addHelpText('after', examples('dialogctl audit --account shop --limit 200')),
  ).action(async (options: ConsoleOptions & { account?: string; limit: string }) => {
    const { actions } = (await ask(options, `/api/audit?${queryOf({ account: options.account, limit: options.limit })}`)) as {
      actions: {
        account: string;
        action: string;
        by: string;
        reason: string;
        at: number;
        chatId?: string;
        script?: string;
        place?: string;
      }[];
    };
    if (options.json === true) return out(JSON.stringify(actions));
    if (actions.length === 0) return out('Nobody did anything yet.');
    out(
      table(
        ['TIME', 'WHO', 'WHAT', 'WHERE', 'WHY'],
        actions.map((one) => [
          instant(one.at),
          one.by,
          one.action,
          [one.account, one.chatId ?? one.script ?? one.place].filter((part) => part !== undefined).join('/'),
          one.reason,
        ]),
      ),
    );
  });
};
