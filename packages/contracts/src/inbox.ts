import { z } from 'zod';
import { accountIdSchema, chatIdSchema, idFormSchema, visitorHashSchema } from './ids.ts';
import { messageSchema } from './message.ts';
import { personal } from './personal.ts';

/** What every record of `dialog.inbox` carries. Its value is this JSON; CloudEvents attributes stand in headers (see `cloud-events.ts`). */
const common = {
  /** The input's identity: a redelivery has the same id, a new arrival of the same webhook another one. */
  inputId: z.string().min(1).max(128),
  account: accountIdSchema,
  chatId: chatIdSchema,
  chatIdForm: idFormSchema,
  /** When ingress received the request, in the log's time of that partition, ms since the epoch. */
  receivedAt: z.number(),
  /** Bot route only: a record appended later than this is refused by itself (design §6.1). Log's time, ms. */
  answerBy: z.number().optional(),
  /** Written by ingress on purpose while it answers 503. */
  refused: z.boolean().optional(),
  /** Spaces stood before or after the webhook's token or in its query; they were forgiven, and the doctor says where. */
  spacesInUrl: z.boolean().optional(),
};

export const visitorSchema = z.object({
  /** 16 hex digits: HMAC(HASH_KEY, account, visitor id). */
  hash: z.string().optional(),
  id: personal(z.string()).optional(),
  fields: personal(z.record(z.string(), z.string())).optional(),
});
export type Visitor = z.infer<typeof visitorSchema>;

/** Bot webhook `new_chat` (webim-protocol §2.2). */
export const newChatSchema = z.object({
  type: z.literal('new_chat'),
  ...common,
  visitor: visitorSchema.optional(),
  messages: z.array(messageSchema),
  /** Keyed hash of the whole body: the same body within 5 minutes is a repeat. */
  bodyHash: z.string(),
  /** `X-Webim-Version`, e.g. `10.5.62`. */
  webimVersion: z.string().optional(),
  /** Webim's own time of the event, ms, where the body shows one. */
  at: z.number().optional(),
  truncated: z.boolean().optional(),
});

/** Bot webhook `new_message` (webim-protocol §2.3). */
export const newMessageSchema = z.object({
  type: z.literal('new_message'),
  ...common,
  message: messageSchema,
  webimVersion: z.string().optional(),
  at: z.number().optional(),
});

const handlerCommon = {
  ...common,
  /** The operator named in the body, as text. */
  operatorId: z.string().optional(),
  visitor: visitorSchema.optional(),
  /** Webim's own time of this very event, ms, where the body shows one. */
  at: z.number().optional(),
  /** The chat's state as Webim spells it, where the body shows one. */
  chatState: z.string().optional(),
  messages: z.array(messageSchema).optional(),
  truncated: z.boolean().optional(),
  bodyHash: z.string(),
};
/** Event handler `chat_started` (webim-protocol §7). */
export const chatStartedSchema = z.object({ type: z.literal('chat_started'), ...handlerCommon });
/** Event handler `chat_assigned`: several possible per chat. */
export const chatAssignedSchema = z.object({ type: z.literal('chat_assigned'), ...handlerCommon });
/** Event handler `chat_closed`: the final closing only. */
export const chatClosedSchema = z.object({
  type: z.literal('chat_closed'),
  ...handlerCommon,
  /** Known only where the body says so. */
  closedBy: z.enum(['inactivity_timer', 'operator', 'visitor']).optional(),
});

/**
 * A chat as Webim's Stored Data API has it (webim-protocol §8), read after the fact: what was said in it, also while people had it. It moves nothing; of a chat that
 * the bot never had it is all there is.
 */
export const chatImportedSchema = z.object({
  type: z.literal('chat_imported'),
  ...common,
  visitor: visitorSchema.optional(),
  messages: z.array(messageSchema),
  truncated: z.boolean().optional(),
  /** Whose it was last. */
  operatorId: z.string().optional(),
  /** By Webim's own times, ms since the epoch. */
  startedAt: z.number().optional(),
  closedAt: z.number().optional(),
  /** It shows that it is closed for good. */
  closed: z.boolean().optional(),
});
export type ChatImported = z.infer<typeof chatImportedSchema>;

