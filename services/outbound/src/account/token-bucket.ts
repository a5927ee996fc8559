import type { Clock } from '@dialog/contracts/clock';

export type TokenBucket = {
  /**
   * @param who whose request it is: one who was told a time has his token kept until a little after it
   * @returns 0 and takes a token, or the ms after which it is worth trying again
   */
  readonly take: (who: string) => number;
  /** Who may not go for another reason, and is told another time by it, needs none kept: kept all the same they would all go at the end of that at once. */
  readonly giveBack: (who: string) => void;
};

/** Tokens are kept for times no further ahead, ms: a reply lives two minutes, and who gives up before his time would leave the others without. */
const keptAheadMs = 30_000;
/** Nobody came for so long though some were told a time within it, ms: this process stood still. */
const standstillMs = 1_000;
/** So much after his time a token is kept for one who comes back by the log and a timer, ms. */
const keptAfterMs = 10_000;

/**
 * Webim's rate limits are unknown; at most 5 requests a second per account are safe (webim-protocol §13.8). Those who are
 * turned away are told times spaced at the rate, so that they do not all come back at once, and their tokens are theirs then: whoever comes
 * for the first time does not take them, or one who waits could wait until his reply has expired.
 */
export const tokenBucket = (options: { clock: Clock; ratePerSecond: number; burst: number }): TokenBucket => {
  const { clock, ratePerSecond, burst } = options;
  const spacingMs = 1000 / ratePerSecond;
  /** Below zero: that many are taken in advance. */
  let tokens = burst;
  let filledAt = clock.monotonic();
  let nextHint = filledAt;
  /** Until when a token that was taken in advance is kept, and from when it is there. */
  const kept = new Map<string, { readonly from: number; readonly until: number }>();

  const refill = (now: number): void => {
    tokens = Math.min(burst, tokens + (now - filledAt) / spacingMs);
    let late = 0;
    for (const [who, { from, until }] of kept) {
      if (until < now) {
        kept.delete(who);
        tokens = Math.min(burst, tokens + 1);
      } else if (from > filledAt && from <= now) late += 1;
    }
    if (now - filledAt > standstillMs && late > burst) spaceAgain(now);
    filledAt = now;
  };

  /**
   * After a standstill those who were due in it come all at once: a burst of them goes, the others at the rate, in their order and before whoever
   * comes for the first time.
   */
  const spaceAgain = (now: number): void => {
    tokens = Math.min(tokens, burst - kept.size);
    const others = [...kept].sort(([, a], [, b]) => a.from - b.from).slice(burst);
    others.forEach(([who, was], at) => {
      const from = Math.max(was.from, now + (at + 1) * spacingMs);
      kept.set(who, { from, until: from + keptAfterMs });
    });
  };

  return {
    take: (who) => {
      const now = clock.monotonic();
      refill(now);
      const own = kept.get(who);
      if (own !== undefined) {
        // The timer that brings him back counts whole milliseconds.
        if (own.from - now >= 1) return own.from - now;
        kept.delete(who);
        return 0;
      }
      if (tokens >= 1) {
        tokens -= 1;
        return 0;
      }
      const from = now + (1 - tokens) * spacingMs;
      if (from - now > keptAheadMs) {
        nextHint = Math.max(nextHint, from) + spacingMs;
        return nextHint - now;
      }
      tokens -= 1;
      kept.set(who, { from, until: from + keptAfterMs });
      return from - now;
    },
    giveBack: (who) => {
      if (!kept.delete(who)) return;
      refill(clock.monotonic());
      tokens = Math.min(burst, tokens + 1);
    },
  };
};
