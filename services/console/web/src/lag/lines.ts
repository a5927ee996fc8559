import type { Trend } from '../../../src/lag/trend.ts';

/** Units of the drawing; the page stretches it. */
export const width = 240;
export const height = 32;
/** Half a stroke stays inside. */
const margin = 2;

/** `points` of one polyline for each part without a hole: time to the right, from no lag to the largest upwards. */
export const linesOf = (trend: Trend): readonly string[] => {
  const [start, end] = [trend[0]?.at ?? 0, trend.at(-1)?.at ?? 0];
  const largest = Math.max(1, ...trend.map(({ lag }) => lag ?? 0));
  const scaled = (share: number, whole: number): number => Math.round((margin + share * (whole - 2 * margin)) * 10) / 10;
  const parts: string[][] = [[]];
  for (const { at, lag } of trend) {
    if (lag === null) parts.push([]);
    else parts.at(-1)?.push(`${scaled(end === start ? 1 : (at - start) / (end - start), width)},${scaled(1 - lag / largest, height)}`);
  }
  // A part of one point is a line of no length: drawn as a dot.
  return parts.filter((part) => part.length > 0).map((part) => (part.length === 1 ? [...part, ...part] : part).join(' '));
};
