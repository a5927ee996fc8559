import { inTime } from '@dialog/contracts/in-time';

/** A wait on the outside world that took longer than we allow. Its outcome is unknown. */
class DeadlineExceeded extends Error {
  readonly code = 'timeout';
  readonly retryable = true;
  constructor(what: string, ms: number) {
    super(`${what} took longer than ${ms} ms`);
    this.name = 'DeadlineExceeded';
  }
}

/**
 * Waits for `promise` at most `ms` of real time (a technical deadline, so not of the engine's clock, which a demo runs fast).
 * @throws DeadlineExceeded
 */
export const within = <T>(ms: number, what: string, promise: Promise<T>): Promise<T> =>
  inTime(promise, ms, () => new DeadlineExceeded(what, ms));
