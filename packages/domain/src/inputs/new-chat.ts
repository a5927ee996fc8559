import type { InboxInputOf } from '@dialog/contracts/inbox';
import type { DialogSettings } from '@dialog/contracts/settings';
import { armAutoClose } from '../deadlines.ts';
import { type Draft, emit, liveOf, recordInput } from '../draft.ts';
import { settleByEvidence } from '../effects/settle.ts';
import { acceptTrial, cameBack } from '../ownership/to-bot.ts';
import { toPeople } from '../ownership/to-people.ts';
import { runScript } from '../script-run/advance.ts';
import { offerMessages, takeWaiting } from '../script-run/messages.ts';
import { inFlight, type LiveDialog } from '../state.ts';
import { unseenOf } from './known-messages.ts';
import { refusedWebhook, repeatsRefused, takeBackRefusal } from './refused-webhook.ts';
import { startDialog } from './start.ts';

/** `new_chat`: the dialog starts, its start is completed, or the chat came back to the bot (design §5.2). */
export const newChat = (draft: Draft, input: InboxInputOf<'new_chat'>): void => {
  const { state } = draft;
  if (state.status !== 'live') {
    if (state.status === 'unseen' && state.closed) return late(draft);
    if (input.refused) return refusedWebhook(draft, input);
    recordInput(draft);
    startDialog(draft, { incomplete: false });
    runScript(draft, { kind: 'chat_start' });
    offerMessages(draft, unique(draft));
    return;
  }
  if (state.holder.owner === 'nobody' && state.holder.final) return late(draft);
  if (input.refused) return refusedWebhook(draft, input);

  const unseen = unseenOf(state, input.messages, draft.at);
  const repeated = isRepeat(state, input, draft.at, draft.context.settings);
  const takesBack = repeatsRefused(draft, input);
  recordInput(draft);
  if (state.incomplete) {
    emit(draft, {
      type: 'DialogCompleted',
      data: input.visitor?.hash === undefined ? {} : { visitor: input.visitor.hash },
    });
  }
  if (takesBack) {
    if (takeBackRefusal(draft)) answerAgain(draft, state);
    return;
  }
  if (repeated) {
    emit(draft, { type: 'InputRepeated', data: { of: input.bodyHash, what: 'new_chat' } });
    return;
  }
  if (state.holder.owner === 'nobody') {
    emit(draft, { type: 'DialogReopened', data: { cause: 'new_chat' } });
    armAutoClose(draft);
    offerMessages(draft, unseen);
    return;
  }
  if (state.trial !== null) {
    acceptTrial(draft);
    offerMessages(draft, unseen);
    return;
  }
  settleOpenRedirect(draft);
  const { holder, flag } = liveOf(draft);
  if (holder.owner !== 'bot' || flag !== null) {
    cameBack(draft);
    offerMessages(draft, unseen);
    takeWaiting(draft);
    return;
  }
  if (unseen.length === 0 && !state.incomplete) {
    emit(draft, { type: 'InputIgnored', data: { reason: 'nothing_unseen' } });
    return;
  }
  offerMessages(draft, unseen);
};

/** A redirect that is on its way was accepted: only so can people, or a second `new_chat`, have the chat. */
export const settleOpenRedirect = (draft: Draft): void => {
  const state = liveOf(draft);
  const head = inFlight(state);
  if (state.holder.owner !== 'bot' || head?.effect.kind !== 'redirect' || head.epoch !== state.epoch) return;
  settleByEvidence(draft, head);
  toPeople(draft, {
    owner: 'queue',
    cause: 'handover',
    flagCause: 'handover',
    noOperatorAfterMs: head.noOperatorAfterMs,
  });
};

const late = (draft: Draft): void => {
  recordInput(draft);
  emit(draft, { type: 'InputLate', data: { reason: 'after_close' } });
};

const newChatRepeatMs = 300_000;

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

/** Answers what the refused webhook asked; a dialog that it began is greeted first. */
export const answerAgain = (draft: Draft, before: LiveDialog): void => {
  if (before.recentWebhooks.length === 0 && before.nextEffect === 1) runScript(draft, { kind: 'chat_start' });
  offerMessages(draft, unique(draft));
};
