import { type ReactNode, useEffect, useState } from 'react';
import { useMay, useSession } from '../access/session.tsx';
import { api } from '../api.ts';
import { LagStrip } from '../lag/lag-strip.tsx';
import { useConnection } from '../live.tsx';
import { Link, usePlace } from '../router.tsx';
import { useTexts } from '../texts/context.tsx';
import { ThemeSwitch } from './theme.tsx';

/** What stands around every view: the way around, the language, the theme, whether the page is live. */
export const Frame = ({ children }: { readonly children: ReactNode }) => {
  const { t, language, choose } = useTexts();
  const { path } = usePlace();
  const connection = useConnection();
  const { user, signOut } = useSession();
  const analyst = useMay('analyst');
  const [simulatorUrl, setSimulatorUrl] = useState<string | null>(null);
  const alone = path === '/open';
  useEffect(() => {
    if (alone) return;
    const abort = new AbortController();
    api.about(abort.signal).then(
      (about) => setSimulatorUrl(about.simulatorUrl),
      () => undefined,
    );
    return () => abort.abort();
  }, [alone]);
  return (
    <>
      <a className="skip" href="#content">
        {t.nav.skip}
      </a>
      <header className="top">
        <Link to="/" className="brand">
          <span className="mark" aria-hidden="true" />
          <span className="name">{t.title}</span>
        </Link>
        <nav aria-label={t.nav.main}>
          <Link to="/" current={path === '/' || path.startsWith('/dialogs')}>
            {t.nav.dialogs}
          </Link>
          <Link to="/ops" current={path === '/ops'}>
            {t.ops.nav}
          </Link>
          <Link to="/lag" current={path === '/lag'}>
            {t.nav.lag}
          </Link>
          {analyst ? (
            <>
              <Link to="/doctor" current={path === '/doctor'}>
                {t.doctor.nav}
              </Link>
              <Link to="/what-if" current={path === '/what-if'}>
                {t.whatIf.nav}
              </Link>
            </>
          ) : null}
          <Link to="/numbers" current={path === '/numbers'}>
            {t.numbers.nav}
          </Link>
          <Link to="/open" current={alone}>
            {t.replay.open.nav}
          </Link>
          {user?.role === 'administrator' ? (
            <Link to="/access" current={path === '/access'}>
              {t.access.nav}
            </Link>
          ) : null}
          {simulatorUrl === null ? null : (
            <a href={simulatorUrl} target="_blank" rel="noreferrer">
              {t.nav.simulator}
              <span aria-hidden="true"> ↗</span>
            </a>
          )}
        </nav>
        <div className="tools">
          {alone ? null : (
            <span className={`connection ${connection}`} role="status" title={t.connection[connection]}>
              <span className="dot" aria-hidden="true" />
              <span className="words">{t.connection[connection]}</span>
            </span>
          )}
          {user === null ? null : (
            <span className="who-is-here" title={user.role === 'viewer' ? t.access.textsMasked : undefined}>
              {user.name} <span className="faint">{t.access.role[user.role]}</span>
              <button type="button" className="quiet" onClick={signOut}>
                {t.access.signOut}
              </button>
            </span>
          )}
          <ThemeSwitch />
          <button
            type="button"
            className="quiet"
            data-testid="lang-switch"
            aria-label={language === 'ru' ? `${t.language}: EN, English` : `${t.language}: RU, русский`}
            lang={language === 'ru' ? 'en' : 'ru'}
            onClick={() => choose(language === 'ru' ? 'en' : 'ru')}
          >
            {language === 'ru' ? 'EN' : 'RU'}
          </button>
        </div>
      </header>
      {path === '/lag' || path === '/ops' || path === '/what-if' || path === '/numbers' || alone ? null : <LagStrip />}
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </>
  );
};
