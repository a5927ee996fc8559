import './request-queue-repair.ts';
import { createRequire } from 'node:module';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

type Queue = {
  throttledUntil: number;
  throttleCheckTimeoutId: unknown;
  readonly push: (request: unknown) => void;
  readonly maybeThrottle: (ms: number) => void;
  readonly checkPendingRequests: () => void;
  readonly fulfillRequest: (answer: { correlationId: number; payload: unknown; size: number }) => void;
  readonly destroy: () => void;
};
const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as new (options: unknown) => Queue;

describe('the client’s queue of requests, repaired', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const make = () => {
    const sent: number[] = [];
    const logger = { debug: () => undefined, warn: () => undefined };
    const queue = new RequestQueue({
      maxInFlightRequests: 1,
      requestTimeout: 60_000,
      enforceRequestTimeout: false,
      clientId: 'c',
      broker: 'b',
      logger,
    });
    const push = (correlationId: number): void =>
      queue.push({
        entry: { correlationId, apiKey: 0, apiName: 'Produce', apiVersion: 1, resolve: () => undefined, reject: () => undefined },
        expectResponse: true,
        sendRequest: () => sent.push(correlationId),
      });
    return { queue, push, sent };
  };

  it('arms no timer while nothing waits', () => {
    const { queue, push, sent } = make();
    push(1);
    queue.fulfillRequest({ correlationId: 1, payload: null, size: 0 });
    queue.checkPendingRequests();
    vi.advanceTimersByTime(1_000);
    expect(sent).toEqual([1]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('sends what waited for room, and what was throttled, in time', () => {
    const { queue, push, sent } = make();
    push(1);
    push(2);
    queue.fulfillRequest({ correlationId: 1, payload: null, size: 0 });
    expect(sent).toEqual([1, 2]);
    queue.fulfillRequest({ correlationId: 2, payload: null, size: 0 });
    queue.maybeThrottle(500);
    push(3);
    vi.advanceTimersByTime(490);
    expect(sent).toEqual([1, 2]);
    vi.advanceTimersByTime(20);
    expect(sent).toEqual([1, 2, 3]);
    queue.fulfillRequest({ correlationId: 3, payload: null, size: 0 });
    vi.advanceTimersByTime(1_000);
    expect(vi.getTimerCount()).toBe(0);
  });
});
