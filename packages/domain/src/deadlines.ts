import type { DeadlineName } from '@dialog/contracts/domain-event';
import type { DialogSettings } from '@dialog/contracts/settings';
import { type Draft, emit, liveOf } from './draft.ts';
import { type Deadline, type DialogState, parkedHead } from './state.ts';

/** After the doors opened, what a visitor could have met is not due for so long, ms (design §5.7). */
const doorsGraceMs = 60_000;

/** What of the settings says when a deadline is due. */
type DueSettings = Pick<DialogSettings, 'closeAuthority'>;

/** A visitor could have met it by writing: not due while the doors were closed. */
const metByVisitor = (name: DeadlineName, settings: DueSettings): boolean =>
  name === 'script' || name === 'silence' || (name === 'auto_close' && settings.closeAuthority === 'engine');

/** @returns when a deadline is due by the log's time; undefined: not while the doors are closed. */
export const dueTime = (
  name: DeadlineName,
  deadline: Deadline,
  settings: DueSettings,
  doorsOpenSince: number | null,
): number | undefined => {
  if (!metByVisitor(name, settings)) return deadline.at;
  if (doorsOpenSince === null) return undefined;
  return deadline.setAt < doorsOpenSince ? Math.max(deadline.at, doorsOpenSince + doorsGraceMs) : deadline.at;
};

/** The deadlines of a state, earliest first. */
export const deadlinesOf = (state: DialogState): readonly (readonly [DeadlineName, Deadline])[] =>
  state.status !== 'live' ? [] : (Object.entries(state.deadlines) as [DeadlineName, Deadline][]).sort((a, b) => a[1].at - b[1].at);

/** The earliest deadline, ms of log's time, whether the doors are open or not: what the hint says; undefined: none. */
export const earliestDeadline = (state: DialogState): number | undefined => deadlinesOf(state)[0]?.[1].at;

/** When the owner should look again, given the doors; undefined: when the doors open, or never. */
export const nextWake = (state: DialogState, settings: DueSettings, doorsOpenSince: number | null): number | undefined => {
  let earliest: number | undefined;
  for (const [name, deadline] of deadlinesOf(state)) {
    const due = dueTime(name, deadline, settings, doorsOpenSince);
    if (due !== undefined && (earliest === undefined || due < earliest)) earliest = due;
  }
  return earliest;
};

/** The next attempt of the head has its deadline also where it came to the head after what a park found on its way, whose end took the deadline. */
export const armRetry = (draft: Draft): void => {
  const { state } = draft;
  if (draft.events.length === 0 || state.status !== 'live' || state.deadlines.retry !== undefined) return;
  const head = state.parked ? parkedHead(state) : state.effects[0];
  if (head !== undefined && head.notBefore !== null) emit(draft, { type: 'DeadlineSet', data: { name: 'retry', at: head.notBefore } });
};

/** Keeps the auto-close deadline armed while the dialog lives. It moves later lazily: at its time the state looks at the last activity. */
export const armAutoClose = (draft: Draft): void => {
  const state = liveOf(draft);
  if (state.holder.owner === 'nobody' || state.closeOverdueAt !== null) return;
  if (state.deadlines.auto_close === undefined) {
    emit(draft, { type: 'DeadlineSet', data: { name: 'auto_close', at: autoCloseAt(draft) } });
  }
};

/** Last known activity + `autoCloseAfter` + Webim's grid. */
export const autoCloseAt = (draft: Draft): number =>
  liveOf(draft).lastActivityAt + draft.context.settings.autoCloseAfterMs + draft.context.settings.webimTimerGridMs;
