import { type FormEvent, useState } from 'react';
import type { Session } from '../../../src/access/schemas.ts';
import { ApiError, api } from '../api.ts';
import { ThemeSwitch } from '../frame/theme.tsx';
import { usePlace } from '../router.tsx';
import { useTexts } from '../texts/context.tsx';

type LoginProps = { readonly how: 'password' | 'oidc'; readonly entered: (session: Session) => void };

/** The way in: the local administrator's password, or the company's own sign-in service. */
export const LoginPage = ({ how, entered }: LoginProps) => {
  const { t, language, choose } = useTexts();
  const { query } = usePlace();
  const [refused, setRefused] = useState(query.get('sign-in'));
  const [busy, setBusy] = useState(false);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    setBusy(true);
    setRefused(null);
    api.login(String(new FormData(event.currentTarget).get('password'))).then(entered, (error: unknown) => {
      setBusy(false);
      setRefused(error instanceof ApiError ? error.problem : '');
    });
  };
  return (
    <main id="content" className="sign-in">
      <div className="card">
        <h1>{t.title}</h1>
        <p className="faint">{t.access.signInHint}</p>
        {refused === null ? null : (
          <p role="alert" className="bad">
            {t.access.refused[refused] ?? t.access.refusedOtherwise}
          </p>
        )}
        {how === 'oidc' ? (
          <a className="button" href="/api/access/oidc/start">
            {t.access.withProvider}
          </a>
        ) : (
          <form onSubmit={submit}>
            <label>
              {t.access.password}
              <input type="password" name="password" autoComplete="current-password" required maxLength={1000} />
            </label>
            <button type="submit" disabled={busy}>
              {t.access.signIn}
            </button>
          </form>
        )}
        <div className="tools">
          <ThemeSwitch />
          <button
            type="button"
            className="quiet"
            lang={language === 'ru' ? 'en' : 'ru'}
            onClick={() => choose(language === 'ru' ? 'en' : 'ru')}
          >
            {language === 'ru' ? 'English' : 'Русский'}
          </button>
        </div>
      </div>
    </main>
  );
};
