import { useState } from 'react';
import { api } from '../api.ts';
import { Empty } from '../frame/states.tsx';
import { useTexts } from '../texts/context.tsx';
import { word } from '../texts/texts.ts';
import { age, dateTime, useNow } from '../time.ts';
import { DialogLink, Listed } from './listed.tsx';
import { useFetched } from './use-fetched.ts';

/** All timers, earliest first, with the event that armed each. */
export const TimersList = () => {
  const { t, language } = useTexts();
  const now = useNow();
  const [dueOnly, setDueOnly] = useState(false);
  const query = dueOnly ? 'state=due&limit=100' : 'limit=100';
  const fetched = useFetched((signal) => api.timers(query, signal), query);
  return (
    <Listed fetched={fetched}>
      {({ timers, total, due, caughtUp }) => (
        <>
          <div className="list-tools">
            <span data-testid="timers-sum">{t.ops.timersSum(total, due)}</span>
            <label className="tick">
              <input type="checkbox" checked={dueOnly} onChange={(event) => setDueOnly(event.target.checked)} /> {t.ops.dueOnly}
            </label>
          </div>
          {timers.length === 0 ? (
            caughtUp && <Empty title={t.ops.nothingTimed} />
          ) : (
            <article className="card section">
              <ul className="things">
                {timers.map(({ account, chatId, name, at, state, setBy, input, step }) => (
                  <li key={`${account}/${chatId}/${name}`} data-testid="timer" data-state={state}>
                    <DialogLink account={account} chatId={chatId} />
                    <span>
                      {word(t.words.deadline, name)}
                      {step === null ? '' : <span className="faint mono"> {step}</span>}
                    </span>
                    <time dateTime={new Date(at).toISOString()} title={dateTime(at, language)}>
                      {at > now ? t.ops.inTime(age(at - now, language)) : t.ago(age(now - at, language))}
                    </time>
                    <span className={`badge ${state === 'overdue' ? 'bad' : state === 'armed' ? '' : 'warn'}`}>
                      {word(t.ops.timerState, state)}
                    </span>
                    <span className="faint">
                      {t.ops.setBy}: {word(t.words.input, input)}, <DialogRevision account={account} chatId={chatId} revision={setBy} />
                    </span>
                  </li>
                ))}
                {total > timers.length && !dueOnly ? <li className="faint">{t.ops.more(total - timers.length)}</li> : null}
              </ul>
            </article>
          )}
        </>
      )}
    </Listed>
  );
};

const DialogRevision = ({
  account,
  chatId,
  revision,
}: {
  readonly account: string;
  readonly chatId: string;
  readonly revision: number;
}) => {
  const { t } = useTexts();
  return (
    <a href={`/dialogs/${account}/${chatId}?rev=${revision}`} className="underlined">
      {t.ops.event(revision)}
    </a>
  );
};
