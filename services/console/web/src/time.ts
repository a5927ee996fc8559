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

/** A duration in its two largest units: `3 min 5 sec`; below a second as `0.4 sec`. */
export const duration = (ms: number, language: string): string => {
  const unit = (name: string, value: number, digits = 0) =>
    new Intl.NumberFormat(language, { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: digits }).format(value);
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
  return new Intl.NumberFormat(language, { style: 'unit', unit: name, unitDisplay: 'short' }).format(Math.max(0, Math.floor(ms / size)));
};

export const hourAndMinute = (at: number, language: string): string =>
  new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at);

export const clockTime = (at: number, language: string, withMs = false): string =>
  new Intl.DateTimeFormat(language, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    ...(withMs ? { fractionalSecondDigits: 3 } : {}),
  }).format(at);

export const dateTime = (at: number, language: string): string =>
  new Intl.DateTimeFormat(language, {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).format(at);
