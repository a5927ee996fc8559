/** What `setTimeout` can wait at most, ms. */
const longestMs = 2 ** 31 - 1;

/**
 * Settles as `work` does, or rejects with what `late` makes once `ms` of this machine's time are over, whatever the engine's clock; the work
 * goes on then, unheard. One timer and no signal: it stands round every append and every call, where a signal would cost ten times as much.
 */
export const inTime = <T>(work: Promise<T>, ms: number, late: () => Error): Promise<T> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), Math.min(Math.max(0, ms), longestMs));
    work.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
