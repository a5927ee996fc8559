/**
 * The only source of time. Everything that waits or asks for the time takes a Clock, so that tests and the demo
 * can run fast, and so that no code mixes wall time with monotonic time.
 */
export type Clock = {
  /** Wall time, milliseconds since the Unix epoch. May jump; never use it to measure a duration. */
  readonly now: () => number;
  /** Monotonic milliseconds since an arbitrary start; never runs back. */
  readonly monotonic: () => number;
  /** Resolves after `ms` of this clock's time (never a `setTimeout` above one minute), or rejects with the signal's reason. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
};

/**
 * A clock that runs `rate` times as fast as the machine's, starting at `startAt` (default: now).
 * Rate 1 is the real clock. Waits are real waits divided by the rate.
 */
export const scaledClock = (rate = 1, startAt = Date.now()): Clock => {
  const origin = performance.now();
  const elapsed = () => (performance.now() - origin) * rate;
  return {
    now: () => Math.floor(startAt + elapsed()),
    monotonic: elapsed,
    sleep: async (ms, signal) => {
      const until = elapsed() + ms;
      signal?.throwIfAborted();
      for (let left = ms; left > 0; left = until - elapsed()) {
        await realWait(Math.min(left / rate, 60_000), signal);
      }
    },
  };
};

export const realClock: Clock = scaledClock(1);

const realWait = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(
      () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      },
      Math.max(0, ms),
    );
    signal?.addEventListener('abort', abort, { once: true });
  });
