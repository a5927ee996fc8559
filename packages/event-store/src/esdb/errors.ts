import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { Status } from '@eventstore/db-client/generated/status_pb.js';
import { EventStoreError } from '../port.ts';

/**
 * What the client throws, as far as it is read: a `CommandError` has a `type` (`dist/utils/CommandError.js`), some paths let a bare gRPC error
 * through with `code` only, discovery throws a plain Error. The codes are gRPC's.
 */
type Thrown = {
  readonly type?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly details?: unknown;
  readonly actualVersion?: unknown;
};
const grpc = { cancelled: 1, deadlineExceeded: 4, aborted: 10, unavailable: 14 } as const;

/** Texts of errors without a code of their own which say that the server, or the way to it, is not ready: the outcome is unknown. */
const away =
  /Server Is Not Ready|Server Is (?:Too )?Busy|No leader info|Failed to discover|RST_STREAM|ECONN|EPIPE|socket|Connection (?:dropped|closed)|write after end|has been shut down/i;

/** The client's errors, translated once; everywhere above only `EventStoreError` is known. */
export const translate = (error: unknown): EventStoreError => {
  if (error instanceof EventStoreError) return error;
  const thrown = (typeof error === 'object' && error !== null ? error : {}) as Thrown;
  const as = (code: 'stream_deleted' | 'too_large' | 'timeout' | 'unavailable' | 'unknown', message: string): EventStoreError =>
    new EventStoreError(code, message, { cause: error });
  switch (thrown.type) {
    case 'wrong-expected-version':
      return new EventStoreError('wrong_expected_revision', `the stream is at ${String(thrown.actualVersion)}`, {
        actual: typeof thrown.actualVersion === 'bigint' && thrown.actualVersion >= 0n ? Number(thrown.actualVersion) : 'no_stream',
        cause: error,
      });
    case 'stream-deleted':
      return as('stream_deleted', 'the stream is deleted');
    case 'maximum-append-size-exceeded':
      return as('too_large', 'the server takes no append of this size');
    case 'timeout':
    case 'deadline-exceeded':
      return as('timeout', 'the server did not answer in time; an append may have landed');
    case 'unavailable':
    case 'cancelled':
      return as('unavailable', 'the server is away');
    case 'not-leader':
      return as('unavailable', 'the server is not the leader');
    case 'access-denied':
      return as('unknown', 'access denied');
  }
  switch (thrown.code) {
    case grpc.unavailable:
    case grpc.cancelled:
      return as('unavailable', 'the server is away');
    case grpc.deadlineExceeded:
    case grpc.aborted:
      return as('timeout', 'the server did not answer in time; an append may have landed');
  }
  if (away.test(`${String(thrown.message)} ${String(thrown.details)}`)) return as('unavailable', 'the server is away');
  return as(
    'unknown',
    `the server refused: ${typeof thrown.type === 'string' ? thrown.type : 'error'} ${String(thrown.code ?? '')}`.trim(),
  );
};

export const isNotLeader = (error: unknown): boolean => (error as Thrown | null)?.type === 'not-leader';
export const isStreamNotFound = (error: unknown): boolean => (error as Thrown | null)?.type === 'stream-not-found';

/** The error in an answer of `BatchAppend`: `google.rpc.Status` with one `Any` of `shared.proto` (the server's `Status.cs`). */
export const translateReply = (status: Status | undefined): EventStoreError => {
  const details = status?.getDetails();
  const name = details?.getTypeName() ?? '';
  switch (name) {
    case 'event_store.client.WrongExpectedVersion': {
      const wrong = details?.unpack(shared.WrongExpectedVersion.deserializeBinary, name);
      const actual = wrong?.hasCurrentStreamRevision() === true ? Number(wrong.getCurrentStreamRevision()) : 'no_stream';
      return new EventStoreError('wrong_expected_revision', `the stream is at ${actual}`, { actual });
    }
    case 'event_store.client.StreamDeleted':
      return new EventStoreError('stream_deleted', 'the stream is deleted');
    case 'event_store.client.MaximumAppendSizeExceeded':
      return new EventStoreError('too_large', 'the server takes no append of this size');
    case 'event_store.client.Timeout':
      return new EventStoreError('timeout', 'the server did not answer in time; an append may have landed');
    case 'event_store.client.AccessDenied':
      return new EventStoreError('unknown', 'access denied');
  }
  const message = status?.getMessage() ?? '';
  if (away.test(message)) return new EventStoreError('unavailable', 'the server is away');
  return new EventStoreError('unknown', `the server refused: ${name}`);
};
