import type { ReactNode } from 'react';
import type { WhatIfState } from '../../../src/api/what-if.ts';
import { useTexts } from '../texts/context.tsx';
import { word } from '../texts/texts.ts';

/** The sums of a try, also while it runs. */
export const TotalsTable = ({ totals }: { readonly totals: WhatIfState['totals'] }) => {
  const { t } = useTexts();
  const { total } = t.whatIf;
  const gaps = Object.entries(totals.gaps);
  const ends = Object.keys({ ...totals.ends.before, ...totals.ends.now });
  return (
    <section className="card what-if-totals" data-testid="what-if-totals">
      <dl className="figures">
        <Figure name={total.dialogs} value={totals.dialogs} />
        <Figure name={total.differ} value={totals.differ} />
        <Figure name={total.replies} value={totals.repliesChanged} />
        <Figure
          name={total.handovers}
          value={`${totals.handovers.before} → ${totals.handovers.now}`}
          hint={t.whatIf.change(totals.handovers.gained, totals.handovers.lost)}
        />
        <Figure
          name={total.returns}
          value={`${totals.returns.before} → ${totals.returns.now}`}
          hint={t.whatIf.change(totals.returns.gained, totals.returns.lost)}
        />
        <Figure name={total.ends} value={totals.ends.changed} />
        <Figure name={total.diverged} value={totals.diverged} />
        <Figure
          name={total.gaps}
          value={gaps.reduce((sum, [, count]) => sum + count, 0)}
          hint={gaps.map(([missing, count]) => `${word(t.whatIf.missing, missing)}: ${count}`).join(', ')}
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

const Figure = ({ name, value, hint }: { readonly name: string; readonly value: ReactNode; readonly hint?: string }) => (
  <div>
    <dt>{name}</dt>
    <dd>
      {value}
      {hint === undefined || hint === '' ? null : <span className="faint small"> {hint}</span>}
    </dd>
  </div>
);
