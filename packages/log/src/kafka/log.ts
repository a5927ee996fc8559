import type { Clock } from '@dialog/contracts/clock';
import { maxRecordBytes } from '@dialog/contracts/topics';
import type { Admin } from 'kafkajs';
import { partitionOf } from '../partitioner.ts';
import { LogError, type LogRecord, type PartitionedLog } from '../port.ts';
import type { KafkaAddress } from './address.ts';
import { kafkaClient, kafkaCluster, type Notices, noNotices, type WithAdmin } from './client.ts';
import { connection as connectionOf } from './connection.ts';
import { kafkaConsumer } from './consumer.ts';
import { within } from './deadline.ts';
import { translate } from './errors.ts';
import { boundsOf, committedOf, groupsOf, lagOf } from './offsets.ts';
import { appender } from './producer.ts';
import { ensureTopics } from './topics.ts';

const appendDeadlineMs = 2_000;
const otherDeadlineMs = 5_000;
const readPageBytes = 1024 * 1024;

/**
 * The partitioned log in a Kafka cluster, through kafkajs 2.2.4. Opening it connects to nothing: each call connects where it must, and says
 * `unavailable` where it can't. `clock` paces commits; the time of records is the cluster's.
 */
export const kafkaLog = ({
  address,
  clock,
  notices = noNotices,
}: {
  address: KafkaAddress;
  clock: Clock;
  notices?: Notices;
}): PartitionedLog => {
  const kafka = kafkaClient(address, notices);
  const connection = connectionOf(kafkaCluster(address, notices));
  const writer = appender(kafka, connection.partitions);
  let admins: Promise<Admin> | undefined;
  let closed: Promise<void> | undefined;
  let seen = { at: 0, monotonic: 0 };

  const sawAppend = (at: number): void => {
    if (at > seen.at) seen = { at, monotonic: clock.monotonic() };
  };

  const admin = (): Promise<Admin> => {
    if (closed !== undefined) return Promise.reject(new LogError('closed', 'the log is closed'));
    admins ??= connectAdmin();
    return admins;
  };

  const connectAdmin = async (): Promise<Admin> => {
    const one = kafka.admin();
    try {
      await within(otherDeadlineMs, 'connect', one.connect());
      return one;
    } catch (error) {
      admins = undefined;
      void one.disconnect().catch(() => undefined);
      throw translate(error);
    }
  };

  /** Asks as an administrator. A client that failed for want of the cluster is replaced: one that lost its broker may never find it again. */
  const withAdmin: WithAdmin = async (work) => {
    const mine = admin();
    const to = await mine;
    try {
      return await work(to);
    } catch (error) {
      const translated = translate(error);
      if (translated.retryable && admins === mine) {
        admins = undefined;
        void to.disconnect().catch(() => undefined);
      }
      throw translated;
    }
  };

  const open = (): void => {
    if (closed !== undefined) throw new LogError('closed', 'the log is closed');
  };

  const read = async (topic: string, partition: number, offset: number, limit: number): Promise<readonly LogRecord[]> => {
    open();
    const records: LogRecord[] = [];
    for (let next = offset; records.length < limit; ) {
      let page = await connection.fetch(topic, partition, next, readPageBytes);
      if (page === undefined) {
        // Out of range: past the end is nothing, before the beginning is the beginning.
        const { low } = (await withAdmin((to) => boundsOf(to, topic))).get(partition) ?? { low: 0 };
        if (next >= low) return records;
        page = await connection.fetch(topic, partition, low, readPageBytes);
      }
      const last = page?.at(-1);
      if (page === undefined || last === undefined) return records;
      records.push(...page.slice(0, limit - records.length));
      next = last.offset + 1;
    }
    return records;
  };

  return {
    read,
    ensureTopics: async (specs) => {
      const differing = await withAdmin((to) => ensureTopics(to, specs, address.replication));
      connection.remember(specs.map(({ name }) => name));
      return differing;
    },
    append: async (records, { timeoutMs = appendDeadlineMs } = {}) => {
      open();
      for (const { value } of records) {
        if ((value?.byteLength ?? 0) > maxRecordBytes) {
          throw new LogError('too_large', `a record of ${value?.byteLength} bytes; the limit is ${maxRecordBytes}`);
        }
      }
      const appended = await writer.append(records, timeoutMs);
      for (const { appendedAt } of appended) sawAppend(appendedAt);
      return appended;
    },
    consumer: (options) =>
      kafkaConsumer({ options, kafka, withAdmin, connection, clock, notices, sawAppend, sessionTimeoutMs: address.sessionTimeoutMs }),
    committed: async (group, topic) => withAdmin((to) => committedOf(to, connection, group, topic)),
    lag: async (group, topic) => withAdmin((to) => lagOf(to, connection, group, topic)),
    groups: async () => withAdmin(groupsOf),
    setCommitted: async (group, topic, partition, offset) => {
      open();
      if (partition >= (await connection.partitions(topic)))
        throw new LogError('unknown_topic', `the topic ${topic} has no partition ${partition}`);
      await connection.commit({ group, generation: -1, memberId: '', topic }, [{ partition, offset, note: null }]);
    },
    partitions: async (topic) => {
      open();
      return connection.partitions(topic);
    },
    partitionFor: async (topic, key) => {
      open();
      return partitionOf(key, await connection.partitions(topic));
    },
    // Before the first record was seen there is only this machine's time.
    logTime: () => (seen.at === 0 ? clock.now() : Math.floor(seen.at + (clock.monotonic() - seen.monotonic))),
    ping: () => withAdmin(async (to) => void (await within(otherDeadlineMs, 'ping', to.describeCluster()))),
    close: () => {
      closed ??= (async () => {
        const former = admins;
        await writer.close();
        await connection.close();
        if (former !== undefined)
          await within(
            otherDeadlineMs,
            'disconnect',
            former.then((one) => one.disconnect()),
          ).catch(() => undefined);
      })();
      return closed;
    },
  };
};
