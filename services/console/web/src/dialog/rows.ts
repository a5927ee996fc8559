import type { DomainEvent } from '@dialog/contracts/domain-event';
import { textsOf } from '../../../src/read-model/texts.ts';
import type { Texts } from '../texts/texts.ts';
import type { Step } from './history.ts';
import { type Category, category, type Mark, marksOf, wording } from './wording.ts';

export const views = ['compact', 'all', 'json'] as const;
export type View = (typeof views)[number];

/** One line of the event list: an event, or (compact) all that one input led to, or a run of plain deliveries. */
export type Row = {
  /** The event that names it. */
  readonly step: Step;
  /** Where a step onto this row leads: the last of its events. */
  readonly revision: number;
  /** The first of its events. */
  readonly first: number;
  /** What else it stands for, in words worth reading; compact only. */
  readonly rest: readonly Step[];
  readonly marks: readonly Mark[];
  /** Plain deliveries in it; compact only. */
  readonly deliveries: number;
  /** ms since the row before, where that is a pause worth folding away; 0: none. */
  readonly pauseMs: number;
  /** What Shift with an arrow looks for. */
  readonly kind: string;
};

/** A pause longer than this is said between two rows. */
export const pauseMs = 60_000;

/** Rows of the whole history in a view. */
export const rowsOf = (history: readonly Step[], view: View): readonly Row[] =>
  withPauses(view === 'compact' ? compact(history) : history.map((step) => rowOf([step])));

/** Only rows that show one of these categories and these words. Both empty: all. */
export const narrowed = (rows: readonly Row[], only: ReadonlySet<Category>, words: string, t: Texts): readonly Row[] => {
  const wanted = words.trim().toLowerCase();
  if (only.size === 0 && wanted === '') return rows;
  return withPauses(
    rows.filter((row) => {
      const steps = [row.step, ...row.rest];
      const shown =
        only.size === 0 || (only.has('trouble') && row.marks.length > 0) || steps.some(({ event }) => only.has(category(event)));
      return shown && (wanted === '' || steps.some(({ event }) => heard(event, t).some((text) => text.toLowerCase().includes(wanted))));
    }),
  );
};

/** Where words are looked for in an event: how it is worded, its type, and all that was said or offered in it. */
const heard = (event: DomainEvent, t: Texts): readonly string[] => [wording(event, t), event.type, ...textsOf(event), ...offered(event)];

const offered = (event: DomainEvent): readonly string[] =>
  event.type === 'EffectOpened' && event.data.effect?.kind === 'keyboard' ? event.data.effect.buttons.flat().map(({ text }) => text) : [];

/** The row that shows this revision, or the last one before it. */
export const rowAt = (rows: readonly Row[], revision: number): number => {
  let low = 0;
  let high = rows.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((rows[middle]?.first ?? Number.POSITIVE_INFINITY) <= revision) low = middle;
    else high = middle - 1;
  }
  return low;
};

/** The row that one step leads to, as an index; undefined: there is none. What is chosen may lie between rows, where they are narrowed. */
export const stepFrom = (rows: readonly Row[], row: number, chosen: number, direction: 1 | -1): number | undefined => {
  const one = rows[row];
  if (one === undefined) return undefined;
  const stays = direction === 1 ? one.first > chosen : chosen > one.revision;
  const to = stays ? row : row + direction;
  return to < 0 || to >= rows.length ? undefined : to;
};

/** The next row of the same kind in a direction, as an index; undefined: there is none. */
export const nextOfKind = (rows: readonly Row[], from: number, direction: 1 | -1): number | undefined => {
  const kind = rows[from]?.kind;
  for (let at = from + direction; at >= 0 && at < rows.length; at += direction) if (rows[at]?.kind === kind) return at;
  return undefined;
};

const kindOf = (event: DomainEvent): string => (event.type === 'InputRecorded' ? `input ${event.data.input?.type}` : event.type);

const rowOf = (steps: readonly [Step, ...Step[]], deliveries = 0): Row => ({
  step: steps[0],
  revision: steps.at(-1)?.event.revision ?? steps[0].event.revision,
  first: steps[0].event.revision,
  rest: steps.slice(1).filter(({ event }) => worthReading(event)),
  marks: [...new Set(steps.flatMap(({ event }) => marksOf(event)))],
  deliveries,
  pauseMs: 0,
  kind: deliveries > 0 ? 'delivery' : kindOf(steps[0].event),
});

/** In a compact row: what a person asks for first. Bookkeeping stays behind `all`. */
const worthReading = (event: DomainEvent): boolean => {
  switch (event.type) {
    case 'InputRecorded':
    case 'DeadlineSet':
    case 'DeadlineCleared':
    case 'MessageQueued':
    case 'UnseenChatRecorded':
      return false;
    case 'EffectSettled':
      return event.data.outcome !== 'accepted' || event.data.crossed === true || event.data.by !== 'result';
    default:
      return true;
  }
};

const compact = (history: readonly Step[]): Row[] => {
  const appends: [Step, ...Step[]][] = [];
  for (const step of history) {
    const append = appends.at(-1);
    if (append === undefined || step.opens) appends.push([step]);
    else append.push(step);
  }
  const rows: Row[] = [];
  let run: [Step, ...Step[]] | undefined;
  let deliveries = 0;
  const endRun = (): void => {
    if (run !== undefined) rows.push(rowOf(run, deliveries));
    run = undefined;
    deliveries = 0;
  };
  for (const append of appends) {
    if (!isPlainDelivery(append)) {
      endRun();
      rows.push(rowOf(append));
      continue;
    }
    deliveries += 1;
    if (run === undefined) run = append;
    else run.push(...append);
  }
  endRun();
  return rows;
};

/** A result that says no more than that the visitor got it. */
const isPlainDelivery = ([opening, ...rest]: readonly Step[]): boolean =>
  opening?.event.type === 'InputRecorded' &&
  opening.event.data.input?.type === 'effect_result' &&
  rest.some(({ event }) => event.type === 'EffectSettled') &&
  rest.every(({ event }) => !worthReading(event));

const withPauses = (rows: readonly Row[]): readonly Row[] =>
  rows.map((row, at) => {
    const now = row.step.metadata?.at;
    const before = rows[at - 1]?.step.metadata?.at;
    const ms = now === undefined || before === undefined ? 0 : now - before;
    const pause = ms > pauseMs ? ms : 0;
    return pause === row.pauseMs ? row : { ...row, pauseMs: pause };
  });
