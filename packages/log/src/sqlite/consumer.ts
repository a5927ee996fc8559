import { type Clock, realClock } from '@dialog/contracts/clock';
import { codeOf, isRetryable } from '@dialog/contracts/errors';
import { type Lanes, lanes as lanesOf } from '../lanes.ts';
import type { Assignment, Consumer, ConsumerOptions } from '../port.ts';
import { newMemberId } from './member-id.ts';
import type { GroupState, LogReader } from './reader.ts';
import type { Wakers } from './wakers.ts';
import type { WriterOp, WriterResult } from './writer.ts';

type Dependencies = {
  readonly options: ConsumerOptions;
  readonly reader: LogReader;
  readonly clock: Clock;
  readonly wake: Wakers;
  readonly submit: (op: WriterOp) => Promise<WriterResult>;
  readonly sawAppend: (at: number) => void;
  readonly partitionsOf: (topic: string) => number;
};

const pollMs = 100;
const fetchLimit = 500;
/** Membership is a matter between processes of one machine: machine's time, not the (possibly fast) clock's. */
export const sessionMs = 10_000;
const heartbeatMs = 1_000;
/** How often the group is looked at, the machine's ms. */
const membershipPauseMs = 50;
/** Clock's ms between commits of a moved offset, and of the note. */
const commitPauseMs = 250;
const notePauseMs = 1_000;

/** The machine's wall time, ms: what processes of one machine share. */
export const realNow = (): number => Math.floor(performance.timeOrigin + performance.now());

