import { isDelayedByUs, isIdempotent } from '@dialog/contracts/attempts';
import type { Effect } from '@dialog/contracts/effects';
import type { InboxInputOf } from '@dialog/contracts/inbox';
import type { HttpError } from '@dialog/script/types';
import { armAutoClose } from '../deadlines.ts';
import { type Draft, emit, liveOf, recordInput } from '../draft.ts';
import { numbered, openEffect } from '../effects/open.ts';
import { drop, settle } from '../effects/settle.ts';
import { closeDialog, returnAfterRedirect } from '../ownership/close.ts';
import { handedOver } from '../ownership/handover.ts';
import { isLeftOut, isOver, park } from '../ownership/park.ts';
import { acceptTrial } from '../ownership/to-bot.ts';
import { endTrial, toPeople } from '../ownership/to-people.ts';
import { resetCursor, runScript } from '../script-run/advance.ts';
import { goOn, takeWaiting } from '../script-run/messages.ts';
import type { OpenEffect } from '../state.ts';

type Result = InboxInputOf<'effect_result'>;

/** The result of one attempt: it always settles its effect or opens the next attempt; owner and script move only in its epoch. */
export const effectResult = (draft: Draft, result: Result): void => {
  recordInput(draft);
  if (draft.state.status !== 'live') return;
  const open = draft.state.effects.find((effect) => effect.number === result.number && effect.attempt === result.attempt);
  if (open === undefined) {
    emit(draft, { type: 'InputLate', data: { reason: 'settled' } });
    return;
  }
  if (open.epoch !== draft.state.epoch) return outdated(draft, open, result);
  switch (open.effect.kind) {
    case 'query_chat':
      return storedDataAnswered(draft, open, result);
    case 'http':
      return httpAnswered(draft, open, result);
    case 'redirect':
      return redirectAnswered(draft, open, result);
    case 'close':
      return closeAnswered(draft, open, result);
    case 'text':
    case 'keyboard':
    case 'file':
      return replyAnswered(draft, open, result);
    default:
      open.effect satisfies never;
  }
};

/** Opened under another owner: it settles, and moves nothing but what a redirect that Webim accepted shows: people have the chat, or had it when it closed. */
const outdated = (draft: Draft, open: OpenEffect, result: Result): void => {
  settle(draft, open, result);
  const state = liveOf(draft);
  const givesToPeople = open.effect.kind === 'redirect' && open.purpose !== 'ask_back' && mayBeAccepted(open, result);
  if (state.holder.owner === 'bot') {
    // No Return since: nothing but a refusal taken back, or a reopening, gave the bot the chat meanwhile.
    if (givesToPeople && result.outcome === 'accepted' && state.returnedEpisode <= open.epoch) return handedOver(draft, open);
    // What the bot's chat waited for, though it moves nothing itself: else whoever writes now is never heard.
    return goOn(draft);
  }
  if (givesToPeople && state.epoch === open.epoch + 1) returnAfterRedirect(draft);
};

/** Webim accepted this attempt of a redirect, or may have accepted one before it that this one does not disprove. */
const mayBeAccepted = (open: OpenEffect, { outcome, reason }: Result): boolean =>
  outcome === 'accepted' ||
  outcome === 'in_doubt' ||
  (open.doubts > 0 && (outcome === 'suppressed' || (outcome === 'refused' && reason === 'not_bots_chat')));

/** Redirect and close are retried until Webim answers, so ever later: 1 s, doubled with each failure, at most this, ms. */
const maxBackOffMs = 60_000;

/** Of a parked dialog's redirect that Webim refuses, as by night, each attempt of which stands in the history, ms. */
const maxPauseOfParkedMs = 300_000;

/** @returns log's time, ms; undefined: at once, as for a reply, which expires and is sent twice at most. */
const nextAttemptAt = (draft: Draft, open: OpenEffect, result: Result): number | undefined => {
  if (isAskedAgain(draft, open, result)) return draft.at + Math.min(maxPauseOfParkedMs, 1_000 * 2 ** Math.min(open.failures, 9));
  if (result.outcome === 'deferred') return Math.max(result.notBefore ?? 0, draft.at);
  if (result.outcome !== 'in_doubt' || (open.effect.kind !== 'redirect' && open.effect.kind !== 'close')) return undefined;
  return draft.at + Math.min(maxBackOffMs, 1_000 * 2 ** Math.min(open.failures, 6));
};

