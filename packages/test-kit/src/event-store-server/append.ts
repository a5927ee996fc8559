import { setImmediate as nextTurn } from 'node:timers/promises';
import type { UUID } from '@eventstore/db-client/generated/shared_pb.js';
import type { AppendReq, AppendResp, BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerDuplexStream, ServerReadableStream, sendUnaryData } from '@grpc/grpc-js';
import any from 'google-protobuf/google/protobuf/any_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import {
  invalidArgument,
  maxAppendSizeExceeded,
  operationTimedOut,
  type RpcError,
  requiredMetadataPropertyMissing,
  streamDeleted,
} from './errors.ts';
import { messages, shared, status } from './protocol.ts';
import { answering, type Serving, strike } from './serve.ts';
import type { Expected, Outcome, ProposedEvent } from './store.ts';

/** `MaxAppendSize` of EventStoreDB 23.10, bytes of a whole append (`ClusterVNodeOptions`); KurrentDB takes more. */
export const maxAppendSize = 1024 * 1024;

/**
 * `Streams/Append` (client stream): options first, then one message an event; answered after the half-close. A conflict is a normal reply, a
 * deleted stream is an error with trailers (`Streams.Append.cs`).
 */
export const append =
  (serving: Serving) =>
  (call: ServerReadableStream<AppendReq, AppendResp>, send: sendUnaryData<AppendResp>): void => {
    let options: AppendReq.Options | undefined;
    const events: ProposedEvent[] = [];
    let size = 0;
    let refused: RpcError | undefined;
    call.on('data', (request: AppendReq) => {
      try {
        if (options === undefined) {
          options = request.getOptions();
          return;
        }
        const event = proposed(request.getProposedMessage());
        size += sizeOnDisk(event);
        if (size > maxAppendSize) throw maxAppendSizeExceeded(maxAppendSize);
        events.push(event);
      } catch (error) {
        refused ??= error as RpcError;
      }
    });
    call.on('error', () => undefined);
    call.on('end', () => void answering(send, answer));

    const answer = async (): Promise<AppendResp | undefined> => {
      if (!(await wasEndedByClient(serving, call))) return undefined;
      if (refused !== undefined) throw refused;
      if (options === undefined) throw invalidArgument('no options');
      const stream = nameOf(options);
      const struck = await strike(serving, 'Append', stream);
      if (struck.kind === 'silence') return undefined;
      if (struck.kind === 'refuse') throw struck.error;
      const outcome = serving.store.append(stream, expectedOf(options), events);
      if (struck.after === 'no_answer') return undefined;
      if (struck.after === 'cut') {
        serving.cut();
        return undefined;
      }
      if (struck.after === 'timeout') throw operationTimedOut();
      if (outcome.kind === 'stream_deleted') throw streamDeleted(stream);
      return appendReply(outcome, options);
    };
  };

/**
 * Whether the client has ended its messages. gRPC here tells a broken connection, too, as their end, and what came till then is only the
 * beginning of an append; .NET's server throws there, and writes nothing.
 */
const wasEndedByClient = async (serving: Serving, call: ServerReadableStream<AppendReq, AppendResp>): Promise<boolean> => {
  await nextTurn();
  await nextTurn();
  return !call.cancelled && serving.isConnected(call.getPeer());
};

const appendReply = (outcome: Exclude<Outcome, { kind: 'stream_deleted' }>, options: AppendReq.Options): AppendResp => {
  const reply = new messages.AppendResp();
  if (outcome.kind === 'wrong_expected_version') {
    const wrong = new messages.AppendResp.WrongExpectedVersion();
    if (options.hasAny()) wrong.setExpectedAny(new shared.Empty());
    else if (options.hasStreamExists()) wrong.setExpectedStreamExists(new shared.Empty());
    else if (options.hasNoStream()) wrong.setExpectedNoStream(new shared.Empty());
    else wrong.setExpectedRevision(options.getRevision());
    if (outcome.actual === -1) wrong.setCurrentNoStream(new shared.Empty());
    else wrong.setCurrentRevision(String(outcome.actual));
    reply.setWrongExpectedVersion(wrong);
    return reply;
  }
  const success = new messages.AppendResp.Success();
  success.setCurrentRevision(String(outcome.revision));
  const position = new messages.AppendResp.Position();
  position.setCommitPosition(String(outcome.position));
  position.setPreparePosition(String(outcome.position));
  success.setPosition(position);
  reply.setSuccess(success);
  return reply;
};

/**
 * `Streams/BatchAppend` (both ways): appends side by side on one stream, told apart by correlation id; the first message of each has its
 * options, the last `is_final`. A conflict, a deleted stream, a time-out are replies with a `google.rpc.Status` whose details hold one `Any`
 * (`Streams.BatchAppend.cs`, `Status.cs`); `stream_identifier` is always set. "Not the leader" ends the whole stream with the trailers.
 */
