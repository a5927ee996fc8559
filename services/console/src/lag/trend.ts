export type TrendPoint = {
  /** Time here of the newest sample of this point, ms since the epoch. */
  readonly at: number;
  /** The largest lag among the samples of this point; null: the log did not answer. */
  readonly lag: number | null;
  /** Samples in this point; the newest point is still growing. */
  readonly samples: number;
};
/**
 * The lag of one group and topic over the last minutes, oldest first. Counted in samples, as the window is (partition-state.ts): at the sampler's
 * one sample a second the ring holds ten minutes. The page reads this file: no schema stands in it.
 */
export type Trend = readonly TrendPoint[];
export type Direction = 'rising' | 'falling' | 'steady';

export const trendPoints = 60;
export const samplesPerPoint = 10;
/** The direction is that of so many of the newest points: what was before stands in the line. */
export const directionPoints = 12;
/** A change is one from so many records on, and from this part of the larger figure on: a busy group always has a little that waits. */
const leastRecords = 5;
const leastShare = 0.1;

/** `afterGap`: the log did not answer between this sample and the one before. */
export const prolong = (trend: Trend, sample: { readonly at: number; readonly lag: number }, afterGap: boolean): Trend => {
  const newest = trend.at(-1);
  const fresh = { ...sample, samples: 1 };
  if (newest === undefined) return [fresh];
  if (afterGap) return [...trend, { at: sample.at, lag: null, samples: 0 }, fresh].slice(-trendPoints);
  if (newest.lag === null || newest.samples >= samplesPerPoint) return [...trend, fresh].slice(-trendPoints);
  return [...trend.slice(0, -1), { at: sample.at, lag: Math.max(newest.lag, sample.lag), samples: newest.samples + 1 }];
};

export type Course = { readonly direction: Direction; readonly from: number; readonly to: number; readonly overMs: number };

/** How the lag goes, by the newest points since the last gap. Undefined before there are two. */
export const courseOf = (trend: Trend): Course | undefined => {
  const points = trend.slice(trend.findLastIndex(({ lag }) => lag === null) + 1).slice(-directionPoints);
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || first === last) return undefined;
  const half = Math.floor(points.length / 2);
  const [from, to] = [first.lag ?? 0, last.lag ?? 0];
  // Halves, not ends: one peak is no trend.
  const change = meanOf(points.slice(-half)) - meanOf(points.slice(0, half));
  const least = Math.max(leastRecords, leastShare * Math.max(...points.map(({ lag }) => lag ?? 0)));
  const isChange = Math.abs(change) >= least && Math.sign(to - from) === Math.sign(change);
  return { direction: isChange ? (change > 0 ? 'rising' : 'falling') : 'steady', from, to, overMs: last.at - first.at };
};

const meanOf = (points: Trend): number => points.reduce((sum, { lag }) => sum + (lag ?? 0), 0) / points.length;
