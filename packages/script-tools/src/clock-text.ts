/** `10:04:05`, in a time zone. */
export const clockText = (at: number, timezone: string): string => formatter(timezone).format(at);

const formatters = new Map<string, Intl.DateTimeFormat>();
const formatter = (timezone: string): Intl.DateTimeFormat => {
  let known = formatters.get(timezone);
  if (known === undefined) {
    known = new Intl.DateTimeFormat('en-GB', {
      timeZone: timezone,
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
    });
    formatters.set(timezone, known);
  }
  return known;
};

/** `2026-03-02 10:04:05 Mon`, in a time zone. */
export const dateText = (at: number, timezone: string): string => {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    weekday: 'short',
  }).formatToParts(at);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')} ${clockText(at, timezone)} ${part('weekday')}`;
};

/** `90s`, `5m`, `2h`: as the format writes it, in the largest unit that gives a whole number. */
export const durationText = (ms: number): string => {
  for (const [unit, size] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const) {
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms}ms`;
};
