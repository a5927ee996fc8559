/**
 * The port "partitioned log": topics of keyed records in partitions, consumer groups with committed offsets, append
 * time as the only clock, compaction and retention. Shaped after Kafka; the SQLite adapter has the same semantics.
 */
export type TopicSpec = {
  readonly name: string;
  readonly partitions: number;
  readonly cleanup: 'delete' | 'compact';
  /** `delete` only; ms. Undefined: kept for ever. */
  readonly retentionMs?: number;
};

export type NewRecord = {
  readonly topic: string;
  readonly key: string;
  /** null is a tombstone: compaction removes the key. */
  readonly value: Uint8Array | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: murmur2 of the key, as Kafka's default partitioner has it. */
  readonly partition?: number;
};

export type LogRecord = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
  /** The log's time of the append, ms since the Unix epoch; never runs back within a partition. */
  readonly appendedAt: number;
};

export type Appended = { readonly partition: number; readonly offset: number; readonly appendedAt: number };

/** One assignment of partition numbers to this member; a later one has a higher generation. */
export type Assignment = { readonly generation: number; readonly partitions: readonly number[] };

export type HandleContext = {
  readonly generation: number;
  /** Whether the assignment in which the record was handed out still stands. */
  readonly live: () => boolean;
  /** The next records of its key, at most so many, that wait behind it just now, in order: each will be handed out itself. */
  readonly next: (atMost: number) => readonly LogRecord[];
};

export type ConsumerOptions = {
  readonly group: string;
  /** Its records go to `handle`. */
  readonly topic: string;
  /**
   * A compacted topic with the same partition count, read whole (each assigned partition, to the end as of the
   * assignment) through `onTableRecord` before `onAssigned` is called. Records that come later are not delivered.
   */
  readonly table?: { readonly topic: string; readonly onTableRecord: (record: LogRecord) => void };
  /**
   * One record at a time per key, in order; up to `concurrency` keys at once. Resolved = finished; the committed offset
   * is the end of the finished prefix. It must not reject: a rejection is a bug, stops the consumer and rejects `run()`.
   */
  readonly handle: (record: LogRecord, context: HandleContext) => Promise<void>;
  /** Keys handled at once. Default 64. */
  readonly concurrency?: number;
  /** Records with this predicate true bypass the lanes: handed at once to `handle` in partition order (ticks). */
  readonly bypass?: (record: LogRecord) => boolean;
  /** Queued records per partition above which it is paused, and below which it is resumed. Defaults 2000 / 500. */
  readonly highWater?: number;
  readonly lowWater?: number;
  readonly onAssigned?: (assignment: Assignment) => Promise<void>;
  /** After this no result of the former generation counts; called before the next `onAssigned` and at the stop. */
  readonly onRevoked?: (assignment: Assignment) => void;
  /** The note of each partition's commit, made every second whether the offset moved or not. */
  readonly note?: (partition: number) => string;
  /** An offset that was reset or out of range: an alarm. */
  readonly onOffsetReset?: (info: { topic: string; partition: number; committed: number; low: number; high: number }) => void;
};

export type LaneReport = {
  readonly partition: number;
  /** Fetched, not yet finished. */
  readonly queued: number;
  readonly inFlight: number;
  /** Append time of the oldest record not yet handed to `handle`, or undefined. */
  readonly oldestWaitingAppendedAt: number | undefined;
  /**
   * Clock's monotonic ms since when records of the lanes wait and none was finished; now, where none waits. Those of the bypass don't count: a
   * tick that comes through would hide that nothing else does.
   */
  readonly standsSinceMonotonic: number;
};

export type Consumer = {
  /** Runs until `stop`; rejects when it can't go on (the process must end). */
  readonly run: () => Promise<void>;
  /** Takes no more, waits for what is in flight (bounded by `timeoutMs`), commits, leaves the group. */
  readonly stop: (timeoutMs?: number) => Promise<void>;
  readonly report: () => readonly LaneReport[];
  /**
   * When its loop last turned, this process's monotonic ms. It turns while nothing comes, while paused and while the log is away; where it does
   * not for a minute it is stuck.
   */
  readonly turnedAt: () => number;
  /** Pause and resume all fetching (the store is away). */
  readonly pause: () => void;
  readonly resume: () => void;
};

export type CommittedOffset = {
  readonly partition: number;
  /** Next offset to read; undefined where the group never committed. */
  readonly offset: number | undefined;
  readonly note: string | undefined;
  /** Log's time of the commit where the adapter knows it, ms. */
  readonly committedAt: number | undefined;
};

export type PartitionLag = {
  readonly topic: string;
  readonly partition: number;
  readonly low: number;
  readonly high: number;
  readonly committed: number | undefined;
  /** high − committed, or high − low where nothing was committed. */
  readonly lag: number;
  /** Append time of the oldest record not yet committed, ms; undefined where lag is 0. */
  readonly oldestUncommittedAt: number | undefined;
};

export type PartitionedLog = {
  /** Creates what is missing; @returns settings that differ from the wanted ones (reported, not changed). */
  readonly ensureTopics: (specs: readonly TopicSpec[]) => Promise<readonly string[]>;
  /**
   * Durable when it resolves (all in-sync replicas; fsync for SQLite). At most one append in flight per key; the records of a call are
   * appended in order. In a cluster a record may stand twice: an answer was lost, and the client asked again. @throws LogError `timeout` (it may have landed), `unavailable`, `too_large`, `unknown_topic`
   */
  readonly append: (records: readonly NewRecord[], options?: { timeoutMs?: number }) => Promise<readonly Appended[]>;
  readonly consumer: (options: ConsumerOptions) => Consumer;
  /** Records from `offset` (inclusive) on, at most `limit`; for tools and the console. */
  readonly read: (topic: string, partition: number, offset: number, limit: number) => Promise<readonly LogRecord[]>;
  readonly committed: (group: string, topic: string) => Promise<readonly CommittedOffset[]>;
  readonly lag: (group: string, topic: string) => Promise<readonly PartitionLag[]>;
  /** The group must be empty. */
  readonly setCommitted: (group: string, topic: string, partition: number, offset: number) => Promise<void>;
  /** `members`: those that live and may read the topic now, where the log knows. */
  readonly groups: () => Promise<readonly { readonly group: string; readonly topic: string; readonly members?: number }[]>;
  /** How many partitions a topic has, whatever the configuration says. @throws LogError `unavailable`, `unknown_topic` */
  readonly partitions: (topic: string) => Promise<number>;
  readonly partitionFor: (topic: string, key: string) => Promise<number>;
  /** Newest append time seen in any partition plus the monotonic time since: the log's time, ms. */
  readonly logTime: () => number;
  readonly ping: () => Promise<void>;
  readonly close: () => Promise<void>;
};

export type LogErrorCode = 'timeout' | 'unavailable' | 'too_large' | 'unknown_topic' | 'fenced' | 'closed' | 'damaged' | 'unknown';

/** Recognise by `code`. `timeout`: the record may have landed. `fenced`: a commit of a generation that is over; it stays inside the adapter. `damaged`: its file
 * is; nothing gets better by waiting. */
export class LogError extends Error {
  readonly code: LogErrorCode;
  readonly dependency = 'log';
  readonly retryable: boolean;
  constructor(code: LogErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'LogError';
    this.code = code;
    this.retryable = code === 'timeout' || code === 'unavailable';
  }
}
