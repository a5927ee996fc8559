import { describe, expect, it } from 'vitest';
import { courseOf, directionPoints, prolong, samplesPerPoint, type Trend, trendPoints } from './trend.ts';

/** Samples a second apart; undefined: the log does not answer. */
const trendOf = (lags: readonly (number | undefined)[]): Trend =>
  lags.reduce<Trend>(
    (trend, lag, n) => (lag === undefined ? trend : prolong(trend, { at: n * 1_000, lag }, n > 0 && lags[n - 1] === undefined)),
    [],
  );
/** Each figure for as long as one point takes. */
const pointsOf = (...lags: readonly (number | undefined)[]): Trend =>
  trendOf(lags.flatMap((lag) => Array.from({ length: samplesPerPoint }, () => lag)));

describe('the ring', () => {
  it('has the largest lag of each ten samples, the newest sample at once', () => {
    const trend = trendOf([...Array.from({ length: samplesPerPoint }, (_, n) => (n === 4 ? 90 : 1)), 7]);
    expect(trend).toEqual([
      { at: 9_000, lag: 90, samples: 10 },
      { at: 10_000, lag: 7, samples: 1 },
    ]);
  });
  it('never grows beyond its bound, and keeps the newest', () => {
    const trend = trendOf(Array.from({ length: 3 * trendPoints * samplesPerPoint }, (_, n) => n));
    expect(trend).toHaveLength(trendPoints);
    expect(trend.at(-1)?.lag).toBe(3 * trendPoints * samplesPerPoint - 1);
    expect(trendOf(Array.from({ length: 999 }, (_, n) => (n % 2 === 0 ? 1 : undefined)))).toHaveLength(trendPoints);
  });
  it('has a hole where the log did not answer', () => {
    expect(trendOf([3, undefined, undefined, 4]).map(({ lag }) => lag)).toEqual([3, null, 4]);
  });
});

it.each([
  ['grows', pointsOf(0, 20, 40, 60), 'rising'],
  ['shrinks', pointsOf(60, 40, 20, 0), 'falling'],
  ['stays', pointsOf(50, 50, 50, 50), 'steady'],
  ['two points are enough', pointsOf(0, 60), 'rising'],
  ['a few records more', pointsOf(0, 1, 2, 4), 'steady'],
  ['little of much', pointsOf(10_000, 10_100, 10_200, 10_300), 'steady'],
  ['one peak', pointsOf(3, 3, 900, 3), 'steady'],
  ['shrinks now, after it grew for long', pointsOf(...range(40, (n) => n * 10), ...range(directionPoints, (n) => 390 - n * 20)), 'falling'],
  ['what was before an outage does not count', pointsOf(900, 900, undefined, 5, 5), 'steady'],
])('the course: %s', (_name, trend, direction) => {
  expect(courseOf(trend)?.direction).toBe(direction);
});

it('the course has its first and last figure and its length; none before there are two points', () => {
  expect(courseOf(pointsOf(10, 30, 60))).toEqual({ direction: 'rising', from: 10, to: 60, overMs: 20_000 });
  expect(courseOf([])).toBeUndefined();
  expect(courseOf(trendOf([1, 2]))).toBeUndefined();
  expect(courseOf(trendOf([1, undefined, 2]))).toBeUndefined();
});

function range(length: number, of: (n: number) => number): number[] {
  return Array.from({ length }, (_, n) => of(n));
}
