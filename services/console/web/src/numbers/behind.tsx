import { useEffect, useState } from 'react';
import type { BehindReport } from '../../../src/api/numbers.ts';
import { api } from '../api.ts';
import { Failed, Loading } from '../frame/states.tsx';
import { Link } from '../router.tsx';
import { useTexts } from '../texts/context.tsx';
import { word } from '../texts/texts.ts';
import { dateTime } from '../time.ts';
import { partText } from './number-card.tsx';

type Props = {
  readonly number: string;
  readonly title: string;
  /** null: the part of which the field says nothing. */
  readonly part: string | null | undefined;
  /** The period and account that the numbers were counted over. */
  readonly counted: URLSearchParams;
  readonly close: string;
};

/** The episodes behind a number, newest first; each opens its dialog where it begins. */
export const Behind = ({ number, title, part, counted, close }: Props) => {
  const { t, language } = useTexts();
  const n = t.numbers;
  const [episodes, setEpisodes] = useState<BehindReport['episodes']>();
  const [next, setNext] = useState<string | null>(null);
  const [cursor, setCursor] = useState<string>();
  const [error, setError] = useState<unknown>();
  const [turn, setTurn] = useState(0);
  const asked = counted.toString();
  useEffect(() => {
    const abort = new AbortController();
    const query = new URLSearchParams(asked);
    if (typeof part === 'string') query.set('part', part);
    if (part === null) query.set('none', 'true');
    if (cursor !== undefined) query.set('cursor', cursor);
    api.behind(number, query, abort.signal).then(
      (page) => {
        setError(undefined);
        setNext(page.next);
        setEpisodes((before) => [...(cursor === undefined ? [] : (before ?? [])), ...page.episodes]);
      },
      (failed: unknown) => {
        if (!abort.signal.aborted) setError(failed);
      },
    );
    return () => abort.abort();
  }, [asked, number, part, cursor, turn]);
  const partName = part === undefined ? undefined : partText(t, part);
  return (
    <section className="card behind" aria-labelledby="behind-heading" data-testid="behind">
      <header>
        <h2 id="behind-heading">{n.behind(title, partName)}</h2>
        <Link to={close}>{n.close}</Link>
      </header>
      {error === undefined ? null : <Failed error={error} again={() => setTurn((now) => now + 1)} />}
      {episodes === undefined && error === undefined ? <Loading /> : null}
      {episodes?.length === 0 ? <p className="faint">{n.noEpisodes}</p> : null}
      {episodes === undefined || episodes.length === 0 ? null : (
        <div className="scroll" tabIndex={0} role="group" aria-labelledby="behind-heading">
          <table>
            <thead>
              <tr>
                <th scope="col">{n.dialog}</th>
                <th scope="col">{n.began}</th>
                <th scope="col">{n.ended}</th>
                <th scope="col">{n.handedOver}</th>
                <th scope="col">{n.returned}</th>
              </tr>
            </thead>
            <tbody>
              {episodes.map((one) => (
                <tr key={`${one.account}/${one.chatId}/${one.number}`} data-testid="episode">
                  <th scope="row">
                    <Link to={`/dialogs/${encodeURIComponent(one.account)}/${encodeURIComponent(one.chatId)}?rev=${one.revision}`}>
                      {one.account}/{one.chatId}
                    </Link>
                  </th>
                  <td>{dateTime(one.startedAt, language)}</td>
                  <td>{one.endedAt === null ? n.underWay : dateTime(one.endedAt, language)}</td>
                  <td>{one.handedOver ? n.yes : n.no}</td>
                  <td>{one.returned === null ? n.noValue : word(t.words.cause, one.returned)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {next === null ? null : (
        <button type="button" onClick={() => setCursor(next)}>
          {n.more}
        </button>
      )}
    </section>
  );
};
