const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const pattern =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:-(Mon|Tue|Wed|Thu|Fri|Sat|Sun))? ([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/;

/** `Mon-Fri 09:00-18:00`, several separated by commas. @returns undefined where it is fine, else what is wrong */
export const workingHoursProblem = (text: string): string | undefined => {
  const bad = text.split(',').find((part) => !pattern.test(part.trim()));
  return bad === undefined ? undefined : `"${bad.trim()}" is not like "Mon-Fri 09:00-18:00"`;
};

type Range = { readonly from: number; readonly to: number; readonly start: number; readonly end: number };

/**
 * A range whose end is not after its start goes on past midnight: its second part belongs to the day it began on.
 * @param now ms since the epoch, read in the bot's time zone
 */
export const inWorkingHours = (text: string, now: number, timezone: string): boolean => {
  const { day, minute } = local(now, timezone);
  return rangesOf(text).some(({ from, to, start, end }) => {
    const on = (which: number): boolean => (from <= to ? which >= from && which <= to : which >= from || which <= to);
    if (start < end) return on(day) && minute >= start && minute < end;
    return (on(day) && minute >= start) || (on((day + 6) % 7) && minute < end);
  });
};

const rangesOf = (text: string): readonly Range[] => {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const ranges = text.split(',').flatMap((part): Range[] => {
    const match = pattern.exec(part.trim());
    if (match === null) return [];
    const from = days.indexOf(match[1] as string);
    const to = match[2] === undefined ? from : days.indexOf(match[2]);
    const start = Number(match[3]) * 60 + Number(match[4]);
    return [{ from, to, start, end: match[5] === undefined ? 1440 : Number(match[5]) * 60 + Number(match[6]) }];
  });
  if (parsed.size > 1_000) parsed.clear();
  parsed.set(text, ranges);
  return ranges;
};
/** What texts mean, remembered: they stand in scripts, so they are few. */
const parsed = new Map<string, readonly Range[]>();

type Local = { readonly day: number; readonly minute: number };

/** Zones' offsets change on whole minutes, so within one nothing has to be asked again. */
const local = (now: number, timezone: string): Local => {
  const zone = zoneOf(timezone);
  const minuteNumber = Math.floor(now / 60_000);
  if (zone.at !== minuteNumber) {
    const parts = zone.format.formatToParts(now);
    const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
    zone.local = { day: days.indexOf(part('weekday')), minute: Number(part('hour')) * 60 + Number(part('minute')) };
    zone.at = minuteNumber;
  }
  return zone.local;
};

type Zone = { readonly format: Intl.DateTimeFormat; at: number; local: Local };
const zones = new Map<string, Zone>();
const zoneOf = (timezone: string): Zone => {
  let known = zones.get(timezone);
  if (known === undefined) {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    known = { format, at: Number.NaN, local: { day: 0, minute: 0 } };
    zones.set(timezone, known);
  }
  return known;
};
