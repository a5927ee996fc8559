import { realClock } from '@dialog/contracts/clock';
import { findKafka } from '@dialog/test-kit/kafka-broker';
import { kafkaProxy } from '@dialog/test-kit/kafka-proxy';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { afterAll, describe, expect, it } from 'vitest';
import { bytes, readAll, text } from '../../contract/rig.ts';
import type { LogRecord } from '../port.ts';
import { kafkaAddress } from './address.ts';
import { kafkaLog } from './log.ts';

const proxy = await kafkaProxy();
const server = await findKafka({ advertisedPort: proxy.port });

if ('reason' in server) {
  process.stderr.write(`SKIPPED the lost Produce answer: ${server.reason}\n`);
  describe('a lost Produce answer', () => it.skip(server.reason, () => undefined));
} else {
  proxy.to(Number(server.brokers[0]?.split(':')[1]));
  afterAll(async () => {
    await proxy.close();
    await server.stop();
  });

  describe('a lost Produce answer', () => {
    const rig = async (topic: string) => {
      const log = kafkaLog({ address: kafkaAddress(`kafka:127.0.0.1:${proxy.port}?replication=1`, {}), clock: realClock });
      await log.ensureTopics([{ name: topic, partitions: 2, cleanup: 'delete' }]);
      const all = async (): Promise<LogRecord[]> => (await Promise.all([0, 1].map((partition) => readAll(log, topic, partition)))).flat();
      return { log, all };
    };
    /** Numbers of a key in the log: its first appearances rise, so repetition is allowed, overtaking and loss are not. */
    const firsts = (records: readonly LogRecord[], key: string): number[] => [
      ...new Set(records.filter((record) => record.key === key).map((record) => Number(text(record.value)))),
    ];

    it.each(['hang', 'cut'] as const)(
      'every acknowledged record is found, in order per key (%s)',
      async (how) => {
        const topic = `lost-answer-${how}`;
        const { log, all } = await rig(topic);
        const keys = ['a', 'b', 'c', 'd'];
        const acknowledged = new Map(keys.map((key) => [key, [] as number[]]));
        const before = proxy.lost();
        let failures = 0;
        const write = async (key: string): Promise<void> => {
          for (let number = 0; number < 60; number++) {
            // Once the answer alone; once that of the client's repetition too, so that the send fails.
            if (key === 'a' && (number === 15 || number === 40)) proxy.loseProduceAnswers(how, number === 15 ? 1 : 2);
            try {
              await log.append([{ topic, key, value: bytes(String(number)) }], { timeoutMs: 8_000 });
              acknowledged.get(key)?.push(number);
            } catch {
              failures += 1;
            }
          }
        };
        await Promise.all(keys.map(write));
        const records = await all();
        await log.close();
        expect(proxy.lost() - before).toBe(3);
        // The client's own repetition brings the acknowledgement of the first; the second fails what was on its way, a record of each key at most.
        expect(failures).toBeGreaterThan(0);
        expect(failures).toBeLessThanOrEqual(keys.length);
        for (const key of keys) {
          const found = firsts(records, key);
          expect(found).toEqual([...found].sort((one, other) => one - other));
          expect(acknowledged.get(key)?.filter((number) => !found.includes(number))).toEqual([]);
        }
        // Without a second copy nothing was lost on the way, and this test shows nothing.
        expect(records.length).toBeGreaterThan(240);
      },
      60_000,
    );

    it('says timeout, may have landed, when its own deadline passes; a later record of the key does not overtake', async () => {
      const topic = 'lost-answer-deadline';
      const { log, all } = await rig(topic);
      await log.append([{ topic, key: 'a', value: bytes('0') }]);
      proxy.loseProduceAnswers('hang');
      const first = log.append([{ topic, key: 'a', value: bytes('1') }], { timeoutMs: 500 });
      const second = log.append([{ topic, key: 'a', value: bytes('2') }], { timeoutMs: 10_000 });
      await expect(first).rejects.toMatchObject({ code: 'timeout', retryable: true });
      await second;
      expect(firsts(await all(), 'a')).toEqual([0, 1, 2]);
      await log.close();
    }, 60_000);

    /** Why `idempotent` is false: the same loss with it, by the bare client. When this fails the client was repaired, and §2.7 is history. */
    it('shown red: the bare client with idempotent: true loses an acknowledged record', async () => {
      const topic = 'lost-answer-idempotent';
      const { log, all } = await rig(topic);
      const producer = new Kafka({
        brokers: [`127.0.0.1:${proxy.port}`],
        requestTimeout: 1_000,
        logLevel: logLevel.NOTHING,
        retry: { retries: 1, initialRetryTime: 50, maxRetryTime: 100 },
      }).producer({ idempotent: true, maxInFlightRequests: 1, createPartitioner: Partitioners.DefaultPartitioner, retry: { retries: 1 } });
      await producer.connect();
      const acknowledged: number[] = [];
      for (let number = 0; number < 20; number++) {
        // The answer, and that of the client's one repetition: its sequence number then goes to the next record.
        if (number === 5) proxy.loseProduceAnswers('cut', 2);
        try {
          await producer.send({ topic, messages: [{ key: 'a', value: String(number) }] });
          acknowledged.push(number);
        } catch {
          // Not acknowledged: nothing is promised.
        }
      }
      await producer.disconnect();
      const found = firsts(await all(), 'a');
      await log.close();
      expect(acknowledged.filter((number) => !found.includes(number)).length).toBeGreaterThan(0);
    }, 60_000);
  });
}
