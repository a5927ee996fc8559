import { z } from 'zod';
import { clearInMs, lagOf, partitionStates, ratesOf, stateOf, type Window, worstOf } from './partition-state.ts';

const perSecond = z.number().nullable();
const clearIn = z
  .number()
  .nullable()
  .describe('Until nothing waits, ms, at the present rates; null: the group is not gaining (or it is not known yet)');

const trendSchema = z
  .array(
    z.object({
      at: z.number().describe('Time here of the newest sample of this point, ms since the epoch'),
      lag: z.number().int().nullable().describe('The largest lag among the samples of this point; null: the log did not answer'),
      samples: z.number().int().describe('Samples in this point; the newest point is still growing'),
    }),
  )
  .describe('Oldest first, at most 60 points; kept in memory, begins anew when the console starts');

const partitionStateSchema = z
  .enum(partitionStates)
  .describe(
    [
      'LOSS_RISK: retention removes records before they are read',
      'STOPPED: records wait and nobody reads',
      'STALLED: records wait and the committed offset does not move',
      'REWOUND: the committed offset went back, records come again',
      'PAUSED: the group has paused itself, what it writes to is away',
      'FALLING_BEHIND: more comes than is finished',
      'BLOCKED: a dialog of this partition is parked, the others go on',
      'CATCHING_UP: behind, and gaining',
      'OK: what comes is read in time',
    ].join('; '),
  );

const partitionLagSchema = z.object({
  partition: z.number().int(),
  state: partitionStateSchema.nullable().describe('null: too few samples to tell'),
  low: z.number().int().describe('Offset of the oldest kept record'),
  high: z.number().int().describe('Offset of the next record to come'),
  committed: z.number().int().nullable(),
  lag: z.number().int().describe('Records not yet committed'),
  ageMs: z.number().nullable().describe('Age of the oldest record not yet committed; null where none waits'),
  inPerSecond: perSecond.describe('Records that come, a second, smoothed'),
  outPerSecond: perSecond.describe('Records that are finished, a second, smoothed'),
  clearInMs: clearIn,
  parked: z.number().int().describe('Parked dialogs whose records come in this partition'),
  committedAt: z.number().nullable().describe('Log’s time of the last commit, where the log knows it'),
  behindMs: z.number().nullable().describe('What the group itself reported with its last commit: how far its lanes are behind'),
  reportedAt: z.number().nullable().describe('Log’s time of that report'),
});
export type PartitionLag = z.infer<typeof partitionLagSchema>;

const groupLagSchema = z.object({
  group: z.string(),
  topic: z.string(),
  state: partitionStateSchema.nullable().describe('The worst of its partitions'),
  members: z.number().int().nullable().describe('Living members, where the log knows'),
  lag: z.number().int(),
  ageMs: z.number().nullable(),
  inPerSecond: perSecond,
  outPerSecond: perSecond,
  clearInMs: clearIn.describe('Until the last partition that is behind has nothing waiting, ms; null where one of them is not gaining'),
  behindMs: z.number().nullable().describe('The largest of what the partitions’ notes say'),
  trend: trendSchema,
  partitions: z.array(partitionLagSchema),
});
export type GroupLag = z.infer<typeof groupLagSchema>;

export const lagReportSchema = z.object({
  now: z.number().describe('Time here, ms since the epoch'),
  at: z.number().nullable().describe('When these figures were true; null: there are none, see unknownSince'),
  unknownSince: z.number().nullable().describe('Since when the log does not answer, ms since the epoch; null: it answers'),
  groups: z.array(groupLagSchema).describe('Empty while the lag is unknown: an old figure is not a figure'),
  lastKnown: z
    .object({ at: z.number(), groups: z.array(groupLagSchema) })
    .nullable()
    .describe('While the lag is unknown: what it was before; null otherwise, or where it was never known'),
});
export type LagReport = z.infer<typeof lagReportSchema>;

/** What one sample says of a partition beside what the window needs. */
export type PartitionFacts = {
  readonly partition: number;
  readonly committedAt: number | undefined;
  readonly behindMs: number | undefined;
  readonly window: Window;
};

const partitionLag = ({ partition, committedAt, behindMs, window }: PartitionFacts): PartitionLag[] => {
  const newest = window.at(-1);
  if (newest === undefined) return [];
  const lag = lagOf(newest);
  const rates = ratesOf(window);
  return [
    {
      partition,
      state: stateOf(window) ?? null,
      low: newest.low,
      high: newest.high,
      committed: newest.committed ?? null,
      lag,
      ageMs: newest.ageMs ?? null,
      inPerSecond: rates?.inPerSecond ?? null,
      outPerSecond: rates?.outPerSecond ?? null,
      clearInMs: clearInMs(lag, rates),
      parked: newest.parked,
      committedAt: committedAt ?? null,
      behindMs: behindMs ?? null,
      reportedAt: newest.notedAt ?? null,
    },
  ];
};

/** Of one moment: its trend is empty, for only the sampler knows the moments before. */
export const groupLag = (group: string, topic: string, facts: readonly PartitionFacts[]): GroupLag => {
  const partitions = facts.flatMap(partitionLag).sort((a, b) => a.partition - b.partition);
  const late = partitions.filter(({ state }) => state !== 'OK');
  return {
    group,
    topic,
    state: worstOf(partitions.map(({ state }) => state)),
    members: facts[0]?.window.at(-1)?.members ?? null,
    lag: partitions.reduce((sum, one) => sum + one.lag, 0),
    ageMs: largest(partitions.map(({ ageMs }) => ageMs)),
    inPerSecond: sumOf(partitions.map(({ inPerSecond }) => inPerSecond)),
    outPerSecond: sumOf(partitions.map(({ outPerSecond }) => outPerSecond)),
    clearInMs: late.some((one) => one.clearInMs === null) ? null : (largest(late.map((one) => one.clearInMs)) ?? 0),
    behindMs: largest(partitions.map(({ behindMs }) => behindMs)),
    trend: [],
    partitions,
  };
};

const known = (values: readonly (number | null)[]): number[] => values.filter((value) => value !== null);
const largest = (values: readonly (number | null)[]): number | null => {
  const numbers = known(values);
  return numbers.length === 0 ? null : Math.max(...numbers);
};
const sumOf = (values: readonly (number | null)[]): number | null => {
  const numbers = known(values);
  return numbers.length === 0 ? null : numbers.reduce((sum, value) => sum + value, 0);
};
