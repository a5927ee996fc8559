import { useEffect } from 'react';
import { useMay } from '../access/session.tsx';
import { api } from '../api.ts';
import { useLag } from '../lag/lag-now.tsx';
import { Group } from '../lag/lag-page.tsx';
import { classOf } from '../lag/lag-strip.tsx';
import { sentenceOf } from '../lag/sentence.ts';
import { verdictOf } from '../lag/verdict.ts';
import { Link, usePlace } from '../router.tsx';
import { useTexts } from '../texts/context.tsx';
import { dayAndTime } from '../time.ts';
import { AccountsList } from './accounts-list.tsx';
import { ActionsList } from './actions-list.tsx';
import { ParkedList } from './parked-list.tsx';
import { PartsAway, PartsBar } from './parts-bar.tsx';
import { QuarantinePage } from './quarantine-list.tsx';
import { StuckList, WaitingList } from './stuck-list.tsx';
import { TimersList } from './timers-list.tsx';
import { useFetched } from './use-fetched.ts';

const tabs = ['stuck', 'waiting', 'parked', 'quarantine', 'timers', 'accounts', 'actions'] as const;
type Tab = (typeof tabs)[number];
const views: Readonly<Record<Tab, () => React.ReactNode>> = {
  stuck: () => <StuckList />,
  waiting: () => <WaitingList />,
  parked: () => <ParkedList />,
  quarantine: () => <QuarantinePage />,
  timers: () => <TimersList />,
  accounts: () => <AccountsList />,
  actions: () => <ActionsList />,
};

/** For the person on call: whether all is well, and if not, what to press. */
export const OpsPage = () => {
  const { t, language } = useTexts();
  const { query } = usePlace();
  const [analyst, operator] = [useMay('analyst'), useMay('operator')];
  const may = (one: Tab): boolean => (one === 'quarantine' ? analyst : one === 'actions' ? operator : true);
  const { report, lostSince } = useLag();
  const parts = useFetched(api.parts);
  const storeAway = parts.value?.parts.find(({ part, state }) => part === 'store' && state === 'away')?.since;
  // What only a list tells is not seen from another list: of these the tabs say how many wait for somebody.
  const stuck = useFetched(api.stuck);
  const parked = useFetched(api.parked);
  const quarantine = useFetched((signal) => (analyst ? api.quarantine(signal) : Promise.resolve(undefined)), String(analyst));
  const counts: Partial<Record<Tab, number>> = {
    stuck: stuck.value?.causes.reduce((sum, { count }) => sum + count, 0) ?? 0,
    parked: parked.value?.dialogs.length ?? 0,
    quarantine: quarantine.value?.records.filter(({ fed, skipped }) => fed === null && skipped === null).length ?? 0,
  };
  const tab = tabs.find((one) => one === query.get('tab')) ?? 'stuck';
  useEffect(() => {
    document.title = `${t.ops.heading} · ${t.title}`;
  }, [t]);
  const verdict = report === undefined ? undefined : verdictOf(report, lostSince);
  // What is read in time says little while that on which it is written does not answer.
  const isAway = parts.value?.parts.some(({ state }) => state === 'away') === true;
  const isUnknown = verdict?.kind === 'unknown';
  const known = report?.at != null ? report.groups : report?.lastKnown?.groups;
  return (
    <section className="page" aria-labelledby="ops-heading">
      <div className="page-head">
        <h1 id="ops-heading">{t.ops.heading}</h1>
      </div>
      {parts.value === undefined ? null : <PartsAway parts={parts.value.parts} />}
      {verdict === undefined || (isAway && verdict.kind === 'well') ? null : (
        <p
          className={`sentence ${classOf(verdict)}`}
          role={isUnknown ? 'alert' : 'status'}
          data-testid="ops-sentence"
          data-tone={classOf(verdict)}
        >
          {sentenceOf(verdict, t, language)}
        </p>
      )}
      {parts.value === undefined ? null : (
        <PartsBar parts={parts.value.parts} isStale={lostSince !== undefined || parts.error !== undefined} />
      )}
      <div className={isUnknown ? 'groups stale' : 'groups'}>
        {known?.map((group) => (
          <Group key={`${group.group} ${group.topic}`} group={group} isStale={isUnknown} />
        ))}
      </div>
      <nav className="tabs" aria-label={t.ops.tabs}>
        {tabs.filter(may).map((one) => (
          <Link key={one} to={`/ops?tab=${one}`} current={one === tab} stays data={{ 'data-testid': `tab-${one}` }}>
            {t.ops.tab[one]}
            {counts[one] ? (
              <span className="count" data-testid={`count-${one}`}>
                {counts[one]}
              </span>
            ) : null}
          </Link>
        ))}
      </nav>
      {storeAway == null ? null : (
        <p className="notice" role="status">
          {t.ops.asOf(dayAndTime(storeAway, language))}
        </p>
      )}
      <div className="ops-list" key={tab}>
        {views[tab]()}
      </div>
    </section>
  );
};
