import { codeOf } from '@dialog/contracts/errors';

/**
 * The port "event store": streams of JSON events with revisions, as EventStoreDB has them.
 * Revisions start at 0. Positions in `$all` are opaque texts that only the adapter compares.
 */
export type NewEvent = {
  /** UUID. The same id at the same place of the same stream makes a repeated append an idempotent success. */
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: unknown;
};

/** An event whose id derives from what is written: it is asked for with the data's JSON. */
export type DerivedEvent = Omit<NewEvent, 'id'> & { readonly id: (dataJson: string) => string };

export type RecordedEvent = {
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: unknown;
  /** The store's time of the append, ms since the Unix epoch. */
  readonly recordedAt: number;
  /**
   * Its place in `$all`; pass it to `subscribe` or `readAll` to go on after it. Events of `readAll` and `subscribe` always have it; those of
   * `read` may have '' where the store does not tell (EventStoreDB's stream reads).
   */
  readonly position: string;
};

/** A revision: append only if the stream's last event has it. `any` and `stream_exists` are best effort in idempotence. */
export type ExpectedRevision = number | 'no_stream' | 'stream_exists' | 'any';

export type AppendResult = {
  /** The revision of the last event of this append (of the original write where it was an idempotent success). */
  readonly revision: number;
  readonly position: string;
};

export type ReadOptions = {
  /** Inclusive. Default: `start` forwards, `end` backwards. */
  readonly from?: number | 'start' | 'end';
  readonly direction?: 'forwards' | 'backwards';
  readonly maxCount?: number;
  /** Read from the leader (a cluster's follower may lag). */
  readonly fromLeader?: boolean;
};

export type SubscribeOptions = {
  /** Exclusive: the event at this position was already handled. `start` for all. */
  readonly after: string | 'start';
  /** Only streams whose name begins with one of these (filtered on the server). */
  readonly streamPrefixes: readonly string[];
  readonly signal: AbortSignal;
  /** Called when all events that existed at the start have been delivered, once. */
  readonly onCaughtUp?: () => void;
};

export type EventStore = {
  /**
   * Appends atomically. Idempotence by event ids as EventStoreDB has it (all ids already in place after the expected revision → success).
   * @throws EventStoreError `wrong_expected_revision` (with `actual`: the head, also where the stream is soft-deleted), `stream_deleted`
   * (`stream_exists` on a soft-deleted stream), `too_large`, `timeout`, `unavailable`
   */
  readonly append: (stream: string, events: readonly (NewEvent | DerivedEvent)[], expected: ExpectedRevision) => Promise<AppendResult>;
  /** An absent stream reads as []. @throws EventStoreError `stream_deleted`, `timeout`, `unavailable` */
  readonly read: (stream: string, options?: ReadOptions) => Promise<RecordedEvent[]>;
  /** Events of all streams in the order of `$all`, at most `maxCount`; exclusive of `after`. */
  readonly readAll: (options: {
    after: string | 'start';
    maxCount: number;
    streamPrefixes?: readonly string[];
  }) => Promise<RecordedEvent[]>;
  /** Live for ever, in the order of `$all`, until the signal; resumes by itself after an outage. */
  readonly subscribe: (options: SubscribeOptions) => AsyncIterable<RecordedEvent>;
  /** Soft delete: the stream reads as absent, its revisions go on counting. */
  readonly deleteStream: (stream: string) => Promise<void>;
  /**
   * Reads of the stream see its newest `count` events only, and what is older goes (SQLite: at once; EventStoreDB: at the next scavenge). Asked for
   * again after each append that is to push one out. Revisions go on counting; a subscription may miss what went.
   */
  readonly keepNewest: (stream: string, count: number) => Promise<void>;
  /** Resolves when one trivial round trip succeeds. @throws EventStoreError */
  readonly ping: () => Promise<void>;
  readonly close: () => Promise<void>;
};

export type EventStoreErrorCode =
  | 'wrong_expected_revision'
  | 'stream_deleted'
  | 'too_large'
  | 'timeout'
  | 'unavailable'
  | 'closed'
  /** The store's file is: nothing gets better by waiting. */
  | 'damaged'
  | 'unknown';

/** Recognise by `code`, not by `instanceof`. `retryable`: the outcome is unknown or the store is away; the same call may be repeated. */
export class EventStoreError extends Error {
  readonly code: EventStoreErrorCode;
  readonly dependency = 'event store';
  readonly retryable: boolean;
  /** `wrong_expected_revision` only. */
  readonly actual: number | 'no_stream' | undefined;
  constructor(code: EventStoreErrorCode, message: string, options: { actual?: number | 'no_stream'; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'EventStoreError';
    this.code = code;
    this.retryable = code === 'timeout' || code === 'unavailable';
    this.actual = options.actual;
  }
}

/** The stream is not where the append expected it: somebody else wrote. */
export const isConflict = (error: unknown): boolean => codeOf(error) === 'wrong_expected_revision';
