import { describe, expect, it } from 'vitest';
import { dayAndTime, hourAndMinute, serverNow } from './time.ts';

describe('a time that an outage may put on another day', () => {
  const ago = (days: number): number => serverNow() - days * 86_400_000;

  it('of today stands by the clock alone', () => {
    expect([hourAndMinute(ago(0), 'ru'), dayAndTime(ago(0), 'ru')]).toEqual([
      expect.stringMatching(/^\d\d:\d\d$/),
      expect.stringMatching(/^\d\d:\d\d:\d\d$/),
    ]);
  });

  it.each([2, -2])('of %s days ago has its day', (days) => {
    const day = String(new Date(ago(days)).getDate());
    expect([hourAndMinute(ago(days), 'ru'), dayAndTime(ago(days), 'en')]).toEqual([
      expect.stringMatching(new RegExp(`^${day} .*, \\d\\d:\\d\\d$`)),
      expect.stringMatching(new RegExp(`\\b${day}, \\d{4}, \\d\\d:\\d\\d:\\d\\d$`)),
    ]);
  });
});
