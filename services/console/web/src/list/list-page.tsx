import { useCallback, useEffect, useState } from 'react';
import type { DialogRow } from '../../../src/read-model/row.ts';
import { api } from '../api.ts';
import { FlagBadge, OwnerBadge } from '../frame/badges.tsx';
import { Empty, Failed, Loading } from '../frame/states.tsx';
import { useLive } from '../live.tsx';
import { go, Link, usePlace } from '../router.tsx';
import { useTexts } from '../texts/context.tsx';
import { word } from '../texts/texts.ts';
import { age, dateTime, useNow } from '../time.ts';

type Loaded = {
  readonly rows: readonly DialogRow[];
  readonly next: string | null;
  readonly accounts: readonly string[];
  readonly caughtUp: boolean;
};

const filterNames = ['account', 'owner', 'flag'] as const;
const owners = ['bot', 'queue', 'operator', 'nobody'] as const;

const newestFirst = (a: DialogRow, b: DialogRow): number =>
  b.lastAt - a.lastAt || a.account.localeCompare(b.account) || a.chatId.localeCompare(b.chatId);
const same = (a: DialogRow, b: DialogRow): boolean => a.account === b.account && a.chatId === b.chatId;

export const ListPage = () => {
  const { t, language } = useTexts();
  const { query } = usePlace();
  const now = useNow();
  const filter = new URLSearchParams(filterNames.flatMap((name) => (query.get(name) ? [[name, query.get(name) ?? '']] : [])));
  const asked = filter.toString();
  const [loaded, setLoaded] = useState<Loaded>();
  const [error, setError] = useState<unknown>();
  const [turn, setTurn] = useState(0);
  const again = useCallback(() => setTurn((n) => n + 1), []);

  useEffect(() => {
    document.title = `${t.list.heading} · ${t.title}`;
  }, [t]);
  useEffect(() => {
    const abort = new AbortController();
    api.dialogs(new URLSearchParams(asked), abort.signal).then(
      (list) => {
        setError(undefined);
        setLoaded({ rows: list.dialogs, next: list.next, accounts: list.accounts, caughtUp: list.caughtUp });
      },
      (failed) => {
        if (!abort.signal.aborted) setError(failed);
      },
    );
    return () => abort.abort();
  }, [asked, turn]);

  const fits = (row: DialogRow): boolean =>
    row.status === 'live' &&
    (filter.get('account') ?? row.account) === row.account &&
    (filter.get('owner') ?? row.owner) === row.owner &&
    (filter.get('flag') ?? String(row.flag)) === String(row.flag);

  useLive({
    dialog: ({ row }) =>
      setLoaded((before) => {
        if (before === undefined) return before;
        const others = before.rows.filter((one) => !same(one, row));
        const last = before.rows.at(-1);
        // Older than what is shown while there are further pages: it comes with its page.
        const shown = fits(row) && (before.next === null || last === undefined || newestFirst(row, last) <= 0);
        const accounts =
          row.status === 'live' && !before.accounts.includes(row.account) ? [...before.accounts, row.account].sort() : before.accounts;
        return { ...before, accounts, rows: shown ? [...others, row].sort(newestFirst) : others };
      }),
    reload: again,
  });

  const more = async (cursor: string): Promise<void> => {
    const page = new URLSearchParams(asked);
    page.set('cursor', cursor);
    try {
      const list = await api.dialogs(page, new AbortController().signal);
      setLoaded(
        (before) =>
          before && {
            ...before,
            next: list.next,
            rows: [...before.rows, ...list.dialogs.filter((row) => !before.rows.some((one) => same(one, row)))].sort(newestFirst),
          },
      );
    } catch (failed) {
      setError(failed);
    }
  };
  const choose = (name: (typeof filterNames)[number], value: string): void => {
    const next = new URLSearchParams(filter);
    if (value === '') next.delete(name);
    else next.set(name, value);
    go(next.size === 0 ? '/' : `/?${next}`, 'replace');
  };

  return (
    <section className="page" aria-labelledby="list-heading">
      <div className="page-head">
        <h1 id="list-heading">{t.list.heading}</h1>
        <fieldset className="filters">
          <legend className="hidden">{t.list.filters}</legend>
          <select
            aria-label={t.list.account}
            value={filter.get('account') ?? ''}
            onChange={(event) => choose('account', event.target.value)}
          >
            <option value="">{t.list.anyAccount}</option>
            {[...new Set([...(loaded?.accounts ?? []), ...filter.getAll('account')])].map((account) => (
              <option key={account}>{account}</option>
            ))}
          </select>
          <select aria-label={t.list.owner} value={filter.get('owner') ?? ''} onChange={(event) => choose('owner', event.target.value)}>
            <option value="">{t.list.anyOwner}</option>
            {owners.map((owner) => (
              <option key={owner} value={owner}>
                {t.owner[owner]}
              </option>
            ))}
          </select>
          <select aria-label={t.list.flag} value={filter.get('flag') ?? ''} onChange={(event) => choose('flag', event.target.value)}>
            <option value="">{t.list.anyFlag}</option>
            <option value="true">{t.flag.set}</option>
            <option value="false">{t.flag.notSet}</option>
          </select>
        </fieldset>
      </div>
      {loaded?.caughtUp === false ? (
        <p className="notice" role="status">
          {t.list.rebuilding}
        </p>
      ) : null}
      {error === undefined ? null : <Failed error={error} again={again} />}
      {loaded === undefined && error === undefined ? <Loading /> : null}
      {loaded !== undefined && loaded.rows.length === 0 ? (
        asked === '' ? (
          <Empty title={t.list.empty} hint={t.list.emptyHint} />
        ) : (
          <Empty title={t.list.nothingFound}>
            <button type="button" onClick={() => go('/', 'replace')}>
              {t.list.clear}
            </button>
          </Empty>
        )
      ) : null}
      {loaded !== undefined && loaded.rows.length > 0 ? (
        <div className="card">
          <div className="row row-head" aria-hidden="true">
            <span>{t.list.chat}</span>
            <span>{t.list.owner}</span>
            <span>{t.list.flag}</span>
            <span>{t.list.last}</span>
            <span className="right">{t.list.age}</span>
          </div>
          <ul className="rows">
            {loaded.rows.map((row) => (
              <li key={`${row.account}:${row.chatId}`}>
                <Link
                  to={`/dialogs/${row.account}/${row.chatId}`}
                  className="row"
                  data={{
                    'data-testid': 'dialog-row',
                    'data-account': row.account,
                    'data-chat': row.chatId,
                    'data-owner': row.owner ?? 'none',
                    'data-flag': String(row.flag),
                  }}
                >
                  <span className="chat">
                    <strong>{row.chatId}</strong> <span className="faint">{row.account}</span>
                  </span>
                  <span>
                    <span className="hidden">{t.list.owner}: </span>
                    <OwnerBadge owner={row.owner} />
                  </span>
                  <span className={row.flag ? '' : 'wide-only'}>
                    <span className="hidden">{t.list.flag}: </span>
                    <FlagBadge flag={row.flag} />
                  </span>
                  <span className="last">
                    {word(t.words.input, row.lastInput)}
                    <span className="faint mono wide-only">{row.lastType}</span>
                    {row.parked ? <span className="badge bad">{t.list.parked}</span> : null}
                    {row.closeOverdue ? <span className="badge warn">{t.list.overdue}</span> : null}
                    {row.incomplete ? <span className="badge warn">{t.list.incomplete}</span> : null}
                  </span>
                  <time className="right faint" dateTime={new Date(row.lastAt).toISOString()} title={dateTime(row.lastAt, language)}>
                    {t.ago(age(now - row.lastAt, language))}
                  </time>
                </Link>
              </li>
            ))}
          </ul>
          {loaded.next === null ? null : (
            <div className="more">
              <button type="button" onClick={() => void more(loaded.next ?? '')}>
                {t.list.more}
              </button>
            </div>
          )}
        </div>
      ) : null}
    </section>
  );
};
