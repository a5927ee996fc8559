import { randomUUID } from 'node:crypto';
import { type Clock, realClock } from '@dialog/contracts/clock';
import { ANY, BACKWARDS, END, type EventStoreDBClient, FORWARDS, START } from '@eventstore/db-client';
import type { Logger } from 'pino';
import {
  type AppendResult,
  type EventStore,
  EventStoreError,
  type ExpectedRevision,
  type ReadOptions,
  type RecordedEvent,
} from '../port.ts';
import { type SerialisedEvent, serialise } from '../serialise.ts';
import { appendStreamOf } from './append-stream.ts';
import { type Connection, connectionTo } from './connection.ts';
import { stallGuard, timedOut, within } from './deadline.ts';
import { isNotLeader, isStreamNotFound, translate } from './errors.ts';
import { followAll } from './follow-all.ts';
import { recorded } from './recorded.ts';
import { resumingSubscription } from './subscribe.ts';

export type EsdbOptions = {
  /** `esdb://[user:password@]host[:port][?option=value]`, also with `+discover` or several hosts. */
  readonly url: string;
  readonly logger?: Logger;
  /** Of deadlines and waits, which guard against a network: the machine's. */
  readonly clock?: Clock;
  /** Longest wait for an answer, or for the next part of one, ms. */
  readonly deadlineMs?: number;
  /** A subscription silent for so long is begun anew from its position, ms. */
  readonly idleMs?: number;
};

/** A call's own gRPC deadline ends before ours, so that the client tells the end of a call itself where it can. */
const graceMs = 500;
/** Never written; no system stream, which only administrators may read. */
const pingStream = 'ping';
const metadataStream = (stream: string): string => `$$${stream}`;
/** How often an append is begun in all, where a repeat is safe. */
const attempts = 3;
const betweenAttemptsMs = 100;

/**
 * The event store in EventStoreDB 23.10 or KurrentDB 25-26, through `@eventstore/db-client` 6.2.1. Where the server asks for users, ours needs
 * to be allowed to read `$all`. The client's defects decide the shape of this file (event-store.md §5):
 *
 * - Appends go on a stream of our own (`append-stream.ts`). Never by the client's batch path: that has no deadline, needs a feature probe whose
 *   failure is cached, and can end the process.
 * - A client that lets our deadline pass is disposed of and built anew.
 * - "Not the leader": the client moves to the leader but does not repeat the call; we do, where a repeat is idempotent.
 */
