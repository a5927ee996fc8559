import { realClock } from '@dialog/contracts/clock';
import { LogError } from '../port.ts';

/** The client's own time-outs multiply with its retries, so each wait on the cluster has this one on top. Real ms, whatever the clock. */
export const within = async <T>(deadlineMs: number, what: string, work: Promise<T>): Promise<T> => {
  const patience = new AbortController();
  try {
    return await Promise.race([
      work,
      realClock.sleep(deadlineMs, patience.signal).then(() => {
        throw new LogError('timeout', `${what}: no answer within ${deadlineMs} ms`);
      }),
    ]);
  } finally {
    patience.abort();
    // What comes after the deadline is heard by nobody.
    work.catch(() => undefined);
  }
};
