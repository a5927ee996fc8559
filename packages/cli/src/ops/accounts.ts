import type { Command } from 'commander';
import { ask, type ConsoleOptions, withConsole } from '../console-api.ts';
import { examples } from '../options.ts';
import { table } from '../table.ts';

/** `dialogctl accounts`: each account as the console knows it. */
export const accountsCommand = (accounts: Command, out: (text: string) => void): void => {
  withConsole(
    accounts
      .command('list', { isDefault: true })
      .description('how each account’s Webim answers: circuit, rate, errors by code')
      .addHelpText('after', examples('dialogctl accounts list')),
  ).action(async (options: ConsoleOptions) => {
    const found = (await ask(options, '/api/accounts')) as {
      accounts: {
        account: string;
        circuit: string;
        perMinute: number;
        stopped: { by: string } | null;
        open: number;
        inQueue: number;
        parked: number;
        results: { outcome: string; code: string | null; count: number }[];
      }[];
    };
    if (options.json === true) return out(JSON.stringify(found));
    const errors = (results: (typeof found.accounts)[number]['results']) =>
      [...Map.groupBy(results, ({ outcome, code }) => code ?? outcome)]
        .filter(([, [first]]) => first?.outcome !== 'accepted')
        .map(([name, all]) => `${name} ×${all.reduce((sum, { count }) => sum + count, 0)}`)
        .join(', ');
    const line = (one: (typeof found.accounts)[number]) => [
      one.account,
      one.stopped === null ? 'runs' : `stopped by ${one.stopped.by}`,
      one.circuit,
      one.perMinute,
      one.open,
      one.inQueue,
      one.parked,
      errors(one.results),
    ];
    out(table(['ACCOUNT', 'BOT', 'CIRCUIT', 'PER MIN', 'OPEN', 'QUEUE', 'PARKED', 'NOT ACCEPTED'], found.accounts.map(line)));
  });
};
