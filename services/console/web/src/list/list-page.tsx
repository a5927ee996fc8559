import { type RefObject, useEffect } from 'react';
import type { FacetValuesAnswer } from '../../../src/api/schemas.ts';
import type { DialogRow } from '../../../src/read-model/row.ts';
import { useMay } from '../access/session.tsx';
import { api } from '../api.ts';
import { Empty, Failed, Loading } from '../frame/states.tsx';
import { useLive } from '../live.tsx';
import { go, Link, usePlace } from '../router.tsx';
import { useTexts } from '../texts/context.tsx';
import { useAsked } from '../use-asked.ts';
import { DialogRows } from './dialog-rows.tsx';
import { type Filter, type FilterName, filterQuery, listPath, parseFilter, withFilter } from './filter.ts';
import { FilterBar } from './filter-bar.tsx';
import { SearchBox } from './search-box.tsx';
import { type Loaded, useDialogList } from './use-dialog-list.ts';

/** `kept`: the list as it was left, so that the way back finds its further pages and its place. */
export const ListPage = ({ kept }: { readonly kept: RefObject<Loaded | undefined> }) => {
  const { t } = useTexts();
  const { query } = usePlace();
  const analyst = useMay('analyst');
  const filter = parseFilter(query);
  const asked = filterQuery(filter);
  const { loaded, error, again, more } = useDialogList(filter, kept);
  // Without them the filters offer less; the list says itself when there is no answer.
  const { value: known, again: valuesAgain } = useAsked('values', (signal) => api.values(signal));
  const values = known === undefined ? undefined : withAccounts(known.values, loaded?.rows ?? []);
  useLive({ reload: valuesAgain });

  useEffect(() => {
    document.title = `${t.list.heading} · ${t.title}`;
  }, [t]);
  const show = (next: Filter): void => go(listPath(next), 'replace');
  const choose = (name: FilterName, value: string | undefined): void => show(withFilter(filter, name, value));
  const clear = (): void => show({});

  return (
    <section className="page" aria-labelledby="list-heading" aria-busy={loaded?.asked !== asked && error === undefined}>
      <div className="page-head">
        <h1 id="list-heading">{t.list.heading}</h1>
        <SearchBox text={filter.text ?? ''} onSearch={(text) => choose('text', text)} />
      </div>
      <FilterBar
        filter={filter}
        values={values}
        choose={choose}
        clear={clear}
        setTimes={(from, to) => show(withFilter(withFilter(filter, 'from', from), 'to', to))}
      />
      {loaded?.caughtUp === false && loaded.rows.length > 0 ? (
        <p className="notice" role="status">
          {t.list.rebuilding}
        </p>
      ) : null}
      {error === undefined ? null : <Failed error={error} again={again} />}
      {loaded === undefined && error === undefined ? <Loading /> : null}
      {loaded !== undefined && loaded.rows.length === 0 && loaded.asked === asked ? <Nothing loaded={loaded} clear={clear} /> : null}
      {loaded?.newer === true && loaded.asked === asked ? (
        <button type="button" className="newer" data-testid="newer" onClick={again}>
          {t.find.newer}
        </button>
      ) : null}
      {loaded !== undefined && loaded.rows.length > 0 ? (
        <div className={loaded.asked === asked ? 'card' : 'card waits'}>
          <p className="hidden" role="status">
            {t.find.found(loaded.rows.length, loaded.next !== null)}
          </p>
          <DialogRows rows={loaded.rows} />
          {analyst && loaded.asked === asked ? (
            <p className="list-links">
              <Link to={`/what-if${asked === '' ? '' : `?${asked}`}`}>{t.find.whatIfThese}</Link>
              <a href={`/api/export${asked === '' ? '' : `?${asked}`}`} download="dialogs.ndjson">
                {t.find.exportThese}
              </a>
            </p>
          ) : null}
          {loaded.next === null ? null : (
            <div className="more">
              <button type="button" disabled={loaded.asked !== asked} onClick={() => void more(loaded.next ?? '')}>
                {t.list.more}
              </button>
            </div>
          )}
        </div>
      ) : null}
    </section>
  );
};

/** An account whose first dialog has just begun can be chosen at once. */
const withAccounts = (values: FacetValuesAnswer['values'], rows: readonly DialogRow[]): FacetValuesAnswer['values'] => {
  const begun = rows.flatMap(({ status, account }) => (status === 'live' && !values.account.includes(account) ? [account] : []));
  return begun.length === 0 ? values : { ...values, account: [...new Set([...values.account, ...begun])].sort() };
};

const Nothing = ({ loaded, clear }: { readonly loaded: Loaded; readonly clear: () => void }) => {
  const { t } = useTexts();
  if (!loaded.caughtUp) {
    return (
      <div className="state" role="status">
        <span className="spinner" aria-hidden="true" />
        <strong>{t.find.rebuilding}</strong>
        <span className="faint">{t.list.rebuilding}</span>
      </div>
    );
  }
  if (loaded.asked === '') return <Empty title={t.list.empty} hint={t.list.emptyHint} />;
  return (
    <Empty title={t.list.nothingFound} hint={t.find.nothingFoundHint}>
      <button type="button" onClick={clear}>
        {t.list.clear}
      </button>
    </Empty>
  );
};
