import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DialogSettings } from '@dialog/contracts/settings';
import type { EventStore } from '@dialog/event-store/port';
import type { LogRecord, PartitionedLog } from '@dialog/log/port';
import { defaultSettings, sampleBot } from '@dialog/standalone/world';
import { describe } from 'vitest';

/** Set by the vitest project `cluster`: the same tests on a real Kafka and an EventStoreDB. */
export const isCluster = process.env['ENGINE_MODE'] === 'cluster';

/** In real time they run side by side. */
export const scenarios = isCluster ? describe.concurrent : describe;

/** The broker's clock can't be sped up: every duration is a sixth of what it is (scenarios.md). */
export const shorter = 6;

/** Several engines side by side on one broker: each has topics and groups of its own. */
export const prefixed = (log: PartitionedLog, prefix: string): PartitionedLog => {
  const out = (name: string): string => `${prefix}${name}`;
  const back = (record: LogRecord): LogRecord => ({ ...record, topic: record.topic.slice(prefix.length) });
  return {
    ...log,
    ensureTopics: (specs) => log.ensureTopics(specs.map((spec) => ({ ...spec, name: out(spec.name) }))),
    append: (records, options) =>
      log.append(
        records.map((record) => ({ ...record, topic: out(record.topic) })),
        options,
      ),
    consumer: ({ table, ...options }) =>
      log.consumer({
        ...options,
        group: out(options.group),
        topic: out(options.topic),
        handle: (record, context) => options.handle(back(record), { ...context, next: (atMost) => context.next(atMost).map(back) }),
        ...(options.bypass === undefined ? {} : { bypass: (record) => options.bypass?.(back(record)) ?? false }),
        ...(table === undefined
          ? {}
          : { table: { topic: out(table.topic), onTableRecord: (record) => table.onTableRecord(back(record)) } }),
      }),
    read: async (topic, ...rest) => (await log.read(out(topic), ...rest)).map(back),
    committed: (group, topic) => log.committed(out(group), out(topic)),
    lag: async (group, topic) => (await log.lag(out(group), out(topic))).map((one) => ({ ...one, topic })),
    setCommitted: (group, topic, ...rest) => log.setCommitted(out(group), out(topic), ...rest),
    groups: async () =>
      (await log.groups())
        .filter(({ group }) => group.startsWith(prefix))
        .map(({ group, topic }) => ({ group: group.slice(prefix.length), topic: topic.slice(prefix.length) })),
    partitions: (topic) => log.partitions(out(topic)),
    partitionFor: (topic, key) => log.partitionFor(out(topic), key),
  };
};

/** And one store: an engine follows its own account alone. Another's read model would list what this one parked, and read through it first. */
export const ofAccount = (store: EventStore, account: string): EventStore => {
  const own = (prefix: string): string => (prefix.endsWith('-') ? `${prefix}${account}` : prefix);
  return {
    ...store,
    readAll: ({ streamPrefixes, ...options }) =>
      store.readAll({ ...options, ...(streamPrefixes === undefined ? {} : { streamPrefixes: streamPrefixes.map(own) }) }),
    subscribe: (options) => store.subscribe({ ...options, streamPrefixes: options.streamPrefixes.map(own) }),
  };
};

const inSixths = <T extends object>(values: T): T =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, name.endsWith('Ms') && typeof value === 'number' ? value / shorter : value]),
  ) as T;

export const clusterSettings = (account: string, settings: Partial<DialogSettings>): DialogSettings => ({
  ...inSixths({ ...defaultSettings(account), ...settings }),
  account: account as DialogSettings['account'],
});

/** A bot whose waits are a sixth as long. @returns the file, and how to remove it */
export const clusterScript = async (file = sampleBot): Promise<{ file: string; remove: () => Promise<void> }> => {
  const folder = await mkdtemp(join(tmpdir(), 'dialog-bot-'));
  const seconds = { s: 1, m: 60, h: 3600 } as const;
  const text = (await readFile(file, 'utf8')).replace(
    /\b(no_operator_after|up_to|expires|silence|wait): (\d+)([smh])\b/g,
    (_all, name: string, count: string, unit: 's' | 'm' | 'h') => `${name}: ${Math.ceil((Number(count) * seconds[unit]) / shorter)}s`,
  );
  await writeFile(join(folder, 'bot.yaml'), text);
  return { file: join(folder, 'bot.yaml'), remove: () => rm(folder, { recursive: true, force: true }) };
};

export const newPrefix = (): string => `t${randomUUID().slice(0, 8)}.`;
