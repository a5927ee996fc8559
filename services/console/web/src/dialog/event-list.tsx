import { memo, useRef } from 'react';
import { useTexts } from '../texts/context.tsx';
import { clockTime, duration } from '../time.ts';
import type { Step } from './history.ts';
import { useScrollTo } from './scroll-to.ts';
import { category, wording } from './wording.ts';

/** A pause longer than this is said between two inputs. */
const pauseMs = 60_000;

type EventListProps = { readonly history: readonly Step[]; readonly chosen: number; readonly choose: (revision: number) => void };

export const EventList = ({ history, chosen, choose }: EventListProps) => {
  const { t } = useTexts();
  const list = useRef<HTMLOListElement>(null);
  useScrollTo(list, (pane) => pane.querySelector(`[data-revision="${chosen}"]`), chosen);
  return (
    <ol className="events" ref={list} aria-label={t.dialog.events}>
      {history.map((step, at) => (
        <EventRow
          key={step.event.revision}
          step={step}
          pause={pauseBefore(history[at - 1], step)}
          chosen={step.event.revision === chosen}
          choose={choose}
        />
      ))}
    </ol>
  );
};

const pauseBefore = (before: Step | undefined, step: Step): number => {
  const ms = (step.metadata?.at ?? 0) - (before?.metadata?.at ?? step.metadata?.at ?? 0);
  return ms > pauseMs ? ms : 0;
};

type EventRowProps = { readonly step: Step; readonly pause: number; readonly chosen: boolean; readonly choose: (revision: number) => void };

const EventRow = memo(({ step, pause, chosen, choose }: EventRowProps) => {
  const { t, language } = useTexts();
  const { event, metadata, opens } = step;
  return (
    <li className={opens ? 'opens' : ''}>
      {pause > 0 ? <div className="pause">{t.dialog.later(duration(pause, language))}</div> : null}
      <button
        type="button"
        className={`event ${category(event)}`}
        aria-current={chosen ? 'step' : undefined}
        tabIndex={chosen ? 0 : -1}
        data-testid="event-row"
        data-revision={event.revision}
        data-type={event.type}
        onClick={() => choose(event.revision)}
      >
        <span className="event-mark" aria-hidden="true" />
        <span className="event-words">
          <span className="event-text">{wording(event, t)}</span>
          <span className="event-type">
            {event.revision} · {event.type}
          </span>
        </span>
        {opens && metadata ? <time dateTime={new Date(metadata.at).toISOString()}>{clockTime(metadata.at, language)}</time> : null}
      </button>
    </li>
  );
});
