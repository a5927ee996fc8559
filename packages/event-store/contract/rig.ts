import { randomUUID } from 'node:crypto';
import { vi } from 'vitest';
import type { EventStore, NewEvent, RecordedEvent, SubscribeOptions } from '../src/port.ts';

/** What an adapter gives so that the port's suite can run against it. */
export type EventStoreUnderTest = {
  readonly adapter: string;
  /** A store in which none of the names that `name` gives out exists. It may hold other streams. */
  readonly open: () => Promise<EventStoreRig>;
};

export type EventStoreRig = {
  readonly store: EventStore;
  /** `EVENTS_URL` of this store, for processes of their own. */
  readonly url: string;
  /** A stream name, or the prefix of some, that nobody else uses. */
  readonly name: (word: string) => string;
  /** A second handle on the same store. */
  readonly another: () => Promise<EventStore>;
  /** Closes every handle and removes what was written. */
  readonly destroy: () => Promise<void>;
};

/** What the suite's parts share; the rig is opened before the first test. */
export type Shared = { readonly rig: () => EventStoreRig };

export const anEvent = (data: unknown = {}, id: string = randomUUID()): NewEvent => ({
  id,
  type: 'SomethingHappened',
  data,
  metadata: { $correlationId: id },
});

/** Numbered events: data `{ number }`, from `first` on. */
export const numbered = (count: number, first = 0): NewEvent[] => Array.from({ length: count }, (_, at) => anEvent({ number: first + at }));

export const numbersOf = (events: readonly RecordedEvent[]): number[] => events.map((event) => (event.data as { number: number }).number);
export const idsOf = (events: readonly { readonly id: string }[]): string[] => events.map(({ id }) => id);
export const revisionsOf = (events: readonly RecordedEvent[]): number[] => events.map(({ revision }) => revision);
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

/** Polls until the check no longer throws. Real ms: the deadline of a test, never part of what it asserts. */
export const eventually = <T>(check: () => T | Promise<T>, timeoutMs = 15_000): Promise<T> =>
  vi.waitFor(check, { timeout: timeoutMs, interval: 10 });

export type Follower = {
  /** Events in the order in which they were handed out. */
  readonly events: readonly RecordedEvent[];
  /** How many events had been handed out each time that `onCaughtUp` was called. */
  readonly caughtUpAt: readonly number[];
  /** How the iteration ended: undefined while it goes on. */
  readonly ended: () => { readonly error: unknown } | undefined;
  readonly stop: () => Promise<void>;
};

/** Follows `$all` until stopped; `handle` runs for each event before the next is asked for. */
export const follow = (
  store: EventStore,
  options: Pick<SubscribeOptions, 'after' | 'streamPrefixes'> & { readonly handle?: (event: RecordedEvent) => Promise<void> | void },
): Follower => {
  const abort = new AbortController();
  const events: RecordedEvent[] = [];
  const caughtUpAt: number[] = [];
  let ended: { error: unknown } | undefined;
  const running = (async () => {
    const subscription = store.subscribe({
      after: options.after,
      streamPrefixes: options.streamPrefixes,
      signal: abort.signal,
      onCaughtUp: () => caughtUpAt.push(events.length),
    });
    for await (const event of subscription) {
      events.push(event);
      await options.handle?.(event);
    }
  })().then(
    () => {
      ended = { error: undefined };
    },
    (error: unknown) => {
      ended = { error };
    },
  );
  return {
    events,
    caughtUpAt,
    ended: () => ended,
    stop: async () => {
      abort.abort();
      await running;
    },
  };
};

/** All of `$all` under the prefixes, by pages. */
export const readWhole = async (
  store: EventStore,
  streamPrefixes: readonly string[],
  after: string | 'start' = 'start',
  pageSize = 100,
): Promise<RecordedEvent[]> => {
  const events: RecordedEvent[] = [];
  for (let from = after; ; ) {
    const page = await store.readAll({ after: from, maxCount: pageSize, streamPrefixes });
    events.push(...page);
    const last = page.at(-1);
    if (last === undefined) return events;
    from = last.position;
  }
};
