import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useCallback, useEffect, useRef } from 'react';
import { useTexts } from '../texts/context.tsx';
import type { TimeMode } from '../texts/replay.ts';
import { clockTime, delayText, duration } from '../time.ts';
import { delaysOf, type Sent } from './delays.ts';
import { intoSight } from './into-sight.ts';
import { masked, type Personal } from './pins.ts';
import type { Row, View } from './rows.ts';
import { category, wording } from './wording.ts';

type EventListProps = {
  readonly rows: readonly Row[];
  readonly row: number;
  readonly chosen: number;
  readonly view: View;
  readonly time: TimeMode;
  /** Of the dialog, ms. */
  readonly startAt: number;
  readonly sends: ReadonlyMap<string, Sent>;
  /** By revision: where the chosen event comes from, and what came of it. */
  readonly related: ReadonlyMap<number, 'cause' | 'consequence'>;
  readonly personal: Personal;
  readonly choose: (revision: number) => void;
  readonly showAll: () => void;
};

const rowHeight = { compact: 62, all: 47, json: 260 } as const;

/** Only the rows in sight stand in the document: a list of ten thousand is as quick as one of ten. */
export const EventList = ({ rows, row, chosen, view, time, startAt, sends, related, personal, choose, showAll }: EventListProps) => {
  const { t } = useTexts();
  const box = useRef<HTMLDivElement>(null);
  // The same function while the rows are the same: with another one the list measures all of them again.
  const keyOf = useCallback((index: number) => rows[index]?.first ?? index, [rows]);
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight[view],
    overscan: view === 'json' ? 1 : 5,
    getItemKey: keyOf,
    paddingStart: 8,
    paddingEnd: 8,
    initialRect: { width: 400, height: 600 },
  });
  useEffect(() => {
    if (rows.length > 0) intoSight(list, row, 'center');
  }, [list, row, rows.length]);
  const shown = list.getVirtualItems();
  const lies = chosen >= (rows[row]?.first ?? Number.POSITIVE_INFINITY) && chosen <= (rows[row]?.revision ?? -1);
  if (rows.length === 0) {
    return (
      <div className="state nothing">
        <strong>{t.replay.nothing}</strong>
        <button type="button" onClick={showAll}>
          {t.replay.clear}
        </button>
      </div>
    );
  }
  return (
    <div
      className="events"
      ref={box}
      role="listbox"
      tabIndex={0}
      aria-label={t.dialog.events}
      aria-activedescendant={lies && shown.some((item) => item.index === row) ? `event-${row}` : undefined}
    >
      <div role="presentation" style={{ height: list.getTotalSize() }}>
        <div role="presentation" style={{ transform: `translateY(${shown[0]?.start ?? 0}px)` }}>
          {shown.map((item) => {
            const one = rows[item.index];
            return one === undefined ? null : (
              <div key={item.key} role="presentation" data-index={item.index} ref={list.measureElement}>
                <EventRow
                  row={one}
                  index={item.index}
                  count={rows.length}
                  before={rows[item.index - 1]?.step.metadata?.at ?? startAt}
                  startAt={startAt}
                  view={view}
                  time={time}
                  sends={sends}
                  chosen={chosen >= one.first && chosen <= one.revision}
                  related={relatedTo(one, related)}
                  personal={personal}
                  choose={choose}
                />
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
};

const relatedTo = (row: Row, related: ReadonlyMap<number, 'cause' | 'consequence'>): 'cause' | 'consequence' | undefined => {
  for (let revision = row.first; revision <= row.revision; revision++) {
    const how = related.get(revision);
    if (how !== undefined) return how;
  }
  return undefined;
};

type EventRowProps = {
  readonly row: Row;
  readonly index: number;
  readonly count: number;
  readonly before: number;
  readonly startAt: number;
  readonly view: View;
  readonly time: TimeMode;
  readonly sends: ReadonlyMap<string, Sent>;
  readonly chosen: boolean;
  readonly related: 'cause' | 'consequence' | undefined;
  readonly personal: Personal;
  readonly choose: (revision: number) => void;
};

const EventRow = memo((props: EventRowProps) => {
  const { t, language } = useTexts();
  const { row, index, count, view, time, chosen, related, choose } = props;
  const { event, metadata, opens } = row.step;
  const delay = delaysOf(row.step, props.sends).reduce((sum, { ms }) => sum + ms, 0);
  return (
    <>
      {row.pauseMs > 0 ? (
        <div className="pause" aria-hidden="true">
          {t.dialog.later(duration(row.pauseMs, language))}
        </div>
      ) : null}
      {/* biome-ignore lint/a11y/useFocusableInteractive: the list has the focus and names its option by aria-activedescendant; a row out of sight is not there to be focused */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the page's own, see replay.tsx */}
      <div
        role="option"
        id={`event-${index}`}
        aria-selected={chosen}
        aria-posinset={index + 1}
        aria-setsize={count}
        className={`event ${category(event)} ${opens ? 'opens' : ''} ${row.marks.length > 0 ? 'troubled' : ''} ${related ?? ''}`}
        data-testid="event-row"
        data-revision={row.revision}
        data-type={event.type}
        onClick={() => choose(row.revision)}
      >
        <span className="event-mark" aria-hidden="true" />
        <span className="event-words">
          <span className="event-text">{row.deliveries > 0 ? t.replay.deliveries(row.deliveries) : wording(event, t)}</span>
          {view === 'compact'
            ? row.rest.map((step) => (
                <span key={step.event.revision} className={`event-rest ${category(step.event)}`}>
                  {wording(step.event, t)}
                </span>
              ))
            : null}
          {view === 'json' ? <pre>{JSON.stringify(masked(event.data, props.personal, t.replay.masked), null, 1)}</pre> : null}
          <span className="event-type">
            {row.first === row.revision ? row.revision : `${row.first}–${row.revision}`} · {event.type}
            {delay > 0 ? ` · ${delayText(delay, language)}` : ''}
          </span>
          {row.marks.length === 0 ? null : (
            <span className="event-marks">
              {row.marks.map((mark) => (
                <span key={mark} className="badge bad" data-mark={mark}>
                  {t.replay.mark[mark]}
                </span>
              ))}
            </span>
          )}
        </span>
        {(opens || view === 'compact') && metadata ? (
          <time dateTime={new Date(metadata.at).toISOString()}>
            {time === 'clock'
              ? clockTime(metadata.at, language)
              : `+${duration(metadata.at - (time === 'start' ? props.startAt : props.before), language)}`}
          </time>
        ) : null}
      </div>
    </>
  );
});
