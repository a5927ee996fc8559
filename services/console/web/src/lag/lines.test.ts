import { expect, it } from 'vitest';
import { linesOf } from './lines.ts';

const point = (at: number, lag: number | null) => ({ at, lag, samples: 10 });

it('goes from the left to the right, the largest on top, none at the bottom', () => {
  expect(linesOf([point(0, 0), point(50, 5), point(100, 10)])).toEqual(['2,30 120,16 238,2']);
});
it('lies at the bottom while nothing waits', () => {
  expect(linesOf([point(0, 0), point(100, 0)])).toEqual(['2,30 238,30']);
});
it('breaks where the lag was unknown; what stands alone is a dot', () => {
  expect(linesOf([point(0, 4), point(50, null), point(50, 4), point(100, 4)])).toEqual(['2,2 2,2', '120,2 238,2']);
  expect(linesOf([point(7, 3)])).toEqual(['238,2 238,2']);
  expect(linesOf([])).toEqual([]);
});
