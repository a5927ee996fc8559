import type { IdForm } from '@dialog/contracts/ids';
import type { Message } from '@dialog/contracts/message';
import type { Secret } from '@dialog/contracts/secret';
import { instantOf } from '../instant.ts';
import { keyedHash } from '../keyed-hash.ts';
import { type Fields, isFields, jsonObject } from './body.ts';

/** A text kept of one message at most, UTF-8 bytes (design §7). */
const maxTextBytes = 4 * 1024;
/** All messages of one record at most, bytes of JSON. */
const maxMessagesBytes = 256 * 1024;
const maxNameLength = 500;
const maxUrlLength = 2000;

/** The first of these fields that is there. */
export const first = (fields: Fields | undefined, ...names: readonly string[]): unknown => {
  for (const name of names) {
    const value = fields?.[name];
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
};

export const object = (value: unknown): Fields | undefined => (isFields(value) ? value : undefined);

/** A text, well-formed and cut; undefined where there is none. */
export const text = (value: unknown, limit: number): string | undefined =>
  typeof value === 'string' ? value.slice(0, limit).toWellFormed() : typeof value === 'number' ? String(value) : undefined;

export type ChatId = { readonly id: string; readonly form: IdForm } | 'missing' | 'bad';

/** An id as number or text; a number beyond 2^53−1 has lost digits already and is none. */
export const chatIdOf = (value: unknown): ChatId => {
  if (value === undefined || value === null || value === '') return 'missing';
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? { id: String(value), form: 'number' } : 'bad';
  if (typeof value !== 'string') return 'bad';
  const id = value.trim();
  if (id === '') return 'missing';
  return /^[A-Za-z0-9-]{1,64}$/.test(id) ? { id, form: 'string' } : 'bad';
};

/** An operator's id as text. */
export const operatorIdOf = (fields: Fields | undefined): string | undefined => {
  const value = first(fields, 'operator_id', 'operatorId') ?? first(object(fields?.['operator']), 'id');
  const id = text(value, 64)?.trim();
  return id === undefined || id === '' ? undefined : id;
};

/** ISO 8601, seconds, milliseconds or microseconds since the epoch. @returns ms */
export const timeOf = (value: unknown): number | undefined => {
  const number =
    typeof value === 'number' ? value : typeof value === 'string' && /^\d{9,17}(\.\d+)?$/.test(value) ? Number(value) : undefined;
  if (number !== undefined) {
    if (!Number.isFinite(number) || number <= 0) return undefined;
    return Math.floor(number > 1e14 ? number / 1000 : number > 1e11 ? number : number * 1000);
  }
  return typeof value === 'string' ? instantOf(value) : undefined;
};

/**
 * How a chat was closed, only where that is said in words that leave no doubt. The timer that makes somebody's close final
 * (`timeout_for_chat_auto_close_if_closed_by_operator`, webim-protocol §6) tells of who closed it.
 */
export const closedByOf = (value: unknown): 'inactivity_timer' | 'operator' | 'visitor' | undefined => {
  const said = text(value, 100)?.toLowerCase() ?? '';
  const who = /closed[ _-]by[ _-](operator|agent|visitor)/.exec(said)?.[1] ?? said;
  if (/inactiv|auto|time_?out|timer/.test(who)) return 'inactivity_timer';
  if (/operator|agent/.test(who)) return 'operator';
  return /visitor/.test(who) ? 'visitor' : undefined;
};

const visitorKinds = new Set(['visitor', 'keyboard_response', 'file_visitor', 'apple_chat_response', 'sticker_visitor']);
const operatorKinds = new Set(['operator', 'file_operator', 'operator_busy', 'keyboard']);

/** A message as Webim sends it (webim-protocol §2.4, §4, §8), whatever of it is there; a bare text is what the visitor said. */
export const messageOf = (value: unknown, where: { account: string; chatId: string; hashKey: Secret }): Message => {
  const fields = object(value) ?? { text: value };
  const kind = (text(fields['kind'], 64) ?? 'visitor').toLowerCase();
  // Webim keeps it as JSON in a text (webim-protocol §4).
  const data = object(fields['data']) ?? jsonObject(fields['data']);
  const id = text(first(fields, 'id', 'message_id'), 200);
  const button = buttonOf(data);
  // A press that names no button still says what is written on it: matched like a label that was typed.
  const label = button === undefined && kind === 'keyboard_response' ? object(data?.['button'])?.['text'] : undefined;
  const given = text(first(fields, 'text', 'message'), Number.MAX_SAFE_INTEGER);
  // Stored Data has an empty text there.
  const whole = given === undefined || given === '' ? (text(label, maxNameLength) ?? given) : given;
  const said = whole === undefined ? undefined : cutBytes(whole, maxTextBytes);
  const file = kind.startsWith('file_') || kind === 'file' ? fileOf(fields, data) : undefined;
  const operatorId = operatorIdOf(fields);
  const at = timeOf(first(fields, 'created_at', 'ts', 'at', 'time'));
  const hash =
    id === undefined
      ? keyedHash(where.hashKey, where.account, where.chatId, kind, whole ?? '', button?.id ?? '', file?.url ?? file?.name ?? '')
      : keyedHash(where.hashKey, where.account, where.chatId, id);
  return {
    hash,
    hashOfContent: id === undefined,
    kind,
    side: visitorKinds.has(kind) ? 'visitor' : operatorKinds.has(kind) ? 'operator' : 'system',
    ...(id === undefined ? {} : { id: id.toWellFormed() }),
    ...(said === undefined ? {} : { text: said }),
    ...(button === undefined ? {} : { button }),
    ...(file === undefined ? {} : { file }),
    ...(operatorId === undefined ? {} : { operatorId }),
    ...(at === undefined ? {} : { at }),
    ...(said !== undefined && said !== whole ? { truncated: true } : {}),
  };
};

const buttonOf = (data: Fields | undefined): Message['button'] => {
  const button = object(data?.['button']);
  const id = text(button?.['id'], 200);
  if (id === undefined) return undefined;
  const label = text(button?.['text'], maxNameLength);
  return { id, ...(label === undefined ? {} : { text: label }) };
};

/** `data.{url,name,media_type}` as the bot API has it, `filename`/`content_type`, or nested under `file.desc` as the SDKs have it (§5, §13.20). */
const fileOf = (fields: Fields, data: Fields | undefined): NonNullable<Message['file']> => {
  const file = object(data?.['file']) ?? object(fields['file']);
  const desc = object(file?.['desc']) ?? file ?? data ?? {};
  const url = text(first(desc, 'url') ?? first(data, 'url'), maxUrlLength);
  const name = text(first(desc, 'name', 'filename'), maxNameLength);
  const mediaType = text(first(desc, 'media_type', 'content_type', 'mediaType'), 200);
  const size = first(desc, 'size');
  return {
    ...(url === undefined ? {} : { url }),
    ...(name === undefined ? {} : { name }),
    ...(mediaType === undefined ? {} : { mediaType }),
    ...(typeof size === 'number' && Number.isFinite(size) ? { sizeBytes: size } : {}),
  };
};

/** Cut to so many UTF-8 bytes, never inside a character. */
export const cutBytes = (value: string, limit: number): string => {
  if (value.length * 3 <= limit || Buffer.byteLength(value) <= limit) return value;
  const cut = Buffer.from(value).subarray(0, limit).toString('utf8');
  return cut.endsWith('�') ? cut.slice(0, -1) : cut;
};

/**
 * The newest messages that fit into the limit, in their order; a chat's history stands oldest first. Only these are looked at: a body at its limit may
 * list millions, and normalising them all would hold up everything else for half a minute and take a gigabyte.
 */
export const newestThatFit = (
  listed: readonly unknown[],
  where: { account: string; chatId: string; hashKey: Secret },
): { readonly kept: Message[]; readonly truncated: boolean } => {
  const kept: Message[] = [];
  let bytes = 0;
  for (let at = listed.length - 1; at >= 0; at--) {
    const message = messageOf(listed[at], where);
    bytes += Buffer.byteLength(JSON.stringify(message)) + 1;
    if (bytes > maxMessagesBytes) return { kept: kept.reverse(), truncated: true };
    kept.push(message);
  }
  return { kept: kept.reverse(), truncated: kept.some((message) => message.truncated === true) };
};
