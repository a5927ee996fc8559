import type { Chat, Snapshot } from './snapshot.ts';
import type { Texts } from './texts.ts';

/** Webim's own state, and its last requests with our answers. */
export const WebimPane = ({ snapshot, t }: { snapshot: Snapshot; t: Texts }) => (
  <section className="pane" aria-labelledby="webim-heading">
    <header>
      <h2 id="webim-heading">{t.webim}</h2>
      {snapshot.clockRate === 1 ? null : (
        <span className="badge">
          {t.speed}
          {snapshot.clockRate}
        </span>
      )}
    </header>
    <div className="list">
      <h3>{t.state}</h3>
      <table>
        <tbody>
          {snapshot.chats
            .slice(-8)
            .reverse()
            .map((chat) => (
              <tr key={chat.id} data-testid="webim-chat" data-state={chat.state}>
                <td>№ {chat.id}</td>
                <td>
                  <span className={`badge ${chat.state}`}>{t.states[chat.state]}</span>
                </td>
                <td>{timer(chat, snapshot, t)}</td>
              </tr>
            ))}
        </tbody>
      </table>
      <h3>{t.requests}</h3>
      {snapshot.journal.length === 0 ? <p className="empty">{t.noRequests}</p> : null}
      <ol className="journal">
        {[...snapshot.journal].reverse().map((entry) => (
          <li key={entry.seq}>
            <details>
              <summary>
                <span aria-hidden="true">{entry.direction === 'out' ? '→' : '←'}</span> {entry.name}{' '}
                <span className={entry.status === 200 && entry.done ? 'good' : 'bad'}>{entry.status === 0 ? '—' : entry.status}</span>{' '}
                {entry.chatId === null ? null : <small>№ {entry.chatId}</small>}
              </summary>
              <pre>{JSON.stringify({ request: entry.request, answer: entry.response }, null, 1)}</pre>
            </details>
          </li>
        ))}
      </ol>
    </div>
  </section>
);

const timer = (chat: Chat, { timeouts, now }: Snapshot, t: Texts): string => {
  if (chat.state === 'closed') return '';
  const left = (from: number, timeout: number): string => `${Math.max(0, Math.ceil((from + timeout - now) / 1000))} с`;
  if (chat.softClosedAt !== null)
    return timeouts.closedByOperatorMs > 0 ? `${t.finalClose}: ${left(chat.softClosedAt, timeouts.closedByOperatorMs)}` : '';
  return timeouts.inactivityMs > 0 ? `${t.inactivity}: ${left(chat.lastActivityAt, timeouts.inactivityMs)}` : '';
};