/** The webhook with this input id was answered 503 because the log did not acknowledge it; its record may have landed all the same (design §6.1). */
export const webhookRefusedSchema = z.object({
  type: z.literal('webhook_refused'),
  ...common,
  /** The input id of the refused webhook. */
  of: z.string(),
  /** The hashes of the visitor's messages in it, by which its repeat is known. */
  hashes: z.array(z.string()).optional(),
});

/** Written by the partition's owner when a deadline is due by the log's time; the state decides again. */
export const timerDueSchema = z.object({
  type: z.literal('timer_due'),
  ...common,
  /** The deadline that the owner saw, log's time, ms. */
  dueAt: z.number(),
});

/** A parked record's place in the log, `{topic}/{partition}/{offset}`: how an operator's command names it. */
export const recordPlaceSchema = z.string().regex(/^[\w.-]{1,200}\/\d{1,9}\/\d{1,15}$/);
export const recordPlace = ({
  topic,
  partition,
  offset,
}: {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}): string => `${topic}/${partition}/${offset}`;

/** What a command to go on with something parked says. */
export const releaseFields = {
  /** Who asked, as the console knows him. */
  by: z.string().max(200),
  reason: personal(z.string().max(2000)),
  /** Records that are left out. */
  skip: z.array(recordPlaceSchema).max(1000).optional(),
  /** Records that are applied with another value. */
  edit: z
    .array(z.object({ place: recordPlaceSchema, valueBase64: personal(z.string().max(700_000)) }))
    .max(100)
    .optional(),
  /** What came of it; written by the partition's owner before it decides. */
  outcome: z
    .object({
      applied: z.number().int(),
      skipped: z.number().int(),
      /** The record that could not be applied again, and why: the dialog stays parked from it on. */
      failed: z.object({ place: recordPlaceSchema, reason: z.string() }).optional(),
    })
    .optional(),
};
/** A command from the console: the records of a parked dialog are applied again, in order, each with its own time (design §6.7). */
export const releaseParkedSchema = z.object({ type: z.literal('release_parked'), ...common, ...releaseFields });
export type ReleaseParked = z.infer<typeof releaseParkedSchema>;

const botSwitch = {
  ...common,
  /** Who asked, as the console knows him. */
  by: z.string().max(200),
  reason: personal(z.string().max(2000)),
};
/** A command from the console: in this dialog the bot takes no further input, people get the chat. */
export const stopBotSchema = z.object({ type: z.literal('stop_bot'), ...botSwitch });
/** A command from the console: takes that back. People keep the chat until Webim gives it to the bot. */
export const startBotSchema = z.object({ type: z.literal('start_bot'), ...botSwitch });

/** Whether one attempt of one effect reached Webim, and what Webim said. */
export const effectOutcomeSchema = z.enum([
  'accepted',
  'refused',
  'in_doubt',
  'expired',
  'suppressed',
  'deferred',
  'unsupported',
  'account_removed',
]);
export type EffectOutcome = z.infer<typeof effectOutcomeSchema>;

/** Why Webim refused, as far as its code tells (webim-protocol §3.5). */
export const refusalReasonSchema = z.enum([
  /** The chat is not the bot's, or the code does not tell that from closed. */
  'not_bots_chat',
  'chat_closed',
  /** This message's content: empty, too long, file, keyboard. */
  'content',
  'unauthorized',
  /** 404 without JSON: host or path is wrong. */
  'wrong_host',
  'other',
]);
export type RefusalReason = z.infer<typeof refusalReasonSchema>;

