import { lazy, memo, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Loading } from '../frame/states.tsx';
import { useTexts } from '../texts/context.tsx';
import { isImport } from './conversation.ts';
import { ConversationPane } from './conversation-pane.tsx';
import { sendsOf } from './delays.ts';
import { EventList } from './event-list.tsx';
import { EventTools } from './event-tools.tsx';
import { accountOf, indexOf, type Step } from './history.ts';
import { KeysHelp } from './keys-help.tsx';
import { linksOf } from './links.ts';
import { lookQuery } from './look.ts';
import { botsOf } from './own-words.ts';
import type { Pins } from './pins.ts';
import { narrowed, nextOfKind, rowAt, rowsOf, stepFrom } from './rows.ts';
import { Scrubber } from './scrubber.tsx';
import { StatePane } from './state-pane.tsx';
import { useLook } from './use-look.ts';

const panes = ['conversation', 'events', 'state'] as const;
const ForkPane = lazy(() => import('./fork/fork-pane.tsx').then((module) => ({ default: module.ForkPane })));
const ScriptPicture = lazy(() => import('./script-picture.tsx').then((module) => ({ default: module.ScriptPicture })));
const Actions = lazy(() => import('./actions.tsx').then((module) => ({ default: module.Actions })));

export type ReplayProps = {
  readonly account: string;
  readonly chatId: string;
  readonly history: readonly Step[];
  /** Of the page, without query: the place is written behind it. */
  readonly path: string;
  readonly pins: Pins;
};

