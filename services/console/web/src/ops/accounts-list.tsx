import { useState } from 'react';
import { api } from '../api.ts';
import { useTexts } from '../texts/context.tsx';
import { word } from '../texts/texts.ts';
import { dateTime } from '../time.ts';
import { useAction } from './action-dialog.tsx';
import { switchOf } from './actions.ts';
import { Listed } from './listed.tsx';
import { useFetched } from './use-fetched.ts';

const circuitTone = { closed: 'good', open: 'bad', unknown: '' } as const;

/** How each account's Webim answers, and the switch of its bot. */
export const AccountsList = () => {
  const { t, language } = useTexts();
  const fetched = useFetched(api.accounts);
  const { start, dialog } = useAction(fetched.again);
  const [script, setScript] = useState('');
  return (
    <Listed fetched={fetched}>
      {({ accounts, limits, windowMs }) => (
        <>
          {accounts.map(({ account, circuit, perMinute, results, open, inQueue, parked, stopped, stoppedScripts }) => (
            <article
              key={account}
              className="card cause"
              data-testid="account"
              data-account={account}
              data-circuit={circuit}
              data-stopped={stopped !== null}
            >
              <header>
                <h2>
                  {account}{' '}
                  <span className={`badge ${stopped === null ? 'good' : 'bad'}`}>
                    {stopped === null ? t.ops.botRuns : t.ops.botStopped}
                  </span>
                </h2>
                <span className="buttons">
                  <button type="button" onClick={() => start(switchOf(t, stopped === null ? 'stop' : 'start', { account }))}>
                    {stopped === null ? t.ops.stopAccount : t.ops.startAccount}
                  </button>
                </span>
              </header>
              {stopped === null ? null : (
                <p className="notice">{t.ops.stoppedBy(stopped.by, dateTime(stopped.at, language), stopped.reason ?? '—')}</p>
              )}
              {stoppedScripts.map((one) => (
                <p key={one.script} className="notice">
                  <span className="mono">{one.script.slice(0, 12)}</span>{' '}
                  {t.ops.stoppedBy(one.by, dateTime(one.at, language), one.reason ?? '—')}{' '}
                  <button type="button" onClick={() => start(switchOf(t, 'start', { account, script: one.script }))}>
                    {t.ops.startScript}
                  </button>
                </p>
              ))}
              <dl className="figures wide">
                <div>
                  <dt>{t.ops.circuitName}</dt>
                  <dd>
                    <span className={`badge ${circuitTone[circuit]}`}>{word(t.ops.circuit, circuit)}</span>
                  </dd>
                </div>
                <div>
                  <dt>{t.ops.rate}</dt>
                  <dd className="small">
                    {t.ops.rateOf(perMinute, limits === null ? '' : t.ops.limit(limits.ratePerSecond, limits.burst))}
                  </dd>
                </div>
                <div>
                  <dt>{t.list.heading}</dt>
                  <dd className="small">{t.ops.openDialogs(open, inQueue, parked)}</dd>
                </div>
              </dl>
              <h3>{t.ops.results(Math.round(windowMs / 60_000))}</h3>
              {results.length === 0 ? (
                <p className="faint">{t.ops.noResults}</p>
              ) : (
                <section className="scroll" tabIndex={0} aria-label={t.ops.results(Math.round(windowMs / 60_000))}>
                  <table>
                    <thead>
                      <tr>
                        <th scope="col">{t.ops.what}</th>
                        <th scope="col" className="state-column">
                          {t.ops.outcome}
                        </th>
                        <th scope="col" className="state-column">
                          {t.ops.code}
                        </th>
                        <th scope="col">{t.ops.count}</th>
                      </tr>
                    </thead>
                    <tbody>
                      {results.map(({ kind, outcome, code, reason, count }) => (
                        <tr key={`${kind} ${outcome} ${code} ${reason}`}>
                          <th scope="row">{word(t.words.effect, kind)}</th>
                          <td className="state-column">{word(t.words.outcome, outcome)}</td>
                          <td className="state-column mono">{code ?? reason ?? '—'}</td>
                          <td>{count.toLocaleString(language)}</td>
                        </tr>
                      ))}
                    </tbody>
                  </table>
                </section>
              )}
              <form
                className="list-tools"
                onSubmit={(event) => {
                  event.preventDefault();
                  start(switchOf(t, 'stop', { account, script }));
                }}
              >
                <label>
                  {t.ops.scriptVersion}{' '}
                  <input
                    type="text"
                    className="mono"
                    pattern="[0-9a-f]{32}"
                    required
                    size={34}
                    value={script}
                    onChange={(event) => setScript(event.target.value.trim())}
                  />
                </label>
                <button type="submit">{t.ops.stopScript}</button>
              </form>
            </article>
          ))}
          {dialog}
        </>
      )}
    </Listed>
  );
};
