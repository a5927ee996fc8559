import type { HeldText, InboxInputOf } from '@dialog/contracts/inbox';
import type { Value } from '@dialog/script/types';
import { type Draft, emit, recordInput } from '../draft.ts';
import { openHeldText } from '../effects/open.ts';
import { closeDialog } from '../ownership/close.ts';
import { startScript } from '../script-run/begin.ts';
import { receiveVariables } from '../script-run/visitor-variables.ts';

/** What the visitor's other chats left: first what they held, then the greeting that waited for it (design §5.6). */
export const visitorAnswered = (draft: Draft, input: InboxInputOf<'visitor_answered'>): void => {
  const waited = draft.state.status === 'live' && draft.state.start === 'awaits_visitor' && draft.state.holder.owner === 'bot';
  recordInput(draft);
  if (draft.state.status === 'live') receiveVariables(draft, input as { values: Record<string, Value>; knownChange: number });
  sayOrGiveBack(draft, input.texts);
  if (waited) startScript(draft);
};

export const textsOffered = (draft: Draft, input: InboxInputOf<'texts_offered'>): void => {
  recordInput(draft);
  sayOrGiveBack(draft, input.texts);
};

export const visitorVariables = (draft: Draft, input: InboxInputOf<'visitor_variables'>): void => {
  recordInput(draft);
  if (draft.state.status === 'live') receiveVariables(draft, input as { values: Record<string, Value>; knownChange: number });
};

/** Where the bot can't speak the text is given back at once: the visitor has another chat for it, or his next one. */
const sayOrGiveBack = (draft: Draft, texts: readonly HeldText[]): void => {
  for (const text of texts) {
    const { state } = draft;
    const speaks = state.status === 'live' && state.holder.owner === 'bot' && state.trial === null;
    if (speaks && openHeldText(draft, text)) continue;
    const closed = state.status !== 'live' || state.holder.owner === 'nobody';
    emit(draft, { type: 'HeldTextGivenBack', data: { textId: text.id, reason: closed ? 'closed' : 'not_bots_chat' } });
  }
};

/**
 * The visitor's next chat: where this one's close is overdue he has left it, so it closes by inference (design §5.5). Not where somebody was
 * heard in it since.
 */
export const nextChatStarted = (draft: Draft): void => {
  recordInput(draft);
  const { state } = draft;
  if (state.status !== 'live') return;
  const overdue = state.closeOverdueAt !== null && state.lastActivityAt <= state.closeOverdueAt;
  if (state.holder.owner === 'nobody' || !overdue) {
    emit(draft, { type: 'InputIgnored', data: { reason: 'not_overdue' } });
    return;
  }
  closeDialog(draft, { cause: 'abandoned', final: false, returnCause: 'abandoned' });
};
