import type { InboxInputOf } from '@dialog/contracts/inbox';
import { type Draft, emit, recordInput } from '../draft.ts';
import { goOn } from '../script-run/messages.ts';

/** An operator's command: in this dialog the bot stops, or may run again. What follows of a stop, `decide` does after any input. */
export const switchBot = (draft: Draft, input: InboxInputOf<'stop_bot'> | InboxInputOf<'start_bot'>): void => {
  const { state } = draft;
  recordInput(draft);
  if (state.status !== 'live') {
    emit(draft, { type: 'InputIgnored', data: { reason: 'not_started' } });
    return;
  }
  const stops = input.type === 'stop_bot';
  if (stops === (state.botStopped === true)) {
    emit(draft, { type: 'InputIgnored', data: { reason: 'as_it_was' } });
    return;
  }
  emit(draft, { type: stops ? 'BotStopped' : 'BotStarted', data: { by: input.by } });
  if (!stops) goOn(draft);
};
