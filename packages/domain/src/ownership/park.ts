import type { InboxInput } from '@dialog/contracts/inbox';
import { type DecideContext, type DecidedEvent, emit, openDraft } from '../draft.ts';
import { openEffect } from '../effects/open.ts';
import { drop } from '../effects/settle.ts';
import type { DialogState } from '../state.ts';

/**
 * The events of a dialog that stops at a record which can't be applied. Where the bot has the chat, people get it: its own redirect is
 * opened in the same append, and is the one effect that goes out while the dialog is parked.
 */
export const parkDialog = (
  state: DialogState,
  marker: { readonly input: InboxInput; readonly reason: string; readonly place: string },
  context: DecideContext,
): readonly DecidedEvent[] => {
  const draft = openDraft(state, marker.input, context);
  emit(draft, { type: 'DialogParked', data: { reason: marker.reason, inputId: marker.place } });
  if (draft.state.status === 'live' && draft.state.holder.owner === 'bot') {
    drop(draft);
    const { department } = context.settings;
    openEffect(draft, { kind: 'redirect', ...(department === null ? {} : { department }) }, 'parked');
  }
  return draft.events;
};

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
