import type { StatementSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '@dialog/contracts/clock';
import { inTime } from '@dialog/contracts/in-time';
import { damageOf } from '@dialog/sqlite/damage';
import { openDatabase } from '@dialog/sqlite/serve-batches';
import { writerThread } from '@dialog/sqlite/writer-thread';
import {
  type AppendResult,
  type EventStore,
  EventStoreError,
  type EventStoreErrorCode,
  type ReadOptions,
  type RecordedEvent,
  type SubscribeOptions,
} from '../port.ts';
import { serialise } from '../serialise.ts';
import { schema } from './schema.ts';
import type { WriterOp } from './writer.ts';

const deadlineMs = 10_000;
/** How often other processes' appends are looked for, ms; within the process an append wakes directly. */
const pollMs = 100;
const pageSize = 500;
/** Looked at in one go by a scan: this thread does nothing else meanwhile. */
const positionsAtOnce = 20_000;

/** The event store in one SQLite file. Reads come from the page cache on this thread; writes have a thread of their own. */
export const sqliteEventStore = ({ file, clock }: { file: string; clock: Clock }): EventStore => {
  const db = openDatabase(file, { schema });
  const wakers = new Set<() => void>();
  const writer = writerThread<WriterOp, AppendResult | null>({
    module: new URL('./writer.ts', import.meta.url),
    workerData: { file },
    clock,
    onCommitted: () => {
      for (const wake of [...wakers]) wake();
    },
  });
  let closed = false;

  const columns = 'position, stream, revision, id, type, data, metadata, recorded_at';
  const visible = 'FROM events JOIN streams ON streams.name = events.stream WHERE stream = ? AND revision >= first';
  const forwards = db.prepare(`SELECT ${columns} ${visible} AND revision >= ? ORDER BY revision LIMIT ?`);
  const backwards = db.prepare(`SELECT ${columns} ${visible} AND revision <= ? ORDER BY revision DESC LIMIT ?`);
  const lastPosition = db.prepare('SELECT coalesce(max(position), 0) AS position FROM events');

  const guarded = <T>(read: () => T): T => {
    if (closed) throw new EventStoreError('closed', 'the event store is closed');
    try {
      return read();
    } catch (error) {
      throw translate(error, file);
    }
  };

  // A deadline guards against this machine's disk, so it runs on the machine's time, however fast the clock is.
  const submit = async (op: WriterOp): Promise<AppendResult | null> => {
    if (closed) throw new EventStoreError('closed', 'the event store is closed');
    try {
      return await inTime(
        writer.submit(op),
        deadlineMs,
        () => new EventStoreError('timeout', `no answer within ${deadlineMs} ms; the append may have landed`),
      );
    } catch (error) {
      throw translate(error, file);
    }
  };

  const read = (stream: string, options: ReadOptions): RecordedEvent[] => {
    const back = options.direction === 'backwards';
    const from = options.from ?? (back ? 'end' : 'start');
    const bound = from === 'start' ? 0 : from === 'end' ? Number.MAX_SAFE_INTEGER : from;
    const limit = options.maxCount ?? Number.MAX_SAFE_INTEGER;
    return (back ? backwards : forwards).all(stream, bound, limit).map(recorded);
  };

  /** In order of positions, the streams with one of the prefixes; an empty list: all. Prepared once per list. */
  const scans = new Map<string, StatementSync>();
  const scanOf = (prefixes: readonly string[]): StatementSync => {
    const key = JSON.stringify(prefixes);
    const known = scans.get(key);
    if (known !== undefined) return known;
    // Compared in SQLite: a row that does not fit, with all its data, is not handed over.
    const fits = prefixes.map(() => 'substr(stream, 1, ?) = ?').join(' OR ');
    const where = `position > ? AND position <= ?${prefixes.length === 0 ? '' : ` AND (${fits})`}`;
    const scan = db.prepare(`SELECT ${columns} FROM events WHERE ${where} ORDER BY position LIMIT ?`);
    scans.set(key, scan);
    return scan;
  };

  /** Looks at the next positions after one. @returns what fits, how far it has looked, and whether there is more to look at */
  const scan = (after: number, maxCount: number, prefixes: readonly string[]): { events: RecordedEvent[]; to: number; more: boolean } => {
    const end = Number(lastPosition.get()?.['position']);
    if (end <= after) return { events: [], to: after, more: false };
    const bound = Math.min(end, after + positionsAtOnce);
    const fits = prefixes.flatMap((prefix) => [[...prefix].length, prefix]);
    const events = scanOf(prefixes)
      .all(after, bound, ...fits, maxCount)
      .map(recorded);
    const last = events.length < maxCount ? undefined : events.at(-1);
    const to = last === undefined ? bound : Number(last.position);
    return { events, to, more: to < end };
  };

  const readAll = (after: number, maxCount: number, prefixes: readonly string[]): RecordedEvent[] => {
    const events: RecordedEvent[] = [];
    for (let position = after; ; ) {
      const page = scan(position, maxCount - events.length, prefixes);
      events.push(...page.events);
      if (!page.more || events.length >= maxCount) return events;
      position = page.to;
    }
  };

  async function* subscribe({ after, streamPrefixes, signal, onCaughtUp }: SubscribeOptions): AsyncGenerator<RecordedEvent> {
    let position = positionOf(after);
    const end = guarded(() => Number(lastPosition.get()?.['position']));
    let caughtUp = false;
    while (!signal.aborted && !closed) {
      const woken = nextWake(wakers, signal);
      const page = guarded(() => scan(position, pageSize, streamPrefixes));
      for (const event of page.events) {
        if (signal.aborted) return;
        yield event;
      }
      position = page.to;
      if (!caughtUp && position >= end) {
        caughtUp = true;
        onCaughtUp?.();
      }
      if (page.events.length === 0) await (page.more ? nextTurn() : woken.wait(pollMs));
      woken.cancel();
    }
  }

  return {
    append: async (stream, events, expected) => {
      if (closed) throw new EventStoreError('closed', 'the event store is closed');
      return (await submit({ kind: 'append', stream, events: serialise(events), expected })) as AppendResult;
    },
    read: async (stream, options = {}) => guarded(() => read(stream, options)),
    readAll: async ({ after, maxCount, streamPrefixes = [] }) => guarded(() => readAll(positionOf(after), maxCount, streamPrefixes)),
    subscribe,
    deleteStream: async (stream) => void (await submit({ kind: 'delete', stream })),
    keepNewest: async (stream, count) => void (await submit({ kind: 'keep_newest', stream, count })),
    ping: async () => void guarded(() => lastPosition.get()),
    close: async () => {
      if (closed) return;
      await writer.close();
      closed = true;
      for (const wake of [...wakers]) wake();
      db.close();
    },
  };
};

const positionOf = (after: string): number => (after === 'start' ? 0 : Number(after));

const recorded = (row: Record<string, unknown>): RecordedEvent => ({
  stream: String(row['stream']),
  revision: Number(row['revision']),
  id: String(row['id']),
  type: String(row['type']),
  data: JSON.parse(String(row['data'])),
  metadata: JSON.parse(String(row['metadata'])),
  recordedAt: Number(row['recorded_at']),
  position: String(row['position']),
});

const codes = new Set<string>(['wrong_expected_revision', 'stream_deleted', 'too_large', 'timeout', 'unavailable', 'closed', 'damaged']);

const translate = (error: unknown, file: string): EventStoreError => {
  if (error instanceof EventStoreError) return error;
  const damage = damageOf(error, file);
  if (damage !== undefined) return new EventStoreError('damaged', damage, { cause: error });
  const { code, details } = error as { code?: string; details?: { actual?: number | 'no_stream' } };
  const known = code !== undefined && codes.has(code) ? (code as EventStoreErrorCode) : 'unknown';
  return new EventStoreError(known, String((error as Error).message), {
    cause: error,
    ...(details?.actual === undefined ? {} : { actual: details.actual }),
  });
};

/** Waits for the next append of this process, at most `ms` of real time. Registered before the read that it follows, so that none is missed. */
const nextWake = (wakers: Set<() => void>, signal: AbortSignal) => {
  let done: () => void = () => undefined;
  const woken = new Promise<void>((resolve) => {
    done = resolve;
  });
  wakers.add(done);
  const cancel = (): void => {
    wakers.delete(done);
    signal.removeEventListener('abort', done);
    done();
  };
  signal.addEventListener('abort', done, { once: true });
  return {
    wait: async (ms: number): Promise<void> => {
      const timer = setTimeout(done, ms);
      await woken;
      clearTimeout(timer);
    },
    cancel,
  };
};
