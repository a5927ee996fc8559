import { useEffect } from 'react';
import { ApiError, api } from '../api.ts';
import { FlagBadge, OwnerBadge } from '../frame/badges.tsx';
import { Empty, Failed, Loading } from '../frame/states.tsx';
import { useLag } from '../lag/lag-now.tsx';
import { listPath } from '../list/filter.ts';
import { Link } from '../router.tsx';
import { useTexts } from '../texts/context.tsx';
import { age, dayAndTime, useNow } from '../time.ts';
import type { Step } from './history.ts';
import { type PinLoader, usePins } from './pins.ts';
import { Replay } from './replay.tsx';
import { useHistory } from './use-history.ts';

const absent = (error: unknown): undefined => {
  if (error instanceof ApiError && error.status === 404) return undefined;
  throw error;
};
const pinLoader: PinLoader = {
  script: (hash, signal) => api.script(hash, signal).then(({ source, personal }) => ({ source, personal }), absent),
  settings: (hash, signal) => api.settings(hash, signal).then(({ settings }) => settings, absent),
};

type DialogPageProps = {
  readonly account: string;
  readonly chatId: string;
  /** Address of the list as it was left. */
  readonly list: string;
};

export const DialogPage = ({ account, chatId, list }: DialogPageProps) => {
  const { t, language } = useTexts();
  const { lostSince } = useLag();
  const { history, error, again } = useHistory(account, chatId);
  const pins = usePins(history, pinLoader);
  useEffect(() => {
    document.title = `${t.dialog.chat(chatId)} · ${t.title}`;
  }, [t, chatId]);
  const missing = error instanceof ApiError && (error.status === 404 || error.status === 400);
  return (
    <section className="page dialog" aria-labelledby="dialog-heading">
      <div className="page-head">
        <div>
          <Link to={list} className="back">
            ← {t.dialog.back}
          </Link>
          <h1 id="dialog-heading">
            {t.dialog.chat(chatId)} <span className="faint">{account}</span>
          </h1>
        </div>
        {history?.length ? <Now account={account} history={history} /> : null}
      </div>
      {missing && history === undefined ? <Empty title={t.dialog.notFound} /> : null}
      {error !== undefined && !missing ? <Failed error={error} again={again} /> : null}
      {history === undefined && error === undefined ? <Loading /> : null}
      {history?.length && lostSince !== undefined ? (
        <p className="notice" role="status" data-testid="unknown-since">
          {t.dialog.unknownSince(dayAndTime(lostSince, language))}
        </p>
      ) : null}
      {history?.length ? (
        <Replay account={account} chatId={chatId} history={history} path={`/dialogs/${account}/${chatId}`} pins={pins} />
      ) : null}
    </section>
  );
};

/** Hash of the person, as the start of the dialog names him, or the `new_chat` that came after it. */
const visitorOf = (history: readonly Step[]): string | undefined =>
  history
    .flatMap(({ event }) =>
      event.type === 'DialogStarted' || event.type === 'DialogCompleted'
        ? [event.data.visitor]
        : event.type === 'InputRecorded' && event.data.input.type === 'chat_imported'
          ? [event.data.input.visitor?.hash]
          : [],
    )
    .find((hash) => hash !== undefined);

const Now = ({ account, history }: { readonly account: string; readonly history: readonly Step[] }) => {
  const { t, language } = useTexts();
  const now = useNow();
  const last = history.at(-1)?.metadata;
  const visitor = visitorOf(history);
  return (
    <p className="badges">
      {visitor === undefined ? null : (
        <Link to={listPath({ account, visitor })} className="person-chats">
          {t.find.person}
        </Link>
      )}
      <OwnerBadge owner={last?.owner ?? null} />
      {last?.flag ? <FlagBadge flag /> : null}
      {last ? <span className="faint">{t.ago(age(now - last.at, language))}</span> : null}
    </p>
  );
};
