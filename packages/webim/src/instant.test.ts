import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { retryAfterMs } from './bot-api/retry-after.ts';
import { storedChat } from './stored-data/chat-object.ts';
import { timeOf } from './webhook/normalise.ts';

const nine = Date.parse('2026-03-02T09:14:05Z');

describe('a time without a zone is UTC, wherever this process runs', () => {
  const zone = process.env['TZ'];
  beforeAll(() => {
    process.env['TZ'] = 'Europe/Moscow';
  });
  afterAll(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  it.each([
    '2026-03-02T09:14:05',
    '2026-03-02 09:14:05',
    '2026-03-02T09:14:05Z',
    '2026-03-02T12:14:05+03:00',
    '2026-03-02 12:14:05+03',
    '2026-03-02 09:14:05 UTC',
    'Mon, 02 Mar 2026 09:14:05 GMT',
  ])('%s', (text) => {
    expect(new Date(nine).getHours()).toBe(12);
    expect(timeOf(text)).toBe(nine);
    expect(storedChat({ closed_at: text }).closedAt).toBe(nine);
  });

  it('a Retry-After as the C library prints dates, which is in GMT', () => {
    expect(retryAfterMs({ 'retry-after': 'Mon Mar  2 09:14:35 2026' }, nine)).toBe(30_000);
  });
});

it.each(['02.03.2026 09:14:05', '02.03.2026 09:14:05 +0300', '02-03-2026', '02/03/2026 09:14:05Z', '3/2/2026', '5', 'yesterday', ''])(
  '%j is no time',
  (text) => {
    expect(timeOf(text)).toBeUndefined();
    expect(storedChat({ closed_at: text }).closedAt).toBeUndefined();
  },
);

it.each([
  ['10.5', 10_500],
  ['-5', undefined],
  ['5 s', undefined],
])('Retry-After: %s is %s ms', (value, ms) => {
  expect(retryAfterMs({ 'retry-after': value }, nine)).toBe(ms);
});
