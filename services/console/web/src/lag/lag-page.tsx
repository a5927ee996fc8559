import { useEffect } from 'react';
import type { PartitionState } from '../../../src/lag/partition-state.ts';
import type { GroupLag, PartitionLag } from '../../../src/lag/report.ts';
import { Empty, Failed, Loading } from '../frame/states.tsx';
import { useTexts } from '../texts/context.tsx';
import { dayAndTime, duration } from '../time.ts';
import { useLag } from './lag-now.tsx';
import { classOf } from './lag-strip.tsx';
import { sentenceOf } from './sentence.ts';
import { TrendLine } from './trend-line.tsx';
import { toneOf, toneOfAge, verdictOf } from './verdict.ts';

export const LagPage = () => {
  const { t, language } = useTexts();
  const { report, lostSince, error, again } = useLag();
  useEffect(() => {
    document.title = `${t.lag.heading} · ${t.title}`;
  }, [t]);
  const verdict = report === undefined ? undefined : verdictOf(report, lostSince);
  const isUnknown = verdict?.kind === 'unknown';
  const known = report?.at != null ? { at: report.at, groups: report.groups } : report?.lastKnown;
  return (
    <section className="page" aria-labelledby="lag-heading">
      <div className="page-head">
        <h1 id="lag-heading">{t.lag.heading}</h1>
        {known == null || isUnknown ? null : <span className="faint">{t.lag.asOf(dayAndTime(known.at, language))}</span>}
      </div>
      {report === undefined ? error === undefined ? <Loading /> : <Failed error={error} again={again} /> : null}
      {verdict === undefined || verdict.kind === 'none' ? null : (
        <p
          className={`sentence ${classOf(verdict)}`}
          role={isUnknown ? 'alert' : 'status'}
          data-testid="lag-sentence"
          data-tone={classOf(verdict)}
        >
          {sentenceOf(verdict, t, language)}
        </p>
      )}
      {verdict?.kind === 'none' ? <Empty title={t.lag.empty} hint={t.lag.emptyHint} /> : null}
      {isUnknown && known != null && known.groups.length > 0 ? (
        <h2 className="last-known">{t.lag.lastKnown(dayAndTime(known.at, language))}</h2>
      ) : null}
      <div className={isUnknown ? 'groups stale' : 'groups'}>
        {known?.groups.map((group) => (
          <Group key={`${group.group} ${group.topic}`} group={group} isStale={isUnknown} />
        ))}
      </div>
    </section>
  );
};

const useFigures = () => {
  const { t, language } = useTexts();
  const perSecond = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  return {
    count: (value: number) => value.toLocaleString(language),
    age: (ms: number | null) => (ms === null ? '—' : duration(ms, language)),
    rate: (value: number | null) => (value === null ? '—' : t.lag.perSecond(perSecond.format(value))),
    clear: ({ lag, clearInMs }: Pick<GroupLag, 'lag' | 'clearInMs'>) =>
      lag === 0 || clearInMs === null || clearInMs === 0
        ? '—'
        : `≈ ${duration(Math.max(1_000, Math.round(clearInMs / 1_000) * 1_000), language)}`,
  };
};

const StateBadge = ({ state, ageMs }: { readonly state: PartitionState | null; readonly ageMs: number | null }) => {
  const { t } = useTexts();
  return (
    <span className={`badge ${state === null ? '' : toneOf(state, ageMs)}`} data-testid="lag-state" data-value={state ?? 'unknown'}>
      {state === null ? t.lag.tooEarly : t.lag.state[state]}
    </span>
  );
};

export const Group = ({ group, isStale }: { readonly group: GroupLag; readonly isStale: boolean }) => {
  const { t } = useTexts();
  const show = useFigures();
  return (
    <article
      className="card group"
      data-testid="lag-row"
      data-group={group.group}
      data-topic={group.topic}
      data-lag={isStale ? 'unknown' : group.lag}
    >
      <header>
        <div>
          <h2>{t.lag.groupName(group.group)}</h2>
          <span className="faint mono">{group.topic}</span>
        </div>
        {isStale ? null : <StateBadge state={group.state} ageMs={group.ageMs} />}
      </header>
      <dl className="figures">
        <div>
          <dt>{t.lag.waiting}</dt>
          <dd>{show.count(group.lag)}</dd>
        </div>
        <div>
          <dt>{t.lag.oldest}</dt>
          <dd className={toneOfAge(group.ageMs)}>{show.age(group.ageMs)}</dd>
        </div>
        <div>
          <dt>{t.lag.clear}</dt>
          <dd>{show.clear(group)}</dd>
        </div>
        <div>
          <dt>{t.lag.incoming}</dt>
          <dd>{show.rate(group.inPerSecond)}</dd>
        </div>
        <div>
          <dt>{t.lag.outgoing}</dt>
          <dd>{show.rate(group.outPerSecond)}</dd>
        </div>
        <div>
          <dt>{t.lag.report}</dt>
          <dd>{show.age(group.behindMs)}</dd>
        </div>
      </dl>
      <TrendLine trend={group.trend} />
      <details>
        <summary>
          {t.lag.partitions(group.partitions.length)}
          {group.members === null || isStale ? '' : ` · ${t.lag.members(group.members)}`}
        </summary>
        <section className="scroll" tabIndex={0} aria-label={t.lag.partitions(group.partitions.length)}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t.lag.partition}</th>
                <th scope="col" className="state-column">
                  {t.lag.stateColumn}
                </th>
                <th scope="col">{t.lag.waiting}</th>
                <th scope="col">{t.lag.oldest}</th>
                <th scope="col">{t.lag.clear}</th>
                <th scope="col">{t.lag.incoming}</th>
                <th scope="col">{t.lag.outgoing}</th>
                <th scope="col">{t.lag.report}</th>
                <th scope="col">{t.lag.committed}</th>
                <th scope="col">{t.lag.end}</th>
              </tr>
            </thead>
            <tbody>
              {group.partitions.map((one) => (
                <Partition key={one.partition} one={one} isStale={isStale} />
              ))}
            </tbody>
          </table>
        </section>
      </details>
    </article>
  );
};

const Partition = ({ one, isStale }: { readonly one: PartitionLag; readonly isStale: boolean }) => {
  const show = useFigures();
  return (
    <tr>
      <th scope="row">{one.partition}</th>
      <td className="state-column">{isStale ? '—' : <StateBadge state={one.state} ageMs={one.ageMs} />}</td>
      <td>{show.count(one.lag)}</td>
      <td className={toneOfAge(one.ageMs)}>{show.age(one.ageMs)}</td>
      <td>{show.clear(one)}</td>
      <td>{show.rate(one.inPerSecond)}</td>
      <td>{show.rate(one.outPerSecond)}</td>
      <td>{show.age(one.behindMs)}</td>
      <td>{one.committed ?? '—'}</td>
      <td>{one.high}</td>
    </tr>
  );
};
