import { initialDialog } from '@dialog/domain/state';
import { useMemo } from 'react';
import { FlagBadge, OwnerBadge } from '../frame/badges.tsx';
import { useTexts } from '../texts/context.tsx';
import { type ChangedFact, changes, factsOf } from './facts.ts';
import type { Step } from './history.ts';
import { wording } from './wording.ts';

const groups = ['who', 'script', 'outgoing', 'time'] as const;

/** The state after the chosen event, what it changed marked. */
export const StatePane = ({ step, before }: { readonly step: Step; readonly before: Step | undefined }) => {
  const { t, language } = useTexts();
  const facts = useMemo(
    () => changes(factsOf(before?.state ?? initialDialog, t, language), factsOf(step.state, t, language)),
    [step, before, t, language],
  );
  const { event, metadata } = step;
  return (
    <div className="facts">
      <p className="chosen-event">{wording(event, t)}</p>
      <p className="badges">
        <OwnerBadge owner={metadata?.owner ?? null} testId="state-owner" />
        <FlagBadge flag={metadata?.flag ?? false} testId="state-flag" />
      </p>
      {event.type === 'ScriptAdvanced' ? <Why trace={event.data.trace} /> : null}
      {groups.map((group) => (
        <section key={group} aria-label={t.fact.groups[group]}>
          <h3>{t.fact.groups[group]}</h3>
          <dl>
            {facts
              .filter((fact) => fact.group === group)
              .map((fact) => (
                <FactLine key={fact.key} fact={fact} />
              ))}
          </dl>
        </section>
      ))}
      <details>
        <summary>{t.dialog.eventJson}</summary>
        <pre tabIndex={0}>{JSON.stringify(event, null, 2)}</pre>
      </details>
      <details>
        <summary>{t.dialog.stateJson}</summary>
        <pre tabIndex={0}>{JSON.stringify(step.state, null, 2)}</pre>
      </details>
    </div>
  );
};

const FactLine = ({ fact }: { readonly fact: ChangedFact }) => {
  const { t } = useTexts();
  return (
    <div className={`fact ${fact.change}`} data-fact={fact.key}>
      <dt>{fact.label}</dt>
      <dd>
        {fact.change === 'none' ? fact.text : <mark>{fact.text}</mark>}
        {fact.change === 'changed' || fact.change === 'gone' ? (
          <span className="was">
            {t.dialog.before} <s>{fact.before}</s>
          </span>
        ) : null}
      </dd>
    </div>
  );
};

type Trace = {
  readonly won: string | null;
  readonly lost: readonly { readonly trigger: string; readonly reason: string }[];
  readonly steps: readonly { readonly step: string; readonly line: number; readonly took?: string | undefined }[];
};

const Why = ({ trace }: { readonly trace: Trace | undefined }) => {
  const { t } = useTexts();
  if (trace === undefined) return null;
  return (
    <section aria-label={t.dialog.why}>
      <h3>{t.dialog.why}</h3>
      <p className="mono">{trace.won ?? '—'}</p>
      {trace.steps.length === 0 ? null : (
        <details>
          <summary>
            {t.dialog.steps} ({trace.steps.length})
          </summary>
          <ul className="mono">
            {trace.steps.map((one) => (
              <li key={`${one.step} ${one.line}`}>
                {one.line}: {one.step} {one.took ?? ''}
              </li>
            ))}
          </ul>
        </details>
      )}
      {trace.lost.length === 0 ? null : (
        <details>
          <summary>
            {t.dialog.lost} ({trace.lost.length})
          </summary>
          <ul className="mono">
            {trace.lost.map((one) => (
              <li key={one.trigger}>
                {one.trigger}: {one.reason}
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
};
