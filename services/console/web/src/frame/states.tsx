import type { ReactNode } from 'react';
import { ApiError } from '../api.ts';
import { useTexts } from '../texts/context.tsx';

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
      <span>{error instanceof ApiError && error.status > 0 ? `${error.status} · ${error.message}` : t.noAnswer}</span>
      <button type="button" onClick={again}>
        {t.again}
      </button>
    </div>
  );
};
