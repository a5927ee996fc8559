import { useEffect, useState } from 'react';
import type { TriedRow, WhatIfState } from '../../../src/api/what-if.ts';
import { api } from '../api.ts';
import { Link, usePlace } from '../router.tsx';
import { useTexts } from '../texts/context.tsx';
import { word } from '../texts/texts.ts';
import { countsIn, type Only } from './only.ts';
import { SeenLine } from './seen-line.tsx';

/** The dialogs that differ, each with its first difference. */
export const Differing = ({ state, only }: { readonly state: WhatIfState; readonly only: Only | undefined }) => {
  const { t } = useTexts();
  const { query } = usePlace();
  const [rows, setRows] = useState<readonly TriedRow[]>([]);
  const [wanted, setWanted] = useState(0);
  const [next, setNext] = useState<number | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    api.whatIfDialogs(state.id, wanted, abort.signal).then(
      (page) => {
        setRows((before) => [...before.slice(0, wanted), ...page.dialogs]);
        setNext(page.next);
      },
      () => undefined,
    );
    return () => abort.abort();
  }, [state.id, wanted]);
  // Narrowed here: what a sum counts may stand on any page of the list.
  useEffect(() => {
    if (only !== undefined && next !== null) setWanted(next);
  }, [only, next]);
  const shown = only === undefined ? rows : rows.filter((row) => countsIn(row, only));
  const pathOf = ({ account, chatId }: TriedRow): string => {
    const to = new URLSearchParams(query);
    to.set('dialog', `${account}/${chatId}`);
    return `/what-if?${to}`;
  };
  if (state.listed === 0) return <p className="state">{t.whatIf.none}</p>;
  return (
    <section className="card what-if-list" aria-labelledby="what-if-list">
      <h2 id="what-if-list">{only === undefined ? t.whatIf.list : t.whatIf.listOf(t.whatIf.total[only])}</h2>
      <div className="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">{t.dialog.chat('')}</th>
              <th scope="col">{t.whatIf.recorded}</th>
              <th scope="col">{t.whatIf.now}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={`${row.account}/${row.chatId}`} data-testid="what-if-row">
                <th scope="row">
                  <Link to={pathOf(row)}>{row.chatId}</Link> <span className="faint">{row.account}</span>
                </th>
                <td>{row.first === null ? null : <SeenLine seen={row.first.before} />}</td>
                <td>
                  {row.first === null ? null : <SeenLine seen={row.first.now} />}
                  {row.diverged === null ? null : <span className="badge warn">{word(t.whatIf.why, row.diverged.why)}</span>}
                  {row.gap === null ? null : (
                    <span className="badge bad">{t.whatIf.gap(word(t.whatIf.missing, row.gap.missing), row.gap.what)}</span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {next === null || only !== undefined ? null : (
        <button type="button" onClick={() => setWanted(next)}>
          {t.whatIf.loadMore}
        </button>
      )}
      {state.unlisted === 0 ? null : <p className="faint">{t.whatIf.more(state.unlisted)}</p>}
    </section>
  );
};
