import type { Clock } from '@dialog/contracts/clock';
import { codeOf } from '@dialog/contracts/errors';
import { type EventStoreDBClient, excludeSystemEvents, START, streamNameFilter } from '@eventstore/db-client';
import type { RecordedEvent } from '../port.ts';
import { stallGuard, timedOut } from './deadline.ts';
import { translate } from './errors.ts';
import { type LogPosition, parsePosition, positionText } from './position.ts';
import { recorded } from './recorded.ts';

/** Events that the server looks at between two checkpoints; its default of 32 makes a search through many others slow. */
const searchWindow = 512;

export type FollowOptions = {
  readonly client: EventStoreDBClient;
  readonly after: string;
  readonly streamPrefixes: readonly string[];
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Longest wait for the server's first word, ms. */
  readonly deadlineMs: number;
  /** Longest silence later on, ms: then the subscription ends, as one that may be stuck. */
  readonly idleMs: number;
  /** Everything up to this place has been handled; called for events and for stretches in which none matched. */
  readonly onHandledUpTo: (position: string) => void;
  /** Everything that was there has been handled. */
  readonly onCaughtUp: () => void;
};

/**
 * One subscription to `$all`, filtered by the server, from its beginning to its end: it ends in silence at the signal, after `idleMs` without a
 * word, or when the server ends it; it throws an EventStoreError where it breaks. It does not resume; that is the caller's.
 *
 * What the client says between two events (a checkpoint, "caught up") overtakes events that wait in its buffer, and a checkpoint taken for a
 * position too early would skip them. So each such word is kept until as many events have been handled as were buffered before it.
 */
export async function* followAll(options: FollowOptions): AsyncGenerator<RecordedEvent> {
  const { client, signal } = options;
  if (signal.aborted) return;
  const after = parsePosition(options.after);
  let buffered = 0;
  let handled = 0;
  const words: { readonly afterEvents: number; readonly take: () => void }[] = [];
  const takeWords = (): void => {
    while (words[0] !== undefined && words[0].afterEvents <= handled) words.shift()?.take();
  };
  const say = (take: () => void): void => {
    guard.progress(options.idleMs);
    words.push({ afterEvents: buffered, take });
    takeWords();
  };
  // Never throws: the client would deliver nothing more, without a word (event-store.md §5.8).
  const checkpointReached = async (_subscription: unknown, position: LogPosition): Promise<void> =>
    say(() => options.onHandledUpTo(positionText(position)));
  const filterOptions = { maxSearchWindow: searchWindow, checkpointInterval: 1, checkpointReached };
  const subscription = client.subscribeToAll({
    fromPosition: after === 'start' ? START : after,
    filter:
      options.streamPrefixes.length === 0
        ? excludeSystemEvents(filterOptions)
        : streamNameFilter({ ...filterOptions, prefixes: [...options.streamPrefixes] }),
  });

  let waiting = true;
  let heard = false;
  let broken: Error | undefined;
  const finish = (error?: Error): void => {
    broken ??= error;
    subscription.destroy();
  };
  // A slow reader is no silence of the server: its words can't get through while the buffer is full.
  const guard = stallGuard(
    options.deadlineMs,
    options.clock,
    () => waiting,
    () => finish(heard ? undefined : timedOut(options.deadlineMs)),
  );
  const push = subscription.push.bind(subscription);
  subscription.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (chunk !== null) buffered += 1;
    return push(chunk, encoding);
  };
  // Without a listener an error would end the process, and the client only tells it, without ending the stream.
  subscription.on('error', (error: Error) => finish(error));
  subscription.on('confirmation', () => {
    heard = true;
    guard.progress(options.idleMs);
  });
  subscription.on('caughtUp', () => say(options.onCaughtUp));
  const onAbort = (): void => finish();
  signal.addEventListener('abort', onAbort, { once: true });

  try {
    for await (const resolved of subscription) {
      waiting = false;
      guard.progress();
      const event = recorded(resolved);
      if (event !== undefined) {
        yield event;
        if (signal.aborted) return;
      }
      handled += 1;
      options.onHandledUpTo(positionText(resolved.event?.position));
      takeWords();
      guard.progress();
      waiting = true;
    }
  } catch (error) {
    if (!signal.aborted && !isPrematureClose(error)) throw translate(broken ?? error);
  } finally {
    guard.end();
    signal.removeEventListener('abort', onAbort);
    subscription.destroy();
    // Destroying leaves the call open; only this cancels it. It fails where there never was one.
    void subscription.unsubscribe().catch(() => undefined);
  }
  if (broken !== undefined && !signal.aborted) throw translate(broken);
}

/** How the iteration of a stream ends that was destroyed by us. */
const isPrematureClose = (error: unknown): boolean => codeOf(error) === 'ERR_STREAM_PREMATURE_CLOSE';
