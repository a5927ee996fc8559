import type { Batch, Consumer as Client, Kafka } from 'kafkajs';
import { partitionNumbers } from './assigner.ts';
import { within } from './deadline.ts';

/** An idle fetch waits so long at the broker, ms: also the longest that a resume or a stop takes effect late. */
export const longPollMs = 200;
export const heartbeatMs = 500;
/** Members have so long to come back at a rebalance, ms; ours come at once. */
const rebalanceMs = 15_000;
const subscribeDeadlineMs = 3_000;

/** What a member of the group hears. None may throw: an error that left a handler would stop all partitions. */
export type MemberEvents = {
  readonly onRebalancing: () => void;
  readonly onJoined: (memberId: string, partitions: readonly number[]) => void;
  readonly onHeartbeat: (memberId: string, groupGeneration: number) => void;
  /** Of each broker, also where nothing came. */
  readonly onFetched: () => void;
  readonly onBatch: (batch: Batch, resolveOffset: (offset: string) => void) => void;
};

export type Member = {
  readonly client: Client;
  /** Resolves with the error when the client has given up. */
  readonly crashed: Promise<unknown>;
  /** @throws where the cluster is away, or does not answer in time */
  readonly subscribe: () => Promise<void>;
  /** Resolves when it has joined the group and fetches. @throws where the cluster is away */
  readonly run: () => Promise<void>;
};

/** A client that joins the group, whose handler only takes batches: all partitions of a broker share its fetch loop. */
export const groupMember = (
  kafka: Kafka,
  { group, topic, sessionTimeoutMs }: { readonly group: string; readonly topic: string; readonly sessionTimeoutMs: number },
  events: MemberEvents,
): Member => {
  const client = kafka.consumer({
    groupId: group,
    partitionAssigners: [partitionNumbers],
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: rebalanceMs,
    heartbeatInterval: heartbeatMs,
    maxWaitTimeInMs: longPollMs,
    maxBytesPerPartition: 1024 * 1024,
    allowAutoTopicCreation: false,
    // A crash is ours to judge: the client's own restart would go on without our knowing.
    retry: { initialRetryTime: 200, maxRetryTime: 2_000, retries: 4, restartOnFailure: () => Promise.resolve(false) },
  });
  const crashed = Promise.withResolvers<unknown>();
  client.on(client.events.CRASH, ({ payload }) => crashed.resolve(payload.error));
  client.on(client.events.REBALANCING, events.onRebalancing);
  client.on(client.events.GROUP_JOIN, ({ payload }) => events.onJoined(payload.memberId, payload.memberAssignment[topic] ?? []));
  client.on(client.events.HEARTBEAT, ({ payload }) => events.onHeartbeat(payload.memberId, payload.groupGenerationId));
  client.on(client.events.FETCH, events.onFetched);
  return {
    client,
    crashed: crashed.promise,
    subscribe: async () => {
      await within(subscribeDeadlineMs, 'connect', client.connect());
      await within(subscribeDeadlineMs, 'subscribe', client.subscribe({ topics: [topic], fromBeginning: true }));
    },
    run: () =>
      client.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: ({ batch, resolveOffset }) => {
          events.onBatch(batch, resolveOffset);
          return Promise.resolve();
        },
      }),
  };
};
