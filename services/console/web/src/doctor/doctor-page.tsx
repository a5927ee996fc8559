import { useEffect } from 'react';
import type { DoctorReport } from '../../../src/api/doctor.ts';
import { api } from '../api.ts';
import { Empty } from '../frame/states.tsx';
import { DialogLink, Listed } from '../ops/listed.tsx';
import { useFetched } from '../ops/use-fetched.ts';
import { go, Link, usePlace } from '../router.tsx';
import { useTexts } from '../texts/context.tsx';
import { word } from '../texts/texts.ts';
import { age, useNow } from '../time.ts';
import { Guide } from './guide.tsx';
import { WebhookLog } from './webhook-log.tsx';

/** For the integrator: what comes from Webim, what is wrong and how to mend it, and the set-up in the order of Webim's forms. */
export const DoctorPage = () => {
  const { t } = useTexts();
  const { query } = usePlace();
  const list = useFetched(api.doctors);
  useEffect(() => {
    document.title = `${t.doctor.heading} · ${t.title}`;
  }, [t]);
  const names = list.value?.accounts.map(({ account }) => account) ?? [];
  const account = query.get('account') ?? names[0];
  return (
    <section className="page" aria-labelledby="doctor-heading">
      <div className="page-head">
        <h1 id="doctor-heading">{t.doctor.heading}</h1>
        {account === undefined ? null : (
          <label>
            {t.doctor.account}{' '}
            <select value={account} onChange={(event) => go(`/doctor?account=${event.target.value}`)}>
              {[...new Set([account, ...names])].map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          </label>
        )}
      </div>
      <Listed fetched={list} innerTells={account !== undefined}>
        {() => (account === undefined ? <Empty title={t.doctor.noAccounts} /> : <Account key={account} account={account} />)}
      </Listed>
    </section>
  );
};

const Account = ({ account }: { readonly account: string }) => {
  const fetched = useFetched((signal) => api.doctor(account, signal), account);
  return (
    <>
      <Listed fetched={fetched}>
        {(report) => (
          <>
            <Hooks report={report} />
            <Findings report={report} />
            <Guide account={account} steps={report.steps} />
          </>
        )}
      </Listed>
      <WebhookLog account={account} />
    </>
  );
};

const Hooks = ({ report: { hooks } }: { readonly report: DoctorReport }) => {
  const { t, language } = useTexts();
  const now = useNow();
  return (
    <article className="card section" aria-labelledby="hooks-heading">
      <h2 id="hooks-heading">{t.doctor.hooks}</h2>
      <ul className="things">
        {hooks.map(({ what, lastAt, verdict, spacesInUrl }) => (
          <li key={what} data-testid={`hook-${what}`} data-seen={lastAt !== null}>
            <strong>{word(t.doctor.hook, what)}</strong>
            <span className={`badge ${lastAt === null ? 'warn' : 'good'}`}>
              {lastAt === null ? t.doctor.never : word({ ...t.ops.verdict, ...t.doctor.verdict }, verdict)}
            </span>
            <span className="faint">{lastAt === null ? '' : t.doctor.last(age(now - lastAt, language))}</span>
            {spacesInUrl ? <span className="badge warn">{t.doctor.spaces}</span> : null}
          </li>
        ))}
      </ul>
    </article>
  );
};

const Findings = ({ report: { account, caughtUp, findings } }: { readonly report: DoctorReport }) => {
  const { t, language } = useTexts();
  const now = useNow();
  return (
    <article className="card section" aria-labelledby="findings-heading">
      <h2 id="findings-heading">{t.doctor.findings}</h2>
      {findings.length === 0 ? (
        caughtUp && (
          <p className="good" role="status" data-testid="fine">
            {t.doctor.fine}
          </p>
        )
      ) : (
        <ul className="findings">
          {findings.map(({ name, severity, what, mend, count, lastAt, chatIds, quarantine }) => (
            <li key={`${name} ${what.en}`} data-testid="finding" data-name={name}>
              <p>
                <span className={`badge ${severity === 'error' ? 'bad' : 'warn'}`}>{name}</span> <strong>{what[language]}</strong>
              </p>
              <p>
                {t.doctor.mend} {mend[language]}
              </p>
              <p className="evidence">
                {count > 0 ? <span className="faint">{t.doctor.times(count)}</span> : null}
                {lastAt === null ? null : <span className="faint">{t.doctor.last(age(now - lastAt, language))}</span>}
                {chatIds.map((chatId) => (
                  <DialogLink key={chatId} account={account} chatId={chatId} />
                ))}
                {quarantine === null ? null : <Link to="/ops?tab=quarantine">{t.doctor.inQuarantine}</Link>}
              </p>
            </li>
          ))}
        </ul>
      )}
    </article>
  );
};
