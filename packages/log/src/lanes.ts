import type { Clock } from '@dialog/contracts/clock';
import type { HandleContext, LaneReport, LogRecord } from './port.ts';

export type LanesOptions = {
  readonly clock: Clock;
  /** Keys handled at once. */
  readonly concurrency: number;
  readonly handle: (record: LogRecord, context: HandleContext) => Promise<void>;
  readonly bypass: (record: LogRecord) => boolean;
  /** `handle` rejected: a bug; the consumer can't go on, and nothing more is handed out (the key's next record must not overtake). */
  readonly onFailure: (error: unknown) => void;
  /** A record was finished: there may be something to commit, or room for more. */
  readonly onFinished: () => void;
};

/**
 * Per-key lanes: one record at a time per key, in order; keys side by side; per partition the finished prefix is what may be committed.
 * Independent of the log behind it. A slow key delays no other. A handler that outlives its assignment still keeps its key: the key's
 * record of a later generation waits for it, or two of them would work on one dialog.
 */
export type Lanes = {
  /** Begins a partition at an offset, in a generation. What an older generation still finishes is ignored. */
  readonly assign: (partition: number, generation: number, offset: number) => void;
  /** Drops all partitions and what waits; running handlers end unheard, their `live()` is false. */
  readonly revoke: () => void;
  /** Records of a partition in the order of their offsets; those of unassigned partitions are dropped. */
  readonly push: (record: LogRecord) => void;
  /** The next offset to commit: everything below is finished. */
  readonly finishedPrefix: (partition: number) => number | undefined;
  /** Pushed, not finished. */
  readonly queued: (partition: number) => number;
  /** Resolves when nothing is running. Takes no new work from then on. */
  readonly drain: () => Promise<void>;
  readonly report: () => readonly LaneReport[];
};

/**
 * Records begun in one turn of the event loop. What a burst of answers makes ready is begun in such portions: the requests of the first are on
 * their way while the next are decided, and a socket's other words (heartbeats) are heard between them.
 */
const begunPerTurn = 8;

type Entry = { readonly record: LogRecord; started: boolean; done: boolean };

type Partition = {
  readonly generation: number;
  /** Pushed and not yet in the finished prefix, by offset. */
  entries: Entry[];
  /** Entries before this index are finished. */
  head: number;
  prefix: number;
  unfinished: number;
  inFlight: number;
  /** In lanes, not finished. */
  waiting: number;
  /** When one of those was last finished, or the first of them came. */
  standsSince: number;
};

type Lane = { readonly key: string; readonly waiting: Entry[]; running: boolean };

export const lanes = (options: LanesOptions): Lanes => {
  const { clock } = options;
  let partitions = new Map<number, Partition>();
  const byKey = new Map<string, Lane>();
  let ready: Lane[] = [];
  /** Lanes at work, bounded by `concurrency`. */
  let running = 0;
  /** Handlers at work, those of the bypass too. */
  let handling = 0;
  let draining = false;
  let begunThisTurn = 0;
  let turnAwaited = false;
  const idle: (() => void)[] = [];

  const assign = (partition: number, generation: number, offset: number): void => {
    partitions.set(partition, {
      generation,
      entries: [],
      head: 0,
      prefix: offset,
      unfinished: 0,
      inFlight: 0,
      waiting: 0,
      standsSince: clock.monotonic(),
    });
  };

  const push = (record: LogRecord): void => {
    const partition = partitions.get(record.partition);
    if (partition === undefined || draining) return;
    const entry: Entry = { record, started: false, done: false };
    partition.entries.push(entry);
    partition.unfinished += 1;
    if (options.bypass(record)) {
      void run(partition, entry);
      return;
    }
    if (partition.waiting === 0) partition.standsSince = clock.monotonic();
    partition.waiting += 1;
    let lane = byKey.get(record.key);
    if (lane === undefined) {
      lane = { key: record.key, waiting: [], running: false };
      byKey.set(record.key, lane);
    }
    lane.waiting.push(entry);
    if (lane.waiting.length === 1 && !lane.running) ready.push(lane);
    startReady();
  };

  const startReady = (): void => {
    while (!draining && running < options.concurrency && ready.length > 0) {
      if (!turnAwaited) setImmediate(turn);
      turnAwaited = true;
      if (begunThisTurn === begunPerTurn) return;
      begunThisTurn += 1;
      void runLane(ready.shift() as Lane);
    }
  };

  const turn = (): void => {
    turnAwaited = false;
    begunThisTurn = 0;
    startReady();
  };

  const runLane = async (lane: Lane): Promise<void> => {
    const entry = lane.waiting.shift();
    const partition = entry === undefined ? undefined : partitions.get(entry.record.partition);
    if (entry === undefined || partition === undefined) return;
    lane.running = true;
    running += 1;
    await run(partition, entry, lane);
    running -= 1;
    lane.running = false;
    if (lane.waiting.length > 0) ready.push(lane);
    else byKey.delete(lane.key);
    startReady();
  };

  const run = async (partition: Partition, entry: Entry, lane?: Lane): Promise<void> => {
    entry.started = true;
    partition.inFlight += 1;
    handling += 1;
    const live = (): boolean => partitions.get(entry.record.partition) === partition;
    const next = (atMost: number): readonly LogRecord[] =>
      lane === undefined || !live() ? [] : lane.waiting.slice(0, atMost).map(({ record }) => record);
    try {
      await options.handle(entry.record, { generation: partition.generation, live, next });
      if (live()) finish(partition, entry);
    } catch (error) {
      draining = true;
      options.onFailure(error);
    } finally {
      partition.inFlight -= 1;
      handling -= 1;
      if (handling === 0) for (const resolve of idle.splice(0)) resolve();
    }
  };

  const finish = (partition: Partition, entry: Entry): void => {
    entry.done = true;
    partition.unfinished -= 1;
    if (!options.bypass(entry.record)) {
      partition.waiting -= 1;
      partition.standsSince = clock.monotonic();
    }
    advance(partition);
    options.onFinished();
  };

  return {
    assign,
    push,
    revoke: () => {
      partitions = new Map();
      ready = [];
      for (const lane of byKey.values()) {
        lane.waiting.length = 0;
        if (!lane.running) byKey.delete(lane.key);
      }
    },
    finishedPrefix: (partition) => partitions.get(partition)?.prefix,
    queued: (partition) => partitions.get(partition)?.unfinished ?? 0,
    drain: () => {
      draining = true;
      if (handling === 0) return Promise.resolve();
      return new Promise((resolve) => idle.push(resolve));
    },
    report: () =>
      [...partitions].map(([number, partition]) => ({
        partition: number,
        queued: partition.unfinished,
        inFlight: partition.inFlight,
        oldestWaitingAppendedAt: oldestWaiting(partition),
        standsSinceMonotonic: partition.waiting > 0 ? partition.standsSince : clock.monotonic(),
      })),
  };
};

const advance = (partition: Partition): void => {
  const { entries } = partition;
  while (partition.head < entries.length && entries[partition.head]?.done) {
    partition.prefix = (entries[partition.head] as Entry).record.offset + 1;
    partition.head += 1;
  }
  // Amortised: the finished front is cut off once it is the larger half.
  if (partition.head > 256 && partition.head * 2 > entries.length) {
    partition.entries = entries.slice(partition.head);
    partition.head = 0;
  }
};

const oldestWaiting = ({ entries, head }: Partition): number | undefined => {
  for (let at = head; at < entries.length; at++) {
    const entry = entries[at] as Entry;
    if (!entry.started) return entry.record.appendedAt;
  }
  return undefined;
};
