import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { codeOf } from '@dialog/contracts/errors';

/** A member's id says in which process it lives, so that others on its machine see at once when that process is gone. */
export const newMemberId = (): string => `${hostname()}/${process.pid}/${randomUUID()}`;

/** Its process is known to have ended. A process of another machine, or a number given anew, is told by the session's end only. */
export const isGone = (member: string): boolean => {
  const [host, pid] = member.split('/');
  if (host !== hostname() || pid === undefined || !/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
};
