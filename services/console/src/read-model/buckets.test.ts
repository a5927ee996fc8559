import { expect, it } from 'vitest';
import { bucketsIn } from './buckets.ts';

const iso = (at: number): string => new Date(at).toISOString();

it.each([
  ['UTC', 'hour', '2026-03-29T01:59:59.999Z', '2026-03-29T01:00:00.000Z'],
  ['Europe/Moscow', 'day', '2026-03-28T22:00:00Z', '2026-03-28T21:00:00.000Z'],
  ['Europe/Moscow', 'day', '2026-03-28T20:59:59Z', '2026-03-27T21:00:00.000Z'],
  // Clocks go forward at 01:00 UTC on 29 March 2026, and back on 25 October.
  ['Europe/Berlin', 'day', '2026-03-29T12:00:00Z', '2026-03-28T23:00:00.000Z'],
  ['Europe/Berlin', 'day', '2026-10-25T12:00:00Z', '2026-10-24T22:00:00.000Z'],
  ['Asia/Kolkata', 'hour', '2026-01-01T00:10:00Z', '2025-12-31T23:30:00.000Z'],
  ['America/St_Johns', 'day', '2026-01-01T03:00:00Z', '2025-12-31T03:30:00.000Z'],
] as const)('in %s, by %s: %s is in that of %s', (zone, by, at, begins) => {
  expect(iso(bucketsIn(zone, by)(Date.parse(at)))).toBe(begins);
});

it('knows no zone that is none', () => expect(() => bucketsIn('Mars/Base', 'day')).toThrow(RangeError));
