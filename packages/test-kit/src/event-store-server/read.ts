import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { identifier, nameOf } from './append.ts';
import { invalidArgument, operationTimedOut, type RpcError, streamDeleted } from './errors.ts';
import { messages, shared } from './protocol.ts';
import { type Serving, strike } from './serve.ts';
import type { StoredEvent } from './store.ts';

/** Events read at once. */
const pageSize = 256;
/** How long a subscription that was woken waits for further commits, ms. */
const gatherMs = 5;
/** `ReadBatchSize`: the search window where the client names none (`Enumerators.cs`). */
const defaultWindow = 32;
/** `Position.FromInt64(-1, -1)`: what an event of a stream read has for a position, since such a read knows none (`Streams.Read.cs`). */
const noPosition = '18446744073709551615';

type ReadCall = ServerWritableStream<ReadReq, ReadResp>;
type Subscription = { stalled: boolean };

/**
 * `Streams/Read` (server stream), for reads and subscriptions (`Streams.Read.cs`, `Enumerators.*.cs`):
 *
 * - Read of a stream: the events, then the end. Absent or soft-deleted: one `stream_not_found`, then the end. Tombstoned: an error with trailers.
 * - Read of `$all`: forwards from a position inclusive, backwards below it; with a filter only what matches.
 * - Subscription to `$all`: `confirmation` first, then events after the position (exclusive), `caught_up` once the end was reached, then live
 *   events; it never ends. With a filter a `checkpoint` after each `window × multiplier` events examined, matching or not, which may be given
 *   back as a position. The filter takes prefixes, literally, or a regular expression, of the stream's name or the event's type.
 */
export const read = (serving: Serving) => {
  const subscriptions = new Set<Subscription>();
  let lastSubscribedFrom = '';
  const handler = (call: ReadCall): void => {
    call.on('error', () => undefined);
    void answer(call).catch((error: unknown) => {
      if (!call.cancelled) call.emit('error', error as RpcError);
    });
  };

  const answer = async (call: ReadCall): Promise<void> => {
    const options = call.request.getOptions();
    if (options?.getUuidOption() === undefined) throw invalidArgument("'uuidOption' is a required argument");
    const ofStream = options.getStream();
    const stream = ofStream === undefined ? undefined : nameOf(ofStream);
    const struck = await strike(serving, options.hasSubscription() ? 'Subscribe' : 'Read', stream);
    if (struck.kind === 'silence') return;
    if (struck.kind === 'refuse') throw struck.error;
    if (struck.after !== undefined) throw operationTimedOut();
    if (options.hasSubscription()) {
      if (options.getAll() === undefined) throw invalidArgument('this server has subscriptions to $all only');
      return subscribe(call, options);
    }
    if (stream !== undefined && ofStream !== undefined) await readStream(call, options, stream, ofStream);
    else await readAll(call, options);
    call.end();
  };

  const readStream = async (
    call: ReadCall,
    options: ReadReq.Options,
    stream: string,
    ofStream: ReadReq.Options.StreamOptions,
  ): Promise<void> => {
    const forwards = options.getReadDirection() === messages.ReadReq.Options.ReadDirection.FORWARDS;
    let left = Number(options.getCount());
    let from: number | 'start' | 'end' = ofStream.hasStart() ? 'start' : ofStream.hasEnd() ? 'end' : Number(ofStream.getRevision());
    while (left > 0 && !call.cancelled) {
      const page = serving.store.read(stream, from, forwards ? 'forwards' : 'backwards', Math.min(left, pageSize));
      if (page === 'deleted') throw streamDeleted(stream);
      if (page === 'absent') {
        const notFound = new messages.ReadResp.StreamNotFound();
        notFound.setStreamIdentifier(identifier(stream));
        const response = new messages.ReadResp();
        response.setStreamNotFound(notFound);
        await send(call, response);
        return;
      }
      for (const event of page) await send(call, eventResponse(event, false));
      const last = page.at(-1);
      left -= page.length;
      if (last === undefined || page.length < pageSize) return;
      if (!forwards && last.revision === 0) return;
      from = last.revision + (forwards ? 1 : -1);
    }
  };

  const readAll = async (call: ReadCall, options: ReadReq.Options): Promise<void> => {
    const all = options.getAll();
    const forwards = options.getReadDirection() === messages.ReadReq.Options.ReadDirection.FORWARDS;
    const matches = matcher(options);
    const given = all?.getPosition();
    const highest = BigInt(Number.MAX_SAFE_INTEGER);
    let bound = given !== undefined ? BigInt(given.getCommitPosition()) : all?.hasEnd() ? highest : 0n;
    if (bound > highest) bound = highest;
    let inclusive = true;
    for (let left = Number(options.getCount()); left > 0 && !call.cancelled; ) {
      const page = serving.store.readAll(bound, forwards ? 'forwards' : 'backwards', pageSize, inclusive);
      inclusive = false;
      for (const event of page) {
        bound = event.position;
        if (left === 0 || !matches(event)) continue;
        left -= 1;
        await send(call, eventResponse(event, true));
      }
      if (page.length < pageSize) return;
    }
  };

  const subscribe = async (call: ReadCall, options: ReadReq.Options): Promise<void> => {
    const subscription: Subscription = { stalled: false };
    subscriptions.add(subscription);
    let wake = Promise.withResolvers<void>();
    const unsubscribe = serving.store.onCommitted(() => wake.resolve());
    call.once('cancelled', () => wake.resolve());
    call.once('close', () => wake.resolve());
    try {
      const confirmation = new messages.ReadResp.SubscriptionConfirmation();
      confirmation.setSubscriptionId(randomUUID());
      await send(
        call,
        responseWith((response) => response.setConfirmation(confirmation)),
      );
      const all = options.getAll();
      const given = all?.getPosition();
      const filter = options.getFilter();
      const interval = (filter?.hasMax() === true ? filter.getMax() : defaultWindow) * (filter?.getCheckpointintervalmultiplier() ?? 1);
      const matches = matcher(options);
      let position = given === undefined ? 0n : BigInt(given.getCommitPosition());
      if (all?.hasEnd() === true) position = serving.store.readAll(BigInt(Number.MAX_SAFE_INTEGER), 'backwards', 1)[0]?.position ?? 0n;
      lastSubscribedFrom = String(position);
      let examined = 0;
      let caughtUp = false;
      while (!call.cancelled && !call.destroyed) {
        wake = Promise.withResolvers<void>();
        const page = subscription.stalled ? [] : serving.store.placesAbove(position, pageSize);
        for (const event of page) {
          if (call.cancelled) return;
          position = event.position;
          examined += 1;
          if (matches(event)) await send(call, eventResponse(serving.store.at(position), true));
          if (filter === undefined || examined < interval) continue;
          examined = 0;
          const checkpoint = new messages.ReadResp.Checkpoint();
          checkpoint.setCommitPosition(String(position));
          checkpoint.setPreparePosition(String(position));
          await send(
            call,
            responseWith((response) => response.setCheckpoint(checkpoint)),
          );
        }
        if (page.length === pageSize) continue;
        if (!caughtUp && !subscription.stalled) {
          caughtUp = true;
          await send(
            call,
            responseWith((response) => response.setCaughtUp(new messages.ReadResp.CaughtUp())),
          );
        }
        await wake.promise;
        // Each subscription looks at each commit: what the next moment brings is looked at with it.
        await sleep(gatherMs);
      }
    } finally {
      unsubscribe();
      subscriptions.delete(subscription);
    }
  };

  return {
    handler,
    /** From now on the subscriptions that are open deliver nothing, and stay open. */
    stall: () => {
      for (const subscription of subscriptions) subscription.stalled = true;
    },
    subscriptions: () => subscriptions.size,
    /** The position that the newest subscription gave, exclusive; '0' for the start. */
    lastSubscribedFrom: () => lastSubscribedFrom,
  };
};

