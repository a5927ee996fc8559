import { noTotals } from '@dialog/what-if/totals';
import { describe, expect, it } from 'vitest';
import { measured, parseFailOn, passed } from './fail-on.ts';

const totals = {
  ...noTotals,
  dialogs: 200,
  differ: 20,
  diverged: 3,
  repliesChanged: 31,
  handovers: { before: 40, now: 42, gained: 5, lost: 3 },
  returns: { before: 10, now: 8, gained: 0, lost: 2 },
  gaps: { http: 1, script: 1 },
};

describe('a limit', () => {
  it.each([
    ['handover+5%', 5, false],
    ['handover+4.9%', 5, true],
    ['handover+1', 2, true],
    ['handover+2', 2, false],
    ['handover-0', -2, false],
    ['returns-10%', 20, true],
    ['returns+0%', -20, false],
    ['differs+10%', 10, false],
    ['differs+19', 20, true],
    ['diverged+1%', 1.5, true],
    ['replies+30', 31, true],
    ['gaps+0', 2, true],
  ])('%s measures %d, passed: %s', (text, value, over) => {
    const limit = parseFailOn(text);
    expect(measured(limit, totals)).toBeCloseTo(value);
    expect(passed(limit, totals)).toBe(over);
  });

  it('of nothing recorded any is more', () => {
    const none = { ...totals, handovers: { before: 0, now: 1, gained: 1, lost: 0 } };
    expect(passed(parseFailOn('handover+500%'), none)).toBe(true);
    expect(passed(parseFailOn('handover+0%'), { ...noTotals })).toBe(false);
  });

  it.each(['handover', 'handover5%', 'sales+5%', 'differs-5%', 'replies+5%', 'handover+x'])('%s is none', (text) => {
    expect(() => parseFailOn(text)).toThrow(text);
  });
});