const retryLater = (draft: Draft, open: OpenEffect, result: Result, effect?: Effect): void => {
  const why = result.outcome === 'in_doubt' ? 'in_doubt' : result.outcome === 'refused' ? 'refused' : 'deferred';
  const notBefore = effect === undefined ? nextAttemptAt(draft, open, result) : undefined;
  emit(draft, {
    type: 'EffectRetried',
    data: {
      number: open.number,
      attempt: open.attempt + 1,
      why,
      ...(notBefore === undefined ? {} : { notBefore }),
      ...(effect === undefined ? {} : { effect }),
      ...(result.code === undefined ? {} : { code: result.code }),
    },
  });
  if (notBefore !== undefined) emit(draft, { type: 'DeadlineSet', data: { name: 'retry', at: notBefore } });
};

const lostReason = (result: Result): boolean =>
  result.outcome === 'refused' && (result.reason === 'not_bots_chat' || result.reason === 'chat_closed');

/** Webim says that the chat is not the bot's, or closed (design §5.2): what waits is dropped. */
const lost = (draft: Draft, open: OpenEffect, result: Result): void => {
  settle(draft, open, result);
  if (result.reason === 'chat_closed') {
    drop(draft);
    resetCursor(draft, 'chat_closed');
    emit(draft, {
      type: 'DeadlineSet',
      data: { name: 'auto_close', at: draft.at + draft.context.settings.webimTimerGridMs + draft.context.settings.autoCloseAfterMs },
    });
    takeWaiting(draft);
    return;
  }
  toPeople(draft, { owner: 'queue', cause: 'lost', flagCause: 'lost' });
};

const replyAnswered = (draft: Draft, open: OpenEffect, result: Result): void => {
  if (result.outcome === 'deferred') return retryLater(draft, open, result);
  const inDoubt = result.outcome === 'in_doubt' && !isLeftOut(result);
  if (inDoubt && open.doubts === 0 && draft.context.settings.inDoubt === 'resend') {
    return retryLater(draft, open, result);
  }
  // Webim's codes are unknown: one that we can't read may speak of the content too.
  if (result.outcome === 'refused' && (result.reason === 'content' || result.reason === 'other')) {
    const degraded = degrade(open.effect);
    if (degraded !== undefined) return retryLater(draft, open, result, degraded);
  }
  const { trial, holder } = liveOf(draft);
  if (trial !== null) return probeAnswered(draft, open, result);
  if (holder.owner === 'bot' && lostReason(result)) return lost(draft, open, result);

  settle(draft, open, result);
  const reached = result.outcome === 'accepted' || result.outcome === 'in_doubt';
  if (!reached && open.group !== null) drop(draft, (other) => other.group === open.group);
  // Drained while it is parked, it stops the dialog no second time.
  if (inDoubt && draft.context.settings.inDoubt === 'park' && !liveOf(draft).parked) {
    return park(draft, 'send_in_doubt', result.inputId);
  }
  // A held text that was not said here is no reply: it goes to another chat, and the script goes on.
  if (open.held !== null) return afterSettled(draft, true);
  if (result.outcome === 'expired' && draft.context.settings.onReplyExpired === 'handover') return replyExpired(draft);
  afterSettled(draft, reached);
};

/** A reply came too late to be said: people get the chat, unless it is on its way to them or to its close already. */
const replyExpired = (draft: Draft): void => {
  drop(draft, (open) => open.effect.kind !== 'redirect' && open.effect.kind !== 'close');
  if (liveOf(draft).effects.length > 0) return;
  const { department } = draft.context.settings;
  openEffect(draft, { kind: 'redirect', ...(department === null ? {} : { department }) }, 'expired_reply');
};

/** What stands in for a keyboard or a file that Webim refused, as the next attempt (webim-protocol §13.18, §13.21). */
const degrade = (effect: Effect): Effect | undefined => {
  if (effect.kind === 'keyboard') return { kind: 'text', text: numbered(effect.buttons) };
  if (effect.kind === 'file') return { kind: 'text', text: `${effect.name}: ${effect.url}` };
  return undefined;
};

