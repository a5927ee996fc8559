import { realClock } from '@dialog/contracts/clock';
import { inTime } from '@dialog/contracts/in-time';
import type { Kafka, Producer, RecordMetadata } from 'kafkajs';
import { partitionOf } from '../partitioner.ts';
import { type Appended, LogError, type NewRecord } from '../port.ts';
import { asExisting } from './connection.ts';
import { within } from './deadline.ts';
import { isBroken, translate } from './errors.ts';

export type Appender = {
  readonly append: (records: readonly NewRecord[], timeoutMs: number) => Promise<readonly Appended[]>;
  readonly close: () => Promise<void>;
};

/** One record on its way. */
type Waiting = {
  readonly partition: number;
  readonly record: NewRecord;
  readonly bytes: number;
  readonly call: Call;
  readonly resolve: (place: Appended) => void;
};

/** The records of one `append` in one topic: an error of one ends them all, or a later one would stand before it. */
type Call = { begun: boolean; over: boolean; readonly fail: (error: LogError) => void };

/** A batch at most, per partition: the broker takes 1 MiB with its overhead. */
const batchBytes = 900_000;
const batchRecords = 2_000;
/** A record with key and headers at most, bytes. */
const wholeRecordBytes = 1_000_000;
/** The client settles a send in about 4 s whatever happens; one that does not is given up, and the client with it. */
const sendDeadlineMs = 10_000;
const connectDeadlineMs = 5_000;

/**
 * One send at a time per topic, which carries everything that came meanwhile (group commit): so never two in flight for one key, which the
 * broker could turn round. `idempotent` stays false: with it kafkajs 2.2.4 loses acknowledged records when a Produce answer is lost.
 * A repeated record may stand twice in the log; that is the reader's business.
 */
export const appender = (kafka: Kafka, partitions: (topic: string) => Promise<number>): Appender => {
  const topics = new Map<string, TopicSender>();
  const producers = producerOf(kafka);
  let closed = false;
  let entering: Promise<unknown> = Promise.resolve();

  const append = async (records: readonly NewRecord[], timeoutMs: number): Promise<readonly Appended[]> => {
    if (closed) throw new LogError('closed', 'the log is closed');
    for (const record of records) {
      if (sizeOf(record) > wholeRecordBytes) throw new LogError('too_large', 'a record with its headers of more than 1,000,000 bytes');
    }
    const until = realClock.monotonic() + timeoutMs;
    const names = [...new Set(records.map((record) => record.topic))];
    const counts = await partitionsInTurn(names, timeoutMs);
    for (const record of records) {
      if (record.partition !== undefined && record.partition >= (counts.get(record.topic) ?? 0)) {
        throw new LogError('unknown_topic', `the topic ${record.topic} has no partition ${record.partition}`);
      }
    }
    if (closed) throw new LogError('closed', 'the log is closed');
    const places: Appended[] = [];
    await Promise.all(
      names.map(async (name) => {
        const positions = [...records.keys()].filter((at) => records[at]?.topic === name);
        const mine = positions.map((at) => records[at] as NewRecord);
        const sent = await senderOf(name).send(mine, counts.get(name) ?? 0, until - realClock.monotonic());
        for (const [at, position] of positions.entries()) places[position] = sent[at] as Appended;
      }),
    );
    return places;
  };

  /** Calls go on in the order in which they were made, also when the first of them had to ask the cluster. */
  const partitionsInTurn = async (names: readonly string[], timeoutMs: number): Promise<Map<string, number>> => {
    const turn = Promise.allSettled([entering, Promise.all(names.map(async (name) => [name, await partitions(name)] as const))]);
    entering = turn;
    const [, counts] = await within(timeoutMs, 'metadata', turn).catch((error: unknown) => {
      throw new LogError('unavailable', 'the cluster can’t be reached; the record was not sent', error);
    });
    if (counts.status === 'rejected') throw counts.reason;
    return new Map(counts.value);
  };

  const senderOf = (topic: string): TopicSender => {
    const there = topics.get(topic) ?? topicSender(topic, producers);
    topics.set(topic, there);
    return there;
  };

  return {
    append,
    close: async () => {
      closed = true;
      await Promise.all([...topics.values()].map((sender) => sender.drain()));
      await producers.close();
    },
  };
};

const sizeOf = ({ key, value, headers = {} }: NewRecord): number =>
  Buffer.byteLength(key) +
  (value?.byteLength ?? 0) +
  Object.entries(headers).reduce((sum, [name, text]) => sum + Buffer.byteLength(name) + Buffer.byteLength(text) + 10, 100);

type Producers = {
  readonly get: () => Promise<Producer>;
  /** Of this producer only: another topic may long use the one after it. */
  readonly discard: (broken: Producer) => void;
  readonly close: () => Promise<void>;
};

