import { type FormEvent, useEffect, useRef, useState } from 'react';
import { act, type Chat, type Message, type Snapshot } from './snapshot.ts';
import type { Texts } from './texts.ts';

/** The visitor's seat: types, presses buttons, sends a file. */
export const VisitorPane = ({
  snapshot,
  t,
  visitorId,
  onVisitor,
}: {
  snapshot: Snapshot;
  t: Texts;
  visitorId: string | undefined;
  onVisitor: (id: string) => void;
}) => {
  const [draft, setDraft] = useState('');
  const chats = snapshot.chats.filter((chat) => chat.visitor.id === visitorId);
  const chat = chats.at(-1);
  const end = useRef<HTMLDivElement>(null);
  const count = chat?.messages.length ?? 0;
  useEffect(() => {
    if (count > 0) end.current?.scrollIntoView({ block: 'nearest' });
  }, [count]);

  const visitor = async (): Promise<string> => {
    if (visitorId !== undefined) return visitorId;
    const { id } = await act('new-visitor', {});
    onVisitor(String(id));
    return String(id);
  };
  const send = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const text = draft.trim();
    if (text === '') return;
    setDraft('');
    if (chat === undefined) await act('open', { visitorId: await visitor(), text });
    else await act('say', { chatId: chat.id, text });
  };

  return (
    <section className="pane" aria-labelledby="visitor-heading">
      <header>
        <h2 id="visitor-heading">{t.visitor}</h2>
        <button
          type="button"
          className="quiet"
          data-testid="visitor-new"
          onClick={() => void act('new-visitor', {}).then(({ id }) => onVisitor(String(id)))}
        >
          {t.newVisitor}
        </button>
      </header>
      <div className="talk" aria-live="polite" data-testid="visitor-talk">
        {chats.length === 0 ? <p className="empty">{t.noChat}</p> : null}
        {chats.map((one) => (
          <Talk key={one.id} chat={one} t={t} botOperatorId={snapshot.botOperatorId} />
        ))}
        <div ref={end} />
      </div>
      <form onSubmit={(event) => void send(event)}>
        <input
          aria-label={t.write}
          placeholder={t.write}
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          data-testid="visitor-input"
        />
        <button type="submit" data-testid="visitor-send">
          {t.send}
        </button>
      </form>
      <div className="row">
        <button
          type="button"
          className="quiet"
          disabled={chat === undefined}
          onClick={() => chat && void act('file', { chatId: chat.id })}
          data-testid="visitor-file"
        >
          {t.sendFile}
        </button>
        <button
          type="button"
          className="quiet"
          disabled={chat === undefined || chat.state === 'closed'}
          onClick={() => chat && void act('close-by-visitor', { chatId: chat.id })}
        >
          {t.leave}
        </button>
      </div>
    </section>
  );
};

const Talk = ({ chat, t, botOperatorId }: { chat: Chat; t: Texts; botOperatorId: number }) => (
  <>
    <p className="divider">
      № {chat.id} · {t.states[chat.state]}
    </p>
    {chat.messages.map((message) => (
      <Line key={message.id} message={message} t={t} chatId={chat.id} botOperatorId={botOperatorId} />
    ))}
  </>
);

export const Line = ({ message, t, chatId, botOperatorId }: { message: Message; t: Texts; chatId: number; botOperatorId: number }) => {
  const mine = message.operatorId === undefined;
  const who = mine ? t.you : message.operatorId === botOperatorId ? t.bot : t.operator;
  if (message.kind === 'keyboard') {
    return (
      <div className="keyboard">
        {message.buttons?.map((row) => (
          <div className="row" key={row.map((one) => one.id).join()}>
            {row.map((button) => (
              <button
                type="button"
                key={button.id}
                data-testid={`visitor-button-${button.id}`}
                onClick={() => void act('press', { chatId, buttonId: button.id })}
              >
                {button.text}
              </button>
            ))}
          </div>
        ))}
      </div>
    );
  }
  const text = message.text ?? message.data?.button?.text ?? `${t.file}: ${message.data?.name ?? ''}`;
  return (
    <p className={`line ${mine ? 'mine' : message.operatorId === botOperatorId ? 'bot' : 'human'}`}>
      <small>{who}</small>
      {text}
    </p>
  );
};
