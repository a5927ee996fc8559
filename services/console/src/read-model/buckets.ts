const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export type Bucket = 'hour' | 'day';

/** Beginning of the hour or day of a time, as the clocks of a time zone show it, ms. @throws RangeError: there is no such zone */
export const bucketsIn = (zone: string, by: Bucket): ((at: number) => number) => {
  const format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
  const offsets = new Map<number, number>();
  /** Of the zone from UTC, ms; it changes at full quarters of an hour only. */
  const offsetAt = (at: number): number => {
    const quarter = Math.floor(at / (hourMs / 4));
    const known = offsets.get(quarter);
    if (known !== undefined) return known;
    const name = format.formatToParts(quarter * (hourMs / 4)).find((part) => part.type === 'timeZoneName')?.value ?? '';
    const [, sign, hours, minutes = '0'] = /GMT([+-])(\d{2}):?(\d{2})?/.exec(name) ?? [];
    const offset = hours === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * hourMs + Number(minutes) * 60_000);
    offsets.set(quarter, offset);
    return offset;
  };
  const size = by === 'hour' ? hourMs : dayMs;
  return (at) => {
    const offset = offsetAt(at);
    const local = Math.floor((at + offset) / size) * size;
    // On the day that the clocks change, midnight had another offset.
    return local - (by === 'day' ? offsetAt(local - offset) : offset);
  };
};
