import { LogError, type LogRecord } from '../port.ts';
import type { Cluster } from './client.ts';
import { within } from './deadline.ts';
import { isBroken, translate } from './errors.ts';
import { fromWire } from './record.ts';

export type OffsetToCommit = { readonly partition: number; readonly offset: number; readonly note: string | null };

/** Reads and commits without being a member of a group. Each call has its deadline, ms. */
export type Connection = {
  /** @throws LogError `unknown_topic` */
  readonly partitions: (topic: string) => Promise<number>;
  /** These topics exist: a broker that does not know one of them is one that has just started, not a mistake. */
  readonly remember: (topics: readonly string[]) => void;
  readonly exists: (topic: string) => boolean;
  /** At most about `maxBytes`, at least one record where there is one at or after the offset. @throws LogError; `outOfRange` answers undefined */
  readonly fetch: (topic: string, partition: number, offset: number, maxBytes: number) => Promise<readonly LogRecord[] | undefined>;
  /** The broker takes it only from the generation's living member; of an empty group, from anybody (generation −1, no member). */
  readonly commit: (
    at: { readonly group: string; readonly generation: number; readonly memberId: string; readonly topic: string },
    offsets: readonly OffsetToCommit[],
  ) => Promise<void>;
  /** Strikes a member off its group, if it is still in it. */
  readonly leave: (group: string, memberId: string) => Promise<void>;
  readonly close: () => Promise<void>;
};

const deadlineMs = 5_000;
const readCommitted = 1;

export const connection = (cluster: Cluster): Connection => {
  const counts = new Map<string, Promise<number>>();
  const existing = new Set<string>();

  /** Connects where it must, and tries once more over fresh metadata: leaders and coordinators move. */
  const attempt = <T>(what: string, work: () => Promise<T>): Promise<T> => {
    const patient = async (): Promise<T> => {
      try {
        await cluster.connect();
        return await work();
      } catch (first) {
        const { name, host, port } = first as { name?: string; host?: string; port?: number };
        if (name === 'KafkaJSConnectionClosedError' && host !== undefined && port !== undefined) cluster.removeBroker({ host, port });
        if (!translate(first).retryable) throw first;
        // Its brokers are forgotten with it; the next lines find them anew.
        if (isBroken(first)) await cluster.disconnect();
        await cluster.connect();
        await cluster.refreshMetadata();
        return await work();
      }
    };
    return within(deadlineMs, what, patient()).catch((error: unknown) => {
      throw translate(error);
    });
  };

  const count = async (topic: string): Promise<number> => {
    const found = await attempt('metadata', async () => {
      await cluster.addTargetTopic(topic);
      return cluster.findTopicPartitionMetadata(topic).length;
    }).catch((error: LogError) => {
      if (error.code === 'unknown_topic') return 0;
      throw error;
    });
    if (found > 0) existing.add(topic);
    else if (existing.has(topic)) throw new LogError('unavailable', `the broker does not know the topic ${topic} yet`);
    else throw new LogError('unknown_topic', `the topic ${topic} does not exist`);
    return found;
  };

  /** The count of a topic is fixed when it is made; who asks while it is being asked for gets the same answer. */
  const partitions = (topic: string): Promise<number> => {
    const known = counts.get(topic);
    if (known !== undefined) return known;
    const asked = count(topic);
    counts.set(topic, asked);
    asked.catch(() => counts.delete(topic));
    return asked;
  };

  const fetch = async (topic: string, partition: number, offset: number, maxBytes: number): Promise<readonly LogRecord[] | undefined> => {
    if (partition >= (await partitions(topic))) throw new LogError('unknown_topic', `the topic ${topic} has no partition ${partition}`);
    try {
      return await attempt('fetch', async () => {
        await cluster.refreshMetadataIfNecessary();
        const leader = cluster.findTopicPartitionMetadata(topic).find((one) => one.partitionId === partition)?.leader;
        if (leader === undefined) throw new LogError('unavailable', 'the partition has no leader');
        const broker = await cluster.findBroker({ nodeId: leader });
        const { responses } = await broker.fetch({
          maxWaitTime: 0,
          minBytes: 0,
          maxBytes: 16 * 1024 * 1024,
          isolationLevel: readCommitted,
          topics: [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes }] }],
        });
        // The broker gives whole batches: the first may begin before the offset.
        return responses
          .flatMap((one) => one.partitions)
          .flatMap((one) => one.messages)
          .filter((message) => !message.isControlRecord && Number(message.offset) >= offset)
          .map((message) => fromWire(topic, partition, message));
      });
    } catch (error) {
      const { cause } = error as { cause?: { type?: string } };
      if (cause?.type === 'OFFSET_OUT_OF_RANGE') return undefined;
      throw asExisting(error as LogError);
    }
  };

  return {
    partitions,
    remember: (topics) => {
      for (const topic of topics) existing.add(topic);
    },
    exists: (topic) => existing.has(topic),
    fetch,
    commit: ({ group, generation, memberId, topic }, offsets) =>
      attempt('commit', async () => {
        const coordinator = await cluster.findGroupCoordinator({ groupId: group });
        await coordinator.offsetCommit({
          groupId: group,
          groupGenerationId: generation,
          memberId,
          topics: [
            {
              topic,
              partitions: offsets.map(({ partition, offset, note }) => ({ partition, offset: String(offset), metadata: note ?? '' })),
            },
          ],
        });
      }),
    leave: async (group, memberId) => {
      try {
        await attempt('leave', async () => {
          const coordinator = await cluster.findGroupCoordinator({ groupId: group });
          await coordinator.leaveGroup({ groupId: group, memberId });
        });
      } catch (error) {
        // A member that the group does not know has left.
        if (translate(error).retryable) throw error;
      }
    },
    close: () => within(deadlineMs, 'disconnect', cluster.disconnect()).catch(() => undefined),
  };
};

/** Of a topic that exists: the broker has just started and does not know it yet. */
export const asExisting = (error: LogError): LogError =>
  error.code === 'unknown_topic' ? new LogError('unavailable', 'the broker does not know the topic yet', error) : error;
