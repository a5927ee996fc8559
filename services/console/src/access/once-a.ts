import type { Clock } from '@dialog/contracts/clock';

export const minuteMs = 60_000;
export const hourMs = 3_600_000;

export type Once = (key: readonly unknown[], keep: () => Promise<void>) => Promise<void>;

/**
 * Keeps a record before anything is answered, and the same one once a while. A process that starts anew may keep it once more.
 * @param limit how many different ones are kept in that while; those after are not: who needs no right to be recorded could fill the stream
 */
export const onceA = (whileMs: number, clock: Clock, limit = Number.POSITIVE_INFINITY): Once => {
  let current = 0;
  const kept = new Map<string, Promise<void>>();
  return async (key, keep) => {
    const now = Math.floor(clock.now() / whileMs);
    if (now !== current) {
      current = now;
      kept.clear();
    }
    const name = JSON.stringify(key);
    let keeping = kept.get(name);
    if (keeping === undefined) {
      if (kept.size >= limit) return;
      keeping = keep();
      kept.set(name, keeping);
      keeping.catch(() => kept.delete(name));
    }
    await keeping;
  };
};

/** How many refusals of strangers one console keeps in a minute. */
export const strangersAMinute = 20;
