/** Sorted copies, so that a figure is never told without its noise. */
export const median = (values: readonly number[]): number => quantile(values, 0.5);

export const quantile = (values: readonly number[], q: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
};

export type Figure = {
  readonly name: string;
  readonly value: number;
  /** Undefined: nothing is asked of it, it is told. */
  readonly goal?: number;
  /** Whether more is better. */
  readonly atLeast: boolean;
  readonly unit: string;
  /** What it was made of. */
  readonly detail: string;
};

export const met = ({ value, goal, atLeast }: Figure): boolean => goal === undefined || (atLeast ? value >= goal : value < goal);

/** Min, median and max, as every figure is told. */
export const spread = (values: readonly number[], digits = 0): string =>
  `${quantile(values, 0).toFixed(digits)} / ${median(values).toFixed(digits)} / ${quantile(values, 1).toFixed(digits)}`;

/** Median of the ratios of neighbouring rounds: what slows the machine slows both of a pair. */
export const ratioOf = (ours: readonly number[], bare: readonly number[]): { ratio: number; low: number; high: number } => {
  const ratios = ours.map((one, index) => one / (bare[index] ?? Number.NaN));
  return { ratio: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) };
};
