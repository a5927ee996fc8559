import { randomUUID } from 'node:crypto';
import { realClock } from '@dialog/contracts/clock';
import { findKafka } from '@dialog/test-kit/kafka-broker';
import { afterAll, describe, it } from 'vitest';
import { logContract } from '../../contract/log-contract.ts';
import { eventually, type LogRig } from '../../contract/rig.ts';
import { kafkaAddress } from './address.ts';
import { compacted, expired } from './cleaning.fixture.ts';
import { kafkaLog } from './log.ts';

const server = await findKafka();

if ('reason' in server) {
  process.stderr.write(`SKIPPED the contract of the log on Kafka: ${server.reason}\n`);
  describe('partitioned log on Kafka', () => it.skip(server.reason, () => undefined));
} else {
  afterAll(() => server.stop());
  const url = `kafka:${server.brokers.join(',')}${server.from === 'environment' ? '' : '?replication=1'}`;

  const open = async (): Promise<LogRig> => {
    const handle = () => kafkaLog({ address: kafkaAddress(url, {}), clock: realClock });
    const handles = [handle()];
    const [log] = handles;
    if (log === undefined) throw new Error('unreachable');
    // A broker's first topic and first group take it a moment, and the first send a repetition: not what the contract is about.
    await log.ensureTopics([{ name: 'warm-up', partitions: 2, cleanup: 'delete' }]);
    await log.append(
      [0, 1].map((partition) => ({ topic: 'warm-up', key: 'a', value: null, partition })),
      { timeoutMs: 20_000 },
    );
    await eventually(() => log.lag('warm-up', 'warm-up'));
    const run = randomUUID().slice(0, 8);
    let names = 0;
    return {
      log,
      clock: realClock,
      url,
      name: (word) => `contract-${run}.${word}-${names++}`,
      another: () => {
        const one = handle();
        handles.push(one);
        return Promise.resolve(one);
      },
      compacted: server.cleansQuickly ? compacted(log, server.brokers) : undefined,
      expired: server.cleansQuickly ? expired(log) : undefined,
      destroy: async () => {
        await Promise.all(handles.map((one) => one.close()));
      },
    };
  };

  // A dead member is given up after its session of 10 s.
  logContract({ adapter: `Kafka (${server.from})`, open, clockCanBeSpedUp: false, sessionMs: 10_000, takeoverMs: 30_000 });
}
