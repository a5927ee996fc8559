import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import type { DialogList, FacetValuesAnswer, ListedDialog } from '../../../src/api/schemas.ts';
import type { DialogRow } from '../../../src/read-model/row.ts';
import { useMay } from '../access/session.tsx';
import { api } from '../api.ts';
import { Empty, Failed, Loading } from '../frame/states.tsx';
import { useLive } from '../live.tsx';
import { go, Link, usePlace } from '../router.tsx';
import { useTexts } from '../texts/context.tsx';
import { DialogRows } from './dialog-rows.tsx';
import { belongs, type Filter, type FilterName, filterQuery, listPath, parseFilter, withFilter } from './filter.ts';
import { FilterBar } from './filter-bar.tsx';
import { SearchBox } from './search-box.tsx';

export type Loaded = {
  /** The question that it answers. */
  readonly asked: string;
  readonly rows: readonly ListedDialog[];
  readonly next: string | null;
  readonly caughtUp: boolean;
  /** Of a search: something happened that may belong to it. */
  readonly newer: boolean;
};

const newestFirst = (a: DialogRow, b: DialogRow): number =>
  b.lastAt - a.lastAt || a.account.localeCompare(b.account) || a.chatId.localeCompare(b.chatId);
const same = (a: DialogRow, b: DialogRow): boolean => a.account === b.account && a.chatId === b.chatId;

/** Between two questions for what was said. */
const saidEveryMs = 2_000;
/** Rows of a page that the server gives unasked, and at most. */
const usualPage = 50;
const longestPage = 200;

/** `kept`: the list as it was left, so that the way back finds its further pages and its place. */
export const ListPage = ({ kept }: { readonly kept: RefObject<Loaded | undefined> }) => {
  const { t } = useTexts();
  const { query } = usePlace();
  const analyst = useMay('analyst');
  const filter = parseFilter(query);
  const asked = filterQuery(filter);
  const [loaded, setLoaded] = useState(kept.current?.asked === asked ? kept.current : undefined);
  kept.current = loaded;
  const [values, setValues] = useState<FacetValuesAnswer['values']>();
  const [error, setError] = useState<unknown>();
  const [turn, setTurn] = useState(0);
  const again = useCallback(() => setTurn((n) => n + 1), []);
  const followed = useRef<ReturnType<typeof setTimeout>>(undefined);
  /** Ends with the question: a further page of another one is no part of this list. */
  const question = useRef(new AbortController());

  useEffect(() => {
    document.title = `${t.list.heading} · ${t.title}`;
  }, [t]);
  useEffect(() => {
    const abort = new AbortController();
    question.current = abort;
    const known = kept.current?.asked === asked ? kept.current : undefined;
    const page = new URLSearchParams(asked);
    // As many as stand there already: what was shown further down is not taken away.
    if (known !== undefined) page.set('limit', String(Math.min(longestPage, Math.max(usualPage, known.rows.length))));
    api.dialogs(page, abort.signal).then(
      (list) => {
        setError(undefined);
        setLoaded(anew(asked, list, known));
      },
      (failed) => {
        if (!abort.signal.aborted) setError(failed);
      },
    );
    return () => {
      abort.abort();
      clearTimeout(followed.current);
      followed.current = undefined;
    };
  }, [asked, turn]);
  useEffect(() => {
    const abort = new AbortController();
    // Without them the filters offer less; the list says itself when there is no answer.
    api.values(abort.signal).then(
      (answer) => setValues(answer.values),
      () => undefined,
    );
    return () => abort.abort();
  }, [turn]);

  useLive({
    dialog: ({ row }) => {
      if (row.status === 'live' && values !== undefined && !values.account.includes(row.account)) {
        setValues({ ...values, account: [...values.account, row.account].sort() });
      }
      setLoaded((before) => (before === undefined || before.asked !== asked ? before : withRow(before, row, filter)));
      const isShown = loaded !== undefined && withRow(loaded, row, filter).rows.some((one) => same(one, row));
      if (isShown) followed.current ??= setTimeout(() => void hear(), saidEveryMs);
    },
    reload: again,
  });

  /** What is told live has no texts: what was said since is asked for, for all rows at once. */
  const hear = async (): Promise<void> => {
    followed.current = undefined;
    const page = new URLSearchParams(asked);
    page.set('limit', String(Math.min(longestPage, Math.max(1, loaded?.rows.length ?? 1))));
    const { signal } = question.current;
    // What can't be had now comes with the next news, or with the reload after a break.
    const list = await api.dialogs(page, signal).catch(() => undefined);
    if (list !== undefined) setLoaded((before) => (before?.asked === asked ? withSaid(before, list) : before));
  };
  const more = async (cursor: string): Promise<void> => {
    const page = new URLSearchParams(asked);
    page.set('cursor', cursor);
    const { signal } = question.current;
    try {
      const list = await api.dialogs(page, signal);
      setLoaded((before) => (before?.asked === asked ? withPage(before, list) : before));
    } catch (failed) {
      if (!signal.aborted) setError(failed);
    }
  };
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

/** The list from its top; below what one answer holds the rows stay as they were. */
const anew = (asked: string, { dialogs, next, caughtUp }: DialogList, known: Loaded | undefined): Loaded => {
  const last = dialogs.at(-1);
  const below =
    known === undefined || last === undefined || next === null || known.rows.length <= longestPage
      ? []
      : known.rows.filter((row) => newestFirst(row, last) > 0 && !dialogs.some((one) => same(one, row)));
  return { asked, rows: [...dialogs, ...below], next: below.length === 0 ? next : (known?.next ?? null), caughtUp, newer: false };
};

const withPage = (before: Loaded, page: DialogList): Loaded => ({
  ...before,
  next: page.next,
  rows: [...before.rows, ...page.dialogs.filter((row) => !before.rows.some((one) => same(one, row)))].sort(newestFirst),
});

const withSaid = (before: Loaded, { dialogs }: DialogList): Loaded => ({
  ...before,
  rows: before.rows.map((row) => ({ ...row, said: dialogs.find((one) => same(one, row))?.said ?? row.said })),
});

/** The list after a dialog's row changed. What a search finds only the server knows: a row in it stays and is the newest, another one is news. */
const withRow = (before: Loaded, row: DialogRow, filter: Filter): Loaded => {
  const others = before.rows.filter((one) => !same(one, row));
  const wasThere = others.length < before.rows.length;
  const fits = belongs(row, filter);
  if (filter.text !== undefined && !wasThere) return fits && !before.newer ? { ...before, newer: true } : before;
  const last = before.rows.at(-1);
  // Older than what is shown while there are further pages: it comes with its page.
  const shown = fits && (before.next === null || last === undefined || newestFirst(row, last) <= 0);
  const said = before.rows.find((one) => same(one, row))?.said ?? [];
  return { ...before, rows: shown ? [...others, { ...row, said }].sort(newestFirst) : others };
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
