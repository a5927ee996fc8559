import { inTime } from '@dialog/contracts/in-time';
import { LogError } from '../port.ts';

/** The client's own time-outs multiply with its retries, so each wait on the cluster has this one on top. */
export const within = <T>(deadlineMs: number, what: string, work: Promise<T>): Promise<T> =>
  inTime(work, deadlineMs, () => new LogError('timeout', `${what}: no answer within ${deadlineMs} ms`));
