/** A longer `Retry-After` than this is not believed. */
export const maxRetryAfterMs = 600_000;
const baseMs = 1_000;
const capMs = 60_000;

/** Full jitter: 0 … min(60 s, 1 s · 2^failures). `random` gives 0 ≤ x < 1. */
export const backOffMs = (failures: number, random: () => number): number =>
  Math.floor(random() * Math.min(capMs, baseMs * 2 ** Math.min(failures, 30)));

/** What Webim asked for, and up to a second more so that not all come back at once. */
export const askedPauseMs = (retryAfterMs: number, random: () => number): number =>
  Math.ceil(Math.min(retryAfterMs, maxRetryAfterMs) + random() * 1_000);
