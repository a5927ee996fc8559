import { useMemo, useRef } from 'react';
import { useTexts } from '../texts/context.tsx';
import { clockTime } from '../time.ts';
import { conversation, type Turn } from './conversation.ts';
import type { Step } from './history.ts';
import { useScrollTo } from './scroll-to.ts';

type ConversationProps = { readonly history: readonly Step[]; readonly chosen: number; readonly choose: (revision: number) => void };

export const ConversationPane = ({ history, chosen, choose }: ConversationProps) => {
  const { t } = useTexts();
  const turns = useMemo(() => conversation(history, t), [history, t]);
  const list = useRef<HTMLOListElement>(null);
  useScrollTo(list, (pane) => [...pane.querySelectorAll('li:not(.future)')].at(-1), `${chosen} ${turns.length}`);
  if (turns.length === 0) return <p className="faint pad">{t.dialog.noConversation}</p>;
  return (
    <ol className="turns" ref={list}>
      {turns.map((turn) => (
        <TurnLine key={turn.key} turn={turn} past={turn.revision <= chosen} choose={choose} />
      ))}
    </ol>
  );
};

const TurnLine = ({ turn, past, choose }: { readonly turn: Turn; readonly past: boolean; readonly choose: (revision: number) => void }) => {
  const { t, language } = useTexts();
  if (turn.side === 'note') {
    return (
      <li className={`note ${past ? '' : 'future'}`}>
        <span>{turn.text}</span>
        {turn.opensUnseen ? <span className="unseen">{t.dialog.peopleUnseen}</span> : null}
      </li>
    );
  }
  return (
    <li className={`turn ${turn.side} ${past ? '' : 'future'} ${turn.undelivered ? 'undelivered' : ''}`}>
      <span className="who">
        {t.who[turn.side]}
        {turn.at === null ? null : <time dateTime={new Date(turn.at).toISOString()}>{clockTime(turn.at, language)}</time>}
      </span>
      <button type="button" className="bubble" onClick={() => choose(turn.revision)}>
        {turn.text === '' ? null : <span>{turn.text}</span>}
        {turn.buttons ? (
          <span className="keys">
            {turn.buttons.map((button) => (
              <span key={button} className="key">
                {button}
              </span>
            ))}
          </span>
        ) : null}
      </button>
      {turn.remark === undefined ? null : <span className="remark">{turn.remark}</span>}
    </li>
  );
};
