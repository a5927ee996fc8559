import { realClock } from '@dialog/contracts/clock';
import { topics } from '@dialog/contracts/topics';
import { kafkaAddress } from '@dialog/log/kafka/address';
import { kafkaLog } from '@dialog/log/kafka/log';
import type { PartitionedLog } from '@dialog/log/port';
import { findKafka } from '@dialog/test-kit/kafka-broker';
import { pino } from 'pino';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import type { LagReport } from './report.ts';
import { lagSampler } from './sampler.ts';

// The same sampler as with SQLite (console.int.test.ts); here against a broker that is killed.
const server = await findKafka({ mayBeKilled: true });

if ('reason' in server) {
  process.stderr.write(`SKIPPED the lag on Kafka: ${server.reason}\n`);
  describe('the lag on Kafka', () => it.skip(server.reason, () => undefined));
} else {
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  afterAll(() => server.stop());
  const open = (): PartitionedLog => {
    const log = kafkaLog({ address: kafkaAddress(`kafka:${server.brokers.join(',')}?replication=1`, {}), clock: realClock });
    closing.push(log.close);
    return log;
  };

  it('tells a reader that stands still, reads, and is gone; and nothing while the broker is away', { timeout: 180_000 }, async () => {
    const log = open();
    await log.ensureTopics([{ name: topics.inbox, partitions: 2, cleanup: 'delete' }]);
    const appended = await log.append(
      Array.from({ length: 5 }, () => ({ topic: topics.inbox, key: 'a', value: Buffer.from('1'), partition: 0 })),
    );
    const doors = Promise.withResolvers<void>();
    const consumer = log.consumer({
      group: 'projector',
      topic: topics.inbox,
      handle: () => doors.promise,
      note: () => JSON.stringify({ behindMs: 12, at: log.logTime() }),
    });
    const reading = consumer.run();

    const outside = open();
    const stopping = new AbortController();
    const reports: LagReport[] = [];
    const sampler = lagSampler({
      log: outside,
      clock: realClock,
      logger: pino({ level: 'silent' }),
      parked: () => Promise.resolve([]),
      onReport: (report) => reports.push(report),
      everyMs: 200,
    });
    const sampling = sampler.run(stopping.signal);
    closing.push(async () => {
      stopping.abort();
      await sampling;
    });
    const until = (check: (report: LagReport) => void): Promise<LagReport> =>
      vi.waitFor(
        () => {
          check(sampler.report());
          return sampler.report();
        },
        { timeout: 90_000, interval: 50 },
      );
    const projector = (report: LagReport) => report.groups.find(({ group }) => group === 'projector');

    const stalled = await until((now) => expect(projector(now)).toMatchObject({ state: 'STALLED', members: 1, lag: 5, behindMs: 12 }));
    // By the broker's time of the append, to within what asking takes.
    const oldest = (stalled.at ?? 0) - (projector(stalled)?.ageMs ?? 0);
    expect(Math.abs(oldest - (appended[0]?.appendedAt ?? 0))).toBeLessThan(500);

    doors.resolve();
    await until((now) => expect(projector(now)).toMatchObject({ state: 'OK', lag: 0, ageMs: null, clearInMs: 0 }));

    await server.power?.kill();
    const lost = await until((now) => expect(now.unknownSince).not.toBeNull());
    expect(lost).toMatchObject({ at: null, groups: [], lastKnown: { groups: [{ group: 'projector', lag: 0 }] } });
    await server.power?.start();
    await until((now) => expect(now).toMatchObject({ unknownSince: null, groups: [{ group: 'projector' }] }));

    await consumer.stop();
    await reading;
    await log.append([{ topic: topics.inbox, key: 'a', value: Buffer.from('1'), partition: 0 }]);
    await until((now) => expect(projector(now)).toMatchObject({ state: 'STOPPED', members: 0, lag: 1 }));
    // No report ever carried a figure of before the outage as one of now.
    for (const report of reports) expect(report.unknownSince === null).toBe(report.at !== null);
  });
}
