import kafkajs, { Kafka, logLevel } from 'kafkajs';
import { vi } from 'vitest';
import { readAll } from '../../contract/rig.ts';
import type { PartitionedLog } from '../port.ts';
import { settingsOf } from './topics.ts';

/** Real ms for a broker that looks every half second. */
const patienceMs = 30_000;

/** Has a topic's segments rolled and cleaned at once, writes a record so that the last one is rolled too, and waits for the cleaner. */
export const compacted =
  (log: PartitionedLog, brokers: readonly string[]) =>
  async (topic: string): Promise<void> => {
    const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    try {
      // The client knows only the call that replaces all settings.
      const settings = {
        ...settingsOf({ name: topic, partitions: 1, cleanup: 'compact' }, 1),
        'segment.ms': '100',
        'min.cleanable.dirty.ratio': '0.001',
      };
      await admin.alterConfigs({
        validateOnly: false,
        resources: [
          {
            type: kafkajs.ConfigResourceTypes.TOPIC,
            name: topic,
            configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
          },
        ],
      });
    } finally {
      await admin.disconnect();
    }
    await vi.waitFor(
      async () => {
        await log.append([{ topic, key: '~roll', value: new Uint8Array(1) }]);
        const records = (await readAll(log, topic, 0)).filter(({ key }) => key !== '~roll');
        if (new Set(records.map(({ key }) => key)).size < records.length) throw new Error('overwritten records are still there');
      },
      { timeout: patienceMs, interval: 300 },
    );
  };

/** Waits until the broker has removed everything there was. */
export const expired =
  (log: PartitionedLog) =>
  (topic: string): Promise<void> =>
    vi.waitFor(
      async () => {
        if ((await log.read(topic, 0, 0, 1)).length > 0) throw new Error('the retention has removed nothing yet');
      },
      { timeout: patienceMs, interval: 200 },
    );
