import type { Clock } from '@dialog/contracts/clock';
import { codeOf, type Dependency, dependencyOf, isRetryable } from '@dialog/contracts/errors';
import type { Logger } from 'pino';
import { type Pauses, pauses } from './pauses.ts';

const firstPauseMs = 100;
const longestPauseMs = 5_000;
/** From pauses of so long on it is no hiccup. */
const warnedPauseMs = 800;

export type Insist<What extends string = string> = <T>(what: What, call: () => Promise<T>) => Promise<T>;

export type UntilItWorks<What extends string = string> = Insist<What> & {
  /** What waits just now. */
  readonly away: () => readonly What[];
  /** What they wait for, as their last errors say. */
  readonly missing: () => readonly Dependency[];
  /** For how long something has been waiting without a break, ms; 0: nothing is. */
  readonly awayMs: () => number;
};

/**
 * Repeats a call whose error is `retryable` (a store or the log is away) for ever, with full jitter up to 5 s: such an outage is no reason to end, to
 * park or to skip (design §6.9). Of the calls of one `what` the first that gets through ends the pauses of the others. Any other error is thrown on.
 * After the stop a call is still made, so that what was begun can be finished, but not repeated. @throws the stop's reason
 */
export const untilItWorks = <What extends string = string>(options: {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stop: AbortSignal;
  /** 0 ≤ x < 1, for jitter. Default Math.random. */
  readonly random?: (() => number) | undefined;
  /** Told of the first call that waits, and when none does any more; not after the stop. */
  readonly onAway?: (away: boolean) => void;
}): UntilItWorks<What> => {
  const { clock, logger, stop, random = Math.random, onAway } = options;
  const waiting = new Map<What, { calls: number; missing: Dependency | undefined; readonly pauses: Pauses }>();
  let calls = 0;
  let since = 0;

  const change = (what: What, by: 1 | -1) => {
    const one = waiting.get(what) ?? { calls: 0, missing: undefined, pauses: pauses(clock, stop) };
    waiting.set(what, one);
    one.calls += by;
    const before = calls > 0;
    calls += by;
    if (before !== calls > 0) {
      since = clock.monotonic();
      if (!stop.aborted) onAway?.(calls > 0);
    }
    return one;
  };

  const repeat = async <T>(what: What, call: () => Promise<T>, first: unknown): Promise<T> => {
    const one = change(what, 1);
    try {
      for (let failures = 1, error = first; ; failures++) {
        const capMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 1));
        const level = capMs >= longestPauseMs ? 'error' : capMs >= warnedPauseMs ? 'warn' : 'debug';
        one.missing = dependencyOf(error);
        logger[level]({ event: 'dependency_away', what, dependency: one.missing, failures, code: codeOf(error) });
        await one.pauses.pause(random() * capMs);
        try {
          const result = await call();
          one.pauses.end();
          return result;
        } catch (again) {
          if (!isRetryable(again)) throw again;
          error = again;
        }
      }
    } finally {
      change(what, -1);
    }
  };

  const attempt = async <T>(what: What, call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      if (!isRetryable(error)) throw error;
      return repeat(what, call, error);
    }
  };

  return Object.assign(attempt, {
    away: () => [...waiting].flatMap(([what, one]) => (one.calls > 0 ? [what] : [])),
    missing: () => [
      ...new Set([...waiting.values()].flatMap(({ calls: waits, missing }) => (waits > 0 && missing !== undefined ? [missing] : []))),
    ],
    awayMs: () => (calls > 0 ? clock.monotonic() - since : 0),
  });
};
