import type { DomainEvent } from '@dialog/contracts/domain-event';

/**
 * Whether two decisions about one input come to the same for everybody but the script's author: places, names and lines of a script may
 * differ. Deadlines, effects, owners and what the script waits for are the same, so that what was recorded after it still fits.
 */
export const alike = (decided: readonly DomainEvent[], recorded: readonly DomainEvent[]): boolean =>
  decided.length === recorded.length && decided.every((event, at) => equal(bare(event), bare(recorded[at] as DomainEvent)));

const bare = ({ type, data }: DomainEvent): unknown => {
  switch (type) {
    case 'ScriptAdvanced': {
      const { cursor, keyboard, interrupted } = data;
      return {
        type,
        trigger: data.trigger,
        message: data.message,
        outcome: data.outcome,
        waitsFor: cursor?.waitsFor,
        attempts: cursor?.attempts,
        timeoutMs: cursor?.timeoutMs,
        streak: data.fallbackStreak,
        buttons: keyboard?.map(({ id }) => id),
        interrupted: interrupted?.waitsFor,
      };
    }
    case 'DialogStarted':
      return { type, incomplete: data.incomplete, visitor: data.visitor };
    case 'ReturnStarted':
      return { type, episode: data.episode, cause: data.cause, runs: data.script !== null };
    default:
      return { type, data };
  }
};

/** As JSON has it: a field that is undefined is not there, the order of fields means nothing. */
const equal = (a: unknown, b: unknown): boolean => {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((one, at) => equal(one, b[at]));
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  for (const name in left) if (!equal(left[name], right[name])) return false;
  for (const name in right) if (right[name] !== undefined && left[name] === undefined) return false;
  return true;
};
