import type { AccountId, ChatId } from '@dialog/contracts/ids';
import { type InboxInput, inboxInputSchema, type Visitor } from '@dialog/contracts/inbox';
import { keyedHash } from '../keyed-hash.ts';
import { type Fields, formFields, readBody } from './body.ts';
import { chatIdOf, closedByOf, cutBytes, first, messageOf, newestThatFit, object, operatorIdOf, text, timeOf } from './normalise.ts';
import type { Unreadable, WebhookContext, WebhookRequest } from './request.ts';

export type ParsedWebhook =
  | { readonly ok: true; readonly input: InboxInput }
  | { readonly ok: false; readonly reason: Unreadable; readonly event: string | undefined; readonly chatId: string | undefined };

const handlerEvents = ['chat_started', 'chat_assigned', 'chat_closed'] as const;
type HandlerEvent = (typeof handlerEvents)[number];

/** The event, where it is one that Webim is known to send: all else is a text that came from outside, and no label of a metric. */
export const knownEventOf = (event: string | undefined): HandlerEvent | 'new_chat' | 'new_message' | undefined =>
  isBotEvent(event) ? event : handlerEvents.find((one) => one === event);

const isBotEvent = (event: string | undefined): event is 'new_chat' | 'new_message' => event === 'new_chat' || event === 'new_message';

/** The event of a handler's URL: known from the query before any body is read (webim-protocol §7). */
export const handlerEventOf = (query: WebhookRequest['query']): HandlerEvent | undefined => {
  const event = query['event']?.trim().toLowerCase();
  return handlerEvents.find((one) => one === event);
};

/**
 * Normalises a webhook. Tolerant of all that webim-protocol §13 calls unknown; what can't be read is told with its reason, never thrown.
 */
export const parseWebhook = (request: WebhookRequest, context: WebhookContext): ParsedWebhook => {
  const read = readBody(request.body, request.contentType);
  const fromQuery = request.query['event']?.trim().toLowerCase();
  if (!read.ok) return refuse(read.reason, fromQuery);
  // A GET carries its fields in the query.
  const body: Fields = { ...formFields(Object.entries(request.query)), ...read.fields };
  const inBody = text(read.fields['event'], 64)?.trim().toLowerCase();
  // A handler's address pasted as the bot's: only the bot's webhooks call themselves so.
  const event = isBotEvent(inBody) ? inBody : fromQuery || inBody;
  if (event === undefined || event === '') return refuse('unknown_event', undefined);
  const handler = handlerEvents.find((one) => one === event);
  if (handler === undefined && !isBotEvent(event)) return refuse('unknown_event', event);

  if (handler === undefined && isVersion1(request, event, read.fields)) return refuse('api_version_1', event);
  const chat = object(body['chat']) ?? (handler === undefined ? undefined : body);
  const chatId = chatIdOf(chatIdField(body, chat));
  if (chatId === 'missing') return refuse('no_chat_id', event);
  if (chatId === 'bad') return refuse('bad_chat_id', event);

  const where = { account: request.account, chatId: chatId.id, hashKey: context.hashKey };
  const common = {
    inputId: context.inputId,
    account: request.account as AccountId,
    chatId: chatId.id as ChatId,
    chatIdForm: chatId.form,
    receivedAt: context.receivedAt,
  };
  // Its dotted numbers alone decide what it can do; a build's name behind them is no reason to know nothing.
  const webimVersion = /^\s*v?(\d{1,6}(?:\.\d{1,6}){0,3})(?!\d)/i.exec(request.webimVersion ?? '')?.[1];
  const version = webimVersion === undefined ? {} : { webimVersion };
  if (event === 'new_message') {
    const message = messageOf(first(body, 'message') ?? besideChat(body), where);
    return checked({
      type: 'new_message',
      ...common,
      answerBy: context.answerBy,
      message,
      ...version,
      ...at(body, 'at', 'time', 'timestamp', 'ts'),
    });
  }
  const { kept, truncated } = newestThatFit(listOf(first(body, 'messages') ?? first(chat, 'messages')), where);
  const bodyHash = keyedHash(context.hashKey, request.account, event, canonicalBody(read.fields, request.query));
  const visitor = visitorOf(first(body, 'visitor') ?? first(chat, 'visitor'), request.account, context);
  const cut = truncated ? { truncated: true } : {};
  const who = visitor === undefined ? {} : { visitor };
  if (handler === undefined) {
    return checked({
      type: 'new_chat',
      ...common,
      answerBy: context.answerBy,
      messages: kept,
      bodyHash,
      ...who,
      ...version,
      ...cut,
      ...at(body, 'at', 'time', 'timestamp', 'ts'),
    });
  }
  return checked({
    ...handlerInput(handler, body, chat),
    ...common,
    bodyHash,
    ...who,
    ...cut,
    ...(kept.length > 0 ? { messages: kept } : {}),
  });
};

