import type { InboxInputOf } from '@dialog/contracts/inbox';
import { armAutoClose } from '../deadlines.ts';
import { type Draft, emit, liveOf, recordInput } from '../draft.ts';
import { isGivenSince } from '../ownership/park.ts';
import { startTrial } from '../ownership/to-bot.ts';
import { runScript } from '../script-run/advance.ts';
import { owesStart } from '../script-run/begin.ts';
import { offerMessages } from '../script-run/messages.ts';
import { isKnown } from './known-messages.ts';
import { late } from './late.ts';
import { answerAgain } from './new-chat.ts';
import { refusalRepeatedBy, refusedWebhook, takeBackRefusal } from './refused-webhook.ts';
import { startDialog } from './start.ts';

/** `new_message`: the script advances; in people's hands it is evidence that the bot has the chat back (design §5.2). */
export const newMessage = (draft: Draft, input: InboxInputOf<'new_message'>): void => {
  const { state } = draft;
  const { message } = input;
  if (state.status !== 'live') {
    if (state.status === 'unseen' && state.closed) return late(draft);
    if (input.refused) return refusedWebhook(draft, input);
    recordInput(draft);
    startDialog(draft, { incomplete: true });
    runScript(draft, { kind: 'chat_start' });
    offerMessages(draft, liveOf(draft).arriving);
    return;
  }
  if (state.holder.owner === 'nobody' && state.holder.final) return late(draft);
  if (input.refused) return refusedWebhook(draft, input);

  const repeated = message.side === 'visitor' && isKnown(state, message, draft.at);
  const givenSince = isGivenSince(state, input);
  const refusal = givenSince ? undefined : refusalRepeatedBy(state, input);
  recordInput(draft);
  if (refusal !== undefined) {
    takeBackRefusal(draft, refusal);
    if (liveOf(draft).holder.owner === 'bot') return answerAgain(draft, state, refusal);
  }
  if (message.side !== 'visitor') return ignored(draft, 'not_a_visitor');
  if (repeated) {
    emit(draft, { type: 'InputRepeated', data: { of: message.hash, what: 'message' } });
    return;
  }
  switch (state.holder.owner) {
    case 'nobody':
      emit(draft, { type: 'DialogReopened', data: { cause: 'message' } });
      armAutoClose(draft);
      break;
    case 'queue':
    case 'operator':
      if (state.trial === null) {
        if (givenSince || draft.at - state.ownerSince <= draft.context.settings.handbackGraceMs) {
          return ignored(draft, 'within_handback_grace');
        }
        emit(draft, { type: 'MessageQueued', data: { hash: message.hash } });
        startTrial(draft, 'operator_redirect');
        return;
      }
      break;
    case 'bot':
      if (owesStart(state)) runScript(draft, { kind: 'chat_start' });
      break;
    default:
      state.holder satisfies never;
  }
  offerMessages(draft, [message]);
};

const ignored = (draft: Draft, reason: 'not_a_visitor' | 'within_handback_grace'): void => {
  emit(draft, { type: 'InputIgnored', data: { reason } });
};
