import { type Clock, realClock } from '@dialog/contracts/clock';
import { commitNoteSchema } from '@dialog/contracts/deadline-hint';
import { codeOf } from '@dialog/contracts/errors';
import { type SubjectId, subjectKey } from '@dialog/contracts/ids';
import { groups as groupNames, topics } from '@dialog/contracts/topics';
import type { PartitionedLog } from '@dialog/log/port';
import type { Logger } from 'pino';
import { within } from '../deadline.ts';
import { keep, type Window } from './partition-state.ts';
import { type GroupLag, groupLag, type LagReport, type PartitionFacts } from './report.ts';
import { prolong, type Trend } from './trend.ts';

export type LagSampler = {
  /** Samples until the signal; an outage of the log does not end it. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** As of the newest sample; waits for the first one. */
  readonly first: () => Promise<LagReport>;
  readonly report: () => LagReport;
  /** When it last began to measure, this process's monotonic ms. */
  readonly turnedAt: () => number;
};

export type LagSamplerOptions = {
  readonly log: PartitionedLog;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Dialogs and visitors that are parked now. */
  readonly parked: () => Promise<readonly SubjectId[]>;
  readonly onReport: (report: LagReport) => void;
  /** Real ms between two samples, however fast the engine's clock is. Default 1 s. */
  readonly everyMs?: number;
};

const longestPauseMs = 10_000;
/** How long one question to the log may take, real ms. */
const askTimeoutMs = 2_000;

/**
 * Measures every group and partition from outside, through the log's port alone, so that a consumer that is stuck or gone can't hide it.
 * While the log does not answer the report says since when, and has no figures: an old 0 would say that all is well.
 */
export const lagSampler = (options: LagSamplerOptions): LagSampler => {
  const { log, clock, logger, everyMs = 1_000 } = options;
  let windows = new Map<string, Window>();
  let trends = new Map<string, Trend>();
  let known: { readonly at: number; readonly groups: readonly GroupLag[] } | undefined;
  let unknownSince: number | undefined;
  let parkedBefore: readonly SubjectId[] = [];
  /** Of those that are parked now. */
  let partitionOfKey: ReadonlyMap<string, number> = new Map();
  const measured = Promise.withResolvers<void>();

  const ask = <T>(what: string, answer: Promise<T>): Promise<T> => within(askTimeoutMs, `log: ${what}`, answer);

  /** Parked dialogs of each partition; an inbox that is not there yet has none. */
  const parkedByPartition = async (): Promise<ReadonlyMap<number, number>> => {
    parkedBefore = await options.parked().catch(() => parkedBefore);
    const counts = new Map<number, number>();
    const partitions = new Map<string, number>();
    for (const id of parkedBefore) {
      const key = subjectKey(id);
      const partition = partitionOfKey.get(key) ?? (await ask('partition', log.partitionFor(topics.inbox, key)));
      partitions.set(key, partition);
      counts.set(partition, (counts.get(partition) ?? 0) + 1);
    }
    partitionOfKey = partitions;
    return counts;
  };

  const measure = async (): Promise<GroupLag[]> => {
    const pairs = await ask('groups', log.groups());
    const measuredWindows = new Map<string, Window>();
    const measuredTrends = new Map<string, Trend>();
    const reports: GroupLag[] = [];
    const parked = pairs.some(({ topic }) => topic === topics.inbox) ? await parkedByPartition() : new Map<number, number>();
    // One question after the other: with Kafka all of them share a connection.
    for (const { group, topic, members } of pairs) {
      const lags = await askOfTopic(ask('lag', log.lag(group, topic)));
      const commits = await askOfTopic(ask('committed', log.committed(group, topic)));
      if (lags === undefined || commits === undefined) continue;
      const at = clock.monotonic();
      // Log's time is known up to the newest record seen; where none came for long, the clock has gone further.
      const now = Math.max(log.logTime(), clock.now());
      const isDialogs = group === groupNames.projector && topic === topics.inbox;
      const facts = lags.map((lag): PartitionFacts => {
        const commit = commits.find((one) => one.partition === lag.partition);
        const note = noteOf(commit?.note);
        const place = `${group}\n${topic}\n${lag.partition}`;
        const window = keep(windows.get(place) ?? [], {
          at,
          afterGap: unknownSince !== undefined,
          low: lag.low,
          high: lag.high,
          committed: lag.committed,
          ageMs: lag.oldestUncommittedAt === undefined ? undefined : Math.max(0, now - lag.oldestUncommittedAt),
          members,
          notedAt: note?.at,
          paused: note?.paused === true,
          parked: isDialogs ? (parked.get(lag.partition) ?? 0) : 0,
        });
        measuredWindows.set(place, window);
        return { partition: lag.partition, committedAt: commit?.committedAt, behindMs: note?.behindMs, window };
      });
      const pair = `${group}\n${topic}`;
      const measuredNow = groupLag(group, topic, facts);
      const trend = prolong(trends.get(pair) ?? [], { at: clock.now(), lag: measuredNow.lag }, unknownSince !== undefined);
      measuredTrends.set(pair, trend);
      reports.push({ ...measuredNow, trend: [...trend] });
    }
    windows = measuredWindows;
    trends = measuredTrends;
    return reports.sort((a, b) => `${a.group}\n${a.topic}`.localeCompare(`${b.group}\n${b.topic}`));
  };

  const tellChanges = (before: readonly GroupLag[], after: readonly GroupLag[]): void => {
    for (const { group, topic, state, lag, ageMs } of after) {
      const former = before.find((one) => one.group === group && one.topic === topic)?.state;
      if (former !== undefined && former !== state && state !== null)
        logger.info({ event: 'lag_state', group, topic, state, former, lag, ageMs });
    }
  };

  const sample = async (): Promise<void> => {
    const startedAt = clock.now();
    try {
      const groups = await measure();
      if (unknownSince !== undefined) logger.info({ event: 'lag_known_again', unknownMs: clock.now() - unknownSince });
      tellChanges(known?.groups ?? [], groups);
      known = { at: clock.now(), groups };
      unknownSince = undefined;
    } catch (error) {
      if (unknownSince === undefined) logger.warn({ event: 'lag_unknown', code: codeOf(error) });
      unknownSince ??= startedAt;
    }
    measured.resolve();
    options.onReport(report());
  };

  const report = (): LagReport => {
    const now = clock.now();
    const figures = known === undefined ? null : { at: known.at, groups: [...known.groups] };
    return unknownSince === undefined
      ? { now, at: figures?.at ?? null, unknownSince: null, groups: figures?.groups ?? [], lastKnown: null }
      : { now, at: null, unknownSince, groups: [], lastKnown: figures };
  };

  let turnedAt = performance.now();
  return {
    turnedAt: () => turnedAt,
    run: async (signal) => {
      while (!signal.aborted) {
        turnedAt = performance.now();
        const began = realClock.monotonic();
        await sample();
        // A cluster with very many groups takes long to ask: then seldomer, so that asking is never most of its work.
        const pauseMs = unknownSince === undefined ? Math.min(longestPauseMs, 2 * (realClock.monotonic() - began)) : 0;
        await realClock.sleep(Math.max(everyMs, pauseMs), signal).catch(() => undefined);
      }
    },
    first: async () => {
      await measured.promise;
      return report();
    },
    report,
  };
};

/** A group may outlive its topic: then there is nothing to measure. */
const askOfTopic = async <T>(answer: Promise<T>): Promise<T | undefined> => {
  try {
    return await answer;
  } catch (error) {
    if (codeOf(error) === 'unknown_topic') return undefined;
    throw error;
  }
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
