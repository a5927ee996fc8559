/** How this Webim behaves where the protocol leaves it open, and what goes wrong, at random from a seed (webim-protocol §12, §13). */
export type Knobs = {
  readonly chatIdForm: 'number' | 'string';
  readonly newChatWithoutMessages: boolean;
  readonly messagesWithoutId: boolean;
  /** Shares of bot webhooks, 0–1. */
  readonly repeatWebhooks: number;
  readonly dropWebhooks: number;
  /** Each webhook is late by up to so much, ms. */
  readonly webhookDelayMs: number;
  /** Webhooks of one chat do not wait for each other. */
  readonly unorderedWebhooks: boolean;
  readonly webhookTimeoutMs: number;
  /** A webhook that is not answered 200 with a result is sent again so often. */
  readonly webhookRetries: number;
  readonly webhookRetryPauseMs: number;
  /** The pause doubles with each repetition up to this, ms; 0: it stays as it is. */
  readonly webhookRetryMaxPauseMs: number;
  /** Then it takes the chat to people's queue. */
  readonly takeAwayOnFailure: boolean;
  /** Event handlers are late by up to so much and unordered, ms. */
  readonly handlerDelayMs: number;
  readonly handlerBody: 'wrapped' | 'chat' | 'form';
  /** Handlers show the time of their event. */
  readonly handlerTimes: boolean;
  /** `chat_closed` says how the chat was closed. */
  readonly closeReasonShown: boolean;
  readonly sendsStarted: boolean;
  readonly sendsAssigned: boolean;
  readonly sendsClosed: boolean;
  /** `chat_assigned` also for the bot's own operator. */
  readonly assignedForBot: boolean;
  /** A redirect to an offline department: refused, or waits there. */
  readonly offlineDepartment: 'refuse' | 'accept';
  /** The bot may take a chat that waits in a queue by redirecting it to itself. */
  readonly botMayTakeFromQueue: boolean;
  /** What the bot API answers for a chat that is not the bot's. */
  readonly notOwnedCode: string;
  readonly closedCode: string;
  /** Buttons are refused. */
  readonly refusesKeyboards: boolean;
  readonly refusesFiles: boolean;
  /** What it answers for those; '': codes as the visitor's side has them. */
  readonly refusalCode: string;
  /** A visitor who writes into a softly closed chat: to its operator, or to the bot (only `new_message` then). */
  readonly reopenedGoesTo: 'operator' | 'bot';
  readonly closesFinallyAtOnce: boolean;
  /** A closing category is mandatory: no chat closes by a timer. */
  readonly mandatoryCategory: boolean;
  readonly botApiDelayMs: number;
  readonly storedData: 'ok' | 'unauthorized' | 'forbidden' | 'error';
  /** Pages of `chats` overlap by so many. */
  readonly storedDataOverlap: number;
  /** What the bot is set to in Webim. Version 1 wants its answer in the webhook's response: without it the chat goes to people. */
  readonly botApiVersion: '2.0' | '1.0';
  /** There is no Webim at this host: 404 and a page, whatever is asked. */
  readonly isAnotherHost: boolean;
};

export const defaultKnobs: Knobs = {
  chatIdForm: 'number',
  newChatWithoutMessages: false,
  messagesWithoutId: false,
  repeatWebhooks: 0,
  dropWebhooks: 0,
  webhookDelayMs: 0,
  unorderedWebhooks: false,
  webhookTimeoutMs: 10_000,
  webhookRetries: 0,
  webhookRetryPauseMs: 1_000,
  webhookRetryMaxPauseMs: 0,
  takeAwayOnFailure: true,
  handlerDelayMs: 0,
  handlerBody: 'wrapped',
  handlerTimes: false,
  closeReasonShown: true,
  sendsStarted: true,
  sendsAssigned: true,
  sendsClosed: true,
  assignedForBot: true,
  offlineDepartment: 'refuse',
  botMayTakeFromQueue: true,
  notOwnedCode: 'chat-not-owned',
  closedCode: 'chat-closed',
  refusesKeyboards: false,
  refusesFiles: false,
  refusalCode: '',
  reopenedGoesTo: 'operator',
  closesFinallyAtOnce: false,
  mandatoryCategory: false,
  botApiDelayMs: 0,
  storedData: 'ok',
  storedDataOverlap: 1,
  botApiVersion: '2.0',
  isAnotherHost: false,
};

/** What the next calls of a bot method meet instead of an answer. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly code?: string; readonly retryAfter?: string }
  /** 200 with an `error`. */
  | { readonly kind: 'error'; readonly code: string }
  | { readonly kind: 'html' }
  | { readonly kind: 'slow'; readonly ms: number }
  /** The connection is cut before, or after the call was carried out. */
  | { readonly kind: 'cut_before' }
  | { readonly kind: 'cut_after' };

export type BotMethod = 'send_message' | 'redirect_chat' | 'close_chat';
