import type { Clock } from '@dialog/contracts/clock';
import { type TestContext, vi } from 'vitest';
import type { Assignment, Consumer, ConsumerOptions, LogRecord, NewRecord, PartitionedLog } from '../src/port.ts';

/** What an adapter gives so that the port's suite can run against it. */
export type LogUnderTest = {
  readonly adapter: string;
  /** A fresh log: none of the names that `name` gives out exists in it. */
  readonly open: () => Promise<LogRig>;
  /** False where the log keeps its own time (a cluster): then durations are waited out. */
  readonly clockCanBeSpedUp: boolean;
  /** A member that is silent for so long is given up; real ms. */
  readonly sessionMs: number;
  /** The longest time from a member's silent death to its partitions' next owner, and a rebalance; real ms. */
  readonly takeoverMs: number;
};

export type LogRig = {
  readonly log: PartitionedLog;
  /** The clock that the handles were given. */
  readonly clock: Clock;
  /** `LOG_URL` of this log, for processes of their own. */
  readonly url: string;
  /** A name of a topic or group that nobody else uses. */
  readonly name: (word: string) => string;
  /** A second handle on the same log, as another process has it. */
  readonly another: () => Promise<PartitionedLog>;
  /** Waits until overwritten records of a compacted topic are gone; undefined where that can't be brought about. */
  readonly compacted: ((topic: string) => Promise<void>) | undefined;
  /** Waits until records older than the topic's retention are gone; undefined where that can't be brought about. */
  readonly expired: ((topic: string) => Promise<void>) | undefined;
  /** Closes every handle and removes what was written. */
  readonly destroy: () => Promise<void>;
};

export type Handled = { readonly member: string; readonly generation: number; readonly record: LogRecord };

export type Member = {
  readonly name: string;
  readonly consumer: Consumer;
  /** Records in the order in which they were handed out. */
  readonly handled: readonly Handled[];
  /** Everything that happened to the member, in order. */
  readonly journal: readonly string[];
  /** The assignment that stands. */
  readonly assignment: () => Assignment | undefined;
  /** How `run` ended: undefined while it runs. */
  readonly ended: () => { readonly error: unknown } | undefined;
  readonly stop: (timeoutMs?: number) => Promise<void>;
};

export type MemberOptions = Partial<ConsumerOptions> & { readonly group: string; readonly topic: string; readonly name?: string };

/** Starts a consumer and writes down what happens to it. */
export const startMember = (log: PartitionedLog, options: MemberOptions): Member => {
  const name = options.name ?? 'member';
  const handled: Handled[] = [];
  const journal: string[] = [];
  let assignment: Assignment | undefined;
  let ended: { error: unknown } | undefined;
  const consumer = log.consumer({
    ...options,
    handle: async (record, context) => {
      handled.push({ member: name, generation: context.generation, record });
      journal.push(`handed ${record.partition}:${record.offset}`);
      await options.handle?.(record, context);
    },
    onAssigned: async (next) => {
      journal.push(`assigned ${next.generation}`);
      await options.onAssigned?.(next);
      assignment = next;
    },
    onRevoked: (former) => {
      journal.push(`revoked ${former.generation}`);
      assignment = undefined;
      options.onRevoked?.(former);
    },
  });
  const running = consumer.run().then(
    () => {
      ended = { error: undefined };
    },
    (error: unknown) => {
      ended = { error };
    },
  );
  return {
    name,
    consumer,
    handled,
    journal,
    assignment: () => assignment,
    ended: () => ended,
    stop: async (timeoutMs) => {
      await consumer.stop(timeoutMs);
      await running;
    },
  };
};

/** Polls until the check no longer throws. Real ms: the deadline of a test, never part of what it asserts. */
export const eventually = <T>(check: () => T | Promise<T>, timeoutMs = 20_000): Promise<T> =>
  vi.waitFor(check, { timeout: timeoutMs, interval: 20 });

/** A door that handlers wait at. */
export const gate = (): { readonly wait: () => Promise<void>; readonly open: () => void } => {
  const door = Promise.withResolvers<void>();
  return { wait: () => door.promise, open: () => door.resolve() };
};

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (value: Uint8Array | null): string | null => (value === null ? null : new TextDecoder().decode(value));

/** Numbered records: `count` of them, dealt to the keys in turn. */
export const numbered = (topic: string, keys: readonly string[], count: number, from = 0): NewRecord[] =>
  Array.from({ length: count }, (_, at) => ({ topic, key: keys[at % keys.length] as string, value: bytes(String(from + at)) }));

/** Whole content of a partition, read by pages. */
export const readAll = async (log: PartitionedLog, topic: string, partition: number): Promise<LogRecord[]> => {
  const records: LogRecord[] = [];
  for (let offset = 0; ; ) {
    const page = await log.read(topic, partition, offset, 500);
    records.push(...page);
    const last = page.at(-1);
    if (last === undefined) return records;
    offset = last.offset + 1;
  }
};

/** Says loudly why a case can't be shown with this adapter here, and skips it. */
export const cannot = (context: TestContext, reason: string): never => {
  process.stderr.write(`SKIPPED ${context.task.name}: ${reason}\n`);
  return context.skip(reason);
};