/** The script goes on once all that it said is settled. */
const afterSettled = (draft: Draft, reached: boolean): void => {
  const state = liveOf(draft);
  if (state.holder.owner !== 'bot' || state.effects.length > 0) return;
  if (!reached && state.scriptState.cursor?.waitsFor === 'answer') runScript(draft, { kind: 'timeout' });
  goOn(draft);
};

/** The first effect of a trial that went to Webim. */
const probeAnswered = (draft: Draft, open: OpenEffect, result: Result): void => {
  settle(draft, open, result);
  if (result.outcome !== 'accepted') {
    endTrial(draft, 'refused');
    return;
  }
  acceptTrial(draft);
  afterSettled(draft, true);
};

const redirectAnswered = (draft: Draft, open: OpenEffect, result: Result): void => {
  // Opened by a parked dialog for a chat closed by inference, which Webim has closed for good since, without a change of owner.
  if (isOver(liveOf(draft))) return settle(draft, open, result);
  if (result.outcome === 'deferred') return retryLater(draft, open, result);
  if (open.purpose === 'ask_back') {
    if (result.outcome === 'in_doubt' && open.doubts < 3) return retryLater(draft, open, result);
    return probeAnswered(draft, open, result);
  }
  if (result.outcome === 'in_doubt') return retryLater(draft, open, result);
  const overtaken = result.outcome === 'refused' && result.reason === 'not_bots_chat' && open.doubts > 0;
  if (result.outcome === 'accepted' || overtaken) {
    // As the first effect of a trial it shows first that the chat was the bot's.
    acceptTrial(draft);
    settle(draft, open, result);
    // Closed by inference before it was parked: Webim shows that it is open.
    if (liveOf(draft).holder.owner === 'nobody') emit(draft, { type: 'DialogReopened', data: { cause: 'message' } });
    return handedOver(draft, open);
  }
  const { trial, holder } = liveOf(draft);
  // A parked dialog took its chat for the bot's again, and it is not: they have it who had it.
  if (trial === null && lostReason(result)) return holder.owner === 'bot' ? lost(draft, open, result) : settle(draft, open, result);
  if (!lostReason(result) && result.outcome === 'refused' && mayGoToQueue(draft, open)) {
    return retryLater(draft, open, result, { kind: 'redirect' });
  }
  if (isAskedAgain(draft, open, result)) return retryLater(draft, open, result);
  if (trial !== null) return probeAnswered(draft, open, result);

  settle(draft, open, result);
  if (open.purpose === 'handover') runScript(draft, { kind: 'handover_failed' });
  else resetCursor(draft, 'handover_refused');
  afterSettled(draft, true);
};

/** While a dialog is parked nothing but its own redirect gives its chat to people: refused, it is tried again until they have it, or it is over. */
const isAskedAgain = (draft: Draft, open: OpenEffect, result: Result): boolean =>
  open.purpose === 'parked' && liveOf(draft).parked && result.outcome === 'refused' && !lostReason(result);

/** A refused redirect is tried once without a target: the queue, from Webim 10.4 on (webim-protocol §13.9). */
const mayGoToQueue = (draft: Draft, open: OpenEffect): boolean => {
  if (open.effect.kind !== 'redirect' || (open.effect.department ?? open.effect.operatorId) === undefined) return false;
  const [major = 0, minor = 0] = (liveOf(draft).webimVersion ?? '').split('.').map(Number);
  return major > 10 || (major === 10 && minor >= 4);
};

const closeAnswered = (draft: Draft, open: OpenEffect, result: Result): void => {
  if (result.outcome === 'deferred' || result.outcome === 'in_doubt') return retryLater(draft, open, result);
  if (liveOf(draft).trial !== null) {
    if (result.outcome !== 'accepted') return probeAnswered(draft, open, result);
    acceptTrial(draft);
  }
  const engine = draft.context.settings.closeAuthority === 'engine';
  if (result.outcome === 'accepted' || open.purpose === 'auto_close') {
    settle(draft, open, result);
    resetCursor(draft, 'close_accepted');
    if (engine) closeDialog(draft, { cause: 'engine', final: false, returnCause: 'auto_close_timeout' });
    else {
      // Where the account's authority changed meanwhile, the deadline that asked is spent.
      armAutoClose(draft);
      takeWaiting(draft);
    }
    return;
  }
  if (lostReason(result)) return lost(draft, open, result);
  settle(draft, open, result);
  runScript(draft, { kind: 'close_failed' });
  afterSettled(draft, true);
};