/** The client's producer, shared by the topics, connected when first wanted, replaced when it hangs. */
const producerOf = (kafka: Kafka): Producers => {
  let current: { readonly producer: Producer; readonly connected: Promise<void> } | undefined;
  const connect = (): NonNullable<typeof current> => {
    const producer = kafka.producer({
      idempotent: false,
      allowAutoTopicCreation: false,
      // Each message names its partition; this is asked all the same.
      createPartitioner:
        () =>
        ({ message, partitionMetadata }) =>
          message.partition ?? partitionOf(String(message.key), partitionMetadata.length),
      retry: { initialRetryTime: 100, maxRetryTime: 300, retries: 1 },
    });
    return { producer, connected: within(connectDeadlineMs, 'connect', producer.connect()) };
  };
  const discard = (broken: Producer): void => {
    if (current?.producer === broken) current = undefined;
    void broken.disconnect().catch(() => undefined);
  };
  return {
    discard,
    get: async () => {
      current ??= connect();
      const { producer, connected } = current;
      try {
        await connected;
        return producer;
      } catch (error) {
        discard(producer);
        // Nothing has left this process.
        throw new LogError('unavailable', 'the cluster can’t be reached', error);
      }
    },
    close: async () => {
      const former = current;
      current = undefined;
      if (former !== undefined) await within(connectDeadlineMs, 'disconnect', former.producer.disconnect()).catch(() => undefined);
    },
  };
};

type TopicSender = {
  readonly send: (records: readonly NewRecord[], partitions: number, timeoutMs: number) => Promise<readonly Appended[]>;
  readonly drain: () => Promise<void>;
};

const topicSender = (topic: string, producers: Producers): TopicSender => {
  let queue: Waiting[] = [];
  let working: Promise<void> | undefined;

  const send = async (records: readonly NewRecord[], partitions: number, timeoutMs: number): Promise<readonly Appended[]> => {
    const failed = Promise.withResolvers<never>();
    const call: Call = {
      begun: false,
      over: false,
      fail: (error) => {
        call.over = true;
        failed.reject(error);
      },
    };
    const sent = records.map(
      (record) =>
        new Promise<Appended>((resolve) => {
          const partition = record.partition ?? partitionOf(record.key, partitions);
          queue.push({ partition, record, bytes: sizeOf(record), call, resolve });
        }),
    );
    working ??= work();
    return inTime(Promise.race([Promise.all(sent), failed.promise]), timeoutMs, () => {
      // What has not begun by now is not sent any more.
      call.over = true;
      return call.begun
        ? new LogError('timeout', `no acknowledgement within ${timeoutMs} ms; the record may have landed`)
        : new LogError('unavailable', `the cluster did not come to this record within ${timeoutMs} ms; it was not sent`);
    });
  };

  /** Takes the next batch off the queue, in order, within what the broker takes per partition. */
  const nextBatch = (): Waiting[] => {
    const sizes = new Map<number, number>();
    const batch: Waiting[] = [];
    const left: Waiting[] = [];
    const full = new Set<number>();
    for (const one of queue) {
      if (one.call.over) continue;
      const size = (sizes.get(one.partition) ?? 0) + one.bytes;
      if (full.has(one.partition) || batch.length >= batchRecords || (size > batchBytes && sizes.has(one.partition))) {
        // What follows in this partition must not overtake.
        full.add(one.partition);
        left.push(one);
        continue;
      }
      sizes.set(one.partition, size);
      batch.push(one);
    }
    queue = left;
    return batch;
  };

  const work = async (): Promise<void> => {
    // One turn later: what the same turn appends goes in one batch.
    await Promise.resolve();
    while (queue.length > 0) {
      const batch = nextBatch();
      if (batch.length > 0) await sendBatch(batch);
    }
    working = undefined;
  };

  const sendBatch = async (batch: readonly Waiting[]): Promise<void> => {
    const calls = new Set(batch.map(({ call }) => call));
    let producer: Producer | undefined;
    try {
      producer = await producers.get();
      for (const call of calls) call.begun = true;
      const answer = await within(
        sendDeadlineMs,
        'produce',
        producer.send({
          topic,
          acks: -1,
          timeout: 2_000,
          messages: batch.map(({ partition, record }) => ({
            partition,
            key: record.key,
            value: record.value === null ? null : Buffer.from(record.value.buffer, record.value.byteOffset, record.value.byteLength),
            ...(record.headers === undefined ? {} : { headers: { ...record.headers } }),
          })),
        }),
      );
      settle(batch, answer);
    } catch (error) {
      // Its partitions were counted: it exists.
      const translated = asExisting(error instanceof LogError ? error : translate(error));
      const hangs = error instanceof LogError && error.code === 'timeout';
      if (producer !== undefined && (hangs || isBroken(error))) producers.discard(producer);
      // An attempt before the last may have reached the log: only what was never sent, or what the broker refused, is certain.
      const told =
        translated.code === 'unavailable' && [...calls].some(({ begun }) => begun)
          ? new LogError('timeout', `${translated.message}; the record may have landed`, error)
          : translated;
      for (const call of calls) call.fail(told);
    }
  };

  return { send, drain: () => working ?? Promise.resolve() };
};

/** The answer has one line per partition: the first offset of the batch and its append time. */
const settle = (batch: readonly Waiting[], answer: readonly RecordMetadata[]): void => {
  const next = new Map(answer.map((line) => [line.partition, { offset: Number(line.baseOffset), appendedAt: Number(line.logAppendTime) }]));
  for (const { partition, call, resolve } of batch) {
    const line = next.get(partition);
    if (line === undefined || Number.isNaN(line.offset)) {
      call.fail(new LogError('timeout', 'the cluster’s answer leaves out a partition; the record may have landed'));
      continue;
    }
    // −1: the topic keeps the sender's time. Reported by `ensureTopics`; then our time is as good as any.
    resolve({ partition, offset: line.offset, appendedAt: line.appendedAt >= 0 ? line.appendedAt : realClock.now() });
    line.offset += 1;
  }
};
