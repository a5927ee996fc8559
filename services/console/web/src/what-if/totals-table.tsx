import type { ReactNode } from 'react';
import type { WhatIfState } from '../../../src/api/what-if.ts';
import { useTexts } from '../texts/context.tsx';
import { word } from '../texts/texts.ts';
import type { Only } from './only.ts';

type TotalsProps = {
  readonly totals: WhatIfState['totals'];
  /** The sum whose dialogs alone are listed. */
  readonly only: Only | undefined;
  /** undefined: there is no list to narrow yet. */
  readonly choose: ((only: Only | undefined) => void) | undefined;
};

/** The sums of a try, also while it runs; one of those that say what changed narrows the list to its dialogs. */
export const TotalsTable = ({ totals, only, choose }: TotalsProps) => {
  const { t } = useTexts();
  const { total } = t.whatIf;
  const gaps = Object.entries(totals.gaps);
  const gapCount = gaps.reduce((sum, [, count]) => sum + count, 0);
  const narrows = (name: Only, count: number) =>
    choose === undefined || count === 0 ? {} : { isOn: only === name, toggle: () => choose(only === name ? undefined : name) };
  const ends = Object.keys({ ...totals.ends.before, ...totals.ends.now });
  return (
    <section className="card what-if-totals" data-testid="what-if-totals">
      <dl className="figures">
        <Figure name={total.dialogs} value={totals.dialogs} />
        <Figure name={total.differ} value={totals.differ} />
        <Figure name={total.replies} value={totals.repliesChanged} {...narrows('replies', totals.repliesChanged)} />
        <Figure
          name={total.handovers}
          value={`${totals.handovers.before} → ${totals.handovers.now}`}
          hint={t.whatIf.change(totals.handovers.gained, totals.handovers.lost)}
          {...narrows('handovers', totals.handovers.gained + totals.handovers.lost)}
        />
        <Figure
          name={total.returns}
          value={`${totals.returns.before} → ${totals.returns.now}`}
          hint={t.whatIf.change(totals.returns.gained, totals.returns.lost)}
          {...narrows('returns', totals.returns.gained + totals.returns.lost)}
        />
        <Figure name={total.ends} value={totals.ends.changed} {...narrows('ends', totals.ends.changed)} />
        <Figure name={total.diverged} value={totals.diverged} {...narrows('diverged', totals.diverged)} />
        <Figure
          name={total.gaps}
          value={gapCount}
          hint={gaps.map(([missing, count]) => `${word(t.whatIf.missing, missing)}: ${count}`).join(', ')}
          {...narrows('gaps', gapCount)}
        />
        <Figure name={total.assumed} value={totals.assumed} />
      </dl>
      {ends.length === 0 ? null : (
        <p className="faint small">
          {ends.map((end) => `${word(t.whatIf.end, end)}: ${totals.ends.before[end] ?? 0} → ${totals.ends.now[end] ?? 0}`).join(' · ')}
        </p>
      )}
    </section>
  );
};

type FigureProps = {
  readonly name: string;
  readonly value: ReactNode;
  readonly hint?: string;
  readonly isOn?: boolean;
  readonly toggle?: () => void;
};

const Figure = ({ name, value, hint, isOn, toggle }: FigureProps) => (
  <div>
    <dt>{name}</dt>
    <dd>
      {toggle === undefined ? (
        value
      ) : (
        <button type="button" aria-pressed={isOn} aria-label={`${name}: ${String(value)}`} onClick={toggle}>
          {value}
        </button>
      )}
      {hint === undefined || hint === '' ? null : <span className="faint small"> {hint}</span>}
    </dd>
  </div>
);
