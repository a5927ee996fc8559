import { randomUUID } from 'node:crypto';
import { convertToCommandError, type EventStoreDBClient } from '@eventstore/db-client';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import services, { type StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import messages from '@eventstore/db-client/generated/streams_pb.js';
import type { CallOptions, ClientDuplexStream, Metadata, ServiceError } from '@grpc/grpc-js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import { type AppendResult, EventStoreError, type ExpectedRevision } from '../port.ts';
import type { SerialisedEvent } from '../serialise.ts';
import { translateReply } from './errors.ts';
import { positionText } from './position.ts';

/**
 * Appends side by side on one `BatchAppend` stream of the client's channel, told apart by correlation id: 2.5 times as many a second as one
 * call each. The client's own `appendToStream` does the same with three faults that can't be worked around from outside (event-store.md §5):
 * one map of waiting appends for the whole process, so that one broken stream rejects the appends of another, whose answers then throw where
 * nobody can catch; a feature probe first, without a deadline, whose failure is kept; and a deadline by the wall clock of this machine, by
 * which a server whose clock runs ahead refuses everything. So this stream is our own, on the client's service definitions, and each stream has a map of
 * its own. Opening it, the credentials, the way to the leader and to a new channel are still the client's, by the members that its own
 * appends use; its version is pinned.
 */
export type AppendStream = {
  /** Settles with the server's answer, or when the stream breaks; has no deadline of its own. */
  readonly append: (stream: string, events: readonly SerialisedEvent[], expected: ExpectedRevision) => Promise<AppendResult>;
};

type Call = ClientDuplexStream<BatchAppendReq, BatchAppendResp>;
type Waiting = { readonly resolve: (result: AppendResult) => void; readonly reject: (error: unknown) => void };
type Open = { readonly call: Call; readonly waiting: Map<string, Waiting>; ended: boolean };

/** What of the client is not in its public face (`dist/Client/index.d.ts`, protected). */
type Internals = {
  readonly GRPCStreamCreator: (
    service: typeof StreamsClient,
    name: string,
    create: (client: StreamsClient) => Call,
    cache: WeakMap<StreamsClient, Call>,
  ) => () => Promise<Call>;
  readonly callArguments: (
    options: { readonly requiresLeader: boolean },
    callOptions: { readonly deadline: number },
  ) => [Metadata, CallOptions];
};

const streams = new WeakMap<EventStoreDBClient, AppendStream>();

/** The append stream of a client, opened with the first append and again after each end. */
export const appendStreamOf = (client: EventStoreDBClient): AppendStream => {
  const known = streams.get(client);
  if (known !== undefined) return known;
  const made = appendStream(client);
  streams.set(client, made);
  return made;
};

const appendStream = (client: EventStoreDBClient): AppendStream => {
  const internals = client as unknown as Internals;
  const opened = new WeakMap<Call, Open>();
  const create = (service: StreamsClient): Call => {
    const call = service.batchAppend(...internals.callArguments({ requiresLeader: true }, { deadline: Number.POSITIVE_INFINITY }));
    const open: Open = { call, waiting: new Map(), ended: false };
    opened.set(call, open);
    const end = (error: unknown): void => {
      open.ended = true;
      for (const { reject } of open.waiting.values()) reject(error);
      open.waiting.clear();
    };
    call.on('data', (reply: BatchAppendResp) => settle(open.waiting, reply));
    call.on('error', (error: ServiceError) => end(convertToCommandError(error)));
    call.on('end', () => {
      end(new EventStoreError('unavailable', 'the server ended the stream of appends'));
      // Ends our side too, so that the client drops the stream.
      call.cancel();
    });
    return call;
  };
  const current = internals.GRPCStreamCreator(services.StreamsClient, 'batchAppend', create, new WeakMap());

  return {
    append: async (stream, events, expected) => {
      const open = opened.get(await current());
      if (open === undefined || open.ended) throw new EventStoreError('unavailable', 'the stream of appends has just ended');
      const id = randomUUID();
      return new Promise((resolve, reject) => {
        open.waiting.set(id, { resolve, reject });
        // Not waiting for `drain`: what is in flight is bounded by the callers, and `drain` never comes where the stream breaks.
        open.call.write(request(id, stream, events, expected));
      });
    },
  };
};

const request = (id: string, stream: string, events: readonly SerialisedEvent[], expected: ExpectedRevision): BatchAppendReq => {
  const options = new messages.BatchAppendReq.Options();
  options.setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(stream)));
  if (expected === 'any') options.setAny(new empty.Empty());
  else if (expected === 'no_stream') options.setNoStream(new empty.Empty());
  else if (expected === 'stream_exists') options.setStreamExists(new empty.Empty());
  else options.setStreamPosition(String(expected));
  const proposed = events.map((event) => {
    const message = new messages.BatchAppendReq.ProposedMessage();
    message.setId(new shared.UUID().setString(event.id));
    message.getMetadataMap().set('type', event.type).set('content-type', 'application/json');
    message.setData(Buffer.from(event.data));
    message.setCustomMetadata(Buffer.from(event.metadata));
    return message;
  });
  return new messages.BatchAppendReq()
    .setCorrelationId(new shared.UUID().setString(id))
    .setOptions(options)
    .setProposedMessagesList(proposed)
    .setIsFinal(true);
};

/** An answer that nobody waits for any more is dropped. */
const settle = (waiting: Map<string, Waiting>, reply: BatchAppendResp): void => {
  const id = correlationId(reply);
  const { resolve, reject } = waiting.get(id) ?? {};
  waiting.delete(id);
  const success = reply.getSuccess();
  if (success === undefined) {
    reject?.(translateReply(reply.getError()));
    return;
  }
  const position = success.getPosition();
  resolve?.({
    revision: Number(success.getCurrentRevision()),
    position: positionText(
      position === undefined ? undefined : { commit: BigInt(position.getCommitPosition()), prepare: BigInt(position.getPreparePosition()) },
    ),
  });
};

/** The server gives back the id as it came, but after a time-out of its own as two numbers. */
const correlationId = (reply: BatchAppendResp): string => {
  const id = reply.getCorrelationId();
  const structured = id?.getStructured();
  if (structured === undefined) return id?.getString() ?? '';
  const hex = [structured.getMostSignificantBits(), structured.getLeastSignificantBits()]
    .map((bits) => BigInt.asUintN(64, BigInt(bits)).toString(16).padStart(16, '0'))
    .join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};
