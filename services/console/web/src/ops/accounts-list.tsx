import { useState } from 'react';
import { useMay } from '../access/session.tsx';
import { api } from '../api.ts';
import { useTexts } from '../texts/context.tsx';
import { word } from '../texts/texts.ts';
import { dateTime } from '../time.ts';
import { useAsked } from '../use-asked.ts';
import { ActButton } from './act-button.tsx';
import { type Action, useAction } from './action-dialog.tsx';
import { switchOf } from './actions.ts';
import { Listed } from './listed.tsx';
import { useFetched } from './use-fetched.ts';

const circuitTone = { closed: 'good', open: 'bad', unknown: '' } as const;

/** How each account's Webim answers, and the switch of its bot. */
export const AccountsList = () => {
  const { t, language } = useTexts();
  const fetched = useFetched(api.accounts);
  const { start, dialog } = useAction(fetched.again);
  return (
    <Listed fetched={fetched}>
      {({ accounts, limits, windowMs }) => (
        <>
          {accounts.map(({ account, circuit, perMinute, results, open, inQueue, parked, stopped, stoppedScripts }) => (
            <article
              key={account}
              className="card section"
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
                  <ActButton act={() => start(switchOf(t, stopped === null ? 'stop' : 'start', { account }))}>
                    {stopped === null ? t.ops.stopAccount : t.ops.startAccount}
                  </ActButton>
                </span>
              </header>
              {stopped === null ? null : (
                <p className="notice">{t.ops.stoppedBy(stopped.by, dateTime(stopped.at, language), stopped.reason ?? '—')}</p>
              )}
              {stoppedScripts.map((one) => (
                <p key={one.script} className="notice">
                  <span className="mono">{one.script.slice(0, 12)}</span>{' '}
                  {t.ops.stoppedBy(one.by, dateTime(one.at, language), one.reason ?? '—')}{' '}
                  <ActButton act={() => start(switchOf(t, 'start', { account, script: one.script }))}>{t.ops.startScript}</ActButton>
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
              <StopScript account={account} start={start} />
            </article>
          ))}
          {dialog}
        </>
      )}
    </Listed>
  );
};

/** Stops the bot in the chats of one version of the script, chosen from those that the account published. */
const StopScript = ({ account, start }: { readonly account: string; readonly start: (action: Action) => void }) => {
  const { t, language } = useTexts();
  const may = useMay('operator');
  const [script, setScript] = useState('');
  const { value } = useAsked(may ? account : null, (signal) => api.scriptVersions(account, signal));
  if (!may || value === undefined) return null;
  const versions = value.versions.filter(({ removed }) => !removed);
  if (versions.length === 0) return null;
  return (
    <form
      className="list-tools"
      onSubmit={(event) => {
        event.preventDefault();
        start(switchOf(t, 'stop', { account, script }));
      }}
    >
      <label>
        {t.ops.scriptVersion}{' '}
        <select required value={script} onChange={(event) => setScript(event.target.value)}>
          <option value="">—</option>
          {versions.map((one) => (
            <option key={one.script} value={one.script}>
              {`${one.script.slice(0, 12)} · ${dateTime(one.publishedAt, language)}${one.current ? ` · ${t.ops.currentVersion}` : ''}`}
            </option>
          ))}
        </select>
      </label>
      <button type="submit">{t.ops.stopScript}</button>
    </form>
  );
};