const refuse = (reason: Unreadable, event: string | undefined, chatId?: string): ParsedWebhook => ({ ok: false, reason, event, chatId });

/** Everything that leaves here is what the contracts say; a field that is not, is no reason to lose the rest. */
const checked = (input: unknown): ParsedWebhook => {
  const parsed = inboxInputSchema.safeParse(input);
  return parsed.success ? { ok: true, input: parsed.data } : refuse('not_an_object', undefined);
};

const chatIdField = (body: Fields, chat: Fields | undefined): unknown =>
  first(object(body['chat']), 'id', 'chat_id', 'chatId') ??
  first(body, 'chat_id', 'chatId') ??
  first(chat, 'id') ??
  (typeof body['chat'] === 'object' ? undefined : body['chat']);

/** API 1.0: its header says so, or its `new_message` has the message at the top level (webim-protocol §2.6). */
const isVersion1 = (request: WebhookRequest, event: string, fields: Fields): boolean =>
  request.botApiVersion?.trim().startsWith('1') === true ||
  (event === 'new_message' && fields['message'] === undefined && object(fields['chat']) !== undefined && fields['kind'] !== undefined);

/** Without `message` what stands beside the chat's id: the visitor's words must not become silence. An `id` there may be the chat's. */
const besideChat = ({ kind, text: said, data, message_id }: Fields): Fields => ({ kind, text: said, data, message_id });

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Webim's own time of this very event: never a time of the chat's or of a message. */
const at = (fields: Fields | undefined, ...names: readonly string[]): { readonly at?: number } => {
  const time = timeOf(first(fields, ...names));
  return time === undefined ? {} : { at: time };
};

const handlerInput = (type: HandlerEvent, body: Fields, chat: Fields | undefined) => {
  const own = { chat_started: ['started_at'], chat_assigned: ['assigned_at'], chat_closed: ['closed_at', 'close_time'] }[type];
  const names = [...own, 'updated_at', 'at', 'time', 'timestamp', 'ts'];
  const time = at(body, ...names).at ?? at(chat, ...names).at;
  const operatorId = operatorIdOf(chat) ?? operatorIdOf(body);
  const chatState = text(first(chat, 'state', 'status'), 64);
  const closedBy =
    type === 'chat_closed'
      ? closedByOf(first(chat, 'closed_by', 'close_reason', 'closedBy') ?? first(body, 'closed_by', 'close_reason', 'closedBy'))
      : undefined;
  return {
    type,
    ...(time === undefined ? {} : { at: time }),
    ...(operatorId === undefined ? {} : { operatorId }),
    ...(chatState === undefined ? {} : { chatState }),
    ...(closedBy === undefined ? {} : { closedBy }),
  };
};

const maxFields = 50;

export const visitorOf = (value: unknown, account: string, context: Pick<WebhookContext, 'hashKey'>): Visitor | undefined => {
  const visitor = object(value);
  if (visitor === undefined) return undefined;
  const id = text(visitor['id'], 200);
  const fields = Object.entries(object(visitor['fields']) ?? {})
    .slice(0, maxFields)
    .flatMap(([name, field]): [string, string][] => {
      const kept = text(field, 100_000);
      return kept === undefined || name === '__proto__' ? [] : [[name.slice(0, 100).toWellFormed(), cutBytes(kept, 1000)]];
    });
  return {
    ...(id === undefined ? {} : { id, hash: keyedHash(context.hashKey, account, id) }),
    ...(fields.length > 0 ? { fields: Object.fromEntries(fields) } : {}),
  };
};

/** The content that makes a repeat: the body's fields in a fixed order, or the query where there is no body. */
const canonicalBody = (fields: Fields, query: WebhookRequest['query']): string => {
  const content = Object.keys(fields).length > 0 ? fields : query;
  return JSON.stringify(Object.entries(content).sort(([a], [b]) => (a < b ? -1 : 1)));
};
