import type { Command } from 'commander';
import { ask, type ConsoleOptions, withConsole } from '../console-api.ts';
import { duration, instant, table } from '../table.ts';

type Group = {
  group: string;
  topic: string;
  state: string | null;
  lag: number;
  ageMs: number | null;
  inPerSecond: number | null;
  outPerSecond: number | null;
  clearInMs: number | null;
  members: number | null;
};

/** `dialogctl lag`: for a pager too, by its exit code. */
export const lagCommand = (program: Command, out: (text: string) => void): void => {
  withConsole(program.command('lag').description('how far each group is, and whether all is well'))
    .addHelpText(
      'after',
      "\nExit codes: 0 all is well, 1 it is not or it is not known, 2 the console can't be asked.\n\nExample:\n  dialogctl lag || page-somebody",
    )
    .action(async (options: ConsoleOptions) => {
      const report = (await ask(options, '/api/lag')) as { now: number; at: number | null; unknownSince: number | null; groups: Group[] };
      const { parts } = (await ask(options, '/api/parts')) as { parts: { part: string; state: string; since: number | null }[] };
      const isWell =
        report.unknownSince === null &&
        report.groups.every(({ state }) => state === 'OK' || state === null) &&
        parts.every(({ state }) => state !== 'away');
      process.exitCode = isWell ? 0 : 1;
      if (options.json === true) return out(JSON.stringify({ ...report, parts }));
      for (const { part, state, since } of parts)
        if (state === 'away') out(`The ${part} does not answer${since === null ? '' : ` since ${instant(since)}`}.`);
      if (report.unknownSince !== null) return out(`Unknown since ${instant(report.unknownSince)}.`);
      const rate = (value: number | null) => (value === null ? '-' : value.toFixed(1));
      const line = (one: Group) => [
        one.group,
        one.topic,
        one.state ?? 'measuring',
        one.lag,
        duration(one.ageMs),
        rate(one.inPerSecond),
        rate(one.outPerSecond),
        one.lag === 0 ? '-' : duration(one.clearInMs),
        one.members ?? '-',
      ];
      out(table(['GROUP', 'TOPIC', 'STATE', 'WAITING', 'OLDEST', 'IN/S', 'OUT/S', 'CLEAR IN', 'READERS'], report.groups.map(line)));
      out(isWell ? 'All is well.' : 'Not all is well.');
    });
};
