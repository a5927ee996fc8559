import { z } from 'zod';

const share = z.number().min(0).max(1);
const count = z.number().int().min(0);

/** How this Webim behaves where the protocol leaves it open, and what goes wrong, at random from a seed (webim-protocol §12, §13). */
export const knobsSchema = z.strictObject({
  chatIdForm: z.enum(['number', 'string']),
  newChatWithoutMessages: z.boolean(),
  messagesWithoutId: z.boolean(),
  /** Shares of bot webhooks, 0–1. */
  repeatWebhooks: share,
  dropWebhooks: share,
  /** Each webhook is late by up to so much, ms. */
  webhookDelayMs: count,
  /** Webhooks of one chat do not wait for each other. */
  unorderedWebhooks: z.boolean(),
  webhookTimeoutMs: count,
  /** A webhook that is not answered 200 with a result is sent again so often. */
  webhookRetries: count,
  webhookRetryPauseMs: count,
  /** The pause doubles with each repetition up to this, ms; 0: it stays as it is. */
  webhookRetryMaxPauseMs: count,
  /** Then it takes the chat to people's queue. */
  takeAwayOnFailure: z.boolean(),
  /** Event handlers are late by up to so much and unordered, ms. */
  handlerDelayMs: count,
  handlerBody: z.enum(['wrapped', 'chat', 'form']),
  /** Handlers show the time of their event. */
  handlerTimes: z.boolean(),
  /** `chat_closed` says how the chat was closed. */
  closeReasonShown: z.boolean(),
  sendsStarted: z.boolean(),
  sendsAssigned: z.boolean(),
  sendsClosed: z.boolean(),
  /** `chat_assigned` also for the bot's own operator. */
  assignedForBot: z.boolean(),
  /** A redirect to an offline department: refused, or waits there. */
  offlineDepartment: z.enum(['refuse', 'accept']),
  /** The bot may take a chat that waits in a queue by redirecting it to itself. */
  botMayTakeFromQueue: z.boolean(),
  /** What the bot API answers for a chat that is not the bot's. */
  notOwnedCode: z.string(),
  closedCode: z.string(),
  /** Buttons are refused. */
  refusesKeyboards: z.boolean(),
  refusesFiles: z.boolean(),
  /** What it answers for those; '': codes as the visitor's side has them. */
  refusalCode: z.string(),
  /** A visitor who writes into a softly closed chat: to its operator, or to the bot (only `new_message` then). */
  reopenedGoesTo: z.enum(['operator', 'bot']),
  closesFinallyAtOnce: z.boolean(),
  /** A closing category is mandatory: no chat closes by a timer. */
  mandatoryCategory: z.boolean(),
  botApiDelayMs: count,
  storedData: z.enum(['ok', 'unauthorized', 'forbidden', 'error']),
  /** Pages of `chats` overlap by so many. */
  storedDataOverlap: count,
  /** What the bot is set to in Webim. Version 1 wants its answer in the webhook's response: without it the chat goes to people. */
  botApiVersion: z.enum(['2.0', '1.0']),
  /** There is no Webim at this host: 404 and a page, whatever is asked. */
  isAnotherHost: z.boolean(),
});
export type Knobs = Readonly<z.infer<typeof knobsSchema>>;

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

const status = z.number().int().min(200).max(599);

/** What the next calls of a bot method meet instead of an answer. */
export const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('status'), status, code: z.string().exactOptional(), retryAfter: z.string().exactOptional() }),
  /** 200 with an `error`. */
  z.strictObject({ kind: z.literal('error'), code: z.string() }),
  /** A page, as a proxy gives it; with 200 unless told otherwise. */
  z.strictObject({ kind: z.literal('html'), status: status.exactOptional() }),
  z.strictObject({ kind: z.literal('slow'), ms: count }),
  /** The connection is cut before, or after the call was carried out. */
  z.strictObject({ kind: z.literal('cut_before') }),
  z.strictObject({ kind: z.literal('cut_after') }),
]);
export type Fault = Readonly<z.infer<typeof faultSchema>>;

export const botMethodSchema = z.enum(['send_message', 'redirect_chat', 'close_chat']);
export type BotMethod = z.infer<typeof botMethodSchema>;
