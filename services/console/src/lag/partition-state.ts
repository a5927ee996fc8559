/**
 * From samples to states, after Burrow's rules: a judgement over a window of samples, never over one figure. Pure.
 * What is "long" is counted in samples, so that it does not depend on how fast the engine's clock runs.
 */
export type Sample = {
  /** Clock's monotonic ms. */
  readonly at: number;
  /** The log did not answer between this sample and the one before. */
  readonly afterGap: boolean;
  /** Offset of the oldest record that is kept. */
  readonly low: number;
  /** Offset of the next record to come. */
  readonly high: number;
  /** Next offset to read; undefined where the group never committed. */
  readonly committed: number | undefined;
  /** Age of the oldest waiting record, ms; undefined where none waits. */
  readonly ageMs: number | undefined;
  /** Living members of the group; undefined where the log does not know. */
  readonly members: number | undefined;
  /** Log's time of the group's newest own note, ms; undefined where it writes none. */
  readonly notedAt: number | undefined;
  /** The note says that the group has paused itself. */
  readonly paused: boolean;
  /** Parked dialogs whose records come in this partition. */
  readonly parked: number;
};

/** Oldest first; one partition of one topic for one group. */
export type Window = readonly Sample[];

/** Worst first. */
export const partitionStates = [
  'LOSS_RISK',
  'STOPPED',
  'STALLED',
  'REWOUND',
  'PAUSED',
  'FALLING_BEHIND',
  'BLOCKED',
  'CATCHING_UP',
  'OK',
] as const;
export type PartitionState = (typeof partitionStates)[number];

export type Rates = { readonly inPerSecond: number; readonly outPerSecond: number };

/** Samples kept for each partition. */
export const windowSamples = 30;
/** So many samples without a move while records wait: it stands still. */
export const stallSamples = 10;
/** So many samples without a member: a restart or a rebalance takes less. */
export const stopSamples = 5;
/** What waited so many samples ago and is read by now counts as read in time. */
const inTimeSamples = 2;
/** Of a rate's weight, so many samples back count half. */
const halfLifeSamples = 5;
/** A forecast further away than this is none, ms. */
const longestForecastMs = 86_400_000;
/** Records at risk: the next one to read is among this part of the kept ones, counted from the oldest, and it has waited for so long, ms. */
const riskShare = 0.1;
const riskAgeMs = 3_600_000;

export const keep = (window: Window, sample: Sample): Window => [...window, sample].slice(-windowSamples);

/** The offset that is read next. */
const positionOf = ({ low, committed }: Sample): number => Math.max(low, committed ?? low);
export const lagOf = (sample: Sample): number => Math.max(0, sample.high - positionOf(sample));

/** The committed offset went back, or is forgotten: records come again. */
const isRewind = (before: Sample, after: Sample): boolean =>
  before.committed !== undefined && (after.committed === undefined || after.committed < before.committed);

/** The samples since the last gap or rewind: over one of these no difference says how fast anything went. */
const steadyPart = (window: Window): Window => {
  const start = window.findLastIndex((sample, at) => {
    const before = window[at - 1];
    return sample.afterGap || (before !== undefined && isRewind(before, sample));
  });
  return start < 0 ? window : window.slice(start);
};

/** Records a second that came and that were finished: differences, the newest weighing most. Undefined before there are two samples. */
export const ratesOf = (window: Window): Rates | undefined => {
  const samples = steadyPart(window);
  let [seconds, came, finished] = [0, 0, 0];
  for (const [index, after] of samples.entries()) {
    const before = samples[index - 1];
    if (before === undefined || after.at <= before.at) continue;
    const weight = 2 ** ((index + 1 - samples.length) / halfLifeSamples);
    seconds += (weight * (after.at - before.at)) / 1000;
    came += weight * Math.max(0, after.high - before.high);
    // Not the position: records that retention removes unread were not finished by anybody.
    finished += after.committed === undefined ? 0 : weight * Math.max(0, after.committed - (before.committed ?? before.low));
  }
  return seconds === 0 ? undefined : { inPerSecond: came / seconds, outPerSecond: finished / seconds };
};

/** Until nothing waits, ms; null where the group is not gaining, or would need more than a day. */
export const clearInMs = (lag: number, rates: Rates | undefined): number | null => {
  if (lag === 0) return 0;
  const gain = rates === undefined ? 0 : rates.outPerSecond - rates.inPerSecond;
  if (gain <= 0) return null;
  const ms = (lag / gain) * 1000;
  return ms > longestForecastMs ? null : ms;
};

/** @returns undefined while there are too few samples to tell */
export const stateOf = (window: Window): PartitionState | undefined => {
  const newest = window.at(-1);
  if (newest === undefined) return undefined;
  const steady = steadyPart(window);
  const lag = lagOf(newest);
  const wasRewound = window.some((sample, at) => at > 0 && isRewind(window[at - 1] as Sample, sample));
  if (lag > 0 && isAtRisk(newest)) return 'LOSS_RISK';
  if (newest.paused && isNoteAlive(steady)) return 'PAUSED';
  if (lag > 0 && hasStopped(steady)) return 'STOPPED';
  if (isStill(steady)) return 'STALLED';
  if (wasRewound) return 'REWOUND';
  const moving = movingState(lag, steady);
  return newest.parked > 0 && moving !== 'FALLING_BEHIND' ? 'BLOCKED' : moving;
};

const movingState = (lag: number, steady: Window): PartitionState | undefined => {
  const newest = steady.at(-1);
  const earlier = steady.at(-1 - inTimeSamples);
  if (newest === undefined || lag === 0) return 'OK';
  if (earlier === undefined) return undefined;
  if (positionOf(newest) >= earlier.high) return 'OK';
  return clearInMs(lag, ratesOf(steady)) === null ? 'FALLING_BEHIND' : 'CATCHING_UP';
};

/** Retention has removed what the group had not read, or soon will. */
const isAtRisk = (sample: Sample): boolean => {
  if (sample.committed !== undefined && sample.committed < sample.low) return true;
  const kept = sample.high - sample.low;
  return sample.low > 0 && (sample.ageMs ?? 0) >= riskAgeMs && positionOf(sample) - sample.low < riskShare * kept;
};

/** Records wait, and the offset has not moved for long. */
const isStill = (steady: Window): boolean => {
  const last = steady.slice(-stallSamples);
  return last.length === stallSamples && last.every((sample) => lagOf(sample) > 0 && sample.committed === last[0]?.committed);
};

/** Nobody is there to read. Where members are not known: neither the offset nor the group's own note has moved for long. */
const hasStopped = (steady: Window): boolean => {
  const last = steady.slice(-stopSamples);
  if (last.length === stopSamples && last.every(({ members }) => members === 0)) return true;
  const { members, notedAt } = steady.at(-1) ?? {};
  return members === undefined && notedAt !== undefined && isStill(steady) && steady.at(-stallSamples)?.notedAt === notedAt;
};

/** A note stands in the log when its writer is long gone: only one that is written anew counts. */
const isNoteAlive = (steady: Window): boolean => {
  if (steady.at(-1)?.members === 0) return false;
  const last = steady.slice(-stopSamples);
  return last.length < stopSamples || last.some(({ notedAt }) => notedAt !== last[0]?.notedAt);
};

/** Of several partitions: the worst that is known. */
export const worstOf = (states: readonly (PartitionState | null)[]): PartitionState | null =>
  partitionStates.find((state) => states.includes(state)) ?? null;
