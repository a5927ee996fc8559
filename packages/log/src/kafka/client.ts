import './request-queue-repair.ts';
import { createRequire } from 'node:module';
import { type Admin, Kafka, type KafkaConfig, type LogEntry, logLevel } from 'kafkajs';
import type { KafkaAddress } from './address.ts';

/** A line of a log: the name of what happened, and identifiers and enumerations only. */
type Notice = { readonly event: string } & Readonly<Record<string, unknown>>;

/** Where the client's own warnings go; pino fits. */
export type Notices = { readonly warn: (notice: Notice) => void; readonly debug: (notice: Notice) => void };

/** Asks the cluster as an administrator. @throws LogError */
export type WithAdmin = <T>(work: (to: Admin) => Promise<T>) => Promise<T>;

export const noNotices: Notices = { warn: () => undefined, debug: () => undefined };

/** A cluster's own time-outs, ms: refused in 0.2 s, hung in about 4. Every call of ours has a deadline on top. */
const connectionTimeout = 1_000;
const requestTimeout = 2_000;

const configuration = (address: KafkaAddress, notices: Notices): KafkaConfig => ({
  clientId: 'dialog-engine',
  brokers: [...address.brokers],
  ...(address.tls === undefined ? {} : { ssl: address.tls.ca === undefined ? true : { ca: [address.tls.ca] } }),
  ...(address.sasl === undefined ? {} : { sasl: address.sasl as NonNullable<KafkaConfig['sasl']> }),
  connectionTimeout,
  authenticationTimeout: 5_000,
  requestTimeout,
  enforceRequestTimeout: true,
  retry: { initialRetryTime: 100, maxRetryTime: 300, retries: 3 },
  logLevel: logLevel.WARN,
  logCreator: () => (entry) => tell(notices, entry),
});

/** The client cries several times a second while a broker is away, and over a coordinator that loads; what matters comes as an error of a call. */
const tell = (notices: Notices, { namespace, log }: LogEntry): void => {
  const { groupId, topic, partition } = log as { groupId?: unknown; topic?: unknown; partition?: unknown };
  notices.debug({ event: 'kafka_client_notice', namespace, groupId, topic, partition });
};

export const kafkaClient = (address: KafkaAddress, notices: Notices): Kafka => new Kafka(configuration(address, notices));

/** What we use of the client's inside; its version is pinned exactly, and it does not change any more. */
export type Broker = {
  readonly fetch: (request: {
    readonly maxWaitTime: number;
    readonly minBytes: number;
    readonly maxBytes: number;
    readonly isolationLevel: number;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly fetchOffset: string; readonly maxBytes: number }[];
    }[];
  }) => Promise<{
    readonly responses: readonly {
      readonly partitions: readonly {
        readonly partition: number;
        readonly highWatermark: string;
        readonly messages: readonly {
          readonly offset: string;
          readonly key: Buffer | null;
          readonly value: Buffer | null;
          readonly timestamp: string;
          readonly headers: Record<string, Buffer>;
          readonly isControlRecord: boolean;
        }[];
      }[];
    }[];
  }>;
  readonly leaveGroup: (request: { readonly groupId: string; readonly memberId: string }) => Promise<unknown>;
  readonly offsetCommit: (request: {
    readonly groupId: string;
    readonly groupGenerationId: number;
    readonly memberId: string;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly offset: string; readonly metadata: string | null }[];
    }[];
  }) => Promise<unknown>;
};

export type Cluster = {
  readonly connect: () => Promise<void>;
  readonly disconnect: () => Promise<void>;
  readonly isConnected: () => boolean;
  readonly refreshMetadata: () => Promise<void>;
  readonly refreshMetadataIfNecessary: () => Promise<void>;
  readonly addTargetTopic: (topic: string) => Promise<void>;
  readonly removeBroker: (at: { readonly host: string; readonly port: number }) => void;
  readonly findTopicPartitionMetadata: (topic: string) => readonly { readonly partitionId: number; readonly leader: number }[];
  readonly findBroker: (at: { readonly nodeId: number }) => Promise<Broker>;
  readonly findGroupCoordinator: (of: { readonly groupId: string }) => Promise<Broker>;
};

const inside = createRequire(import.meta.url);

/**
 * A connection to the cluster without a group: the client offers none, but its own parts are made of this one. Serves reads at an offset,
 * and commits under the generation in which they were decided (the consumer's own repeat a failed commit under the *next* generation).
 */
export const kafkaCluster = (address: KafkaAddress, notices: Notices): Cluster => {
  const Inside = inside('kafkajs/src/cluster') as new (options: Readonly<Record<string, unknown>>) => Cluster;
  const socketFactory = inside('kafkajs/src/network/socketFactory') as () => unknown;
  const { createLogger } = inside('kafkajs/src/loggers') as { createLogger: (options: Readonly<Record<string, unknown>>) => unknown };
  const { logLevel: level, logCreator, ...settings } = configuration(address, notices);
  return new Inside({
    ...settings,
    logger: createLogger({ level, logCreator }),
    socketFactory: socketFactory(),
    metadataMaxAge: 300_000,
    allowAutoTopicCreation: false,
    maxInFlightRequests: null,
    isolationLevel: 1,
    offsets: new Map(),
  });
};
