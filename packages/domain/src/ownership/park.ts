import type { InboxInput, InboxInputOf } from '@dialog/contracts/inbox';
import { type DecideContext, type DecidedEvent, type Draft, emit, openDraft } from '../draft.ts';
import { openEffect } from '../effects/open.ts';
import { drop } from '../effects/settle.ts';
import { startDialog } from '../inputs/start.ts';
import { type DialogState, type LiveDialog, parkedHead } from '../state.ts';
import { endTrial, seenByPeople } from './to-people.ts';

/**
 * The events of a dialog that stops at a record which can't be applied. Where the bot has the chat, people get it: its own redirect is
 * opened in the same append, and is the one effect that goes out while the dialog is parked. `begins`: by this record, or for all that can be read
 * of it, Webim gives the bot a chat that it did not have; so it has it: where it is the dialog's first the script has not begun, where people had the
 * chat they get it again. At worst Webim refuses that. Called once more for a parked dialog that gets its chat back.
 */
export const parkDialog = (
  state: DialogState,
  marker: { readonly input: InboxInput; readonly reason: string; readonly place: string; readonly begins: boolean },
  context: DecideContext,
): readonly DecidedEvent[] => {
  const draft = openDraft(state, marker.input, context);
  const known = state.status === 'live' ? {} : { chatIdForm: marker.input.chatIdForm, at: draft.at };
  emit(draft, { type: 'DialogParked', data: { reason: marker.reason, inputId: marker.place, ...known, ...onItsWay(draft) } });
  if (marker.begins && draft.state.status === 'unseen' && !draft.state.closed) startDialog(draft, { incomplete: true });
  giveToPeople(draft, marker.begins);
  return draft.events;
};

/** Stops the dialog; `at`: the record or the input at which it stops. What the bot had to say is dropped, people get the chat. */
export const park = (draft: Draft, reason: string, at: string): void => {
  emit(draft, { type: 'DialogParked', data: { reason, inputId: at, ...onItsWay(draft) } });
  giveToPeople(draft);
};

/** Told in its place among the parked records, its result must find it open: settled here as not sent, a held text would be said twice. */
const onItsWay = ({ state, flying }: Draft): { onItsWay?: number } => {
  const open =
    state.status === 'live' ? state.effects.find(({ number, purpose }) => flying.includes(number) && purpose !== 'parked') : undefined;
  return open === undefined ? {} : { onItsWay: open.number };
};

/** Drained behind the dialog's own redirect, which this webhook had led to: people have the chat since. */
export const isGivenSince = (state: LiveDialog, { receivedAt }: Pick<InboxInput, 'receivedAt'>): boolean =>
  state.parked &&
  (state.holder.owner === 'queue' || state.holder.owner === 'operator') &&
  state.trial === null &&
  parkedHead(state) === undefined &&
  receivedAt <= state.ownerSince;

/** Whether Webim gives the bot a chat that nobody but its parked dialog's own redirect can give back to people (design §6.2). */
export const mayGiveAgain = (state: LiveDialog): boolean => !isOver(state) && parkedHead(state) === undefined;

export const isOver = ({ holder }: LiveDialog): boolean => holder.owner === 'nobody' && holder.final;

const giveToPeople = (draft: Draft, begins = false): void => {
  const { state } = draft;
  if (state.status !== 'live' || (state.holder.owner !== 'bot' && (!begins || isOver(state)))) return;
  if (state.trial !== null) {
    endTrial(draft, 'overtaken');
    seenByPeople(draft);
  }
  drop(draft);
  const { department } = draft.context.settings;
  openEffect(draft, { kind: 'redirect', ...(department === null ? {} : { department }) }, 'parked');
};

const leftOutCode = 'left_out';

/** What counts in place of a parked result that an operator left out: nobody knows what came of it. */
export const leftOutResult = ({
  reason: _r,
  status: _s,
  desc: _d,
  notBefore: _n,
  chat: _c,
  http: _h,
  ...result
}: InboxInputOf<'effect_result'>): InboxInputOf<'effect_result'> => ({ ...result, outcome: 'in_doubt', code: leftOutCode });

/** Such a one is not said again, as one in doubt may be: most likely it was sent long ago. */
export const isLeftOut = ({ code }: InboxInputOf<'effect_result'>): boolean => code === leftOutCode;

/** The event of a parked record that an operator left out, or replaced: it counts as taken. */
export const skipRecord = (
  state: DialogState,
  skipped: { readonly command: InboxInput; readonly inputId: string; readonly place: string; readonly by: string },
  context: DecideContext,
): readonly DecidedEvent[] => {
  const draft = openDraft(state, skipped.command, context);
  emit(draft, { type: 'RecordSkipped', data: { inputId: skipped.inputId, place: skipped.place, by: skipped.by } });
  return draft.events;
};
