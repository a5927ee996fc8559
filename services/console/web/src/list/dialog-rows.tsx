import { Fragment } from 'react';
import type { ListedDialog } from '../../../src/api/schemas.ts';
import { problemsOf } from '../../../src/read-model/facets.ts';
import { FlagBadge, OwnerBadge } from '../frame/badges.tsx';
import { Link } from '../router.tsx';
import { useTexts } from '../texts/context.tsx';
import { word } from '../texts/texts.ts';
import { age, dateTime, useNow } from '../time.ts';
import { listPath } from './filter.ts';

/** Rare enough to be worth a word in the list; a repeat or a late input is every day's. */
const told = ['parked', 'overdue', 'in_doubt', 'refused', 'suppressed', 'expired', 'incomplete'];

export const DialogRows = ({ rows }: { readonly rows: readonly ListedDialog[] }) => {
  const { t } = useTexts();
  const now = useNow();
  return (
    <>
      <div className="row row-head" aria-hidden="true">
        <span>{t.list.chat}</span>
        <span>{t.list.owner}</span>
        <span>{t.list.flag}</span>
        <span>{t.list.last}</span>
        <span className="right">{t.list.age}</span>
      </div>
      <ul className="rows">
        {rows.map((row) => (
          <li key={`${row.account}:${row.chatId}`} className="with-person">
            <Row row={row} now={now} />
            {row.visitor === null ? null : (
              <Link
                to={listPath({ account: row.account, visitor: row.visitor })}
                className="person"
                label={t.find.personOf(row.chatId)}
                data={{ 'data-testid': 'person' }}
              >
                <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
                  <circle cx="8" cy="5" r="3" />
                  <path d="M2 14c0-3.3 2.7-5 6-5s6 1.7 6 5z" />
                </svg>
              </Link>
            )}
          </li>
        ))}
      </ul>
    </>
  );
};

const Row = ({ row, now }: { readonly row: ListedDialog; readonly now: number }) => {
  const { t, language } = useTexts();
  return (
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
        {row.said.length === 0 ? null : (
          <span className="said" data-testid="said" title={row.said.join(' … ')}>
            {row.said.map((text, at) => (
              <Fragment key={at === 0 ? 'first' : 'last'}>
                {at === 0 ? null : <span aria-hidden="true">…</span>}
                <bdi>{text}</bdi>
              </Fragment>
            ))}
          </span>
        )}
        {word(t.words.input, row.lastInput)}
        <span className="faint mono wide-only">{row.lastType}</span>
        {problemsOf(row)
          .filter((problem) => told.includes(problem))
          .map((problem) => (
            <span key={problem} className={problem === 'parked' ? 'badge bad' : 'badge warn'}>
              {t.find.problem[problem]}
            </span>
          ))}
        {row.marks.slice(0, 3).map((mark) => (
          <span key={mark} className="badge mark-badge">
            {mark}
          </span>
        ))}
      </span>
      <time className="right faint" dateTime={new Date(row.lastAt).toISOString()} title={dateTime(row.lastAt, language)}>
        {t.ago(age(now - row.lastAt, language))}
      </time>
    </Link>
  );
};
