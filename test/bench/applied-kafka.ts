import { randomUUID } from 'node:crypto';
import { realClock } from '@dialog/contracts/clock';
import { defaultPartitions, groups, topicSpecs, topics } from '@dialog/contracts/topics';
import { openEventStore } from '@dialog/event-store/open-event-store';
import type { NewEvent } from '@dialog/event-store/port';
import { openLog } from '@dialog/log/open-log';
import type { PartitionedLog } from '@dialog/log/port';
import { pins as pinsOf } from '@dialog/projector/pins';
import { projectorService } from '@dialog/projector/projector';
import { Kafka, type KafkaMessage, logLevel } from 'kafkajs';
import { pino } from 'pino';
import { appendsOf, benchAccount, caughtUp, dialogs, inputs, records, type Timed, timed } from './applied.ts';
import { type Figure, ratioOf, spread } from './figures.ts';
import { servers } from './servers.ts';

const rounds = 5;
/** Dialogs handled at once, on both sides: 16 in each of 4 partitions of the bare loop. */
const concurrency = 64;
const partitionsAtOnce = 4;

/** Inputs applied a second, against a bare kafkajs `eachBatch` that reads the same records and appends as many events of the same size. */
export const kafkaApplied = async (): Promise<Figure> => {
  const { logUrl, eventsUrl, brokers } = await servers();
  const perSecond = { ours: [] as number[], bare: [] as number[] };
  const log = await openLog({ url: logUrl, clock: realClock });
  await log.ensureTopics(topicSpecs(defaultPartitions));
  // The first round is not counted: code that has just been read is slow on both sides, and on ours there is more of it.
  for (let one = 0; one <= rounds; one++) {
    const firstChat = 10_000 * (one + 1);
    await fill(log, firstChat);
    const store = await openEventStore({ url: eventsUrl, clock: realClock });
    const ours = await projected(logUrl, timed(store));
    const bare = await looped(log, brokers, timed(store), await appendsOf(store, firstChat));
    await store.close();
    if (one === 0) continue;
    perSecond.ours.push(inputs / ours);
    perSecond.bare.push(inputs / bare);
  }
  await log.close();
  const { ratio, low, high } = ratioOf(perSecond.ours, perSecond.bare);
  return {
    name: 'inputs applied, against a bare kafkajs eachBatch + append loop (Kafka, event store)',
    value: ratio,
    goal: 0.8,
    atLeast: true,
    unit: 'ratio',
    detail: `${spread(perSecond.ours)} a second against ${spread(perSecond.bare)} (min / median / max), ${dialogs} dialogs, ${concurrency} at once; ratios of ${rounds} pairs ${low.toFixed(2)} to ${high.toFixed(2)}`,
  };
};

export const fill = async (log: PartitionedLog, firstChat: number): Promise<void> => {
  const all = records(firstChat);
  for (let at = 0; at < all.length; at += 500) {
    await log.append(
      all.slice(at, at + 500).map((record) => ({ topic: topics.inbox, ...record })),
      { timeoutMs: 30_000 },
    );
  }
};

const projected = async (logUrl: string, store: Timed): Promise<number> => {
  const log = await openLog({ url: logUrl, clock: realClock });
  const logger = pino({ level: 'error' });
  const pins = pinsOf({ store, accounts: { get: () => benchAccount, all: () => [benchAccount] }, clock: realClock, logger });
  await pins.registerAll();
  const projector = projectorService({ log, store, pins, clock: realClock, logger, producer: 'bench' });
  const running = projector.run();
  await store.appended(inputs);
  await caughtUp(log, groups.projector);
  await projector.stop();
  await running;
  await log.close();
  return store.seconds();
};

const looped = async (log: PartitionedLog, brokers: readonly string[], store: Timed, appends: readonly NewEvent[][]): Promise<number> => {
  const revisions = new Map<string, { revision: number; turn: number }>();
  const apply = async ({ key, value }: KafkaMessage): Promise<void> => {
    const input = JSON.parse(value?.toString('utf8') ?? '') as { inputId: string };
    const stream = `bare-${String(key).replace(':', '-')}`;
    const { revision, turn } = revisions.get(stream) ?? { revision: -1, turn: 0 };
    const events = (appends[turn] ?? []).map(({ type, data, metadata }) => ({
      id: randomUUID(),
      type,
      data,
      metadata: { metadata, input: input.inputId },
    }));
    await store.append(stream, events, revision < 0 ? 'no_stream' : revision);
    revisions.set(stream, { revision: revision + events.length, turn: turn + 1 });
  };
  const consumer = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).consumer({ groupId: 'bare', maxWaitTimeInMs: 200 });
  await consumer.connect();
  await consumer.subscribe({ topic: topics.inbox, fromBeginning: true });
  await consumer.run({
    autoCommitInterval: 250,
    partitionsConsumedConcurrently: partitionsAtOnce,
    eachBatch: async ({ batch, heartbeat }) => {
      const lanes = new Map<string, KafkaMessage[]>();
      for (const message of batch.messages) {
        const key = String(message.key);
        lanes.set(key, [...(lanes.get(key) ?? []), message]);
      }
      const waiting = [...lanes.values()];
      const worker = async (): Promise<void> => {
        for (let lane = waiting.pop(); lane !== undefined; lane = waiting.pop()) {
          for (const message of lane) await apply(message);
          await heartbeat();
        }
      };
      await Promise.all(Array.from({ length: concurrency / partitionsAtOnce }, worker));
    },
  });
  await store.appended(inputs);
  await caughtUp(log, 'bare');
  await consumer.disconnect();
  return store.seconds();
};
