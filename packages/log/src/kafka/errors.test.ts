import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { LogError } from '../port.ts';
import { isBroken, isFenced, translate } from './errors.ts';

type ErrorClass = new (...args: unknown[]) => Error;
// The client's own classes: what really comes out of it.
const vendor = createRequire(import.meta.url)('kafkajs/src/errors') as Record<string, ErrorClass>;
const { createErrorFromCode } = createRequire(import.meta.url)('kafkajs/src/protocol/error') as {
  createErrorFromCode: (code: number) => Error;
};
const make = (name: string, ...args: unknown[]): Error => new (vendor[name] as ErrorClass)(...args);
/** As the client's retrier ends: the cause inside, `retriable: false` outside. */
const exhausted = (cause: Error): Error => make('KafkaJSNumberOfRetriesExceeded', cause, { retryCount: 1, retryTime: 100 });
const nonRetriable = (cause: Error): Error => make('KafkaJSNonRetriableError', cause, { cause });

/** As the client itself throws it: a broker that was never connected. */
const notConnected = (): Error => {
  const Broker = createRequire(import.meta.url)('kafkajs/src/broker') as new (options: object) => { lookupRequest: () => void };
  const broker = new Broker({ connectionPool: { host: 'a', port: 1 }, logger: { namespace: () => ({}) }, nodeId: 1 });
  try {
    broker.lookupRequest();
  } catch (error) {
    return error as Error;
  }
  throw new Error('the client answers without a connection');
};

/** As the client itself throws it: a producer that is given up, or was. */
const givenUp = async (status: 'disconnecting' | 'disconnected'): Promise<Error> => {
  const createMessageProducer = createRequire(import.meta.url)('kafkajs/src/producer/messageProducer') as (options: object) => {
    send: (record: object) => Promise<unknown>;
  };
  const producer = createMessageProducer({ getConnectionStatus: () => status });
  try {
    await producer.send({ topic: 'inbox', messages: [] });
  } catch (error) {
    return error as Error;
  }
  throw new Error('the client sends without a connection');
};

const disconnecting = await givenUp('disconnecting');
const disconnected = await givenUp('disconnected');

describe('errors of the client', () => {
  it.each([
    ['UNKNOWN_TOPIC_OR_PARTITION', createErrorFromCode(3), 'unknown_topic', false],
    ['the same, wrapped', nonRetriable(createErrorFromCode(3)), 'unknown_topic', false],
    ['INVALID_TOPIC_EXCEPTION', createErrorFromCode(17), 'unknown_topic', false],
    ['MESSAGE_TOO_LARGE', createErrorFromCode(10), 'too_large', false],
    ['RECORD_LIST_TOO_LARGE', nonRetriable(createErrorFromCode(18)), 'too_large', false],
    ['REQUEST_TIMED_OUT', createErrorFromCode(7), 'timeout', true],
    ['NOT_ENOUGH_REPLICAS', exhausted(createErrorFromCode(19)), 'unavailable', true],
    ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', exhausted(createErrorFromCode(20)), 'timeout', true],
    ['a leader that moved', createErrorFromCode(6), 'unavailable', true],
    ['a coordinator that loads', exhausted(createErrorFromCode(14)), 'unavailable', true],
    [
      'a request without answer',
      exhausted(make('KafkaJSRequestTimeoutError', 'no answer', { broker: 'a:1', clientId: 'c' })),
      'timeout',
      true,
    ],
    ['a refused connection', make('KafkaJSConnectionError', 'refused', { broker: 'a:1', code: 'ECONNREFUSED' }), 'unavailable', true],
    ['the same, exhausted', exhausted(make('KafkaJSConnectionError', 'refused', { broker: 'a:1' })), 'unavailable', true],
    ['a closed connection', make('KafkaJSConnectionClosedError', 'closed', { host: 'a', port: 1 }), 'unavailable', true],
    ['no broker', make('KafkaJSNoBrokerAvailableError'), 'unavailable', true],
    ['a broker unknown to the metadata', make('KafkaJSBrokerNotFound', 'x'), 'unavailable', true],
    ['no coordinator', make('KafkaJSGroupCoordinatorNotFound', 'x'), 'unavailable', true],
    ['no metadata', make('KafkaJSMetadataNotLoaded', 'x'), 'unavailable', true],
    ['a lock of the client', make('KafkaJSLockTimeout', 'x'), 'unavailable', true],
    ['a broker whose connection was just lost', notConnected(), 'unavailable', true],
    ['the same, wrapped', nonRetriable(notConnected()), 'unavailable', true],
    ['a producer that is being given up', disconnecting, 'unavailable', true],
    ['a producer that was given up', disconnected, 'unavailable', true],
    ['a refused password', make('KafkaJSSASLAuthenticationError', 'x'), 'unknown', false],
    ['TOPIC_AUTHORIZATION_FAILED', createErrorFromCode(29), 'unknown', false],
    ['a bug', new TypeError('undefined is not a function'), 'unknown', false],
    ['a bug, wrapped', nonRetriable(new TypeError('x')), 'unknown', false],
  ] as const)('%s', (_, error, code, retryable) => {
    const translated = translate(error);
    expect(translated).toMatchObject({ name: 'LogError', code, retryable });
    expect(translated.cause).toBe(error);
  });

  it.each([
    ['ILLEGAL_GENERATION', createErrorFromCode(22), true],
    ['UNKNOWN_MEMBER_ID, wrapped', translate(exhausted(createErrorFromCode(25))), true],
    ['REBALANCE_IN_PROGRESS', createErrorFromCode(27), true],
    ['OFFSET_METADATA_TOO_LARGE', createErrorFromCode(12), false],
    ['GROUP_AUTHORIZATION_FAILED', createErrorFromCode(30), false],
  ] as const)('fenced by the group: %s', (_, error, fenced) => {
    expect(isFenced(error)).toBe(fenced);
  });

  it('tells a client that will not find its broker again from one that may', () => {
    expect([notConnected(), nonRetriable(notConnected())].map(isBroken)).toEqual([true, true]);
    expect([make('KafkaJSConnectionClosedError', 'closed', { host: 'a', port: 1 }), new TypeError('x')].map(isBroken)).toEqual([
      false,
      false,
    ]);
  });

  it('names no host, and leaves our own as they are', () => {
    expect(
      translate(make('KafkaJSConnectionError', 'refused kafka-7.internal', { broker: 'kafka-7.internal:9092' })).message,
    ).not.toContain('internal');
    const own = new LogError('closed', 'closed');
    expect(translate(own)).toBe(own);
    expect(translate('text').code).toBe('unknown');
  });
});
