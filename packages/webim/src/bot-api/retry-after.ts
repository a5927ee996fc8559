/** `Retry-After` as seconds or as an HTTP date, in ms from now; undefined where it says nothing usable. RFC 9110 §10.2.3. */
export const retryAfterMs = (headers: Readonly<Record<string, string | string[] | undefined>>, nowMs: number): number | undefined => {
  const value = one(headers['retry-after']);
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const until = Date.parse(value);
  if (Number.isNaN(until)) return undefined;
  // Against the server's own clock where it shows it.
  const serverNow = Date.parse(one(headers['date']) ?? '');
  return Math.max(0, until - (Number.isNaN(serverNow) ? nowMs : serverNow));
};

const one = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value)?.trim();
