import { realClock } from '@dialog/contracts/clock';
import { useEffect, useState } from 'react';

/** The engine's clock as far as its answers have told it: the browser's may be wrong, and a demo runs fast. */
let ahead = 0;
export const serverSaid = (now: number): void => {
  ahead = now - realClock.now();
};
export const serverNow = (): number => realClock.now() + ahead;

/** Renders again every second, so that ages stay true. */
export const useNow = (): number => {
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
};

const steps = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

/** Formats are dear to make, and a list makes hundreds. */
const formats = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();
const kept = <F extends Intl.NumberFormat | Intl.DateTimeFormat>(key: string, make: () => F): F => {
  const known = formats.get(key);
  if (known !== undefined) return known as F;
  const made = make();
  formats.set(key, made);
  return made;
};
const inUnit = (language: string, unit: string, digits = 0): Intl.NumberFormat =>
  kept(
    `${language} ${unit} ${digits}`,
    () => new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: digits }),
  );

/** A delay on a wire: `184 ms`, `1.2 sec`, then as a duration. */
export const delayText = (ms: number, language: string): string =>
  ms < 1000 ? inUnit(language, 'millisecond').format(Math.round(ms)) : duration(ms, language);

/** A duration in its two largest units: `3 min 5 sec`; below a second as `0.4 sec`. */
export const duration = (ms: number, language: string): string => {
  const unit = (name: string, value: number, digits = 0) => inUnit(language, name, digits).format(value);
  const whole = Math.max(0, ms);
  if (whole < 10_000) return unit('second', whole / 1000, 1);
  const first = steps.findIndex(([, size]) => whole >= size);
  const [name, size] = steps[first] ?? steps[3];
  const rest = steps[first + 1];
  const second = rest ? Math.floor((whole % size) / rest[1]) : 0;
  return unit(name, Math.floor(whole / size)) + (rest && second > 0 && name !== 'day' ? ` ${unit(rest[0], second)}` : '');
};

/** An age that does not twitch: `now` below five seconds, then one unit. */
export const age = (ms: number, language: string): string => {
  const [name, size] = steps.find(([, one]) => ms >= one) ?? steps[3];
  return inUnit(language, name).format(Math.max(0, Math.floor(ms / size)));
};

const isToday = (at: number): boolean => new Date(at).toDateString() === new Date(serverNow()).toDateString();

/** Of today by the clock, else with the day: what is away may be so since yesterday. */
export const hourAndMinute = (at: number, language: string): string => {
  const today = isToday(at);
  const day = today ? {} : ({ day: 'numeric', month: 'short' } as const);
  return kept(
    `${language} hm ${today}`,
    () => new Intl.DateTimeFormat(language, { ...day, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
  ).format(at);
};

export const clockTime = (at: number, language: string): string =>
  kept(
    `${language} hms`,
    () => new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }),
  ).format(at);

export const dayText = (at: number, language: string): string =>
  kept(`${language} day`, () => new Intl.DateTimeFormat(language, { day: 'numeric', month: 'long', year: 'numeric' })).format(at);

export const dateTime = (at: number, language: string): string =>
  kept(
    `${language} date`,
    () =>
      new Intl.DateTimeFormat(language, {
        day: 'numeric',
        month: 'short',
        year: 'numeric',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
        hourCycle: 'h23',
      }),
  ).format(at);

/** Of today by the clock, else with the day. */
export const dayAndTime = (at: number, language: string): string => (isToday(at) ? clockTime(at, language) : dateTime(at, language));