export const sqliteConsumer = ({ options, reader, clock, wake, submit, sawAppend, partitionsOf }: Dependencies): Consumer => {
  const { group, topic } = options;
  const member = { group, topic, member: newMemberId() };
  const highWater = options.highWater ?? 2000;
  const lowWater = options.lowWater ?? 500;
  let assignment: Assignment | undefined;
  /** Next offset to fetch, per partition of the assignment. */
  let positions = new Map<number, number>();
  let committed = new Map<number, number>();
  let full = new Set<number>();
  let paused = false;
  let stopping = false;
  let failure: { readonly error: unknown } | undefined;
  let stopped: Promise<void> | undefined;
  let running: Promise<void> | undefined;

  const lanes: Lanes = lanesOf({
    clock,
    concurrency: options.concurrency ?? 64,
    handle: options.handle,
    bypass: options.bypass ?? (() => false),
    onFailure: (error) => {
      failure ??= { error };
      wake.wake();
    },
    onFinished: () => {
      if (full.size > 0) wake.wake();
    },
  });

  let beatAt = Number.NEGATIVE_INFINITY;
  const heartbeat = async (): Promise<void> => {
    if (realNow() - beatAt < heartbeatMs) return;
    beatAt = realNow();
    await beat(assignment?.generation ?? 0);
  };
  const beat = async (generation: number): Promise<void> => {
    await submit({ kind: 'heartbeat', ...member, generation, realNow: realNow(), sessionMs });
  };

  let committedAt = 0;
  let notedAt = 0;
  /** Commits the finished prefixes, and the notes where their time has come or `force`. */
  const commit = async (force: boolean): Promise<void> => {
    if (assignment === undefined) return;
    const now = clock.monotonic();
    const withNotes = options.note !== undefined && (force || now - notedAt >= notePauseMs);
    if (!force && !withNotes && now - committedAt < commitPauseMs) return;
    const partitions = assignment.partitions.flatMap((partition) => {
      const offset = lanes.finishedPrefix(partition);
      if (offset === undefined || (!withNotes && offset === committed.get(partition))) return [];
      return [{ partition, offset, note: options.note?.(partition) ?? null }];
    });
    committedAt = now;
    if (withNotes) notedAt = now;
    if (partitions.length === 0) return;
    const { generation } = assignment;
    try {
      await submit({ kind: 'commit', ...member, generation, partitions });
      for (const { partition, offset } of partitions) committed.set(partition, offset);
    } catch (error) {
      // Fenced: another generation has begun, and the next look at the group says so. Away: the next turn commits. Anything else would go on
      // for ever in silence.
      const code = codeOf(error);
      if (code !== 'fenced' && code !== 'closed' && !isRetryable(error)) throw error;
    }
  };

  let told: Promise<void> | undefined;
  /** That we live, and how far we are: no record waits for that write. */
  const tell = async (): Promise<void> => {
    try {
      await heartbeat();
      await commit(false);
    } catch (error) {
      if (!isRetryable(error)) failure ??= { error };
    } finally {
      told = undefined;
    }
  };

  const revoke = async (): Promise<void> => {
    await told;
    if (assignment === undefined) return;
    await commit(true);
    const revoked = assignment;
    assignment = undefined;
    lanes.revoke();
    options.onRevoked?.(revoked);
  };

  /** Lets go of the former generation, waits until every member has, and takes over its share. */
  const follow = async (state: GroupState): Promise<void> => {
    await revoke();
    if (!state.members.some((one) => one.member === member.member)) {
      beatAt = Number.NEGATIVE_INFINITY;
      await heartbeat();
      return;
    }
    const mine = state.members.find((one) => one.member === member.member);
    if (mine?.released !== state.generation) await beat(state.generation);
    const now = reader.groupState(group, topic);
    if (now.generation !== state.generation || now.members.some((one) => one.released !== state.generation)) return;
    const position = now.members.findIndex((one) => one.member === member.member);
    const all = Array.from({ length: partitionsOf(topic) }, (_, partition) => partition);
    const partitions = all.filter((partition) => partition % now.members.length === position);
    await begin({ generation: now.generation, partitions });
  };

  const begin = async (next: Assignment): Promise<void> => {
    positions = new Map();
    committed = new Map();
    full = new Set();
    const offsets = reader.committed(group, topic);
    for (const partition of next.partitions) {
      if (options.table !== undefined) restore(options.table, partition);
      const offset = offsets[partition]?.offset;
      const { low, high } = reader.bounds(topic, partition);
      const reset = offset !== undefined && (offset < low || offset > high);
      if (reset) options.onOffsetReset?.({ topic, partition, committed: offset, low, high });
      // From the beginning, never from "latest": nothing accepted is skipped.
      const from = offset === undefined || reset ? low : offset;
      positions.set(partition, from);
      if (offset !== undefined && !reset) committed.set(partition, offset);
      lanes.assign(partition, next.generation, from);
    }
    await keepingPlace(next.generation, options.onAssigned?.(next));
    assignment = next;
    notedAt = Number.NEGATIVE_INFINITY;
  };

  /** The owner may take long to take over; the group must not give the member up meanwhile. */
  const keepingPlace = async (generation: number, takeover: Promise<void> | undefined): Promise<void> => {
    const over = new AbortController();
    const beating = async (): Promise<void> => {
      while (!over.signal.aborted) {
        await realClock.sleep(heartbeatMs, over.signal).catch(() => undefined);
        // One that fails is followed by the next.
        if (!over.signal.aborted) await beat(generation).catch(() => undefined);
      }
    };
    const beats = beating();
    try {
      await takeover;
    } finally {
      over.abort();
      await beats;
    }
  };

  const restore = (table: NonNullable<ConsumerOptions['table']>, partition: number): void => {
    let offset = 0;
    for (;;) {
      const page = reader.records(table.topic, partition, offset, fetchLimit);
      for (const record of page) table.onTableRecord(record);
      const last = page.at(-1);
      if (last === undefined || page.length < fetchLimit) return;
      offset = last.offset + 1;
    }
  };

  /** A gap is compaction's, or retention took what was not read yet: that is an alarm. */
  const tellOvertaken = (partition: number, position: number): void => {
    const { low, high } = reader.bounds(topic, partition);
    if (low > position) options.onOffsetReset?.({ topic, partition, committed: position, low, high });
  };

  /** @returns whether anything was fetched. */
  const fetch = (): boolean => {
    if (assignment === undefined || paused) return false;
    let fetched = false;
    const highs = reader.highs(topic);
    for (const partition of assignment.partitions) {
      const queued = lanes.queued(partition);
      if (queued >= highWater) full.add(partition);
      else if (queued <= lowWater) full.delete(partition);
      if (full.has(partition)) continue;
      const position = positions.get(partition) ?? 0;
      if ((highs[partition] ?? 0) <= position) continue;
      const page = reader.records(topic, partition, position, fetchLimit);
      if ((page[0]?.offset ?? position) > position) tellOvertaken(partition, position);
      for (const record of page) {
        sawAppend(record.appendedAt);
        lanes.push(record);
        positions.set(partition, record.offset + 1);
      }
      fetched ||= page.length > 0;
    }
    return fetched;
  };

  const loop = async (): Promise<void> => {
    while (!stopping && failure === undefined) {
      const woken = wake.listen();
      const awake = await turn();
      if (!awake && !stopping && failure === undefined) await woken.wait(pollMs);
    }
    if (failure !== undefined) throw failure.error;
  };

  let turnedAt = performance.now();
  let lookedAt = Number.NEGATIVE_INFINITY;
  /** A new generation waits until we have let go of ours: it may be seen a moment late, and need not be looked for at each record. */
  const hasMoved = (now: Assignment): boolean => {
    if (realNow() - lookedAt < membershipPauseMs) return false;
    lookedAt = realNow();
    return reader.groupState(group, topic).generation !== now.generation;
  };

  /** One turn: membership, records, commits. An outage of the file is waited out. @returns whether there is more to do at once */
  const turn = async (): Promise<boolean> => {
    turnedAt = performance.now();
    try {
      if (assignment === undefined || hasMoved(assignment)) {
        if (assignment === undefined) await heartbeat();
        await follow(reader.groupState(group, topic));
        return assignment !== undefined;
      }
      const fetched = fetch();
      told ??= tell();
      return fetched;
    } catch (error) {
      if (!isRetryable(error)) throw error;
      return false;
    }
  };

  const stop = async (timeoutMs: number): Promise<void> => {
    stopping = true;
    wake.wake();
    const patience = new AbortController();
    await running?.catch(() => undefined);
    await Promise.race([lanes.drain(), clock.sleep(timeoutMs, patience.signal).catch(() => undefined)]);
    patience.abort();
    if (failure === undefined) await revoke();
    await submit({ kind: 'leave', ...member }).catch(() => undefined);
  };

  return {
    run: async () => {
      running = loop();
      await running;
      await stopped;
    },
    stop: (timeoutMs = 5_000) => {
      stopped ??= stop(timeoutMs);
      return stopped;
    },
    report: lanes.report,
    turnedAt: () => turnedAt,
    pause: () => {
      paused = true;
    },
    resume: () => {
      paused = false;
      wake.wake();
    },
  };
};
