import { type FormEvent, useCallback, useEffect, useState } from 'react';
import type { AccessAudit, Tokens } from '../../../src/access/schemas.ts';
import { api } from '../api.ts';
import { Failed, Loading } from '../frame/states.tsx';
import { useTexts } from '../texts/context.tsx';
import { dateTime } from '../time.ts';
import { useSession } from './session.tsx';

const roles = ['viewer', 'analyst', 'operator', 'administrator'] as const;
const dayMs = 86_400_000;

/** For the administrator: tokens of the API, and who came in, looked and asked. */
export const AccessPage = () => {
  const { t } = useTexts();
  useEffect(() => {
    document.title = `${t.access.heading} · ${t.title}`;
  }, [t]);
  return (
    <section className="page access" aria-labelledby="access-heading">
      <div className="page-head">
        <h1 id="access-heading">{t.access.heading}</h1>
      </div>
      <TokensPart />
      <AuditPart />
    </section>
  );
};

const TokensPart = () => {
  const { t, language } = useTexts();
  const [tokens, setTokens] = useState<Tokens>();
  const [error, setError] = useState<unknown>();
  const [made, setMade] = useState<string>();
  const load = useCallback((): void => {
    setError(undefined);
    api.tokens(new AbortController().signal).then(setTokens, setError);
  }, []);
  useEffect(load, [load]);
  const create = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget;
    const given = new FormData(form);
    const role = roles.find((one) => one === given.get('role')) ?? 'viewer';
    api.createToken({ name: String(given.get('name')), role, expiresInMs: Number(given.get('days')) * dayMs }).then(({ token }) => {
      setMade(token);
      form.reset();
      load();
    }, setError);
  };
  const time = (at: number): string => new Date(at).toLocaleDateString(language);
  const stateOf = ({ expiresAt, revokedAt }: Tokens['tokens'][number], now: number): string => {
    if (revokedAt !== null) return t.access.state.revoked;
    if (expiresAt === null) return t.access.state.forever;
    return expiresAt <= now ? t.access.state.ended : t.access.state.until(time(expiresAt));
  };
  return (
    <section className="card section" aria-label={t.access.tokens}>
      <h2>{t.access.tokens}</h2>
      <form className="filters" onSubmit={create}>
        <input type="text" name="name" aria-label={t.access.name} placeholder={t.access.name} required maxLength={100} />
        <select name="role" aria-label={t.access.roleLabel} defaultValue="viewer">
          {roles.map((role) => (
            <option key={role} value={role}>
              {t.access.role[role]}
            </option>
          ))}
        </select>
        <label>
          {t.access.days}{' '}
          <input type="text" inputMode="numeric" name="days" size={4} pattern="[1-9][0-9]{0,3}" defaultValue="90" required />
        </label>
        <button type="submit">{t.access.create}</button>
      </form>
      {made === undefined ? null : (
        <p role="status">
          {t.access.shownOnce} <code data-testid="new-token">{made}</code>
        </p>
      )}
      {error === undefined ? null : <Failed error={error} again={load} />}
      {tokens === undefined ? (
        error === undefined ? (
          <Loading />
        ) : null
      ) : tokens.tokens.length === 0 ? (
        <p className="faint">{t.access.noTokens}</p>
      ) : (
        <div className="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">{t.access.name}</th>
                <th scope="col">{t.access.roleLabel}</th>
                <th scope="col">{t.access.valid}</th>
                <th scope="col">{t.access.by}</th>
                <td />
              </tr>
            </thead>
            <tbody>
              {tokens.tokens.map((one) => (
                <tr key={one.id}>
                  <th scope="row">{one.name}</th>
                  <td>{t.access.role[one.role]}</td>
                  <td>{stateOf(one, tokens.now)}</td>
                  <td>{one.by}</td>
                  <td>
                    {one.revokedAt === null ? (
                      <button type="button" onClick={() => void api.revokeToken(one.id).then(load, setError)}>
                        {t.access.revoke}
                      </button>
                    ) : null}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
};

const AuditPart = () => {
  const { t, language } = useTexts();
  const { user } = useSession();
  const [pages, setPages] = useState<readonly AccessAudit[]>([]);
  const [error, setError] = useState<unknown>();
  const load = useCallback((before: number | null): void => {
    setError(undefined);
    api
      .accessAudit(before, new AbortController().signal)
      .then((page) => setPages((known) => (before === null ? [page] : [...known, page])), setError);
  }, []);
  useEffect(() => load(null), [load]);
  const next = pages.at(-1)?.next ?? null;
  const nothing = pages.length > 0 && pages.every(({ entries }) => entries.length === 0);
  return (
    <section className="card section" aria-label={t.access.audit}>
      <h2>{t.access.audit}</h2>
      {error === undefined ? null : <Failed error={error} again={() => load(null)} />}
      {pages.length === 0 && error === undefined ? <Loading /> : null}
      {nothing ? <p className="faint">{user === null ? t.access.nobodySignsIn : t.access.noAudit}</p> : null}
      {pages.length === 0 || nothing ? null : (
        <div className="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">{t.access.time}</th>
                <th scope="col">{t.access.by}</th>
                <th scope="col">{t.access.what}</th>
                <th scope="col">{t.access.details}</th>
              </tr>
            </thead>
            <tbody>
              {pages.flatMap(({ entries }) =>
                entries.map(({ type, revision, at, by, ...more }) => (
                  <tr key={revision}>
                    <th scope="row">{dateTime(at, language)}</th>
                    <td>{typeof by === 'string' ? by : '—'}</td>
                    <td>{t.access.event[type] ?? type}</td>
                    <td>{Object.entries(more).map(told).join(' · ')}</td>
                  </tr>
                )),
              )}
            </tbody>
          </table>
        </div>
      )}
      {next === null ? null : (
        <button type="button" onClick={() => load(next)}>
          {t.access.more}
        </button>
      )}
    </section>
  );
};

const told = ([name, value]: [string, unknown]): string => (typeof value === 'object' ? JSON.stringify(value) : `${name} ${String(value)}`);