/** The three panes and the place in the history; the address holds the place (`?rev=`), without one it follows the newest event. */
export const Replay = memo(({ account, chatId, history, path, pins }: ReplayProps) => {
  const { t } = useTexts();
  const [look, change] = useLook(path);
  const [pane, setPane] = useState<(typeof panes)[number]>(lookQuery(look) === '' ? 'conversation' : 'events');
  const [help, setHelp] = useState(false);
  const search = useRef<HTMLInputElement>(null);

  const all = useMemo(() => rowsOf(history, look.view), [history, look.view]);
  const only = useMemo(() => new Set(look.only), [look.only]);
  const rows = useMemo(() => narrowed(all, only, look.words, t), [all, only, look.words, t]);
  const links = useMemo(() => linksOf(history), [history]);
  const sends = useMemo(() => sendsOf(history), [history]);
  const bots = useMemo(() => botsOf(pins.all.settings), [pins.all]);

  const lastRevision = history.at(-1)?.event.revision ?? 0;
  const at = indexOf(history, look.revision ?? lastRevision);
  const step = history[at];
  const chosen = step?.event.revision ?? 0;
  const row = rowAt(rows, chosen);
  const choose = useCallback((revision: number) => change({ revision }), [change]);
  const toRow = useCallback(
    (index: number | undefined) => {
      const to = index === undefined ? undefined : rows[Math.min(Math.max(index, 0), rows.length - 1)];
      if (to !== undefined) change({ revision: to.revision });
    },
    [rows, change],
  );

  const pictured = useRef<HTMLElement>(null);
  const asked = useRef(false);
  /** It stands below the panes: nobody would see that what was just asked for has come. */
  const intoSight = useCallback(() => {
    if (asked.current) pictured.current?.scrollIntoView({ block: 'nearest' });
    asked.current = false;
  }, []);
  const picture = useCallback(() => {
    // A fork takes the place of the panes and of the picture under them.
    if (look.fork !== undefined) return;
    asked.current = !look.picture;
    change({ picture: !look.picture });
  }, [look.fork, look.picture, change]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.altKey || event.ctrlKey || event.metaKey || help) return;
      const target = event.target instanceof Element ? event.target : null;
      if (target?.closest('input:not([type=range]), select, textarea, pre, dialog, [role=menu]')) return;
      const act = keyOf(event, target?.closest('.events') !== null);
      // What the other keys move is not there while a fork is, and another place would begin it anew without what was typed.
      if (act === undefined || (look.fork !== undefined && act !== 'help')) return;
      event.preventDefault();
      switch (act) {
        case 'next':
          return toRow(stepFrom(rows, row, chosen, 1));
        case 'previous':
          return toRow(stepFrom(rows, row, chosen, -1));
        case 'next of kind':
          return toRow(nextOfKind(rows, row, 1));
        case 'previous of kind':
          return toRow(nextOfKind(rows, row, -1));
        case 'first':
          return toRow(0);
        case 'last':
          return toRow(rows.length - 1);
        case 'search':
          setPane('events');
          // At once where it is in sight: the next letter is meant for it. Else when it is.
          search.current?.focus();
          requestAnimationFrame(() => search.current?.focus());
          return;
        case 'changes':
          return change({ changes: !look.changes });
        case 'fork':
          return change({ fork: chosen });
        case 'picture':
          return picture();
        case 'help':
          return setHelp(true);
        default:
          act satisfies never;
      }
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [rows, row, chosen, look.changes, look.fork, picture, help, toRow, change]);

  const related = useMemo(() => {
    const marks = new Map<number, 'cause' | 'consequence'>();
    for (const link of links.causes(chosen)) marks.set(link.revision, 'cause');
    for (const link of links.consequences(chosen)) marks.set(link.revision, 'consequence');
    return marks;
  }, [links, chosen]);

  if (step === undefined) return null;
  const forkAt = look.fork === undefined ? undefined : indexOf(history, look.fork);
  return (
    <>
      {step.state.status === 'unseen' && at === history.length - 1 ? (
        <p className="notice">{history.some(isImport) ? t.dialog.imported : t.dialog.unseen}</p>
      ) : null}
      <div className="stepper">
        <Scrubber rows={rows} row={row} chosen={chosen} last={lastRevision} toRow={toRow} />
        {look.revision === undefined ? (
          <span className="faint keys-hint">{t.dialog.keys}</span>
        ) : (
          <button
            type="button"
            className="quiet"
            onClick={(event) => {
              // It goes when it was pressed; what it moved is beside it.
              event.currentTarget.parentElement?.querySelector<HTMLElement>('input[type=range]')?.focus();
              change({ revision: undefined });
            }}
          >
            {t.dialog.latest}
          </button>
        )}
        <Suspense fallback={<span className="actions" />}>
          <Actions
            account={account}
            chatId={chatId}
            history={history}
            pins={pins}
            fork={() => change({ fork: chosen })}
            picture={look.picture}
            togglePicture={forkAt === undefined ? picture : undefined}
            help={() => setHelp(true)}
          />
        </Suspense>
      </div>
      {forkAt === undefined ? (
        <>
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
              <ConversationPane history={history} chosen={chosen} bots={bots} choose={choose} />
            </section>
            <section className="card pane pane-events" aria-labelledby="pane-events">
              <div className="pane-head">
                <h2 id="pane-events">{t.dialog.events}</h2>
                <EventTools look={look} change={change} search={search} />
              </div>
              <EventList
                rows={rows}
                row={row}
                chosen={chosen}
                view={look.view}
                time={look.time}
                startAt={history[0]?.metadata?.at ?? 0}
                sends={sends}
                related={related}
                personal={pins.personal}
                choose={choose}
                showAll={() => change({ only: [], words: '' })}
              />
            </section>
            <section className="card pane pane-state" aria-labelledby="pane-state">
              <div className="pane-head">
                <h2 id="pane-state">{t.dialog.state}</h2>
                <label className="check">
                  <input type="checkbox" checked={look.changes} onChange={() => change({ changes: !look.changes })} />{' '}
                  {t.replay.onlyChanges}
                </label>
              </div>
              <StatePane
                account={accountOf(history)}
                step={step}
                before={history[at - 1]}
                onlyChanges={look.changes}
                links={links}
                sends={sends}
                wordOf={(revision) => history[indexOf(history, revision)]}
                personal={pins.personal}
                choose={choose}
              />
            </section>
          </div>
          {look.picture ? (
            <section ref={pictured} className="card script-picture" aria-labelledby="script-picture">
              <h2 id="script-picture">{t.replay.picture.name}</h2>
              <Suspense fallback={<Loading />}>
                <ScriptPicture history={history} at={at} pins={pins} settled={intoSight} />
              </Suspense>
            </section>
          ) : null}
        </>
      ) : (
        <Suspense fallback={<Loading />}>
          <ForkPane key={forkAt} history={history} at={forkAt} pins={pins} leave={() => change({ fork: undefined })} />
        </Suspense>
      )}
      {help ? <KeysHelp close={() => setHelp(false)} /> : null}
    </>
  );
});

type Act =
  | 'next'
  | 'previous'
  | 'next of kind'
  | 'previous of kind'
  | 'first'
  | 'last'
  | 'search'
  | 'changes'
  | 'fork'
  | 'picture'
  | 'help';

/** By key, and for letters and `/` by their place too: on a Russian layout they write something else. */
const keyOf = ({ key, code, shiftKey }: KeyboardEvent, inList: boolean): Act | undefined => {
  switch (key) {
    case 'ArrowRight':
      return shiftKey ? 'next of kind' : 'next';
    case 'ArrowLeft':
      return shiftKey ? 'previous of kind' : 'previous';
    case 'ArrowDown':
      return inList ? (shiftKey ? 'next of kind' : 'next') : undefined;
    case 'ArrowUp':
      return inList ? (shiftKey ? 'previous of kind' : 'previous') : undefined;
    case 'Home':
      return 'first';
    case 'End':
      return 'last';
    case '?':
      return 'help';
    case '/':
      return 'search';
    default:
  }
  if (code === 'Slash') return shiftKey ? 'help' : 'search';
  if (shiftKey) return undefined;
  if (code === 'KeyD') return 'changes';
  if (code === 'KeyF') return 'fork';
  if (code === 'KeyG') return 'picture';
  return undefined;
};
