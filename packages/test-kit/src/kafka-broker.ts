import { kafkaInDocker } from './kafka-docker.ts';
import { kafkaOnJvm } from './kafka-jvm.ts';

/** A real Kafka to test against. */
export type KafkaServer = {
  readonly brokers: readonly string[];
  readonly from: 'environment' | 'docker' | 'jvm';
  /** True where compaction and retention run within a second or so: our own servers are told to. */
  readonly cleansQuickly: boolean;
  /** Only of a server of our own on the JVM: what happens to a machine. The directory, so the data, survives. */
  readonly power: { readonly kill: () => Promise<void>; readonly start: () => Promise<void> } | undefined;
  /** A second door, asked for by `secured`: TLS with an authority of its own, SASL PLAIN and SCRAM. */
  readonly secured: SecuredDoor | undefined;
  /** Ends it and removes what it wrote; one from the environment is left alone. */
  readonly stop: () => Promise<void>;
};

export type SecuredDoor = { readonly broker: string; readonly username: string; readonly password: string; readonly caFile: string };

export type KafkaWish = {
  /** The port that clients are told to come to, for a proxy in front of the broker. Only the JVM can do this. */
  readonly advertisedPort?: number;
  /** A server that the test may kill. Only the JVM can do this. */
  readonly mayBeKilled?: boolean;
  /** With a door that asks for TLS and a password. Only the JVM can do this. */
  readonly secured?: boolean;
};

/**
 * Finds a Kafka, in this order: `KAFKA_BROKERS` (host:port[,host:port]); a Docker engine, through testcontainers; Apache Kafka from Maven
 * Central on the JVM. @returns the server, or why there is none: the test then says so loudly and skips
 */
export const findKafka = async (wish: KafkaWish = {}): Promise<KafkaServer | { readonly reason: string }> => {
  const own = wish.advertisedPort !== undefined || wish.mayBeKilled === true || wish.secured === true;
  const given = process.env['KAFKA_BROKERS'];
  const reasons: string[] = [];
  if (!own && given !== undefined && given !== '') {
    return {
      brokers: given.split(','),
      from: 'environment',
      cleansQuickly: false,
      power: undefined,
      secured: undefined,
      stop: () => Promise.resolve(),
    };
  }
  reasons.push(own ? 'the test needs a server of its own' : 'KAFKA_BROKERS is not set');
  if (!own) {
    const container = await kafkaInDocker();
    if (!('reason' in container)) return container;
    reasons.push(container.reason);
  }
  const process_ = await kafkaOnJvm(wish);
  if (!('reason' in process_)) return process_;
  return { reason: [...reasons, process_.reason].join('; ') };
};
