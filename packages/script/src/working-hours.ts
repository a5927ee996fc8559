const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const pattern = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:-(Mon|Tue|Wed|Thu|Fri|Sat|Sun))? ([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$/;

/** `Mon-Fri 09:00-18:00`, several separated by commas. @returns undefined where it is fine, else what is wrong */
export const workingHoursProblem = (text: string): string | undefined => {
  const bad = text.split(',').find((part) => !pattern.test(part.trim()));
  return bad === undefined ? undefined : `"${bad.trim()}" is not like "Mon-Fri 09:00-18:00"`;
};

/** @param now ms since the epoch, read in the bot's time zone */
export const inWorkingHours = (text: string, now: number, timezone: string): boolean => {
  const parts = formatter(timezone).formatToParts(now);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  const day = days.indexOf(part('weekday'));
  const minute = Number(part('hour')) * 60 + Number(part('minute'));
  return text.split(',').some((range) => {
    const match = pattern.exec(range.trim());
    if (match === null) return false;
    const from = days.indexOf(match[1] as string);
    const to = match[2] === undefined ? from : days.indexOf(match[2]);
    const inDays = from <= to ? day >= from && day <= to : day >= from || day <= to;
    const start = Number(match[3]) * 60 + Number(match[4]);
    const end = Number(match[5]) * 60 + Number(match[6]);
    return inDays && minute >= start && minute < end;
  });
};

const formatters = new Map<string, Intl.DateTimeFormat>();
const formatter = (timezone: string): Intl.DateTimeFormat => {
  let known = formatters.get(timezone);
  if (known === undefined) {
    known = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    formatters.set(timezone, known);
  }
  return known;
};
