import type { Clock } from '@dialog/contracts/clock';
import { realClock } from '@dialog/contracts/clock';
import type { Batch, Consumer as Client, Kafka } from 'kafkajs';
import { type Lanes, lanes as lanesOf } from '../lanes.ts';
import type { Assignment, Consumer, ConsumerOptions, LogRecord } from '../port.ts';
import { beginningsOf, tableRows } from './beginnings.ts';
import type { Notices, WithAdmin } from './client.ts';
import type { Connection } from './connection.ts';
import { within } from './deadline.ts';
import { isFenced, translate } from './errors.ts';
import { groupMember, heartbeatMs, longPollMs, type MemberEvents } from './member.ts';
import { boundsOf } from './offsets.ts';
import { fromWire } from './record.ts';
import { type Tenure, tenureOf } from './tenure.ts';

type Dependencies = {
  readonly options: ConsumerOptions;
  readonly kafka: Kafka;
  readonly withAdmin: WithAdmin;
  readonly connection: Connection;
  readonly clock: Clock;
  readonly notices: Notices;
  readonly sessionTimeoutMs: number;
  readonly sawAppend: (at: number) => void;
};

/** The clock's ms between commits of a moved offset, and of the note. */
const commitPauseMs = 250;
const notePauseMs = 1_000;
/** Between attempts while the cluster is away, real ms, with full jitter. */
const retryPauseMs = 1_000;
const leaveDeadlineMs = 3_000;
/** Within it a client that is still joining gives up and leaves, ms. */
const stopDeadlineMs = 8_000;

/**
 * One consumer of the client, whose handlers only put records into lanes and return: all partitions of a broker share its fetch loop, and
 * an error that left a handler would stop them all. When the client gives up for good `run` rejects; while the cluster is away a new
 * client is started, for ever.
 */
