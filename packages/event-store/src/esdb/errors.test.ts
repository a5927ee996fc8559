import client from '@eventstore/db-client';
import commandErrors from '@eventstore/db-client/dist/utils/CommandError.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import status, { type Status } from '@eventstore/db-client/generated/status_pb.js';
import { status as grpc, Metadata } from '@grpc/grpc-js';
import any from 'google-protobuf/google/protobuf/any_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import { describe, expect, it } from 'vitest';
import { EventStoreError } from '../port.ts';
import { isNotLeader, isStreamNotFound, translate, translateReply } from './errors.ts';

/** An error as gRPC hands it to the client. */
const raw = (code: number, details: string, trailers: Record<string, string> = {}): Error => {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(trailers)) metadata.set(key, value);
  return Object.assign(new Error(`${code} ${details}`), { code, details, metadata });
};
/** The same through the client's own conversion, which the adapter sees for every call but the feature probe. */
const converted = (code: number, details: string, trailers: Record<string, string> = {}): unknown =>
  commandErrors.convertToCommandError(raw(code, details, trailers) as never);

describe('the client’s errors, translated', () => {
  it.each([
    ['a server that is away', converted(grpc.UNAVAILABLE, 'No connection established'), 'unavailable', true],
    ['a call that the server cancelled', converted(grpc.CANCELLED, 'Call cancelled'), 'unavailable', true],
    ['a call that we cancelled', converted(grpc.CANCELLED, 'Cancelled on client'), 'unavailable', true],
    ['a gRPC deadline', converted(grpc.DEADLINE_EXCEEDED, 'Deadline exceeded'), 'timeout', true],
    ['the server’s own time-out', converted(grpc.ABORTED, 'Operation timed out: '), 'timeout', true],
    ['a time-out of a batch append', new commandErrors.DeadlineExceededError(), 'timeout', true],
    [
      'not the leader',
      converted(grpc.NOT_FOUND, 'Leader info available', {
        exception: 'not-leader',
        'leader-endpoint-host': 'other',
        'leader-endpoint-port': '2113',
      }),
      'unavailable',
      true,
    ],
    ['an election', converted(grpc.UNKNOWN, 'No leader info available in response'), 'unavailable', true],
    [
      'an election, told in a batch',
      new commandErrors.UnknownError(undefined, 'Could not recognize No leader info available in response'),
      'unavailable',
      true,
    ],
    [
      'a server that starts, told in a batch',
      new commandErrors.UnknownError(undefined, 'Could not recognize Server Is Not Ready'),
      'unavailable',
      true,
    ],
    [
      'a server that is busy, told in a batch',
      new commandErrors.UnknownError(undefined, 'Could not recognize Server Is Busy'),
      'unavailable',
      true,
    ],
    ['a stream that was reset', converted(grpc.INTERNAL, 'Received RST_STREAM with code 2 (Internal server error)'), 'unavailable', true],
    ['a write to a stream that has ended', converted(grpc.INTERNAL, 'write after end'), 'unavailable', true],
    ['a channel that was closed meanwhile', new Error('Channel has been shut down'), 'unavailable', true],
    ['a cluster that can’t be discovered', new Error('Failed to discover after 10 attempts.'), 'unavailable', true],
    ['a probe while the server is away', raw(grpc.UNAVAILABLE, 'No connection established'), 'unavailable', true],
    ['a probe that ran late', raw(grpc.DEADLINE_EXCEEDED, 'Deadline exceeded'), 'timeout', true],
    ['a probe that failed', raw(grpc.INTERNAL, 'Internal error'), 'unknown', false],
    ['a refused user', converted(grpc.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' }), 'unknown', false],
    ['an unknown user', converted(grpc.UNAUTHENTICATED, 'Unauthenticated'), 'unknown', false],
    ['a refused user, told in a batch', new commandErrors.AccessDeniedError(), 'unknown', false],
    ['a wrong argument', converted(grpc.INVALID_ARGUMENT, 'Trying to read from an invalid position.'), 'unknown', false],
    ['a fault of the server', converted(grpc.INTERNAL, 'Internal error'), 'unknown', false],
    ['something else', new TypeError('x is not a function'), 'unknown', false],
    ['no error at all', undefined, 'unknown', false],
    [
      'a deleted stream',
      converted(grpc.FAILED_PRECONDITION, 'deleted', { exception: 'stream-deleted', 'stream-name': 's' }),
      'stream_deleted',
      false,
    ],
    ['a deleted stream, told in a batch', commandErrors.StreamDeletedError.fromStreamName('s'), 'stream_deleted', false],
    [
      'an append that is too big',
      converted(grpc.INVALID_ARGUMENT, 'too big', { exception: 'maximum-append-size-exceeded', 'maximum-append-size': '1048576' }),
      'too_large',
      false,
    ],
    ['an append that is too big, told in a batch', commandErrors.MaxAppendSizeExceededError.fromMaxAppendSize(1024), 'too_large', false],
  ])('%s', (_name, error, code, retryable) => {
    const translated = translate(error);
    expect(translated).toBeInstanceOf(EventStoreError);
    expect(translated).toMatchObject({ code, retryable, actual: undefined });
    if (error !== undefined) expect(translated.cause).toBe(error);
  });

  it('a conflict, with the actual revision, in each of its forms', () => {
    const reply = (current: bigint | 'no_stream') =>
      new client.WrongExpectedVersionError(null as never, { streamName: 's', current, expected: 3n } as never);
    expect(translate(reply(7n))).toMatchObject({ code: 'wrong_expected_revision', actual: 7, retryable: false });
    expect(translate(reply('no_stream'))).toMatchObject({ code: 'wrong_expected_revision', actual: 'no_stream' });
    const trailers = { exception: 'wrong-expected-version', 'stream-name': 's', 'expected-version': '3' };
    const told = converted(grpc.FAILED_PRECONDITION, 'wrong', { ...trailers, 'actual-version': '7' });
    expect(translate(told)).toMatchObject({ code: 'wrong_expected_revision', actual: 7 });
    expect(translate(converted(grpc.FAILED_PRECONDITION, 'wrong', trailers))).toMatchObject({ actual: 'no_stream' });
    const nothing = converted(grpc.FAILED_PRECONDITION, 'wrong', { ...trailers, 'actual-version': '-1' });
    expect(translate(nothing)).toMatchObject({ code: 'wrong_expected_revision', actual: 'no_stream' });
  });

  it('leaves its own errors as they are', () => {
    const own = new EventStoreError('closed', 'closed');
    expect(translate(own)).toBe(own);
  });

  const reply = (name: string, details: { serializeBinary: () => Uint8Array } | undefined, message = ''): Status => {
    const answer = new status.Status().setMessage(message);
    if (details === undefined) return answer;
    const packed = new any.Any();
    packed.pack(details.serializeBinary(), `event_store.client.${name}`);
    return answer.setDetails(packed);
  };
  it.each([
    ['StreamDeleted', new shared.StreamDeleted(), '', 'stream_deleted', false],
    ['MaximumAppendSizeExceeded', new shared.MaximumAppendSizeExceeded(), '', 'too_large', false],
    ['Timeout', new shared.Timeout(), '', 'timeout', true],
    ['AccessDenied', new shared.AccessDenied(), '', 'unknown', false],
    ['BadRequest', new shared.BadRequest(), 'Server', 'unknown', false],
    ['Unknown', new shared.Unknown(), '', 'unknown', false],
    ['nothing', undefined, 'Server Is Not Ready', 'unavailable', true],
    ['nothing', undefined, 'Server Is Busy', 'unavailable', true],
    ['nothing', undefined, 'No leader info available in response', 'unavailable', true],
    ['nothing', undefined, 'Unknown NotHandledReason (9)', 'unknown', false],
  ])('an append on the stream, answered with %s', (name, details, message, code, retryable) => {
    expect(translateReply(reply(name, details, message))).toMatchObject({ name: 'EventStoreError', code, retryable });
  });

  it('an append on the stream, answered with a conflict', () => {
    const at = new shared.WrongExpectedVersion().setCurrentStreamRevision('0').setExpectedStreamPosition('3');
    expect(translateReply(reply('WrongExpectedVersion', at))).toMatchObject({ code: 'wrong_expected_revision', actual: 0 });
    const none = new shared.WrongExpectedVersion().setCurrentNoStream(new empty.Empty());
    expect(translateReply(reply('WrongExpectedVersion', none))).toMatchObject({ code: 'wrong_expected_revision', actual: 'no_stream' });
  });

  it('recognises what a call is repeated or answered for', () => {
    expect(isStreamNotFound(new client.StreamNotFoundError(null as never, 's'))).toBe(true);
    expect(isStreamNotFound(converted(grpc.UNAVAILABLE, 'x'))).toBe(false);
    expect(isNotLeader(converted(grpc.UNAVAILABLE, 'x'))).toBe(false);
  });
});
