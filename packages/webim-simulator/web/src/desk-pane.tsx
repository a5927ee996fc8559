import { type FormEvent, useState } from 'react';
import { act, type Chat, type Snapshot } from './snapshot.ts';
import type { Texts } from './texts.ts';

/** The operator's desk: takes, answers, redirects, closes. */
export const DeskPane = ({ snapshot, t }: { snapshot: Snapshot; t: Texts }) => {
  const [operatorId, setOperatorId] = useState(snapshot.operators[0]?.id ?? 0);
  const chats = snapshot.chats.filter((chat) => chat.state !== 'closed').reverse();
  const ordered = [...chats].sort((a, b) => rank(a) - rank(b));
  return (
    <section className="pane" aria-labelledby="desk-heading">
      <header>
        <h2 id="desk-heading">{t.desk}</h2>
        <label>
          {t.yours}{' '}
          <select value={operatorId} onChange={(event) => setOperatorId(Number(event.target.value))} data-testid="operator-select">
            {snapshot.operators.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </select>
        </label>
      </header>
      <div className="list">
        {ordered.length === 0 ? <p className="empty">{t.nothingToDo}</p> : null}
        {ordered.map((chat) => (
          <Card key={chat.id} chat={chat} snapshot={snapshot} operatorId={operatorId} t={t} />
        ))}
      </div>
    </section>
  );
};

/** Who waits for a human stands first. */
const rank = (chat: Chat): number => ({ queue: 0, chatting: 1, closed_by_operator: 2, chatting_with_robot: 3, closed: 4 })[chat.state];

const Card = ({ chat, snapshot, operatorId, t }: { chat: Chat; snapshot: Snapshot; operatorId: number; t: Texts }) => {
  const [draft, setDraft] = useState('');
  const chatId = chat.id;
  const last = chat.messages.findLast((message) => message.text !== undefined)?.text ?? '';
  const mine = chat.state === 'chatting' && chat.operatorId === operatorId;
  const others = snapshot.operators.filter((one) => one.id !== chat.operatorId);
  const answer = (event: FormEvent): void => {
    event.preventDefault();
    if (draft.trim() === '') return;
    void act('answer', { chatId, operatorId, text: draft.trim() });
    setDraft('');
  };
  return (
    <article className={`card ${chat.state}`} data-testid="desk-chat" data-state={chat.state}>
      <p>
        <strong>№ {chatId}</strong> <span className={`badge ${chat.state}`}>{t.states[chat.state]}</span>
      </p>
      <p className="excerpt">{last}</p>
      <div className="row">
        {mine ? null : (
          <button type="button" data-testid="operator-take" onClick={() => void act('take', { chatId, operatorId })}>
            {t.take}
          </button>
        )}
        {chat.state === 'chatting_with_robot' ? null : (
          <button type="button" data-testid="operator-redirect-bot" onClick={() => void act('redirect-bot', { chatId })}>
            {t.toBot}
          </button>
        )}
        {mine
          ? others.map((one) => (
              <button
                key={one.id}
                type="button"
                className="quiet"
                onClick={() => void act('redirect-operator', { chatId, operatorId: one.id })}
              >
                {t.toOperator}: {one.name}
              </button>
            ))
          : null}
        {mine ? (
          <button type="button" data-testid="operator-close" onClick={() => void act('close', { chatId })}>
            {t.close}
          </button>
        ) : null}
        {chat.state === 'chatting_with_robot' ? null : (
          <button
            type="button"
            className="quiet"
            data-testid="operator-close-finally"
            onClick={() => void act('close-finally', { chatId })}
          >
            {t.closeFinally}
          </button>
        )}
      </div>
      {mine ? (
        <form onSubmit={answer}>
          <input
            aria-label={t.answer}
            placeholder={t.answer}
            value={draft}
            onChange={(event) => setDraft(event.target.value)}
            data-testid="operator-answer-input"
          />
          <button type="submit" data-testid="operator-answer-send">
            {t.send}
          </button>
        </form>
      ) : null}
    </article>
  );
};
