/** `Retry-After` as seconds or as an HTTP date, in ms from now; undefined where it says nothing usable. RFC 9110 §10.2.3. */
export const retryAfterMs = (headers: Readonly<Record<string, string | string[] | undefined>>, nowMs: number): number | undefined => {
  const value = one(headers['retry-after']);
  if (value === undefined) return undefined;
  if (/^\d{1,9}(\.\d+)?$/.test(value)) return Math.ceil(Number(value) * 1000);
  const until = dateOf(value);
  if (Number.isNaN(until)) return undefined;
  // Against the server's own clock where it shows it.
  const serverNow = dateOf(one(headers['date']) ?? '');
  return Math.max(0, until - (Number.isNaN(serverNow) ? nowMs : serverNow));
};

const one = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value)?.trim();

/** An HTTP date, in GMT also where it does not say so (RFC 9110 §5.6.7); NaN for what begins with no day's name: a number is no date. */
const dateOf = (value: string): number => {
  if (!/^[a-z]{3}/i.test(value)) return Number.NaN;
  return Date.parse(/ (?:gmt|utc|[+-]\d{4})$/i.test(value) ? value : `${value} GMT`);
};