export const kafkaConsumer = ({
  options,
  kafka,
  withAdmin,
  connection,
  clock,
  notices,
  sessionTimeoutMs,
  sawAppend,
}: Dependencies): Consumer => {
  const { group, topic } = options;
  const cluster = { withAdmin, connection };
  const highWater = options.highWater ?? 2000;
  const lowWater = options.lowWater ?? 500;
  const ending = new AbortController();
  const outcome = Promise.withResolvers<void>();
  let failed = false;
  let client: Client | undefined;
  /** A client that is still joining can't leave: its own life ends it then. */
  let hasJoined = false;
  let looping: Promise<void> = Promise.resolve();
  let tenure: Tenure | undefined;
  let generations = 0;
  let paused = false;
  let stopped: Promise<void> | undefined;
  let running: Promise<void> | undefined;
  /** A former life's member, which the group may still wait for. */
  let formerMember: string | undefined;
  let beginning: Promise<void> = Promise.resolve();

  let turnedAt = performance.now();
  const turns = (): void => {
    turnedAt = performance.now();
  };

  const fail = (error: unknown): void => {
    failed = true;
    outcome.reject(error);
    ending.abort();
  };

  const lanes: Lanes = lanesOf({
    clock,
    concurrency: options.concurrency ?? 64,
    handle: options.handle,
    bypass: options.bypass ?? (() => false),
    onFailure: fail,
    onFinished: () => {
      if (tenure === undefined || tenure.full.size === 0) return;
      for (const partition of tenure.full) {
        if (lanes.queued(partition) <= lowWater) tenure.full.delete(partition);
      }
      steer();
    },
  });

  /** Tells the client which partitions it may fetch. Between two clients there is none to tell. */
  const steer = (): void => {
    const now = tenure;
    if (now === undefined || client === undefined) return;
    const open = now.begun && !paused && !ending.signal.aborted;
    const fetched = open ? now.partitions.filter((partition) => !now.full.has(partition) && !now.looking.has(partition)) : [];
    const held = now.partitions.filter((partition) => !fetched.includes(partition));
    try {
      if (held.length > 0) client.pause([{ topic, partitions: [...held] }]);
      if (fetched.length > 0) client.resume([{ topic, partitions: [...fetched] }]);
    } catch {
      // The client is between two lives; it asks again when it has joined.
    }
  };

  const seek = (partition: number, offset: number): void => {
    try {
      client?.seek({ topic, partition, offset: String(offset) });
    } catch {
      // As above: the next tenure seeks anew.
    }
  };

  /** Ends the tenure: what was finished is committed if the group still knows us, everything else is dropped. */
  const revoke = (withCommit: boolean): Promise<void> => {
    const former = tenure;
    if (former === undefined) return Promise.resolve();
    const committed = withCommit && former.begun ? commit(former, true) : Promise.resolve();
    tenure = undefined;
    lanes.revoke();
    if (former.begun) options.onRevoked?.({ generation: former.generation, partitions: former.partitions });
    return committed;
  };

  const assign = (memberId: string, partitions: readonly number[]): Promise<void> => {
    generations += 1;
    const next = tenureOf(generations, memberId, partitions);
    tenure = next;
    // Before the first fetch of this generation: nothing is taken until its place is known.
    steer();
    // One after the other: the owner hears of the end of a tenure before it hears of the next one.
    formerMember = memberId;
    const earlier = beginning;
    beginning = (async () => {
      await earlier;
      await begin(next);
    })();
    return beginning;
  };

  /** Finds each partition's place, restores the table, tells the owner, opens the tap. */
  const begin = async (next: Tenure): Promise<void> => {
    const stands = (): boolean => tenure === next && !ending.signal.aborted;
    const places = await patiently(stands, () => beginningsOf(cluster, { group, topic }, next.partitions));
    const going = (): boolean => {
      turns();
      return stands();
    };
    const { table } = options;
    const rows: (readonly LogRecord[])[] = [];
    for (const partition of table === undefined ? [] : next.partitions) {
      if (!stands()) return;
      rows.push((await patiently(stands, () => tableRows(cluster, table?.topic ?? '', partition, going))) ?? []);
    }
    if (places === undefined || !stands()) return;
    // Handed over in one go: rows of a tenure that never began would be a stranger's.
    for (const row of rows.flat()) table?.onTableRecord(row);
    for (const place of places) {
      if (place.reset !== undefined) options.onOffsetReset?.(place.reset);
      next.positions.set(place.partition, place.from);
      if (place.committed !== undefined) next.committed.set(place.partition, place.committed);
    }
    const assignment: Assignment = { generation: next.generation, partitions: next.partitions };
    await options.onAssigned?.(assignment);
    if (!stands()) {
      // The group moved on meanwhile: the owner hears both words in order.
      options.onRevoked?.(assignment);
      return;
    }
    for (const [partition, from] of next.positions) {
      lanes.assign(partition, next.generation, from);
      seek(partition, from);
    }
    next.begun = true;
    steer();
  };

  /** Repeats what fails for want of the cluster until it works or no longer matters. */
  const patiently = async <T>(wanted: () => boolean, work: () => Promise<T>): Promise<T | undefined> => {
    while (wanted()) {
      turns();
      try {
        return await work();
      } catch (error) {
        const translated = translate(error);
        // The topic was there when we joined: a broker that has just started may not know it yet.
        if (!translated.retryable && translated.code !== 'unknown_topic') throw error;
        await realClock.sleep(Math.random() * retryPauseMs, ending.signal).catch(() => undefined);
      }
    }
    return undefined;
  };

  const take = (batch: Batch, resolveOffset: (offset: string) => void): void => {
    const now = tenure;
    const position = now?.positions.get(batch.partition);
    if (now === undefined || position === undefined || !now.begun || paused || ending.signal.aborted || now.full.has(batch.partition))
      return;
    const first = Number(batch.firstOffset());
    const last = Number(batch.lastOffset());
    if (first > position && now.gaps.get(batch.partition) !== position) {
      void lookInto(now, batch.partition, position);
      return;
    }
    if (last < position) {
      if (Number(batch.highWatermark) < position) void lookInto(now, batch.partition, position);
      else seek(batch.partition, position);
      return;
    }
    now.positions.set(batch.partition, last + 1);
    for (const message of batch.messages) {
      if (Number(message.offset) < position) continue;
      const record = fromWire(topic, batch.partition, message as Parameters<typeof fromWire>[2]);
      sawAppend(record.appendedAt);
      lanes.push(record);
    }
    resolveOffset(batch.lastOffset());
    if (lanes.queued(batch.partition) >= highWater) {
      now.full.add(batch.partition);
      steer();
    }
  };

  /**
   * The client resets an offset that is out of range in silence: it shows as a jump. A jump over records that still exist is repaired; over
   * what the log no longer has it is an alarm, and the partitions are begun anew.
   */
  const lookInto = async (now: Tenure, partition: number, position: number): Promise<void> => {
    if (now.looking.has(partition)) return;
    now.looking.add(partition);
    steer();
    try {
      const bounds = await patiently(
        () => tenure === now,
        () => withAdmin((to) => boundsOf(to, topic)),
      );
      if (tenure !== now || bounds === undefined) return;
      const { low, high } = bounds.get(partition) ?? { low: 0, high: 0 };
      if (position < low || position > high) options.onOffsetReset?.({ topic, partition, committed: position, low, high });
      if (position > high) {
        await revoke(false);
        await assign(now.memberId, now.partitions);
        return;
      }
      const from = Math.max(position, low);
      now.gaps.set(partition, from);
      now.positions.set(partition, from);
      seek(partition, from);
    } catch (error) {
      fail(error);
    } finally {
      now.looking.delete(partition);
      steer();
    }
  };

  let notedAt = Number.NEGATIVE_INFINITY;
  /** Commits finished prefixes; with their notes all of them, moved or not. The broker refuses a commit of a generation that is over. */
  const commit = async (now: Tenure, all: boolean): Promise<void> => {
    if (now.groupGeneration === undefined) return;
    const offsets = now.partitions.flatMap((partition) => {
      const offset = lanes.finishedPrefix(partition);
      if (offset === undefined || (!all && offset === now.committed.get(partition))) return [];
      return [{ partition, offset, note: options.note?.(partition) ?? null }];
    });
    if (offsets.length === 0) return;
    try {
      await connection.commit({ group, generation: now.groupGeneration, memberId: now.memberId, topic }, offsets);
      for (const { partition, offset } of offsets) now.committed.set(partition, offset);
    } catch (error) {
      // Another owner's business by now, or the cluster is away: the next turn commits. Anything else would go on for ever in silence.
      const { code, retryable } = translate(error);
      if (!retryable && !isFenced(error)) throw error;
      notices.debug({ event: 'kafka_commit_failed', group, topic, code });
    }
  };

  const commitForEver = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      await clock.sleep(commitPauseMs, ending.signal).catch(() => undefined);
      const now = tenure;
      if (ending.signal.aborted || now === undefined || !now.begun || now.groupGeneration === undefined) continue;
      const withNotes = options.note !== undefined && clock.monotonic() - notedAt >= notePauseMs;
      if (withNotes) notedAt = clock.monotonic();
      await commit(now, withNotes);
    }
  };

  /** One life of the client. Resolves when it has ended and a new one may be tried; rejects when it can't go on. */
  const live = async (): Promise<void> => {
    const member = groupMember(kafka, { group, topic, sessionTimeoutMs }, memberEvents);
    client = member.client;
    try {
      await member.subscribe();
      if (ending.signal.aborted) return;
      await member.run();
      if (ending.signal.aborted) return;
      hasJoined = true;
      const error = await Promise.race([member.crashed, aborted(ending.signal)]);
      if (error !== undefined) throw error;
    } finally {
      if (!ending.signal.aborted) {
        await revoke(false);
        client = undefined;
        hasJoined = false;
        void member.client.disconnect().catch(() => undefined);
      } else if (!hasJoined) {
        client = undefined;
        await within(leaveDeadlineMs, 'leave', member.client.disconnect()).catch(() => undefined);
      }
    }
  };

  const guarded = (work: () => Promise<void>): void => {
    try {
      work().catch(fail);
    } catch (error) {
      fail(error);
    }
  };

  const memberEvents: MemberEvents = {
    onRebalancing: () => guarded(() => revoke(true)),
    onJoined: (memberId, partitions) =>
      guarded(() => {
        // Without the word of a rebalance: the group had given us up. Its commits are others' business by now.
        void revoke(false);
        return assign(memberId, partitions);
      }),
    onHeartbeat: (memberId, groupGeneration) => {
      if (tenure?.memberId !== memberId) return;
      // A late answer of the former generation must not stand for this one.
      tenure.groupGeneration = Math.max(tenure.groupGeneration ?? -1, groupGeneration);
      tenure.generationKnown.resolve();
    },
    // One takeover that hangs holds up all.
    onFetched: () => {
      if (tenure === undefined || tenure.begun) turns();
    },
    onBatch: (batch, resolveOffset) => {
      try {
        take(batch, resolveOffset);
      } catch (error) {
        fail(error);
      }
    },
  };

  const loop = async (): Promise<void> => {
    let joinedBefore = false;
    while (!ending.signal.aborted) {
      turns();
      try {
        await connection.partitions(topic);
        if (options.table !== undefined) await connection.partitions(options.table.topic);
        joinedBefore = true;
        // Killed in mid-life with its broker, it could not say goodbye: the group would wait out its session before it gave us anything.
        if (formerMember !== undefined) await connection.leave(group, formerMember);
        formerMember = undefined;
        if (ending.signal.aborted) return;
        await live();
      } catch (error) {
        if (ending.signal.aborted) return;
        const translated = translate(error);
        // A topic that is missing from the start is a mistake; one that a restarting broker does not know yet is an outage.
        const away = translated.retryable || (translated.code === 'unknown_topic' && (joinedBefore || connection.exists(topic)));
        if (!away) throw translated;
        notices.warn({ event: 'kafka_consumer_restarts', group, topic, code: translated.code });
        await realClock.sleep(retryPauseMs / 2 + Math.random() * retryPauseMs, ending.signal).catch(() => undefined);
      }
    }
  };

  const stop = async (timeoutMs: number): Promise<void> => {
    const patience = new AbortController();
    const drained = lanes.drain();
    // Fetching ends at once; commits and heartbeats go on while the rest is finished.
    paused = true;
    steer();
    await Promise.race([
      drained,
      clock.sleep(timeoutMs, patience.signal).catch(() => undefined),
      failed ? Promise.resolve() : new Promise(() => undefined),
    ]);
    patience.abort();
    if (!failed) {
      // The broker takes a commit only under the group's number of this generation: a member that has just joined hears it in a moment.
      const known = tenure?.begun === true ? tenure.generationKnown.promise : Promise.resolve();
      await within(2 * heartbeatMs + longPollMs, 'heartbeat', known).catch(() => undefined);
      await within(leaveDeadlineMs, 'last commit', revoke(true)).catch(() => undefined);
    }
    ending.abort();
    const one = hasJoined ? client : undefined;
    if (one !== undefined) {
      client = undefined;
      await within(leaveDeadlineMs, 'leave', one.disconnect()).catch(() => undefined);
    }
    // Stopped in the middle of joining: a member that nobody stops would keep its partitions for ever.
    await within(stopDeadlineMs, 'loop', looping).catch(() => undefined);
    outcome.resolve();
  };

  return {
    run: () => {
      if (running !== undefined) return running;
      running = outcome.promise;
      looping = loop().catch(fail);
      void commitForEver().catch(fail);
      return running;
    },
    stop: (timeoutMs = 5_000) => {
      stopped ??= stop(timeoutMs);
      return stopped;
    },
    report: lanes.report,
    turnedAt: () => turnedAt,
    pause: () => {
      paused = true;
      steer();
    },
    resume: () => {
      paused = false;
      steer();
    },
  };
};

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
