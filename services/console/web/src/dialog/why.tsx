import type { DomainEventOf } from '@dialog/contracts/domain-event';
import { useTexts } from '../texts/context.tsx';
import { isPersonal, type Personal } from './pins.ts';

type Advanced = DomainEventOf<'ScriptAdvanced'>['data'];

/** Why the script said what it said: what won, what lost and the reason, the steps with the branch taken, the values that they read. */
export const Why = ({ data, personal }: { readonly data: Advanced; readonly personal: Personal }) => {
  const { t } = useTexts();
  const { trace, read } = data;
  if (trace === undefined) return null;
  const values = Object.entries(read ?? {});
  // Going on after a delivery's result: nothing was asked of the triggers.
  if (trace.won === null && trace.lost.length === 0 && trace.steps.length === 0 && values.length === 0) return null;
  return (
    <section aria-label={t.dialog.why} className="why">
      <h3>{t.dialog.why}</h3>
      <p>
        <span className="faint">{t.replay.won}: </span>
        <span className="mono" data-testid="won">
          {trace.won ?? '—'}
        </span>
      </p>
      {values.length === 0 ? null : (
        <dl aria-label={t.replay.read} data-testid="read">
          {values.map(([path, value]) => (
            <div key={path} className="fact">
              <dt className="mono">{path}</dt>
              <dd className="mono">{isPersonal(path.split('.')[0] ?? path, personal) ? t.replay.masked : JSON.stringify(value)}</dd>
            </div>
          ))}
        </dl>
      )}
      {trace.steps.length === 0 ? null : (
        <details open={trace.steps.length <= 6}>
          <summary>
            {t.dialog.steps} ({trace.steps.length})
          </summary>
          <ol className="mono">
            {trace.steps.map((one) => (
              <li key={`${one.step} ${trace.steps.indexOf(one)}`}>
                {one.step} <span className="faint">{t.replay.line(one.line)}</span> {one.took === undefined ? '' : t.replay.took(one.took)}
              </li>
            ))}
          </ol>
        </details>
      )}
      {trace.lost.length === 0 ? null : (
        <details open={trace.lost.length <= 4}>
          <summary>
            {t.dialog.lost} ({trace.lost.length + (trace.lostMore ?? 0)})
          </summary>
          <ul className="mono" data-testid="lost">
            {trace.lost.map((one) => (
              <li key={one.trigger}>
                {one.trigger}: <span className="faint">{one.reason}</span>
              </li>
            ))}
            {trace.lostMore === undefined ? null : <li className="faint">{t.dialog.lostMore(trace.lostMore)}</li>}
          </ul>
        </details>
      )}
    </section>
  );
};