export const esdbEventStore = (options: EsdbOptions): EventStore => {
  const { logger, clock = realClock, deadlineMs = 10_000, idleMs = 30_000 } = options;
  const connection: Connection = connectionTo(options.url, logger);
  const ending = new AbortController();

  const open = (): void => {
    if (ending.signal.aborted) throw new EventStoreError('closed', 'the event store is closed');
  };

  /** One unary call or append: ends in time; after our own deadline the client is not to be trusted any more. */
  const call = async <T>(perform: (client: EventStoreDBClient) => Promise<T>): Promise<T> => {
    const client = await connection.client();
    try {
      return await within(perform(client), deadlineMs + graceMs);
    } catch (error) {
      if (error instanceof EventStoreError && error.code === 'timeout') await connection.rebuild(client, 'timeout');
      throw error;
    }
  };

  const appendOnce = (stream: string, events: readonly SerialisedEvent[], expected: ExpectedRevision): Promise<AppendResult> =>
    call((client) => appendStreamOf(client).append(stream, events, expected));

  const append = async (stream: string, events: readonly SerialisedEvent[], expected: ExpectedRevision): Promise<AppendResult> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await appendOnce(stream, events, expected);
      } catch (error) {
        const repeatable = isNotLeader(error) && (typeof expected === 'number' || expected === 'no_stream');
        if (!repeatable || attempt === attempts || ending.signal.aborted) throw translate(error);
        logger?.info({ event: 'event_store_append_repeated', attempt, code: translate(error).code });
        await clock.sleep(Math.random() * betweenAttemptsMs * attempt);
      }
    }
  };

  const read = async (stream: string, { direction, from, maxCount, fromLeader = false }: ReadOptions): Promise<RecordedEvent[]> => {
    if (maxCount === 0) return [];
    const client = await connection.client();
    const back = direction === 'backwards';
    const start = from ?? (back ? 'end' : 'start');
    const reading = client.readStream(stream, {
      direction: back ? BACKWARDS : FORWARDS,
      fromRevision: start === 'start' ? START : start === 'end' ? END : BigInt(start),
      requiresLeader: fromLeader,
      ...(maxCount === undefined ? {} : { maxCount }),
    });
    let late: EventStoreError | undefined;
    reading.on('error', (error: Error) => reading.destroy(error));
    const guard = stallGuard(
      deadlineMs,
      clock,
      () => true,
      () => {
        late = timedOut(deadlineMs);
        reading.destroy(late);
        void reading.cancel().catch(() => undefined);
      },
    );
    try {
      const events: RecordedEvent[] = [];
      for await (const resolved of reading) {
        guard.progress();
        const event = recorded(resolved);
        if (event !== undefined) events.push(event);
      }
      if (connection.isDisposed(client)) throw new EventStoreError('unavailable', 'the read was broken off');
      return events;
    } catch (error) {
      if (isStreamNotFound(error)) return [];
      throw translate(late ?? error);
    } finally {
      guard.end();
    }
  };

  /**
   * The client can't filter a read of `$all`, and what does not match may be nearly all of it: so a page is the beginning of a subscription, up
   * to `maxCount` events or to its end.
   */
  const readAll = async (after: string, maxCount: number, streamPrefixes: readonly string[]): Promise<RecordedEvent[]> => {
    const events: RecordedEvent[] = [];
    if (maxCount <= 0) return events;
    const client = await connection.client();
    const done = new AbortController();
    let caughtUp = false;
    const page = followAll({
      client,
      after,
      streamPrefixes,
      signal: AbortSignal.any([done.signal, ending.signal]),
      clock,
      deadlineMs,
      idleMs: deadlineMs,
      onHandledUpTo: () => undefined,
      onCaughtUp: () => {
        caughtUp = true;
        done.abort();
      },
    });
    for await (const event of page) {
      events.push(event);
      if (events.length === maxCount) return events;
    }
    open();
    if (!caughtUp)
      throw connection.isDisposed(client) ? new EventStoreError('unavailable', 'the read was broken off') : timedOut(deadlineMs);
    return events;
  };

  /** A rule in the stream's metadata, written once; what else stands there stays. */
  const keepNewest = async (stream: string, count: number): Promise<void> => {
    const [last] = await read(metadataStream(stream), { direction: 'backwards', maxCount: 1, fromLeader: true });
    const known = (last?.data ?? {}) as { readonly $maxCount?: number; readonly $tb?: number };
    // Soft-deleted: `$tb` is then more than a JavaScript number can say, and there is nothing to keep.
    if (known.$maxCount === count || (known.$tb ?? 0) > Number.MAX_SAFE_INTEGER) return;
    const rule = { id: randomUUID(), type: '$metadata', data: { ...known, $maxCount: count }, metadata: {} };
    await append(metadataStream(stream), serialise([rule]), last?.revision ?? 'no_stream');
  };

  return {
    append: async (stream, events, expected) => {
      open();
      return append(stream, serialise(events), expected);
    },
    read: async (stream, readOptions = {}) => {
      open();
      return read(stream, readOptions);
    },
    readAll: async ({ after, maxCount, streamPrefixes = [] }) => {
      open();
      return readAll(after, maxCount, streamPrefixes);
    },
    subscribe: (subscribeOptions) =>
      resumingSubscription({
        ...subscribeOptions,
        connection,
        signal: AbortSignal.any([subscribeOptions.signal, ending.signal]),
        clock,
        logger,
        deadlineMs,
        idleMs,
      }),
    deleteStream: async (stream) => {
      open();
      try {
        await call((client) => client.deleteStream(stream, { expectedRevision: ANY, requiresLeader: true, deadline: deadlineMs }));
      } catch (error) {
        const translated = translate(error);
        // Nothing is expected: so a conflict says that there is nothing to delete, and not all versions say it.
        if (translated.code !== 'wrong_expected_revision' && translated.code !== 'stream_deleted') throw translated;
      }
    },
    keepNewest: async (stream, count) => {
      open();
      await keepNewest(stream, count);
    },
    ping: async () => {
      open();
      await read(pingStream, { maxCount: 1 });
    },
    close: async () => {
      if (ending.signal.aborted) return;
      ending.abort(new EventStoreError('closed', 'the event store is closed'));
      await connection.release();
    },
  };
};
