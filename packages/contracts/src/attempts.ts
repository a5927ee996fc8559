import type { Effect } from './effects.ts';

// Without zod: the page folds with it from its first view on.
type HttpMethod = Extract<Effect, { kind: 'http' }>['method'];

/** A repeat does no more than the first (RFC 9110 §9.2.2). */
export const isIdempotent = (method: HttpMethod): boolean => method === 'GET' || method === 'PUT' || method === 'DELETE';

/** Codes of attempts that a rate or a stop of our own put off: nothing was learned about who was to be asked, so they use up no retry. */
const delayedByUs: ReadonlySet<string> = new Set(['rate_limit', 'aborted']);
export const isDelayedByUs = (code: string | undefined): boolean => code !== undefined && delayedByUs.has(code);

/** Codes of attempts that don't show how the other side answers: put off by us, or not made since it failed too often or asked for a pause. */
const held: ReadonlySet<string> = new Set([...delayedByUs, 'circuit_open', 'asked_to_wait']);
export const isHeld = (code: string | null | undefined): boolean => code != null && held.has(code);
