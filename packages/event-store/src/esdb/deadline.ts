import type { Clock } from '@dialog/contracts/clock';
import { inTime } from '@dialog/contracts/in-time';
import { EventStoreError } from '../port.ts';

/** Ends the wait for a deadline; a reason of ours, since making the default one costs more than the wait. */
const answered = new Error('answered in time');

export const timedOut = (ms: number): EventStoreError =>
  new EventStoreError('timeout', `no answer within ${ms} ms; an append may have landed`);

/** @throws EventStoreError `timeout` where the work has not ended after `ms` of the machine's time; it goes on, unheard */
export const within = <T>(work: Promise<T>, ms: number): Promise<T> => inTime(work, ms, () => timedOut(ms));

/** Calls `onStalled` once, when nothing has been told to `progress` for `ms` while `waiting`; `progress(ms)` may change the limit. */
export const stallGuard = (ms: number, clock: Clock, waiting: () => boolean, onStalled: () => void) => {
  const timer = new AbortController();
  let limit = ms;
  let last = clock.monotonic();
  const watch = async (): Promise<void> => {
    for (let left = limit; left > 0; left = last + limit - clock.monotonic()) {
      await clock.sleep(left, timer.signal);
      if (!waiting()) last = clock.monotonic();
    }
    onStalled();
  };
  watch().catch(() => undefined);
  return {
    progress: (nextLimit?: number): void => {
      last = clock.monotonic();
      limit = nextLimit ?? limit;
    },
    end: (): void => timer.abort(answered),
  };
};
