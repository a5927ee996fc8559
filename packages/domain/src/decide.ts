import type { InboxInput } from '@dialog/contracts/inbox';
import { armRetry } from './deadlines.ts';
import { type DecideContext, type DecidedEvent, type Draft, openDraft } from './draft.ts';
import { switchBot } from './inputs/bot-switch.ts';
import { chatAssigned, chatClosed, chatImported, chatStarted } from './inputs/chat-handlers.ts';
import { effectResult } from './inputs/effect-result.ts';
import { nextChatStarted, textsOffered, visitorAnswered, visitorVariables } from './inputs/from-visitor.ts';
import { newChat } from './inputs/new-chat.ts';
import { newMessage } from './inputs/new-message.ts';
import { webhookRefused } from './inputs/refused-webhook.ts';
import { releaseParked } from './inputs/release-parked.ts';
import { timerDue } from './inputs/timer-due.ts';
import { handToPeopleIfStopped } from './ownership/stopped.ts';
import { armSilence } from './script-run/silence.ts';
import type { DialogState } from './state.ts';

export type { DecideContext, DecidedEvent } from './draft.ts';

export type Decision = {
  /** One append, its first event the normalised input; [] where nothing is to be appended (a redelivery, a timer not due). */
  readonly events: readonly DecidedEvent[];
  /** The state after them. */
  readonly state: DialogState;
};

/** Decides one input. Pure: the same state, input and context give the same events. */
export const decide = (state: DialogState, input: InboxInput, context: DecideContext): Decision => {
  if (state.inputs.has(input.inputId)) return { events: [], state };
  const draft = openDraft(state, input, context);
  dispatch(draft, input);
  handToPeopleIfStopped(draft);
  armRetry(draft);
  armSilence(draft);
  return { events: draft.events, state: draft.state };
};

const dispatch = (draft: Draft, input: InboxInput): void => {
  switch (input.type) {
    case 'new_chat':
      return newChat(draft, input);
    case 'new_message':
      return newMessage(draft, input);
    case 'chat_started':
      return chatStarted(draft);
    case 'chat_assigned':
      return chatAssigned(draft, input);
    case 'chat_closed':
      return chatClosed(draft, input);
    case 'chat_imported':
      return chatImported(draft, input);
    case 'webhook_refused':
      return webhookRefused(draft, input);
    case 'timer_due':
      return timerDue(draft);
    case 'effect_result':
      return effectResult(draft, input);
    case 'release_parked':
      return releaseParked(draft, input);
    case 'stop_bot':
    case 'start_bot':
      return switchBot(draft, input);
    case 'visitor_answered':
      return visitorAnswered(draft, input);
    case 'texts_offered':
      return textsOffered(draft, input);
    case 'visitor_variables':
      return visitorVariables(draft, input);
    case 'next_chat_started':
      return nextChatStarted(draft);
    default:
      input satisfies never;
  }
};
