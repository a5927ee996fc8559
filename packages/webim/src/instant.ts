/** Date and time of ISO 8601, or as databases print them, without a zone; and with one of hours alone. */
const zoneless = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?$/i;
const hoursOnly = /(\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?[+-]\d{2})$/;
const zoned = /(?:z|gmt|utc|[+-]\d{2}:?\d{2})$/i;
const day = /^\d{4}-\d{2}-\d{2}$/;
/** Day and month as two numbers at the beginning; the year behind them looks like a zone (`-2026`). */
const ownOrder = /^\d{1,2}[-./ ]\d/;

/**
 * A time as Webim writes it: ISO 8601, in UTC where it names no zone (webim-protocol §8), whatever zone this process runs in. A day that stands in an
 * order of its own (`02.03.2026`) is none, with a zone neither: nobody knows which number is the month.
 *
 * @returns ms since the epoch
 */
export const instantOf = (text: string): number | undefined => {
  const trimmed = text.trim();
  const whole = zoneless.test(trimmed) ? `${trimmed.replace(' ', 'T')}Z` : trimmed.replace(hoursOnly, '$1:00');
  if (trimmed.length > 50 || ownOrder.test(trimmed) || (!zoned.test(whole) && !day.test(whole))) return undefined;
  const at = Date.parse(whole);
  return Number.isNaN(at) ? undefined : at;
};
