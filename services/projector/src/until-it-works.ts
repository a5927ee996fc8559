import type { Clock } from '@dialog/contracts/clock';
import { type Pauses, pauses } from '@dialog/service-kit/pauses';
import type { Logger } from 'pino';

const firstPauseMs = 50;
const longestPauseMs = 5_000;

export type UntilItWorks = {
  <T>(what: string, call: () => Promise<T>): Promise<T>;
  /** A store or the log is away just now. */
  readonly away: () => boolean;
  /** For how long it has been, ms; 0: it is there. */
  readonly awayMs: () => number;
};

/**
 * Repeats a call whose error is `retryable` (a store or the log is away) for ever, with full jitter: such an outage is no reason to
 * end, to park or to skip (design §6.9). Of the calls of one kind the first that gets through ends the pauses of the others. Any other
 * error is thrown on. @throws the signal's reason at the stop
 */
export const untilItWorks = (options: {
  clock: Clock;
  logger: Logger;
  signal: AbortSignal;
  onAway: (away: boolean) => void;
}): UntilItWorks => {
  let failing = 0;
  let since = 0;
  const change = (by: 1 | -1): void => {
    const before = failing > 0;
    failing += by;
    if (before === failing > 0) return;
    since = options.clock.monotonic();
    options.onAway(failing > 0);
  };
  const waiting = new Map<string, Pauses>();
  const pausesOf = (what: string): Pauses => {
    const there = waiting.get(what) ?? pauses(options.clock, options.signal);
    waiting.set(what, there);
    return there;
  };
  const call = async <T>(what: string, attempt: () => Promise<T>): Promise<T> => {
    for (let failures = 0; ; failures++) {
      options.signal.throwIfAborted();
      try {
        const result = await attempt();
        if (failures > 0) {
          change(-1);
          pausesOf(what).end();
        }
        return result;
      } catch (error) {
        if ((error as { retryable?: unknown }).retryable !== true) {
          if (failures > 0) change(-1);
          throw error;
        }
        if (failures === 0) change(1);
        const pauseMs = Math.random() * Math.min(longestPauseMs, firstPauseMs * 2 ** failures);
        options.logger[failures < 5 ? 'debug' : failures < 10 ? 'warn' : 'error']({
          event: 'store_away',
          what,
          code: (error as { code?: unknown }).code,
          failures,
          pauseMs: Math.round(pauseMs),
        });
        await pausesOf(what).pause(pauseMs);
      }
    }
  };
  return Object.assign(call, { away: () => failing > 0, awayMs: () => (failing > 0 ? options.clock.monotonic() - since : 0) });
};