/**
 * The answer, or why there is none, is the script's next input, in the mode that the owner allows: people have the chat → silent steps; nobody →
 * as a Return after a final close.
 */
const httpAnswered = (draft: Draft, open: OpenEffect, result: Result): void => {
  if (isRepeated(open, result)) return retryLater(draft, open, result);
  // No more attempts: what the last one came to is what it comes to.
  const outcome = result.outcome !== 'deferred' ? result.outcome : result.http === undefined ? 'refused' : 'accepted';
  settle(draft, open, { ...result, outcome });
  const { holder, trial } = liveOf(draft);
  const mode = holder.owner === 'nobody' ? 'final' : holder.owner === 'bot' || trial !== null ? 'open' : 'silent';
  runScript(draft, { kind: 'http_result', response: result.http ?? { error: httpErrorOf(result) } }, { mode });
  // A trial in which the script asked a host first: if nothing goes to Webim after all, nothing shows whether the chat is the bot's.
  if (liveOf(draft).trial !== null) {
    if (liveOf(draft).effects.length === 0) endTrial(draft, 'nothing_to_send');
    return;
  }
  afterSettled(draft, true);
};

/**
 * Whether an `http` effect is tried again: after a failure that may pass as often as its step says; once more where nobody knows whether the request went
 * out at all and a repeat does no harm (its outbound died); where a rate or a stop of ours put it off, always. A host that is left alone since it failed, or
 * that asked for a pause, has failed this attempt too, though nothing was sent: else a visitor would wait for as long as the host is down.
 */
const isRepeated = ({ effect, failures, doubts }: OpenEffect, { outcome, code }: Result): boolean => {
  if (effect.kind !== 'http') return false;
  switch (outcome) {
    case 'deferred':
      return isDelayedByUs(code) || failures < effect.retries;
    case 'in_doubt':
      return isIdempotent(effect.method) && (doubts === 0 || failures < effect.retries);
    // Nothing was sent: another owner of the record saw another head.
    case 'suppressed':
      return failures === 0;
    default:
      return false;
  }
};

const httpErrors: readonly string[] = ['timeout', 'connection', 'refused_host', 'redirect', 'too_large', 'secret_missing'];

const httpErrorOf = ({ outcome, code = '' }: Result): HttpError => {
  if (outcome === 'unsupported' || outcome === 'account_removed' || outcome === 'in_doubt') return outcome;
  if (code === 'invalid_request') return 'unsupported';
  return httpErrors.includes(code) ? (code as HttpError) : 'connection';
};

/** How often an overdue close is asked again, ms. */
const storedDataPauseMs = 3_600_000;

const storedDataAnswered = (draft: Draft, open: OpenEffect, result: Result): void => {
  if (result.outcome === 'deferred') return retryLater(draft, open, result);
  settle(draft, open, result);
  // What it brought came as an input of its own.
  if (open.purpose === 'history') {
    if (liveOf(draft).holder.owner === 'bot') afterSettled(draft, true);
    return;
  }
  if (result.outcome === 'accepted' && result.chat?.closed === true) {
    closeDialog(draft, {
      cause: 'stored_data',
      final: true,
      returnCause: result.chat.closedBy === 'inactivity_timer' ? 'auto_close_timeout' : 'final_close',
    });
    return;
  }
  emit(draft, {
    type: 'CloseOverdue',
    data: { cause: result.chat?.closed === false ? 'still_open_in_webim' : 'unknown' },
  });
  if (result.outcome === 'accepted') {
    emit(draft, { type: 'DeadlineSet', data: { name: 'stored_data', at: draft.at + storedDataPauseMs } });
  }
  if (liveOf(draft).holder.owner === 'bot') afterSettled(draft, true);
};
