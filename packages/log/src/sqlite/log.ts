import type { Clock } from '@dialog/contracts/clock';
import { codeOf } from '@dialog/contracts/errors';
import { inTime } from '@dialog/contracts/in-time';
import { maxRecordBytes } from '@dialog/contracts/topics';
import { damageOf } from '@dialog/sqlite/damage';
import { openDatabase } from '@dialog/sqlite/serve-batches';
import { writerThread } from '@dialog/sqlite/writer-thread';
import { partitionOf } from '../partitioner.ts';
import { type Appended, LogError, type LogErrorCode, type PartitionedLog } from '../port.ts';
import { realNow, sessionMs, sqliteConsumer } from './consumer.ts';
import { logReader } from './reader.ts';
import { schema } from './schema.ts';
import { wakers } from './wakers.ts';
import type { WriterOp, WriterResult } from './writer.ts';

const appendDeadlineMs = 2_000;
const otherDeadlineMs = 10_000;
/** How often compaction and retention run, ms of the clock. */
const cleanPauseMs = 600_000;

/** The partitioned log in one SQLite file: the semantics of Kafka for one machine. Several processes may open the same file. */
export const sqliteLog = ({ file, clock }: { file: string; clock: Clock }): PartitionedLog & { readonly clean: () => Promise<void> } => {
  const db = openDatabase(file, { schema });
  const reader = logReader(db);
  const wake = wakers();
  const closing = new AbortController();
  // Newest append time seen, and when; `logTime` goes on from there.
  let seen = { at: reader.newestAppend(), monotonic: clock.monotonic() };
  // A log that nobody ever wrote to has no time yet: then this machine's.
  const logTime = (): number => (seen.at === 0 ? clock.now() : Math.floor(seen.at + (clock.monotonic() - seen.monotonic)));
  const writer = writerThread<WriterOp, WriterResult>({
    module: new URL('./writer.ts', import.meta.url),
    workerData: { file },
    // Where the machine's clock was set back since the last append, the log's time goes on all the same: standing still, it would let every
    // reply expire and hold every deadline until the clock has caught up.
    clock: { ...clock, now: () => Math.max(clock.now(), logTime()) },
    onCommitted: wake.wake,
  });

  const sawAppend = (at: number): void => {
    if (at >= seen.at + (clock.monotonic() - seen.monotonic) || at > seen.at) seen = { at, monotonic: clock.monotonic() };
  };

  // A deadline guards against this machine's disk, so it runs on the machine's time, however fast the clock is.
  const submit = async (op: WriterOp, deadlineMs: number): Promise<WriterResult> => {
    if (closing.signal.aborted) throw new LogError('closed', 'the log is closed');
    try {
      return await inTime(
        writer.submit(op),
        deadlineMs,
        () => new LogError('timeout', `no acknowledgement within ${deadlineMs} ms; the record may have landed`),
      );
    } catch (error) {
      throw translate(error, file);
    }
  };

  const partitionsOf = (topic: string): number => {
    const partitions = reader.partitions(topic);
    if (partitions === undefined) throw new LogError('unknown_topic', `the topic ${topic} does not exist`);
    return partitions;
  };

  const guarded = async <T>(read: () => T): Promise<T> => {
    if (closing.signal.aborted) throw new LogError('closed', 'the log is closed');
    try {
      return read();
    } catch (error) {
      throw translate(error, file);
    }
  };

  /** Partition by partition, in portions: the appends between them wait for one at most. */
  const clean = async (): Promise<void> => {
    for (const { topic, partitions } of reader.topics()) {
      for (let partition = 0; partition < partitions; partition++) {
        while (await submit({ kind: 'clean', topic, partition }, otherDeadlineMs));
      }
    }
  };

  const cleanForEver = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      await clock.sleep(cleanPauseMs, closing.signal).catch(() => undefined);
      // A failed clean-up is tried at the next turn; nothing depends on its time.
      if (!closing.signal.aborted) await clean().catch(() => undefined);
    }
  };
  void cleanForEver();

  return {
    clean,
    ensureTopics: async (specs) => (await submit({ kind: 'ensure_topics', specs }, otherDeadlineMs)) as readonly string[],
    append: async (records, { timeoutMs = appendDeadlineMs } = {}) => {
      for (const record of records) {
        if ((record.value?.byteLength ?? 0) > maxRecordBytes) {
          throw new LogError('too_large', `a record of ${record.value?.byteLength} bytes; the limit is ${maxRecordBytes}`);
        }
      }
      const written = records.map(({ headers = {}, ...record }) => ({ ...record, headers: JSON.stringify(headers) }));
      const appended = (await submit({ kind: 'append', records: written }, timeoutMs)) as readonly Appended[];
      for (const { appendedAt } of appended) sawAppend(appendedAt);
      return appended;
    },
    consumer: (options) =>
      sqliteConsumer({
        options,
        reader,
        clock,
        wake,
        submit: (op) => submit(op, otherDeadlineMs),
        sawAppend,
        partitionsOf,
      }),
    read: (topic, partition, offset, limit) => guarded(() => reader.records(topic, partition, offset, limit)),
    committed: (group, topic) => guarded(() => reader.committed(group, topic)),
    lag: (group, topic) => guarded(() => reader.lag(group, topic)),
    groups: () => guarded(() => reader.groups(realNow() - sessionMs)),
    setCommitted: async (group, topic, partition, offset) =>
      void (await submit({ kind: 'set_committed', group, topic, partition, offset, realNow: realNow(), sessionMs }, otherDeadlineMs)),
    partitions: (topic) => guarded(() => partitionsOf(topic)),
    partitionFor: (topic, key) => guarded(() => partitionOf(key, partitionsOf(topic))),
    logTime,
    ping: () => guarded(() => void reader.newestAppend()),
    close: async () => {
      if (closing.signal.aborted) return;
      await writer.close();
      closing.abort(new LogError('closed', 'the log is closed'));
      wake.wake();
      db.close();
    },
  };
};

const codes = new Set<string>(['timeout', 'unavailable', 'too_large', 'unknown_topic', 'fenced', 'closed', 'damaged']);

const translate = (error: unknown, file: string): LogError => {
  if (error instanceof LogError) return error;
  const damage = damageOf(error, file);
  if (damage !== undefined) return new LogError('damaged', damage, error);
  const code = codeOf(error);
  return new LogError(code !== undefined && codes.has(code) ? (code as LogErrorCode) : 'unknown', String((error as Error).message), error);
};
