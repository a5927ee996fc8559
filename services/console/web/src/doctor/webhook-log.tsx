import { useState } from 'react';
import type { WebhookLog as Log } from '../../../src/api/doctor.ts';
import { api } from '../api.ts';
import { Empty } from '../frame/states.tsx';
import { DialogLink, Listed } from '../ops/listed.tsx';
import { useFetched } from '../ops/use-fetched.ts';
import { Link } from '../router.tsx';
import { useTexts } from '../texts/context.tsx';
import { word } from '../texts/texts.ts';
import { dateTime } from '../time.ts';

const events = ['new_chat', 'new_message', 'chat_started', 'chat_assigned', 'chat_closed'] as const;
const verdicts = [
  ...['accepted', 'repeat', 'late', 'ignored', 'unseen', 'answered_503'],
  ...[
    'wrong_token',
    'unknown_event',
    'api_version_1',
    'not_json',
    'not_an_object',
    'no_chat_id',
    'bad_chat_id',
    'too_deep',
    'too_big',
    'too_slow',
  ],
];
/** What is said of a chat before the bot has it is every chat's beginning. */
const fine = new Set(['accepted', 'unseen']);
const pageRows = 50;

/** What Webim sent, newest first, with what became of it; the normalised input where one looks. */
export const WebhookLog = ({ account }: { readonly account: string }) => {
  const { t, language } = useTexts();
  const [filter, setFilter] = useState({ event: '', verdict: '', chatId: '' });
  const [rows, setRows] = useState(pageRows);
  const [looked, setLooked] = useState<string>();
  const query = new URLSearchParams({
    account,
    limit: String(rows),
    ...Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== '')),
  }).toString();
  const fetched = useFetched((signal) => api.webhooks(query, signal), query);
  const words = { ...t.ops.verdict, ...t.doctor.verdict };
  const choose = (name: 'event' | 'verdict', label: string, values: readonly string[], show: (value: string) => string) => (
    <label>
      {label}{' '}
      <select value={filter[name]} onChange={(event) => setFilter({ ...filter, [name]: event.target.value })} data-testid={`log-${name}`}>
        <option value="">{t.doctor.any}</option>
        {values.map((one) => (
          <option key={one} value={one}>
            {show(one)}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <article className="card section" aria-labelledby="log-heading">
      <h2 id="log-heading">{t.doctor.log}</h2>
      <p className="log-filter">
        {choose('event', t.doctor.event, events, (one) => one)}
        {choose('verdict', t.doctor.verdictLabel, verdicts, (one) => word(words, one))}
        <label>
          {t.doctor.chat}{' '}
          <input
            type="search"
            value={filter.chatId}
            onChange={(event) => setFilter({ ...filter, chatId: event.target.value.replaceAll(/[^A-Za-z0-9-]/g, '').slice(0, 64) })}
            data-testid="log-chat"
          />
        </label>
      </p>
      <Listed fetched={fetched}>
        {({ webhooks, next, caughtUp }) =>
          webhooks.length === 0 ? (
            caughtUp && <Empty title={t.doctor.nothing} />
          ) : (
            <>
              <ul className="things">
                {webhooks.map((one) => (
                  <li key={one.id} data-testid="webhook" data-verdict={one.verdict}>
                    <span>{dateTime(one.at, language)}</span>
                    <strong>{one.event ?? '—'}</strong>
                    <span className={`badge ${fine.has(one.verdict) ? 'good' : 'warn'}`}>{word(words, one.verdict)}</span>
                    {one.chatId === null || one.revision === null ? (
                      <Link to="/ops?tab=quarantine">{t.doctor.inQuarantine}</Link>
                    ) : (
                      <>
                        <DialogLink account={account} chatId={one.chatId} revision={one.revision} />
                        <span className="buttons">
                          <button
                            type="button"
                            aria-expanded={looked === one.id}
                            onClick={() => setLooked(looked === one.id ? undefined : one.id)}
                          >
                            {t.doctor.input}
                          </button>
                        </span>
                      </>
                    )}
                    {looked === one.id ? <Input webhook={one} /> : null}
                  </li>
                ))}
              </ul>
              {next === null || rows >= 200 ? null : (
                <button type="button" onClick={() => setRows(Math.min(200, rows + pageRows))}>
                  {t.doctor.more}
                </button>
              )}
            </>
          )
        }
      </Listed>
    </article>
  );
};

const Input = ({ webhook: { account, chatId, revision } }: { readonly webhook: Log['webhooks'][number] }) => {
  const fetched = useFetched((signal) => api.events(account, chatId ?? '', revision ?? 0, signal, 1), `${chatId}/${revision}`);
  return (
    <Listed fetched={fetched}>
      {({ events: [event] }) => (
        <div className="records" data-testid="webhook-input">
          <pre tabIndex={0}>{JSON.stringify((event?.data as { input?: unknown } | undefined)?.input, null, 2)}</pre>
        </div>
      )}
    </Listed>
  );
};
