import type { InboxInputOf } from '@dialog/contracts/inbox';
import { type Draft, emit, liveOf, recordInput } from '../draft.ts';
import { closeDialog } from '../ownership/close.ts';
import { settleOpenRedirect } from '../ownership/handover.ts';
import { acceptTrial, cameBack } from '../ownership/to-bot.ts';
import { toPeople } from '../ownership/to-people.ts';
import { takeWaiting } from '../script-run/messages.ts';
import type { LiveDialog } from '../state.ts';
import { late } from './late.ts';

/** Of a chat that the bot never had: recorded, no owner, flag or deadline. @returns true where that was all. */
const recordedUnseen = (draft: Draft, kind: string, closed: boolean): boolean => {
  if (draft.state.status === 'live') return false;
  recordInput(draft);
  emit(draft, { type: 'UnseenChatRecorded', data: { kind, closed } });
  return true;
};

export const chatStarted = (draft: Draft): void => {
  if (recordedUnseen(draft, 'chat_started', false)) return;
  recordInput(draft);
};

/** `chat_assigned`: people have the chat, or the bot's own operator got it (design §5.2). */
export const chatAssigned = (draft: Draft, input: InboxInputOf<'chat_assigned'>): void => {
  const before = draft.state;
  if (before.status !== 'live') {
    recordedUnseen(draft, 'chat_assigned', false);
    return;
  }
  if (before.holder.owner === 'nobody') return late(draft);
  recordInput(draft);
  const { botOperatorId } = draft.context.settings;
  if (botOperatorId === null || input.operatorId === undefined) return assignedWithoutKnownBot(draft, input, before);
  if (input.operatorId === botOperatorId) return assignedToBot(draft, input, before);
  assignedToOperator(draft, input, before);
};

const assignedToBot = (draft: Draft, input: InboxInputOf<'chat_assigned'>, before: LiveDialog): void => {
  if (before.trial !== null) return acceptTrial(draft);
  if (before.holder.owner === 'bot' && before.flag === null) return ignored(draft, 'bot_has_it');
  if (input.at === undefined || before.webimAt === null || input.at <= before.webimAt) return ignored(draft, 'not_newer');
  cameBack(draft);
  takeWaiting(draft);
};

const assignedToOperator = (draft: Draft, input: InboxInputOf<'chat_assigned'>, before: LiveDialog): void => {
  if (before.holder.owner === 'bot') {
    // With a redirect at Webim it is what that led to, however soon; not where it was received before that.
    if (isOvertaken(draft, input, before) || (!settleOpenRedirect(draft) && isLate(draft, input, before))) {
      emit(draft, { type: 'InputLate', data: { reason: 'before_handback' } });
      return;
    }
  }
  const { holder } = before;
  if (holder.owner === 'operator' && holder.operatorId === input.operatorId && before.trial === null) {
    emit(draft, { type: 'InputRepeated', data: { of: input.operatorId ?? '', what: 'assignment' } });
    return;
  }
  toPeople(draft, {
    owner: 'operator',
    cause: 'operator_assigned',
    flagCause: 'operator_assigned',
    ...(input.operatorId === undefined ? {} : { operatorId: input.operatorId }),
  });
};

/**
 * Handlers are up to 5 s late and unordered: one that arrives within `handlerDelay` after the owner became `bot`, and shows
 * no later time of its own, speaks of the time before.
 */
const isLate = (draft: Draft, input: InboxInputOf<'chat_assigned'>, before: LiveDialog): boolean => {
  if (draft.at - before.ownerSince > draft.context.settings.handlerDelayMs) return false;
  const later = input.at !== undefined && input.at > (before.webimAtOwner ?? before.ownerSince);
  return !later;
};

/**
 * It waited in ingress's spool while the log was away, and Webim has given proof since that the bot has the chat: got back, or a webhook of the
 * bot route (design §6.1). One that waited no longer than a handler may be late anyway could be newer than what overtook it: it counts.
 */
const isOvertaken = (draft: Draft, input: InboxInputOf<'chat_assigned'>, before: LiveDialog): boolean => {
  if (draft.at - input.receivedAt <= draft.context.settings.handlerDelayMs) return false;
  return input.receivedAt < Math.max(before.ownerSince, before.recentWebhooks.at(-1)?.at ?? 0);
};

/** No bot operator configured: counts only where people have the chat; else its operator is likely the bot's own. */
const assignedWithoutKnownBot = (draft: Draft, input: InboxInputOf<'chat_assigned'>, before: LiveDialog): void => {
  if (before.holder.owner === 'bot') {
    if (input.operatorId !== undefined) emit(draft, { type: 'LikelyBotOperator', data: { operatorId: input.operatorId } });
    return ignored(draft, 'bot_operator_unknown');
  }
  assignedToOperator(draft, input, before);
};

const ignored = (draft: Draft, reason: 'bot_has_it' | 'not_newer' | 'bot_operator_unknown'): void => {
  emit(draft, { type: 'InputIgnored', data: { reason } });
};

/** What Webim's Stored Data shows of a chat, read afterwards: it stands in the history and moves nothing. */
export const chatImported = (draft: Draft, input: InboxInputOf<'chat_imported'>): void => {
  if (recordedUnseen(draft, 'chat_imported', input.closed === true)) return;
  recordInput(draft);
};

/** `chat_closed`: the final close. The flag is reset, then the Return script runs. */
export const chatClosed = (draft: Draft, input: InboxInputOf<'chat_closed'>): void => {
  if (recordedUnseen(draft, 'chat_closed', true)) return;
  const before = liveOf(draft);
  if (before.holder.owner === 'nobody' && before.holder.final) return late(draft);
  recordInput(draft);
  closeDialog(draft, {
    cause: 'webim',
    final: true,
    returnCause: input.closedBy === 'inactivity_timer' ? 'auto_close_timeout' : 'final_close',
  });
};
