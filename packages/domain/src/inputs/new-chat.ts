import type { InboxInputOf } from '@dialog/contracts/inbox';
import type { Message } from '@dialog/contracts/message';
import type { DialogSettings } from '@dialog/contracts/settings';
import { armAutoClose } from '../deadlines.ts';
import { type Draft, emit, liveOf, recordInput } from '../draft.ts';
import { settleOpenRedirect } from '../ownership/handover.ts';
import { isGivenSince } from '../ownership/park.ts';
import { acceptTrial, cameBack } from '../ownership/to-bot.ts';
import { newChatRepeatMs } from '../repeats.ts';
import { armScript } from '../script-run/advance.ts';
import { askVisitor, beginScript, owesStart } from '../script-run/begin.ts';
import { offerMessages, takeWaiting } from '../script-run/messages.ts';
import type { LiveDialog, Refusal } from '../state.ts';
import { isKnown, seenByPeople, unseenOf } from './known-messages.ts';
import { late } from './late.ts';
import { refusalRepeatedBy, refusedWebhook, takeBackRefusal } from './refused-webhook.ts';
import { startDialog } from './start.ts';

/** `new_chat`: the dialog starts, its start is completed, or the chat came back to the bot (design §5.2). */
export const newChat = (draft: Draft, input: InboxInputOf<'new_chat'>): void => {
  const { state } = draft;
  if (state.status !== 'live') {
    if (state.status === 'unseen' && state.closed) return late(draft);
    if (input.refused) return refusedWebhook(draft, input);
    recordInput(draft);
    startDialog(draft, { incomplete: false });
    // People may have had it before the bot did.
    const left = withoutSeenByPeople(draft, input, unique(draft));
    beginScript(draft);
    offerMessages(draft, left);
    return;
  }
  if (state.holder.owner === 'nobody' && state.holder.final) return late(draft);
  if (input.refused) return refusedWebhook(draft, input);

  const unseen = unseenOf(state, input.messages, draft.at);
  const repeated = isRepeat(state, input, draft.at, draft.context.settings);
  const givenSince = isGivenSince(state, input);
  const refusal = givenSince ? undefined : refusalRepeatedBy(state, input);
  recordInput(draft);
  if (state.incomplete) {
    emit(draft, {
      type: 'DialogCompleted',
      data: input.visitor?.hash === undefined ? {} : { visitor: input.visitor.hash },
    });
    if (owesStart(state)) beginScript(draft);
    // It has greeted already: what comes counts from the next step on.
    else askVisitor(draft, { waits: false });
  }
  if (refusal !== undefined) {
    takeBackRefusal(draft, refusal);
    if (liveOf(draft).holder.owner === 'bot') return answerAgain(draft, state, refusal);
  } else if (repeated) {
    emit(draft, { type: 'InputRepeated', data: { of: input.bodyHash, what: 'new_chat' } });
    return;
  }
  if (state.holder.owner === 'nobody') {
    const left = withoutSeenByPeople(draft, input, unseen);
    emit(draft, { type: 'DialogReopened', data: { cause: 'new_chat' } });
    armAutoClose(draft);
    armScript(draft);
    offerMessages(draft, left);
    return;
  }
  if (state.trial !== null) {
    const left = withoutSeenByPeople(draft, input, unseen);
    acceptTrial(draft);
    offerMessages(draft, left);
    return;
  }
  // The first one, overtaken by a message and all that this led to, proves nothing; so soon after a handover neither.
  if (!state.incomplete) settleOpenRedirect(draft);
  const { holder, flag } = liveOf(draft);
  const soon = state.incomplete && holder.owner !== 'bot' && draft.at - state.ownerSince <= draft.context.settings.handbackGraceMs;
  if (soon || givenSince) {
    emit(draft, { type: 'InputIgnored', data: { reason: 'within_handback_grace' } });
    return;
  }
  if (holder.owner !== 'bot' || flag !== null) {
    const left = withoutSeenByPeople(draft, input, unseen);
    cameBack(draft);
    offerMessages(draft, left);
    takeWaiting(draft);
    return;
  }
  if (unseen.length === 0 && !state.incomplete) {
    emit(draft, { type: 'InputIgnored', data: { reason: 'nothing_unseen' } });
    return;
  }
  offerMessages(draft, state.incomplete ? withoutSeenByPeople(draft, input, unseen) : unseen);
};

/** The chat comes back with its whole talk: what an operator wrote after is answered. */
const withoutSeenByPeople = (draft: Draft, input: InboxInputOf<'new_chat'>, unseen: readonly Message[]): readonly Message[] => {
  const seen = seenByPeople(input.messages, draft.context.settings.botOperatorId);
  const hashes = unseen.map((message) => message.hash).filter((hash) => seen.has(hash));
  // Those that wait are others: the bot has taken them already.
  if (hashes.length > 0 && liveOf(draft).waiting.length === 0) emit(draft, { type: 'MessagesSeenByPeople', data: { hashes } });
  return unseen.filter((message) => !seen.has(message.hash));
};

/**
 * The same body within 5 minutes. Where people got the chat since, it is a repeat only within `handbackGrace` of that:
 * later, an operator gave the chat back and the body merely looks the same (no messages in it).
 */
const isRepeat = (state: LiveDialog, input: InboxInputOf<'new_chat'>, at: number, settings: DialogSettings): boolean => {
  const seen = state.newChats.some((chat) => chat.bodyHash === input.bodyHash && at - chat.at <= newChatRepeatMs);
  return seen && ((state.holder.owner === 'bot' && state.flag === null) || at - state.ownerSince <= settings.handbackGraceMs);
};

/** The visitor messages of the input that starts a dialog, each once. */
const unique = (draft: Draft): LiveDialog['arriving'] => [
  ...new Map(liveOf(draft).arriving.map((message) => [message.hash, message])).values(),
];

/** Answers what the refused webhook asked, unless that was done before it counted as refused; a dialog that it began is greeted first. */
export const answerAgain = (draft: Draft, before: LiveDialog, refusal: Refusal): void => {
  if (before.recentWebhooks.length === 0 && before.nextEffect === 1) beginScript(draft);
  else if (before.start === 'broken_off') beginScript(draft);
  else armScript(draft);
  takeWaiting(draft);
  const arrived = unique(draft);
  const { input } = draft;
  const unseen = new Set(
    input.type === 'new_chat' ? unseenOf(before, arrived, draft.at) : arrived.filter((message) => !isKnown(before, message, draft.at)),
  );
  const asked = (message: Message) => unseen.has(message) || (!refusal.answered && refusal.hashes.includes(message.hash));
  const left = arrived.filter(asked);
  offerMessages(draft, input.type === 'new_chat' ? withoutSeenByPeople(draft, input, left) : left);
};