export const batchAppend =
  (serving: Serving) =>
  (call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>): void => {
    const pending = new Map<string, { readonly options: BatchAppendReq.Options; readonly events: ProposedEvent[]; size: number }>();
    const reply = (correlationId: UUID | undefined, stream: string): BatchAppendResp => {
      const response = new messages.BatchAppendResp();
      response.setCorrelationId(correlationId);
      response.setStreamIdentifier(identifier(stream));
      return response;
    };
    call.on('error', () => undefined);
    call.on('end', () => call.end());
    call.on('data', (request: BatchAppendReq) => {
      const id = Buffer.from(request.getCorrelationId()?.serializeBinary() ?? []).toString('hex');
      const options = request.getOptions();
      if (options !== undefined) pending.set(id, { options, events: [], size: 0 });
      const append = pending.get(id);
      if (append === undefined) return;
      const stream = nameOf(append.options);
      for (const message of request.getProposedMessagesList()) {
        const event = proposed(message);
        append.size += sizeOnDisk(event);
        append.events.push(event);
      }
      if (append.size > maxAppendSize) {
        pending.delete(id);
        const exceeded = new shared.MaximumAppendSizeExceeded();
        exceeded.setMaxappendsize(maxAppendSize);
        const response = reply(request.getCorrelationId(), stream);
        response.setError(statusOf('MaximumAppendSizeExceeded', exceeded.serializeBinary()));
        call.write(response);
        return;
      }
      if (!request.getIsFinal()) return;
      pending.delete(id);
      void answer(request.getCorrelationId(), stream, append.options, append.events).catch((error: unknown) =>
        call.emit('error', error as Error),
      );
    });

    const answer = async (
      correlationId: UUID | undefined,
      stream: string,
      options: BatchAppendReq.Options,
      events: readonly ProposedEvent[],
    ): Promise<void> => {
      const struck = await strike(serving, 'BatchAppend', stream);
      if (struck.kind === 'silence') return;
      if (struck.kind === 'refuse') throw struck.error;
      const outcome = serving.store.append(stream, expectedOf(options), events);
      if (struck.after === 'no_answer') return;
      if (struck.after === 'cut') return serving.cut();
      const response = reply(correlationId, stream);
      if (struck.after === 'timeout')
        response.setCorrelationId(structured(correlationId)).setError(statusOf('Timeout', new shared.Timeout().serializeBinary()));
      else if (outcome.kind === 'stream_deleted') {
        const deleted = new shared.StreamDeleted();
        deleted.setStreamIdentifier(identifier(stream));
        response.setError(statusOf('StreamDeleted', deleted.serializeBinary()));
      } else if (outcome.kind === 'wrong_expected_version') {
        const wrong = new shared.WrongExpectedVersion();
        if (options.hasAny()) wrong.setExpectedAny(new empty.Empty());
        else if (options.hasStreamExists()) wrong.setExpectedStreamExists(new empty.Empty());
        else if (options.hasNoStream()) wrong.setExpectedNoStream(new empty.Empty());
        else wrong.setExpectedStreamPosition(options.getStreamPosition());
        if (outcome.actual === -1) wrong.setCurrentNoStream(new empty.Empty());
        else wrong.setCurrentStreamRevision(String(outcome.actual));
        response.setError(statusOf('WrongExpectedVersion', wrong.serializeBinary()));
      } else {
        const success = new messages.BatchAppendResp.Success();
        success.setCurrentRevision(String(outcome.revision));
        const position = new shared.AllStreamPosition();
        position.setCommitPosition(String(outcome.position));
        position.setPreparePosition(String(outcome.position));
        success.setPosition(position);
        response.setSuccess(success);
      }
      call.write(response);
    };
  };

/** The server's own time-out gives the id back in its other form: `Uuid.FromGuid(correlationId).ToDto()`. */
const structured = (id: UUID | undefined): UUID => {
  const hex = (id?.getString() ?? '').replaceAll('-', '');
  const bits = new shared.UUID.Structured();
  bits.setMostSignificantBits(String(BigInt.asIntN(64, BigInt(`0x${hex.slice(0, 16)}`))));
  bits.setLeastSignificantBits(String(BigInt.asIntN(64, BigInt(`0x${hex.slice(16)}`))));
  return new shared.UUID().setStructured(bits);
};

const statusOf = (name: string, details: Uint8Array) => {
  const packed = new any.Any();
  packed.pack(details, `event_store.client.${name}`);
  const answer = new status.Status();
  answer.setMessage(name);
  answer.setDetails(packed);
  return answer;
};

export const identifier = (stream: string) => {
  const name = new shared.StreamIdentifier();
  name.setStreamName(Buffer.from(stream));
  return name;
};

export const nameOf = (options: { getStreamIdentifier: () => { getStreamName_asU8: () => Uint8Array } | undefined }): string =>
  Buffer.from(options.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString();

export const expectedOf = (options: {
  readonly hasAny: () => boolean;
  readonly hasNoStream: () => boolean;
  readonly hasStreamExists: () => boolean;
  readonly getRevision?: () => string;
  readonly getStreamPosition?: () => string;
}): Expected => {
  if (options.hasAny()) return 'any';
  if (options.hasNoStream()) return 'no_stream';
  if (options.hasStreamExists()) return 'stream_exists';
  return Number(options.getRevision?.() ?? options.getStreamPosition?.());
};

type Proposed = AppendReq.ProposedMessage | BatchAppendReq.ProposedMessage;

/** Ids are read as GUIDs and given back in lower case, as .NET prints them. */
const proposed = (message: Proposed | undefined): ProposedEvent => {
  const id = (message?.getId()?.getString() ?? '').toLowerCase();
  if (message === undefined || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) throw invalidArgument('a malformed event id');
  const properties = message.getMetadataMap();
  const type = properties.get('type');
  const contentType = properties.get('content-type');
  if (type === undefined) throw requiredMetadataPropertyMissing('type');
  if (contentType === undefined) throw requiredMetadataPropertyMissing('content-type');
  return { id, type, contentType, data: message.getData_asU8(), metadata: message.getCustomMetadata_asU8() };
};

/** `Event.SizeOnDisk`: UTF-16 of the type, the data, the metadata. */
const sizeOnDisk = (event: ProposedEvent): number => 2 * event.type.length + event.data.byteLength + event.metadata.byteLength;
