import type { Clock } from '@dialog/contracts/clock';

export type TokenBucket = {
  /** @returns 0 and takes a token, or the ms after which it is worth trying again. */
  readonly take: () => number;
};

/**
 * Webim's rate limits are unknown; at most 5 requests a second per account are safe (webim-protocol §13.8). Those who are
 * turned away are told times spaced at the rate, so that they do not all come back at once.
 */
export const tokenBucket = (options: { clock: Clock; ratePerSecond: number; burst: number }): TokenBucket => {
  const { clock, ratePerSecond, burst } = options;
  const spacingMs = 1000 / ratePerSecond;
  let tokens = burst;
  let filledAt = clock.monotonic();
  let nextHint = filledAt;
  return {
    take: () => {
      const now = clock.monotonic();
      tokens = Math.min(burst, tokens + (now - filledAt) / spacingMs);
      filledAt = now;
      if (tokens >= 1) {
        tokens -= 1;
        return 0;
      }
      nextHint = Math.max(nextHint, now) + spacingMs;
      return nextHint - now;
    },
  };
};
