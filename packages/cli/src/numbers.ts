import { realClock } from '@dialog/contracts/clock';
import type { Counted } from '@dialog/contracts/numbers';
import { parsePinned } from '@dialog/script/parse';
import { scriptGraph } from '@dialog/script-tools/graph/graph';
import { type Flow, toSvg } from '@dialog/script-tools/graph/svg';
import { parseDuration } from '@dialog/service-kit/duration';
import type { Command } from 'commander';
import { ask, type ConsoleOptions, knownAccount, withConsole } from './console-api.ts';
import { cannot } from './exit.ts';
import { writeText } from './script/files.ts';
import { readVersion } from './script-versions.ts';
import { duration, table } from './table.ts';

type Out = (text: string) => void;
type Options = ConsoleOptions & { readonly account?: string; readonly since: string; readonly zone?: string; readonly by?: string };

const periodOf = ({ account, since }: Options): URLSearchParams => {
  const ago = parseDuration(since);
  if (ago === undefined) return cannot(`--since ${since} is no duration: 30d, 12h`);
  const query = new URLSearchParams({ from: String(realClock.now() - ago) });
  if (account !== undefined) query.set('account', account);
  return query;
};

const withPeriod = (command: Command): Command =>
  withConsole(command).option('--account <id>', 'of one account').option('--since <duration>', 'episodes that began no longer ago', '30d');

const share = (value: number): string => `${(value * 100).toFixed(1)} %`;
const figureOf = ({ kind, value, p90 }: Counted): string =>
  value === null ? '-' : kind === 'time' ? `${duration(value)}, 90 % within ${duration(p90)}` : share(value);

/** `dialogctl numbers`, `dialogctl flow`: what the console counts over episodes, by the file of definitions. */
export const numbersCommands = (program: Command, out: Out): void => {
  withPeriod(program.command('numbers').description('what is counted over episodes: handovers, times, returns, where visitors left'))
    .option('--by <size>', 'hour or day, of the series in --json', 'day')
    .option('--zone <zone>', 'time zone of hours and days', 'UTC')
    .addHelpText(
      'after',
      "\nExit codes: 0 all sums check, 1 one does not, 2 the console can't be asked or refuses.\n\nExample:\n  dialogctl numbers --account shop --since 7d --zone Europe/Moscow --json",
    )
    .action(async (options: Options) => {
      const query = periodOf(options);
      query.set('by', options.by ?? 'day');
      query.set('zone', options.zone ?? 'UTC');
      await knownAccount(options, options.account);
      const report = (await ask(options, `/api/numbers?${query}`)) as { version: number; numbers: readonly Counted[] };
      process.exitCode = report.numbers.every(({ wrong }) => wrong.length === 0) ? 0 : 1;
      if (options.json === true) return out(JSON.stringify(report));
      const rows = report.numbers.flatMap((one) => [
        [one.name, one.title.en, one.base, one.count, one.kind === 'parts' || one.kind === 'by' ? '' : figureOf(one)],
        ...one.parts.map(({ part, count, share: of }) => ['', `  ${part ?? '-'}`, '', count, share(of)]),
      ]);
      out(table(['NUMBER', 'MEANS', 'OF', 'COUNT', 'VALUE'], rows));
      for (const { name, wrong } of report.numbers) for (const why of wrong) out(`${name}: ${why}`);
      out(`Definitions: version ${report.version}.`);
    });

  withPeriod(program.command('flow <script>').description('draw a script version with how many dialogs took each way, and where they left'))
    .option('--out <file>', 'the picture, SVG; may be left out with --json')
    .addHelpText('after', '\nExample:\n  dialogctl flow 3f0c7a5d… --account shop --since 7d --out flow.svg')
    .action(async (given: string, options: Options & { readonly out?: string }) => {
      if (options.out === undefined && options.json !== true) return cannot('--out is missing: where the picture goes');
      const script = await readVersion(given, options.account, options);
      const query = periodOf(options);
      query.set('script', script);
      const flow = (await ask(options, `/api/numbers/flow?${query}`)) as Flow;
      if (options.out !== undefined) {
        const { source } = (await ask(options, `/api/scripts/${encodeURIComponent(script)}`)) as { source: string };
        const parsed = parsePinned(source);
        if (!parsed.ok) return cannot('this version of dialogctl can not read the script');
        writeText(options.out, toSvg(scriptGraph(parsed.script), { flow }));
      }
      if (options.json === true) return out(JSON.stringify(flow));
      out(`${options.out}: ${flow.dialogs} dialogs.`);
    });
};
