import { describe, expect, it } from 'vitest';
import { parsePosition, positionText } from './position.ts';

describe('positions', () => {
  it('come back as they went', () => {
    const position = { commit: 9_007_199_254_740_993n, prepare: 12n };
    expect(parsePosition(positionText(position))).toEqual(position);
    expect(parsePosition('start')).toBe('start');
  });
  it('are empty where the server tells none', () => {
    expect(positionText(undefined)).toBe('');
    expect(positionText({ commit: 18_446_744_073_709_551_615n, prepare: 18_446_744_073_709_551_615n })).toBe('');
  });
  it.each(['', '12', '1/', 'end', '-1/-1', '1/2/3'])('refuse %j', (text) => {
    expect(() => parsePosition(text)).toThrow(expect.objectContaining({ code: 'unknown' }));
  });
});
