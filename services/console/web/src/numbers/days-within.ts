/** Of a label on the axis of time, px. */
export const labelWidth = 64;

/** So many of the points in sight as their labels have room for. */
export const daysWithin = (times: readonly number[], from: number, to: number, width: number): number[] => {
  const within = times.filter((at) => at >= from && at <= to);
  const every = Math.max(1, Math.ceil((within.length * labelWidth) / Math.max(width, labelWidth)));
  return within.filter((_, index) => index % every === 0);
};
