import type { Clock } from '@dialog/contracts/clock';

/** Pauses of calls that wait for one and the same thing to come back. */
export type Pauses = {
  /** Ends after `ms` of the clock, or as soon as another's call got through. @throws the stop's reason */
  readonly pause: (ms: number) => Promise<void>;
  /** A call got through: what all of them wait for is there again. */
  readonly end: () => void;
};

export const pauses = (clock: Clock, stop: AbortSignal): Pauses => {
  const waiting = new Set<AbortController>();
  return {
    pause: async (ms) => {
      const one = new AbortController();
      const end = (): void => one.abort();
      waiting.add(one);
      stop.addEventListener('abort', end, { once: true });
      try {
        if (!stop.aborted) await clock.sleep(ms, one.signal).catch(() => undefined);
      } finally {
        stop.removeEventListener('abort', end);
        waiting.delete(one);
      }
      stop.throwIfAborted();
    },
    end: () => {
      for (const one of [...waiting]) one.abort();
    },
  };
};
