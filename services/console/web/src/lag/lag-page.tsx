import { useCallback, useEffect, useState } from 'react';
import type { GroupLag, LagReport } from '../../../src/lag/report.ts';
import { api } from '../api.ts';
import { Empty, Failed, Loading } from '../frame/states.tsx';
import { useLive } from '../live.tsx';
import { useTexts } from '../texts/context.tsx';
import { clockTime, duration } from '../time.ts';

/** By how long people wait, not by how many records: up to 2 s nobody notices, from 30 s on the bot is taken for dead. */
const tone = (ageMs: number | null): string => (ageMs === null || ageMs < 2_000 ? 'good' : ageMs < 30_000 ? 'warn' : 'bad');

export const LagPage = () => {
  const { t, language } = useTexts();
  const [report, setReport] = useState<LagReport>();
  const [error, setError] = useState<unknown>();
  const [turn, setTurn] = useState(0);
  const again = useCallback(() => setTurn((n) => n + 1), []);
  useEffect(() => {
    document.title = `${t.lag.heading} · ${t.title}`;
  }, [t]);
  useEffect(() => {
    const abort = new AbortController();
    api.lag(abort.signal).then(
      (answer) => {
        setError(undefined);
        setReport(answer);
      },
      (failed) => {
        if (!abort.signal.aborted) setError(failed);
      },
    );
    return () => abort.abort();
  }, [turn]);
  useLive({
    lag: ({ lag }) => {
      setError(undefined);
      setReport(lag);
    },
    reload: again,
  });

  return (
    <section className="page" aria-labelledby="lag-heading">
      <div className="page-head">
        <h1 id="lag-heading">{t.lag.heading}</h1>
        {report?.at == null ? null : <span className="faint">{t.lag.asOf(clockTime(report.at, language))}</span>}
      </div>
      {error === undefined ? null : <Failed error={error} again={again} />}
      {report === undefined && error === undefined ? <Loading /> : null}
      {report === undefined ? null : <Sentence report={report} />}
      {report !== undefined && report.unknownSince === null && report.groups.length === 0 ? (
        <Empty title={t.lag.empty} hint={t.lag.emptyHint} />
      ) : null}
      <div className={report?.unknownSince == null ? 'groups' : 'groups stale'}>
        {report?.groups.map((group) => (
          <Group key={`${group.group} ${group.topic}`} group={group} />
        ))}
      </div>
    </section>
  );
};

/** The one sentence that says whether all is well. */
const Sentence = ({ report }: { readonly report: LagReport }) => {
  const { t, language } = useTexts();
  if (report.unknownSince !== null) {
    return (
      <p className="sentence bad" role="alert">
        {report.at === null ? t.lag.neverKnown : t.lag.unknownSince(clockTime(report.unknownSince, language))}
      </p>
    );
  }
  if (report.groups.length === 0) return null;
  const worst = [...report.groups].sort((a, b) => (b.ageMs ?? -1) - (a.ageMs ?? -1))[0];
  return worst === undefined || worst.lag === 0 || worst.ageMs === null ? (
    <p className="sentence good">{t.lag.allWell}</p>
  ) : (
    <p className={`sentence ${tone(worst.ageMs)}`}>{t.lag.behind(worst.group, duration(worst.ageMs, language), worst.lag)}</p>
  );
};

const Group = ({ group }: { readonly group: GroupLag }) => {
  const { t, language } = useTexts();
  return (
    <article className="card group" data-testid="lag-row" data-group={group.group} data-topic={group.topic} data-lag={group.lag}>
      <header>
        <div>
          <h2>{group.group}</h2>
          <span className="faint mono">{group.topic}</span>
        </div>
        <dl className="figures">
          <div>
            <dt>{t.lag.waiting}</dt>
            <dd>{group.lag.toLocaleString(language)}</dd>
          </div>
          <div>
            <dt>{t.lag.oldest}</dt>
            <dd className={tone(group.ageMs)}>{group.ageMs === null ? '—' : duration(group.ageMs, language)}</dd>
          </div>
        </dl>
      </header>
      <details>
        <summary>{t.lag.partitions(group.partitions.length)}</summary>
        <div className="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">{t.lag.partition}</th>
                <th scope="col">{t.lag.waiting}</th>
                <th scope="col">{t.lag.oldest}</th>
                <th scope="col">{t.lag.committed}</th>
                <th scope="col">{t.lag.end}</th>
                <th scope="col">{t.lag.report}</th>
              </tr>
            </thead>
            <tbody>
              {group.partitions.map((one) => (
                <tr key={one.partition}>
                  <th scope="row">{one.partition}</th>
                  <td>{one.lag}</td>
                  <td className={tone(one.ageMs)}>{one.ageMs === null ? '—' : duration(one.ageMs, language)}</td>
                  <td>{one.committed ?? '—'}</td>
                  <td>{one.high}</td>
                  <td>{one.behindMs === null ? '—' : duration(one.behindMs, language)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </article>
  );
};
