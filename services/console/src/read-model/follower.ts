import { setImmediate } from 'node:timers/promises';
import type { Clock } from '@dialog/contracts/clock';
import { codeOf, isRetryable } from '@dialog/contracts/errors';
import type { EventStore, RecordedEvent } from '@dialog/event-store/port';
import type { Logger } from 'pino';
import { within } from '../deadline.ts';
import type { ReadModel } from './read-model.ts';
import type { DialogRow } from './row.ts';
import { RowGap } from './tables.ts';

/** Keeps the read model up to date; while a batch is being written the next one collects. */
export type Follower = {
  /** Until the signal; rejects when it can't go on. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** False until all events that existed at the start are in the rows. */
  readonly caughtUp: () => boolean;
};

export type FollowerOptions = {
  readonly store: EventStore;
  readonly readModel: ReadModel;
  readonly clock: Clock;
  readonly logger: Logger;
  /** After the rows were committed, once caught up. */
  readonly onRows: (rows: readonly DialogRow[]) => void;
  readonly onCaughtUp: () => void;
};

const batchEvents = 500;
const bufferEvents = 2000;
const pageEvents = 500;
const readTimeoutMs = 10_000;
const retryMs = 1_000;

export const follower = ({ store, readModel, clock, logger, onRows, onCaughtUp }: FollowerOptions): Follower => {
  let live = false;

  const take = async (batch: readonly RecordedEvent[]): Promise<void> => {
    for (let left = batch; ; ) {
      try {
        const { rows, duplicates } = await readModel.apply(left);
        if (duplicates > 0) logger.info({ event: 'rows_duplicates_skipped', count: duplicates });
        if (live && rows.length > 0) onRows(rows);
        return;
      } catch (error) {
        if (!(error instanceof RowGap)) throw error;
        const { stream, expected, found } = error;
        logger.warn({ event: 'row_gap', stream, expected, found });
        if (!(await foldAnew(error))) left = left.filter((event) => event.stream !== stream || event.revision > found);
      }
    }
  };

  /** What is left of a stream; of one that was deleted for good nothing. */
  const read = async (stream: string, from: number, maxCount: number): Promise<readonly RecordedEvent[]> => {
    try {
      return await within(readTimeoutMs, 'event store: read', store.read(stream, { from, maxCount, fromLeader: true }));
    } catch (error) {
      if (codeOf(error) === 'stream_deleted') return [];
      throw error;
    }
  };

  /**
   * A stream that was deleted and goes on counts on: what can be read of it is its row. One that nothing can be read of has none: of a stream that was
   * deleted, or grew older than its `$maxAge`, a scavenge leaves the last event in `$all`. @returns whether the row has the event that was delivered
   */
  const foldAnew = async (gap: RowGap): Promise<boolean> => {
    const events: RecordedEvent[] = [];
    for (let from = 0; ; ) {
      const page = await read(gap.stream, from, pageEvents);
      events.push(...page);
      const last = page.at(-1);
      if (last === undefined || page.length < pageEvents) break;
      from = last.revision + 1;
    }
    const row = await readModel.replace(gap.stream, events);
    if (row === undefined) return false;
    if (row.revision < gap.found) throw new Error(`the stream's end lies before revision ${gap.found}, which was delivered`);
    return true;
  };

  /**
   * A store that was restored from an older backup has lost what these rows were made of, and gives its places to other events: those before the
   * checkpoint would never come, and those after it would not fit.
   */
  const notAheadOfStore = async (): Promise<void> => {
    const last = await readModel.lastTaken();
    if (last === undefined) return;
    const { stream, revision } = last;
    const [event] = await read(stream, revision, 1);
    if (event?.id === last.id) return;
    logger.warn({ event: 'read_model_begun_anew', reason: 'ahead_of_store', stream, revision });
    // Of what the rows are made anew from there may be much: until then they are not all there.
    live = false;
    await readModel.clear();
  };

  /** One subscription, to its end. The pump never holds more than `bufferEvents`. */
  const follow = async (signal: AbortSignal): Promise<void> => {
    const buffer: RecordedEvent[] = [];
    const arrived = bell();
    const taken = bell();
    let delivered = false;
    let ended = false;
    await notAheadOfStore();
    const after = await readModel.checkpoint();
    const own = new AbortController();
    const either = AbortSignal.any([signal, own.signal]);
    const pump = async (): Promise<void> => {
      try {
        const events = store.subscribe({
          after,
          streamPrefixes: ['dialog-', 'parked-', 'parkedvisitor-'],
          signal: either,
          onCaughtUp: () => {
            delivered = true;
            arrived.ring();
          },
        });
        for await (const event of events) {
          buffer.push(event);
          arrived.ring();
          while (buffer.length >= bufferEvents && !ended) await taken.heard();
          if (ended) return;
        }
      } finally {
        ended = true;
        arrived.ring();
      }
    };
    const apply = async (): Promise<void> => {
      try {
        for (;;) {
          const batch = buffer.splice(0, batchEvents);
          taken.ring();
          if (batch.length > 0) await take(batch);
          else if (ended) return;
          else if (delivered && !live) {
            live = true;
            logger.info({ event: 'read_model_caught_up' });
            onCaughtUp();
          } else {
            await arrived.heard();
            // One turn of the loop, so that the events of one append are one batch.
            await setImmediate();
          }
        }
      } finally {
        ended = true;
        taken.ring();
        own.abort();
      }
    };
    await Promise.all([pump(), apply()]);
  };

  return {
    caughtUp: () => live,
    run: async (signal) => {
      while (!signal.aborted) {
        try {
          await follow(signal);
        } catch (error) {
          if (signal.aborted) return;
          if (!isRetryable(error)) throw error;
          logger.warn({ event: 'event_store_away', code: codeOf(error) });
        }
        if (signal.aborted) return;
        await clock.sleep(retryMs, signal).catch(() => undefined);
      }
    },
  };
};

/** Wakes who waits; a ring that nobody heard is kept until somebody listens. */
const bell = () => {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring: () => {
      rung = true;
      wake?.();
    },
    heard: async (): Promise<void> => {
      if (!rung) await new Promise<void>((resolve) => (wake = resolve));
      rung = false;
      wake = undefined;
    },
  };
};
