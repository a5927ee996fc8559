import { useEffect } from 'react';
import { api } from '../api.ts';
import { Empty, Failed, Loading } from '../frame/states.tsx';
import { useLive } from '../live.tsx';
import { go, usePlace } from '../router.tsx';
import { useTexts } from '../texts/context.tsx';
import { serverNow } from '../time.ts';
import { useAsked } from '../use-asked.ts';
import { Behind } from './behind.tsx';
import { FlowPicture } from './flow.tsx';
import { NumberCard } from './number-card.tsx';

const dayMs = 86_400_000;
const periods = ['1', '7', '30', '90', '3650'];
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** What is counted over episodes; account, period and what is looked at stand in the address. */
export const NumbersPage = () => {
  const { t, language } = useTexts();
  const n = t.numbers;
  const { query } = usePlace();
  const account = query.get('account') ?? '';
  const days = periods.find((one) => one === query.get('days')) ?? '30';
  const by = query.get('by') === 'hour' ? 'hour' : 'day';
  const number = query.get('number');
  const part = query.has('none') ? null : (query.get('part') ?? undefined);
  useEffect(() => {
    document.title = `${n.heading} · ${t.title}`;
  }, [n, t]);

  const {
    value: report,
    error,
    again,
    waits,
  } = useAsked(`${account} ${days} ${by}`, (signal) => {
    const asked = new URLSearchParams({ by, zone, from: String(Math.max(0, serverNow() - Number(days) * dayMs)) });
    if (account !== '') asked.set('account', account);
    return api.numbers(asked, signal);
  });
  useLive({ reload: again });
  const { value: values } = useAsked('values', (signal) => api.values(signal));

  const address = (changed: Readonly<Record<string, string | undefined>>): string => {
    const to = new URLSearchParams(query);
    for (const [name, value] of Object.entries(changed)) {
      if (value === undefined || value === '') to.delete(name);
      else to.set(name, value);
    }
    return `/numbers?${to}`;
  };
  const set = (name: string, value: string): void => go(address({ [name]: value }), 'replace');
  const counted = new URLSearchParams(account === '' ? {} : { account });
  if (report !== undefined) {
    counted.set('from', String(report.from));
    counted.set('to', String(report.to));
  }
  const chosen = report?.numbers.find(({ name }) => name === number);
  const nothing = report?.numbers.every(({ base }) => base === 0) === true;
  return (
    <section className="page numbers" aria-labelledby="numbers-heading" aria-busy={waits}>
      <div className="page-head">
        <h1 id="numbers-heading">{n.heading}</h1>
        <p className="faint">{n.intro}</p>
      </div>
      <form className="filters" onSubmit={(event) => event.preventDefault()}>
        <label>
          {n.account}
          <select value={account} onChange={(event) => set('account', event.target.value)}>
            <option value="">{n.all}</option>
            {[...new Set([...(values?.values.account ?? []), ...(account === '' ? [] : [account])])].map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <label>
          {n.period}
          <select value={days} onChange={(event) => set('days', event.target.value)}>
            {periods.map((one) => (
              <option key={one} value={one}>
                {n.periods[one]}
              </option>
            ))}
          </select>
        </label>
        <label>
          {n.by}
          <select value={by} onChange={(event) => set('by', event.target.value)}>
            <option value="day">{n.day}</option>
            <option value="hour">{n.hour}</option>
          </select>
        </label>
        <button type="button" onClick={again}>
          {n.refresh}
        </button>
        {report === undefined ? null : <span className="faint small">{n.definitions(report.version, report.zone)}</span>}
      </form>
      {report?.caughtUp === false ? (
        <p className="notice" role="status">
          {n.rebuilding}
        </p>
      ) : null}
      {error === undefined ? null : <Failed error={error} again={again} />}
      {report === undefined && error === undefined ? <Loading /> : null}
      {chosen === undefined || report === undefined ? null : (
        <Behind
          key={`${chosen.name} ${part} ${counted}`}
          number={chosen.name}
          title={chosen.title[language]}
          part={part}
          counted={counted}
          close={address({ number: undefined, part: undefined, none: undefined })}
        />
      )}
      {nothing ? <Empty title={n.empty} hint={n.emptyHint} /> : null}
      {report === undefined || nothing ? null : (
        <div className={waits ? 'number-cards waits' : 'number-cards'}>
          {report.numbers.map((one) => (
            <NumberCard
              key={one.name}
              number={one}
              by={report.by}
              behind={(of) => address({ number: one.name, part: of === null ? undefined : of, none: of === null ? 'true' : undefined })}
            />
          ))}
        </div>
      )}
      {report === undefined || nothing ? null : (
        <FlowPicture
          script={query.get('script')}
          scripts={values?.values.script ?? []}
          choose={(script) => set('script', script)}
          counted={counted}
        />
      )}
    </section>
  );
};
