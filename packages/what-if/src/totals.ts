import type { End, TriedDialog } from '@dialog/domain/what-if/one';
import type { DialogRef } from './history.ts';

/** `failed`: the dialog could not be decided at all, e.g. since its events can't be read. `erased`: its words are gone. */
export type Gap = {
  readonly revision: number;
  readonly missing: NonNullable<TriedDialog['gap']>['missing'] | 'erased' | 'failed' | 'history';
  readonly what: string;
};

/** One dialog that differs, or that could not be decided to its end. */
export type Differing = DialogRef & Omit<TriedDialog, 'gap'> & { readonly gap: Gap | null };

export type Change = { readonly before: number; readonly now: number; readonly gained: number; readonly lost: number };

/** Sums over dialogs; each dialog counts once in each. */
export type Totals = {
  readonly dialogs: number;
  /** Of them those that differ, diverged ones among them. */
  readonly differ: number;
  readonly repliesChanged: number;
  /** `gained`, `lost`: dialogs' differences added up, each by its sign. Where a dialog diverged or has a gap, up to there. */
  readonly handovers: Change;
  readonly returns: Change;
  /** Dialogs by how they end; `now` knows no end of those that diverged or have a gap. */
  readonly ends: {
    readonly before: Readonly<Partial<Record<End, number>>>;
    readonly now: Readonly<Partial<Record<End | 'unknown', number>>>;
    readonly changed: number;
  };
  readonly diverged: number;
  readonly gaps: Readonly<Partial<Record<Gap['missing'], number>>>;
  /** Results that were assumed. */
  readonly assumed: number;
};

const none: Change = { before: 0, now: 0, gained: 0, lost: 0 };
export const noTotals: Totals = {
  dialogs: 0,
  differ: 0,
  repliesChanged: 0,
  handovers: none,
  returns: none,
  ends: { before: {}, now: {}, changed: 0 },
  diverged: 0,
  gaps: {},
  assumed: 0,
};

export const counted = (totals: Totals, one: Omit<Differing, keyof DialogRef>): Totals => ({
  dialogs: totals.dialogs + 1,
  differ: totals.differ + Number(one.differs),
  repliesChanged: totals.repliesChanged + one.repliesChanged,
  handovers: changed(totals.handovers, one.handovers),
  returns: changed(totals.returns, one.returns),
  ends: {
    before: more(totals.ends.before, one.end.before),
    now: more(totals.ends.now, one.end.now ?? 'unknown'),
    changed: totals.ends.changed + Number(one.end.now !== null && one.end.now !== one.end.before),
  },
  diverged: totals.diverged + Number(one.diverged !== null),
  gaps: one.gap === null ? totals.gaps : more(totals.gaps, one.gap.missing),
  assumed: totals.assumed + one.assumed,
});

const changed = (sum: Change, { before, now }: { readonly before: number; readonly now: number }): Change => ({
  before: sum.before + before,
  now: sum.now + now,
  gained: sum.gained + Math.max(0, now - before),
  lost: sum.lost + Math.max(0, before - now),
});

const more = <K extends string>(counts: Readonly<Partial<Record<K, number>>>, key: K): Readonly<Partial<Record<K, number>>> => ({
  ...counts,
  [key]: (counts[key] ?? 0) + 1,
});
