import { realClock } from '@dialog/contracts/clock';
import kafkajs, { type Admin } from 'kafkajs';
import { LogError, type TopicSpec } from '../port.ts';
import { within } from './deadline.ts';
import { translate } from './errors.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const deadlineMs = 20_000;

/**
 * A topic's settings. The broker's append time is the time of an input, and offsets by time stay exact. Segments are rolled often enough
 * for retention and compaction to come near their time: neither touches the segment that is being written.
 */
export const settingsOf = (spec: TopicSpec, replication: number): Readonly<Record<string, string>> => ({
  'cleanup.policy': spec.cleanup,
  'message.timestamp.type': 'LogAppendTime',
  'max.message.bytes': '1048588',
  'min.insync.replicas': String(Math.max(1, Math.min(2, replication - 1))),
  'unclean.leader.election.enable': 'false',
  ...(spec.cleanup === 'compact'
    ? { 'segment.ms': String(hourMs), 'min.cleanable.dirty.ratio': '0.1', 'delete.retention.ms': String(dayMs) }
    : {
        'retention.ms': String(spec.retentionMs ?? -1),
        'segment.ms': String(Math.max(hourMs, Math.min(dayMs, Math.floor((spec.retentionMs ?? 7 * dayMs) / 7)))),
      }),
});

/** Creates what is missing. @returns what differs, in words: nothing that exists is changed */
export const ensureTopics = async (admin: Admin, specs: readonly TopicSpec[], wanted: number | undefined): Promise<readonly string[]> => {
  try {
    const { brokers } = await within(deadlineMs, 'describe cluster', admin.describeCluster());
    const replication = wanted ?? Math.max(1, Math.min(3, brokers.length));
    const there = new Set(await within(deadlineMs, 'list topics', admin.listTopics()));
    const missing = specs.filter(({ name }) => !there.has(name));
    if (missing.length > 0) {
      await create(admin, missing, replication);
      await untilServed(
        admin,
        missing.map(({ name }) => name),
      );
    }
    const existing = specs.filter(({ name }) => there.has(name));
    return existing.length === 0 ? [] : await differences(admin, existing, replication);
  } catch (error) {
    throw translate(error);
  }
};

const create = async (admin: Admin, specs: readonly TopicSpec[], replication: number): Promise<void> => {
  await within(
    deadlineMs,
    'create topics',
    admin
      .createTopics({
        // Ours, below: the client's own wait gives up where a broker has not heard of the topic yet.
        waitForLeaders: false,
        topics: specs.map((spec) => ({
          topic: spec.name,
          numPartitions: spec.partitions,
          replicationFactor: replication,
          configEntries: Object.entries(settingsOf(spec, replication)).map(([name, value]) => ({ name, value })),
        })),
      })
      .catch((error: unknown) => {
        // Two processes start at once: whoever comes second finds the topic there.
        const kinds = [error, ...((error as { errors?: unknown[] }).errors ?? [])].map((one) => (one as { type?: unknown }).type);
        if (!kinds.includes('TOPIC_ALREADY_EXISTS')) throw error;
      }),
  );
};

const pauseMs = 50;

/**
 * A new topic is known a moment after it was made, has its leaders a moment after that, and is served by them a moment later still: a send
 * before that is refused for some partitions, repeated for all, and its records stand twice.
 */
const untilServed = async (admin: Admin, names: readonly string[]): Promise<void> => {
  const until = realClock.monotonic() + deadlineMs;
  for (;;) {
    try {
      const { topics } = await within(deadlineMs, 'topic metadata', admin.fetchTopicMetadata({ topics: [...names] }));
      const led = topics.filter(({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0));
      // Each leader answers for its own partitions.
      if (led.length === names.length) {
        for (const { name } of led) await within(deadlineMs, 'offsets', admin.fetchTopicOffsets(name));
        return;
      }
    } catch (error) {
      if (!translate(error).retryable && translate(error).code !== 'unknown_topic') throw error;
    }
    if (realClock.monotonic() > until) throw new LogError('timeout', `new topics are not served after ${deadlineMs} ms`);
    await realClock.sleep(pauseMs);
  }
};

const differences = async (admin: Admin, specs: readonly TopicSpec[], replication: number): Promise<string[]> => {
  const { topics } = await within(deadlineMs, 'topic metadata', admin.fetchTopicMetadata({ topics: specs.map(({ name }) => name) }));
  const settings = await within(
    deadlineMs,
    'topic settings',
    admin.describeConfigs({
      includeSynonyms: false,
      resources: specs.map(({ name }) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name })),
    }),
  );
  return specs.flatMap((spec) => {
    const partitions = topics.find(({ name }) => name === spec.name)?.partitions ?? [];
    const has = new Map(
      settings.resources
        .find(({ resourceName }) => resourceName === spec.name)
        ?.configEntries.map((entry) => [entry.configName, entry.configValue]),
    );
    const lines: string[] = [];
    const compare = (setting: string, is: unknown, should: unknown): void => {
      if (is !== should) lines.push(`${spec.name}: ${setting} is ${String(is)}, wanted ${String(should)}`);
    };
    compare('partitions', partitions.length, spec.partitions);
    const copies = Math.min(...partitions.map(({ replicas }) => replicas.length));
    if (copies < replication) compare('replication', copies, replication);
    compare('cleanup', has.get('cleanup.policy'), spec.cleanup);
    // The others mean something only under the same way of cleaning.
    if (has.get('cleanup.policy') === spec.cleanup) {
      for (const [setting, value] of Object.entries(settingsOf(spec, replication))) {
        if (setting !== 'cleanup.policy') compare(setting, has.get(setting), value);
      }
    }
    return lines;
  });
};
