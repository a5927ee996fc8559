/** Of a label on the axis of time, px. */
export const labelWidth = 64;

/** So many of the points in sight as their labels have room for. */
export const daysWithin = (times: readonly number[], from: number, to: number, width: number): number[] => {
  const within = times.filter((at) => at >= from && at <= to);
  const every = Math.max(1, Math.ceil((within.length * labelWidth) / Math.max(width, labelWidth)));
  return within.filter((_, index) => index % every === 0);
};

/** In what a day is named by: over more than one year a day and a month name several. @param times ms, in order */
export const yearOf = (times: readonly number[]): { readonly year?: 'numeric' } => {
  const [first, last] = [times[0], times.at(-1)].map((at) => new Date(at ?? 0).getFullYear());
  return first === last ? {} : { year: 'numeric' };
};