const responseWith = (fill: (response: ReadResp) => void): ReadResp => {
  const response = new messages.ReadResp();
  fill(response);
  return response;
};

const send = async (call: ReadCall, response: ReadResp): Promise<void> => {
  if (call.cancelled || call.destroyed) return;
  if (!call.write(response)) await drained(call);
};

const drained = (call: ReadCall): Promise<void> =>
  new Promise((resolve) => {
    const events = ['drain', 'close', 'cancelled'] as const;
    const done = (): void => {
      for (const event of events) call.off(event, done);
      resolve();
    };
    for (const event of events) call.on(event, done);
  });

const matcher = (options: ReadReq.Options): ((event: Pick<StoredEvent, 'stream' | 'type'>) => boolean) => {
  const filter = options.getFilter();
  if (filter === undefined) return () => true;
  const byStream = filter.getStreamIdentifier();
  const expression = byStream ?? filter.getEventType();
  const regex = expression?.getRegex();
  const prefixes = expression?.getPrefixList() ?? [];
  const pattern = regex ? new RegExp(regex) : undefined;
  return (event) => {
    const text = byStream === undefined ? event.type : event.stream;
    return pattern === undefined ? prefixes.some((prefix) => text.startsWith(prefix)) : pattern.test(text);
  };
};

const eventResponse = (event: StoredEvent, withPosition: boolean): ReadResp => {
  const recorded = new messages.ReadResp.ReadEvent.RecordedEvent();
  const id = new shared.UUID();
  id.setString(event.id);
  recorded.setId(id);
  recorded.setStreamIdentifier(identifier(event.stream));
  recorded.setStreamRevision(String(event.revision));
  recorded.setCommitPosition(withPosition ? String(event.position) : noPosition);
  recorded.setPreparePosition(withPosition ? String(event.position) : noPosition);
  const properties = recorded.getMetadataMap();
  properties.set('type', event.type);
  // 100 ns ticks since the Unix epoch (`Streams.Read.cs`, ToTicksSinceEpoch).
  properties.set('created', `${event.createdAt}0000`);
  properties.set('content-type', event.contentType);
  recorded.setData(event.data);
  recorded.setCustomMetadata(event.metadata);
  const readEvent = new messages.ReadResp.ReadEvent();
  readEvent.setEvent(recorded);
  if (withPosition) readEvent.setCommitPosition(String(event.position));
  else readEvent.setNoPosition(new shared.Empty());
  return responseWith((response) => response.setEvent(readEvent));
};
