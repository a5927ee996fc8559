import type { Clock } from '@dialog/contracts/clock';
import { commitNoteSchema } from '@dialog/contracts/deadline-hint';
import type { PartitionedLog } from '@dialog/log/port';
import { z } from 'zod';
import { within } from '../deadline.ts';

export const partitionLagSchema = z.object({
  partition: z.number().int(),
  low: z.number().int(),
  high: z.number().int(),
  committed: z.number().int().nullable(),
  lag: z.number().int().describe('Records not yet committed'),
  ageMs: z.number().nullable().describe('Age of the oldest record not yet committed, by the log’s time; null where the lag is 0'),
  committedAt: z.number().nullable().describe('Log’s time of the last commit, where the log knows it'),
  behindMs: z.number().nullable().describe('What the group itself reported with its last commit: how far its lanes are behind'),
  reportedAt: z.number().nullable().describe('Log’s time of that report'),
});
export const groupLagSchema = z.object({
  group: z.string(),
  topic: z.string(),
  lag: z.number().int(),
  ageMs: z.number().nullable(),
  partitions: z.array(partitionLagSchema),
});
export const lagReportSchema = z.object({
  /** When the figures were true, ms; null: never yet. */
  at: z.number().nullable().describe('When these figures were true, ms since the epoch; null: there are none yet'),
  unknownSince: z.number().nullable().describe('Since when the log does not answer, ms since the epoch; null: it answers'),
  groups: z.array(groupLagSchema),
});
export type LagReport = z.infer<typeof lagReportSchema>;
export type GroupLag = z.infer<typeof groupLagSchema>;

const askTimeoutMs = 2_000;

/** Asks the log how far each group is. When the log does not answer, the last known figures stay, with the time since when they are unknown. */
export const lagProbe = ({ log, clock }: { readonly log: PartitionedLog; readonly clock: Clock }): (() => Promise<LagReport>) => {
  let known: LagReport = { at: null, unknownSince: null, groups: [] };
  let asking: Promise<LagReport> | undefined;
  const ask = async (): Promise<LagReport> => {
    try {
      const groups = await within(askTimeoutMs, 'log: lag', measure(log));
      known = { at: clock.now(), unknownSince: null, groups };
    } catch {
      known = { ...known, unknownSince: known.unknownSince ?? clock.now() };
    }
    return known;
  };
  return () => {
    asking ??= ask().finally(() => (asking = undefined));
    return asking;
  };
};

const measure = async (log: PartitionedLog): Promise<GroupLag[]> => {
  const pairs = await log.groups();
  const groups = await Promise.all(
    pairs.map(async ({ group, topic }): Promise<GroupLag> => {
      const [lags, commits] = await Promise.all([log.lag(group, topic), log.committed(group, topic)]);
      const now = log.logTime();
      const partitions = lags.map((lag) => {
        const commit = commits.find((one) => one.partition === lag.partition);
        const note = noteOf(commit?.note);
        return {
          partition: lag.partition,
          low: lag.low,
          high: lag.high,
          committed: lag.committed ?? null,
          lag: lag.lag,
          ageMs: lag.oldestUncommittedAt === undefined ? null : Math.max(0, now - lag.oldestUncommittedAt),
          committedAt: commit?.committedAt ?? null,
          behindMs: note?.behindMs ?? null,
          reportedAt: note?.at ?? null,
        };
      });
      const ages = partitions.flatMap(({ ageMs }) => (ageMs === null ? [] : [ageMs]));
      return {
        group,
        topic,
        lag: partitions.reduce((sum, one) => sum + one.lag, 0),
        ageMs: ages.length === 0 ? null : Math.max(...ages),
        partitions: partitions.sort((a, b) => a.partition - b.partition),
      };
    }),
  );
  return groups.sort((a, b) => `${a.group} ${a.topic}`.localeCompare(`${b.group} ${b.topic}`));
};

/** Not every group writes the projector's note: anything else reads as none. */
const noteOf = (note: string | undefined) => {
  if (note === undefined) return undefined;
  try {
    return commitNoteSchema.safeParse(JSON.parse(note)).data;
  } catch {
    return undefined;
  }
};
