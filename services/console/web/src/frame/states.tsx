import type { ReactNode } from 'react';
import { useTexts } from '../texts/context.tsx';
import { reasonOf } from '../texts/reason.ts';

/** What stands where content can't: loading, empty, failed. */
export const Loading = () => {
  const { t } = useTexts();
  return (
    <div className="state" role="status">
      <span className="spinner" aria-hidden="true" />
      {t.loading}
    </div>
  );
};

export const Empty = ({ title, hint, children }: { readonly title: string; readonly hint?: string; readonly children?: ReactNode }) => (
  <div className="state">
    <strong>{title}</strong>
    {hint === undefined ? null : <span className="faint">{hint}</span>}
    {children}
  </div>
);

export const Failed = ({ error, again }: { readonly error: unknown; readonly again: () => void }) => {
  const { t } = useTexts();
  return (
    <div className="state bad" role="alert">
      <strong>{t.failed}</strong>
      <span>{reasonOf(error, t)}</span>
      <button type="button" onClick={again}>
        {t.again}
      </button>
    </div>
  );
};
