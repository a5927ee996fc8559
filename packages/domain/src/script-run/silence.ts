import { type Draft, emit, liveOf } from '../draft.ts';
import type { LiveDialog } from '../state.ts';

/**
 * Whether a `silence` rule may fire: the bot has the chat, all that it said is delivered, and the next word is the visitor's. While the script waits by
 * `wait: 30s` the next word is the bot's own. An open `ask` or `menu` does not stop it: reminding of the question is what it is for; the question's
 * own `up_to` and `expires` run on beside it, and the earlier of the two is first.
 */
export const mayRemind = ({ holder, trial, parked, effects, waiting, scriptState, silence, start }: LiveDialog): boolean =>
  holder.owner === 'bot' &&
  trial === null &&
  !parked &&
  start !== 'awaits_visitor' &&
  effects.length === 0 &&
  waiting.length === 0 &&
  silence !== null &&
  scriptState.cursor?.waitsFor !== 'time';

/**
 * Brings the deadline `silence` in line with the state, at the end of every decision: the next rule that did not fire yet, counted from the
 * delivery of the last thing said or from the visitor's last message, whichever is later.
 */
export const armSilence = (draft: Draft): void => {
  if (draft.state.status !== 'live' || draft.events.length === 0) return;
  const { silences } = draft.context.script;
  if (silences.length === 0) return;
  const state = liveOf(draft);
  const { silence } = state;
  const next = silence === null || !mayRemind(state) ? undefined : silences.find((one) => one.afterMs > silence.firedMs);
  const armed = state.deadlines.silence;
  if (next === undefined || silence === null) {
    if (armed !== undefined) emit(draft, { type: 'DeadlineCleared', data: { name: 'silence' } });
    return;
  }
  const at = silence.since + next.afterMs;
  if (armed?.at !== at) emit(draft, { type: 'DeadlineSet', data: { name: 'silence', at } });
};