export const effectResultSchema = z.object({
  type: z.literal('effect_result'),
  ...common,
  number: z.number().int(),
  attempt: z.number().int(),
  /** The epoch in which the effect was opened. */
  epoch: z.number().int(),
  outcome: effectOutcomeSchema,
  reason: refusalReasonSchema.optional(),
  /** Webim's own error code, its HTTP status, or what the wire said (`timeout`, `reset`, `rate_limit`, `circuit_open`). */
  code: z.string().max(200).optional(),
  status: z.number().int().optional(),
  desc: personal(z.string().max(2000)).optional(),
  /** `deferred` only: not to be tried before, log's time, ms. */
  notBefore: z.number().optional(),
  /** The change of owner was recorded after the tail read began; the send went out (design §6.6). */
  crossed: z.boolean().optional(),
  /** When the HTTP request began, log's time, ms. */
  sentAt: z.number().optional(),
  /** What an `http` effect was answered; JSON parsed, else the text. */
  http: z.object({ status: z.number().int(), body: personal(z.json()) }).optional(),
  /** The answer to a `query_chat` effect. */
  chat: z
    .object({
      /** True or false only where the chat object shows a closed state or a closing time. */
      closed: z.boolean().optional(),
      closedAt: z.number().optional(),
      closedBy: z.enum(['inactivity_timer', 'operator', 'visitor']).optional(),
      operatorId: z.string().optional(),
      state: z.string().optional(),
    })
    .optional(),
});
export type EffectResult = z.infer<typeof effectResultSchema>;

/** A text that waits for the visitor's next chat, as he offers it to one. */
export const heldTextSchema = z.object({
  id: z.string().max(128),
  text: personal(z.string()),
  /** The visitor lets it go then; it is not said later. Log's time, ms. */
  expiresAt: z.number(),
});
export type HeldText = z.infer<typeof heldTextSchema>;

const fromVisitor = {
  ...common,
  /** Hash of the visitor who says so: he gets the answer. */
  visitor: visitorHashSchema,
};
const keptVariables = {
  values: personal(z.record(z.string(), z.json())),
  /** How many of this dialog's own changes of kept variables the visitor knows: of two changes the one later in his log counts. */
  knownChange: z.number().int(),
};
/** The visitor's answer to a dialog that asked: what other chats left for it. */
export const visitorAnsweredSchema = z.object({
  type: z.literal('visitor_answered'),
  ...fromVisitor,
  ...keptVariables,
  texts: z.array(heldTextSchema),
});
/** Texts for an open chat which other chats held or could not say. They are this dialog's alone until it says or gives back each. */
export const textsOfferedSchema = z.object({ type: z.literal('texts_offered'), ...fromVisitor, texts: z.array(heldTextSchema) });
/** Another chat of the visitor changed variables that are his. */
export const visitorVariablesSchema = z.object({ type: z.literal('visitor_variables'), ...fromVisitor, ...keptVariables });
/** The visitor began another chat while this one was open. */
export const nextChatStartedSchema = z.object({ type: z.literal('next_chat_started'), ...fromVisitor, nextChatId: chatIdSchema });

/** Written by ingress to each partition every 10 s, key `~tick`: tells the owner that the doors are open. Not an input. */
export const tickSchema = z.object({ type: z.literal('tick'), at: z.number(), ingress: z.string() });

export const inboxInputSchema = z.discriminatedUnion('type', [
  newChatSchema,
  newMessageSchema,
  chatStartedSchema,
  chatAssignedSchema,
  chatClosedSchema,
  chatImportedSchema,
  webhookRefusedSchema,
  timerDueSchema,
  effectResultSchema,
  releaseParkedSchema,
  visitorAnsweredSchema,
  textsOfferedSchema,
  visitorVariablesSchema,
  nextChatStartedSchema,
  stopBotSchema,
  startBotSchema,
]);
export type InboxInput = z.infer<typeof inboxInputSchema>;
export type InboxInputType = InboxInput['type'];
export type InboxInputOf<T extends InboxInputType> = Extract<InboxInput, { type: T }>;
