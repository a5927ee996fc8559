import { type Metadata as GrpcMetadata, status as grpcStatus, Metadata, type ServiceError } from '@grpc/grpc-js';

/** An error as the real server sends it: status, message and trailers of `EventStore.Core/Services/Transport/Grpc/RpcExceptions.cs`. */
export type RpcError = Partial<ServiceError> & { readonly code: grpcStatus; readonly details: string; readonly metadata: GrpcMetadata };

const rpcError = (code: grpcStatus, details: string, trailers: Readonly<Record<string, string>> = {}): RpcError => {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(trailers)) metadata.set(key, value);
  return Object.assign(new Error(details), { code, details, metadata });
};

export const serverNotReady = (): RpcError => rpcError(grpcStatus.UNAVAILABLE, 'Server Is Not Ready');
export const internal = (): RpcError => rpcError(grpcStatus.INTERNAL, 'Internal error');
export const noLeaderInfo = (): RpcError => rpcError(grpcStatus.UNKNOWN, 'No leader info available in response');
export const notLeader = (host: string, port: number): RpcError =>
  rpcError(grpcStatus.NOT_FOUND, 'Leader info available', {
    exception: 'not-leader',
    'leader-endpoint-host': host,
    'leader-endpoint-port': String(port),
  });
export const accessDenied = (): RpcError => rpcError(grpcStatus.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' });
/** A header takes ASCII only; .NET's server percent-encodes nothing either, so that the real one fails on other names in its own way. */
export const streamDeleted = (stream: string): RpcError =>
  rpcError(grpcStatus.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': ascii(stream),
  });
export const wrongExpectedVersion = (operation: string, stream: string, expected: number, actual: number): RpcError =>
  rpcError(
    grpcStatus.FAILED_PRECONDITION,
    `${operation} failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${expected}, Actual version: ${actual}`,
    {
      exception: 'wrong-expected-version',
      'stream-name': ascii(stream),
      'expected-version': String(expected),
      'actual-version': String(actual),
    },
  );
export const maxAppendSizeExceeded = (maxAppendSize: number): RpcError =>
  rpcError(grpcStatus.INVALID_ARGUMENT, `Maximum Append Size of ${maxAppendSize} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(maxAppendSize),
  });
export const requiredMetadataPropertyMissing = (property: string): RpcError =>
  rpcError(grpcStatus.INVALID_ARGUMENT, `Required Metadata Property '${property}' is missing`, {
    exception: 'missing-required-metadata-property',
    'required-metadata-properties': 'type,content-type',
  });
export const operationTimedOut = (): RpcError => rpcError(grpcStatus.ABORTED, 'Operation timed out: ');
export const invalidArgument = (what: string): RpcError => rpcError(grpcStatus.INVALID_ARGUMENT, what);

const ascii = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?');
