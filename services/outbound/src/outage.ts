import type { Clock } from '@dialog/contracts/clock';
import { type Pauses, pauses } from '@dialog/service-kit/pauses';
import type { Logger } from 'pino';

export type Dependency = 'store' | 'log';

export type Outage = {
  /**
   * Repeats a call until it succeeds, for ever, while what it needs is away; the first that gets through ends the pauses of the others.
   * @throws what is not retryable, and the stop's reason.
   */
  readonly insist: <T>(on: Dependency, call: () => Promise<T>) => Promise<T>;
  readonly away: () => readonly Dependency[];
};

/** Full jitter up to 5 s; the log level rises with the delay. `onAway` and `onBack` are told of the first and of the last call that waits. */
export const outageOf = (options: {
  readonly clock: Clock;
  readonly random: () => number;
  readonly stop: AbortSignal;
  readonly logger: Logger;
  readonly onAway: () => void;
  readonly onBack: () => void;
}): Outage => {
  const { clock, random, stop, logger } = options;
  const waiting: Record<Dependency, number> = { store: 0, log: 0 };
  const waits: Record<Dependency, Pauses> = { store: pauses(clock, stop), log: pauses(clock, stop) };
  const total = () => waiting.store + waiting.log;

  return {
    away: () => (['store', 'log'] as const).filter((on) => waiting[on] > 0),
    insist: async (on, call) => {
      let failures = 0;
      try {
        for (;;) {
          try {
            const answer = await call();
            if (failures > 0) waits[on].end();
            return answer;
          } catch (error) {
            if (!isRetryable(error)) throw error;
            failures += 1;
            if (failures === 1) {
              waiting[on] += 1;
              if (total() === 1) options.onAway();
            }
            const capMs = Math.min(5_000, 100 * 2 ** Math.min(failures, 10));
            logger[capMs >= 5_000 ? 'error' : capMs >= 800 ? 'warn' : 'debug']({
              event: 'dependency_away',
              on,
              failures,
              code: codeOf(error),
            });
            await waits[on].pause(random() * capMs);
          }
        }
      } finally {
        if (failures > 0) {
          waiting[on] -= 1;
          if (total() === 0) options.onBack();
        }
      }
    },
  };
};

const isRetryable = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'retryable' in error && error.retryable === true;

export const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
