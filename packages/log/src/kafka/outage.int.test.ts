import { realClock } from '@dialog/contracts/clock';
import { findKafka } from '@dialog/test-kit/kafka-broker';
import type { Kafka, Producer } from 'kafkajs';
import { afterAll, describe, expect, it } from 'vitest';
import { bytes, eventually, readAll, startMember, text } from '../../contract/rig.ts';
import { kafkaAddress } from './address.ts';
import { kafkaClient, type Notices, noNotices } from './client.ts';
import { kafkaLog } from './log.ts';
import { appender } from './producer.ts';

const server = await findKafka({ mayBeKilled: true });

if ('reason' in server) {
  process.stderr.write(`SKIPPED the broker that is killed: ${server.reason}\n`);
  describe('a broker that is killed', () => it.skip(server.reason, () => undefined));
} else {
  afterAll(() => server.stop());
  const { power } = server;
  if (power === undefined) throw new Error('a server that may be killed has a switch');
  const address = kafkaAddress(`kafka:${server.brokers.join(',')}?replication=1`, {});

  /** How often a consumer of the log has given up its connection and begun anew: then it has met the outage. */
  const restarts = () => {
    let count = 0;
    const warn: Notices['warn'] = ({ event }) => {
      if (event === 'kafka_consumer_restarts') count += 1;
    };
    return { notices: { ...noNotices, warn }, count: () => count };
  };

  describe('a broker that is killed', () => {
    it('is waited for by writers and consumers; nothing acknowledged is lost, and everything goes on by itself', async () => {
      const { notices, count } = restarts();
      const log = kafkaLog({ address, clock: realClock, notices });
      await log.ensureTopics([{ name: 'inbox', partitions: 3, cleanup: 'delete' }]);
      const keys = Array.from({ length: 6 }, (_, at) => `key-${at}`);
      const acknowledged = new Map(keys.map((key) => [key, [] as number[]]));
      const slowest = { ms: 0 };
      const codes = new Set<string>();
      let writing = true;
      const write = async (key: string): Promise<void> => {
        for (let number = 0; writing; number++) {
          const begun = realClock.monotonic();
          try {
            await log.append([{ topic: 'inbox', key, value: bytes(String(number)) }], { timeoutMs: 1_000 });
            acknowledged.get(key)?.push(number);
          } catch (error) {
            const { code, retryable } = error as { code: string; retryable: boolean };
            expect(retryable, code).toBe(true);
            codes.add(code);
          }
          slowest.ms = Math.max(slowest.ms, realClock.monotonic() - begun);
          await realClock.sleep(10);
        }
      };
      const member = startMember(log, { group: 'projector', topic: 'inbox', note: () => 'here' });
      const writers = Promise.all(keys.map(write));
      await eventually(() => expect(member.handled.length).toBeGreaterThan(50));

      await power.kill();
      await eventually(() => expect(codes.size).toBeGreaterThan(0));
      await expect(log.ping()).rejects.toMatchObject({ retryable: true });
      await expect(log.lag('projector', 'inbox')).rejects.toMatchObject({ retryable: true });
      const before = [...acknowledged.values()].flat().length;
      await eventually(() => expect(count()).toBeGreaterThan(1), 40_000);
      expect(member.ended()).toBeUndefined();
      await power.start();

      await eventually(() => expect([...acknowledged.values()].flat().length).toBeGreaterThan(before + 100), 40_000);
      writing = false;
      await writers;
      const all = (await Promise.all([0, 1, 2].map((partition) => readAll(log, 'inbox', partition)))).flat();
      await eventually(() => {
        const places = new Set(member.handled.map(({ record }) => `${record.partition}:${record.offset}`));
        expect(all.filter(({ partition, offset }) => !places.has(`${partition}:${offset}`))).toEqual([]);
      }, 40_000);
      await eventually(async () => expect((await log.lag('projector', 'inbox')).map(({ lag }) => lag)).toEqual([0, 0, 0]));
      await member.stop();
      await log.close();

      expect(member.ended()).toEqual({ error: undefined });
      // The writer's own deadline holds whatever the client does.
      expect(slowest.ms).toBeLessThan(2_500);
      for (const key of keys) {
        const found = [...new Set(all.filter((record) => record.key === key).map((record) => Number(text(record.value))))];
        expect(acknowledged.get(key)?.filter((number) => !found.includes(number))).toEqual([]);
        expect(found).toEqual([...found].sort((one, other) => one - other));
        const handled = [
          ...new Set(member.handled.filter(({ record }) => record.key === key).map(({ record }) => Number(text(record.value)))),
        ];
        expect(handled).toEqual(found);
      }
    }, 120_000);

    it('costs a topic nothing but what was on its way: the client that topics share is given up once, not its successor', async () => {
      const topics = ['first', 'second'];
      const log = kafkaLog({ address, clock: realClock });
      await log.ensureTopics(topics.map((name) => ({ name, partitions: 1, cleanup: 'delete' })));
      await log.close();
      // The real client, whose first producer has lost its broker: the second topic hears of it when the next producer is being connected.
      const kafka = kafkaClient(address, noNotices);
      const connecting = Promise.withResolvers<void>();
      let producers = 0;
      const losing = new Proxy(kafka, {
        get: (target, name) =>
          name !== 'producer'
            ? Reflect.get(target, name)
            : (...options: Parameters<Kafka['producer']>) => {
                const producer = target.producer(...options);
                producers += 1;
                if (producers === 2) connecting.resolve();
                if (producers > 1) return producer;
                const send: Producer['send'] = async ({ topic }) => {
                  if (topic === 'second') await connecting.promise;
                  throw new Error('Broker not connected');
                };
                return { ...producer, send };
              },
      });
      const writer = appender(losing, async () => 1);
      const append = (topic: string) => writer.append([{ topic, key: 'a', value: null }], 5_000);
      const lost = Promise.all(topics.map((topic) => expect(append(topic)).rejects.toMatchObject({ code: 'timeout', retryable: true })));
      await realClock.sleep(0);
      const next = topics.map(append);
      await lost;
      expect((await Promise.all(next)).flat()).toMatchObject([
        { partition: 0, offset: 0 },
        { partition: 0, offset: 0 },
      ]);
      expect(producers).toBe(2);
      await writer.close();
    });

    it('is waited for by a consumer and a writer that start before it', async () => {
      await power.kill();
      const { notices, count } = restarts();
      const log = kafkaLog({ address, clock: realClock, notices });
      await expect(log.append([{ topic: 'inbox', key: 'a', value: null }], { timeoutMs: 800 })).rejects.toMatchObject({
        code: 'unavailable',
      });
      const member = startMember(log, { group: 'latecomer', topic: 'inbox' });
      await eventually(() => expect(count()).toBeGreaterThan(0), 40_000);
      expect(member.ended()).toBeUndefined();
      await power.start();
      await eventually(() => expect(member.handled.length).toBeGreaterThan(100), 40_000);
      await eventually(() => log.append([{ topic: 'inbox', key: 'a', value: null }]));
      await member.stop();
      await log.close();
    }, 120_000);

    // As a broker answers that has just started and has not read its topics yet; here the topic is taken away for good.
    it('does not know a topic yet that the log has seen: an outage, not a mistake, for writers and consumers', async () => {
      const { notices, count } = restarts();
      const log = kafkaLog({ address, clock: realClock, notices });
      await log.ensureTopics([{ name: 'young', partitions: 1, cleanup: 'delete' }]);
      const admin = kafkaClient(address, noNotices).admin();
      await admin.connect();
      await admin.deleteTopics({ topics: ['young'] });
      await admin.disconnect();
      await eventually(() =>
        expect(log.append([{ topic: 'young', key: 'a', value: null }], { timeoutMs: 2_000 })).rejects.toMatchObject({ retryable: true }),
      );
      const member = startMember(log, { group: 'early', topic: 'young' });
      await eventually(() => expect(count()).toBeGreaterThan(0), 40_000);
      expect(member.ended()).toBeUndefined();
      const other = kafkaLog({ address, clock: realClock });
      await other.ensureTopics([{ name: 'young', partitions: 1, cleanup: 'delete' }]);
      await other.close();
      await eventually(() => log.append([{ topic: 'young', key: 'a', value: bytes('here') }]), 20_000);
      await eventually(() => expect(member.handled.map(({ record }) => text(record.value))).toContain('here'), 40_000);
      await member.stop();
      await log.close();
    }, 120_000);

    it('does not keep a consumer or a log from stopping', async () => {
      const log = kafkaLog({ address, clock: realClock });
      const member = startMember(log, { group: 'leaver', topic: 'inbox' });
      await eventually(() => expect(member.handled.length).toBeGreaterThan(100), 40_000);
      await power.kill();
      const begun = realClock.monotonic();
      await member.stop(500);
      await log.close();
      expect(realClock.monotonic() - begun).toBeLessThan(25_000);
      await power.start();
    }, 120_000);
  });
}
