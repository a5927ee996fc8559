import { LogError, type LogErrorCode } from '../port.ts';

type Vendor = {
  readonly name?: unknown;
  readonly message?: unknown;
  /** Kafka's own word for a protocol error. */
  readonly type?: unknown;
  readonly code?: unknown;
  readonly retriable?: unknown;
  readonly cause?: unknown;
  readonly originalError?: unknown;
};

/** kafkajs wraps: exhausted retries surface as `KafkaJSNonRetriableError` or `KafkaJSNumberOfRetriesExceeded`, the truth stands in `cause`. */
const chain = (error: unknown): Vendor[] => {
  const links: Vendor[] = [];
  for (let at: unknown = error; typeof at === 'object' && at !== null && links.length < 8 && !links.includes(at as Vendor); ) {
    links.push(at as Vendor);
    const { cause, originalError }: Vendor = at as Vendor;
    at = cause ?? originalError;
  }
  return links;
};

const byType = new Map<unknown, LogErrorCode>([
  ['UNKNOWN_TOPIC_OR_PARTITION', 'unknown_topic'],
  ['INVALID_TOPIC_EXCEPTION', 'unknown_topic'],
  ['MESSAGE_TOO_LARGE', 'too_large'],
  ['RECORD_LIST_TOO_LARGE', 'too_large'],
  ['REQUEST_TIMED_OUT', 'timeout'],
  ['NOT_ENOUGH_REPLICAS', 'unavailable'],
  ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'timeout'],
]);

const byName = new Map<unknown, LogErrorCode>([
  ['KafkaJSRequestTimeoutError', 'timeout'],
  ['KafkaJSConnectionError', 'unavailable'],
  ['KafkaJSConnectionClosedError', 'unavailable'],
  ['KafkaJSBrokerNotFound', 'unavailable'],
  ['KafkaJSNoBrokerAvailableError', 'unavailable'],
  ['KafkaJSGroupCoordinatorNotFound', 'unavailable'],
  ['KafkaJSMetadataNotLoaded', 'unavailable'],
  ['KafkaJSTopicMetadataNotLoaded', 'unavailable'],
  ['KafkaJSLockTimeout', 'unavailable'],
]);

/**
 * kafkajs throws these without a name or a word of their own; as anything else they would end the process each time that a broker
 * restarts. Nothing was sent. The first: a request to a broker whose connection was lost a moment before (`broker/index.js`,
 * `notInitializedLookup`). The others: a producer that was given up for one topic while another topic's batch came to it
 * (`producer/messageProducer.js`, `validateConnectionStatus`).
 */
const byMessage = new Map<unknown, LogErrorCode>([
  ['Broker not connected', 'unavailable'],
  ["The producer is disconnecting; therefore, it can't safely accept messages anymore", 'unavailable'],
  ['The producer is disconnected', 'unavailable'],
]);

/** The one place where the client's errors become ours. */
export const translate = (error: unknown): LogError => {
  if (error instanceof LogError) return error;
  const links = chain(error);
  const code =
    links.map((link) => byType.get(link.type)).find((one) => one !== undefined) ??
    links.map((link) => byName.get(link.name)).find((one) => one !== undefined) ??
    links.map((link) => byMessage.get(link.message)).find((one) => one !== undefined) ??
    (isRetriable(links) ? 'unavailable' : 'unknown');
  const last = links.at(-1);
  // Words of the protocol only: the client's messages may name hosts.
  const words = [last?.type, last?.code, last?.name].find((word) => typeof word === 'string');
  return new LogError(code, `Kafka: ${String(words ?? 'an error without a name')}`, error);
};

/** The client holds a broker that it will never use again: only a new client helps. */
export const isBroken = (error: unknown): boolean => chain(error).some((link) => byMessage.has(link.message));

const fencing = new Set<unknown>(['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'REBALANCE_IN_PROGRESS']);

/** The group has gone on to another generation, or without us: our commit does not count any more, which is as it should be. */
export const isFenced = (error: unknown): boolean => chain(error).some((link) => fencing.has(link.type));

/** The client says itself that a repetition may help: a leader moves, a coordinator loads. A bug (TypeError) says nothing of the kind. */
const isRetriable = (links: readonly Vendor[]): boolean => links.at(-1)?.retriable === true;
