import type { TriedRow } from '../../../src/api/what-if.ts';

/** By which of the sums the list can be narrowed. */
export const onlyNames = ['replies', 'handovers', 'returns', 'ends', 'diverged', 'gaps'] as const;
export type Only = (typeof onlyNames)[number];

/** Whether a dialog is one of those that a sum counts as changed. */
export const countsIn = ({ repliesChanged, handovers, returns, end, diverged, gap }: TriedRow, only: Only): boolean => {
  switch (only) {
    case 'replies':
      return repliesChanged > 0;
    case 'handovers':
      return handovers.before !== handovers.now;
    case 'returns':
      return returns.before !== returns.now;
    case 'ends':
      return end.now !== null && end.before !== end.now;
    case 'diverged':
      return diverged !== null;
    case 'gaps':
      return gap !== null;
    default:
      return only satisfies never;
  }
};
