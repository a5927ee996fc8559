import { useCallback, useEffect, useState } from 'react';
import { ApiError } from '../api.ts';
import { FlagBadge, OwnerBadge } from '../frame/badges.tsx';
import { Empty, Failed, Loading } from '../frame/states.tsx';
import { go, Link, usePlace } from '../router.tsx';
import { useTexts } from '../texts/context.tsx';
import { age, useNow } from '../time.ts';
import { ConversationPane } from './conversation-pane.tsx';
import { EventList } from './event-list.tsx';
import type { Step } from './history.ts';
import { StatePane } from './state-pane.tsx';
import { useHistory } from './use-history.ts';

const panes = ['conversation', 'events', 'state'] as const;

export const DialogPage = ({ account, chatId }: { readonly account: string; readonly chatId: string }) => {
  const { t } = useTexts();
  const { history, error, again } = useHistory(account, chatId);
  useEffect(() => {
    document.title = `${t.dialog.chat(chatId)} · ${t.title}`;
  }, [t, chatId]);
  const missing = error instanceof ApiError && (error.status === 404 || error.status === 400);
  return (
    <section className="page dialog" aria-labelledby="dialog-heading">
      <div className="page-head">
        <div>
          <Link to="/" className="back">
            ← {t.dialog.back}
          </Link>
          <h1 id="dialog-heading">
            {t.dialog.chat(chatId)} <span className="faint">{account}</span>
          </h1>
        </div>
        {history?.length ? <Now history={history} /> : null}
      </div>
      {missing && history === undefined ? <Empty title={t.dialog.notFound} /> : null}
      {error !== undefined && !missing ? <Failed error={error} again={again} /> : null}
      {history === undefined && error === undefined ? <Loading /> : null}
      {history?.length ? <Replay account={account} chatId={chatId} history={history} /> : null}
    </section>
  );
};

const Now = ({ history }: { readonly history: readonly Step[] }) => {
  const { t, language } = useTexts();
  const now = useNow();
  const last = history.at(-1)?.metadata;
  return (
    <p className="badges">
      <OwnerBadge owner={last?.owner ?? null} />
      {last?.flag ? <FlagBadge flag /> : null}
      {last ? <span className="faint">{t.ago(age(now - last.at, language))}</span> : null}
    </p>
  );
};

type ReplayProps = { readonly account: string; readonly chatId: string; readonly history: readonly Step[] };

/** The three panes and the place in the history; the address holds the place (`?rev=`), without one it follows the newest event. */
const Replay = ({ account, chatId, history }: ReplayProps) => {
  const { t } = useTexts();
  const { query } = usePlace();
  const [pane, setPane] = useState<(typeof panes)[number]>('events');
  const first = history[0]?.event.revision ?? 0;
  const last = history.at(-1)?.event.revision ?? 0;
  const asked = /^\d{1,9}$/.test(query.get('rev') ?? '') ? Number(query.get('rev')) : undefined;
  const chosen = Math.min(Math.max(asked ?? last, first), last);
  const at = history.findIndex((step) => step.event.revision === chosen);
  const step = history[at];
  const path = `/dialogs/${account}/${chatId}`;
  const choose = useCallback((revision: number) => go(`${path}?rev=${revision}`, 'replace'), [path]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.target instanceof Element && event.target.closest('input, select, textarea, pre, summary')) return;
      const inList = event.target instanceof Element && event.target.closest('.events') !== null;
      const to = {
        ArrowRight: chosen + 1,
        ArrowLeft: chosen - 1,
        Home: first,
        End: last,
        ...(inList ? { ArrowDown: chosen + 1, ArrowUp: chosen - 1 } : {}),
      }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      const next = Math.min(Math.max(to, first), last);
      choose(next);
      if (inList) requestAnimationFrame(() => document.querySelector<HTMLElement>(`.events [data-revision="${next}"]`)?.focus());
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [chosen, first, last, choose]);

  if (step === undefined) return null;
  return (
    <>
      {step.state.status === 'unseen' && chosen === last ? <p className="notice">{t.dialog.unseen}</p> : null}
      <div className="stepper">
        <button type="button" aria-label={t.dialog.previous} disabled={chosen === first} onClick={() => choose(chosen - 1)}>
          ←
        </button>
        <input
          type="range"
          aria-label={t.dialog.after(chosen, last)}
          min={first}
          max={last}
          value={chosen}
          onChange={(event) => choose(Number(event.target.value))}
        />
        <button type="button" aria-label={t.dialog.next} disabled={chosen === last} onClick={() => choose(chosen + 1)}>
          →
        </button>
        <span className="place" aria-live="polite">
          {t.dialog.after(chosen, last)}
        </span>
        {asked === undefined ? (
          <span className="faint keys-hint">{t.dialog.keys}</span>
        ) : (
          <button type="button" className="quiet" onClick={() => go(path, 'replace')}>
            {t.dialog.latest}
          </button>
        )}
      </div>
      <div className="pane-tabs" role="group" aria-label={t.dialog.panes}>
        {panes.map((name) => (
          <button key={name} type="button" aria-pressed={pane === name} onClick={() => setPane(name)}>
            {t.dialog[name]}
          </button>
        ))}
      </div>
      <div className={`panes shows-${pane}`}>
        <section className="card pane pane-conversation" aria-labelledby="pane-conversation">
          <h2 id="pane-conversation">{t.dialog.conversation}</h2>
          <ConversationPane history={history} chosen={chosen} choose={choose} />
        </section>
        <section className="card pane pane-events" aria-labelledby="pane-events">
          <h2 id="pane-events">{t.dialog.events}</h2>
          <EventList history={history} chosen={chosen} choose={choose} />
        </section>
        <section className="card pane pane-state" aria-labelledby="pane-state">
          <h2 id="pane-state">{t.dialog.state}</h2>
          <StatePane step={step} before={history[at - 1]} />
        </section>
      </div>
    </>
  );
};
