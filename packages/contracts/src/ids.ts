import { z } from 'zod';

/** Account ids: `[a-z0-9_]{1,32}`, so that `dialog-{account}-{chatId}` can be taken apart. */
export const accountIdSchema = z
  .string()
  .regex(/^[a-z0-9_]{1,32}$/)
  .brand<'AccountId'>();
export type AccountId = z.infer<typeof accountIdSchema>;

/** Chat ids as text: `[A-Za-z0-9-]{1,64}`. Webim sends integers (API 2.0) or UUIDs (1.0). */
export const chatIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,64}$/)
  .brand<'ChatId'>();
export type ChatId = z.infer<typeof chatIdSchema>;

/** The JSON type in which Webim sent the chat's id; it is given back in the same type. */
export const idFormSchema = z.enum(['number', 'string']);
export type IdForm = z.infer<typeof idFormSchema>;

export type DialogId = { readonly account: AccountId; readonly chatId: ChatId };

/** The key of every record of a dialog, in every topic. */
export const dialogKey = (id: DialogId): string => `${id.account}:${id.chatId}`;
export const dialogStream = (id: DialogId): string => `dialog-${id.account}-${id.chatId}`;
export const sendsStream = (id: DialogId): string => `sends-${id.account}-${id.chatId}`;
export const parkedStream = (id: DialogId): string => `parked-${id.account}-${id.chatId}`;
export const snapshotStream = (id: DialogId): string => `snap-${id.account}-${id.chatId}`;
/** What holds for a whole account: its published scripts, in order (`account-event.ts`). */
export const accountStream = (account: string): string => `account-${account}`;
/** Tokens and sessions that were ended; and who came in, looked and asked (`access-event.ts`). */
export const accessStream = 'access';
export const accessAuditStream = 'audit';
/** What operators did to an account and its dialogs, in order (`audit-event.ts`). */
export const auditStream = (account: string): string => `audit-${account}`;
/** A version of a script: the first 32 hex digits of its content's SHA-256. */
export const scriptHashSchema = z.string().regex(/^[0-9a-f]{32}$/);
/** One event each: `ScriptRegistered` / `SettingsRegistered`; the name is the content's hash. */
export const scriptStream = (hash: string): string => `script-${hash}`;
export const settingsStream = (hash: string): string => `settings-${hash}`;

/** @returns undefined where the stream is not a dialog's. */
export const parseDialogStream = (stream: string): DialogId | undefined => {
  const match = /^dialog-([a-z0-9_]{1,32})-([A-Za-z0-9-]{1,64})$/.exec(stream);
  return match ? { account: match[1] as AccountId, chatId: match[2] as ChatId } : undefined;
};

/** @returns undefined where the key is not a dialog's. */
export const parseDialogKey = (key: string): DialogId | undefined => {
  const match = /^([a-z0-9_]{1,32}):([A-Za-z0-9-]{1,64})$/.exec(key);
  return match ? { account: match[1] as AccountId, chatId: match[2] as ChatId } : undefined;
};

/** One person at one account, as the door names him: 16 hex digits, HMAC(HASH_KEY, account, Webim's visitor id). */
export const visitorHashSchema = z.string().regex(/^[0-9a-f]{16}$/);
export type VisitorId = { readonly account: AccountId; readonly visitor: string };

/** What a stream of the projector is about: a dialog or a visitor. */
export type SubjectId = DialogId | VisitorId;

/** The key of every record of a visitor. No dialog's: a chat id has no colon. */
export const visitorKey = (id: VisitorId): string => `${id.account}:v:${id.visitor}`;
export const visitorStream = (id: VisitorId): string => `visitor-${id.account}-${id.visitor}`;

/** @returns undefined where the key is not a visitor's. */
export const parseVisitorKey = (key: string): VisitorId | undefined => {
  const match = /^([a-z0-9_]{1,32}):v:([0-9a-f]{16})$/.exec(key);
  return match ? { account: match[1] as AccountId, visitor: match[2] as string } : undefined;
};

/** @returns undefined where the stream is not a visitor's. */
export const parseVisitorStream = (stream: string): VisitorId | undefined => {
  const match = /^visitor-([a-z0-9_]{1,32})-([0-9a-f]{16})$/.exec(stream);
  return match ? { account: match[1] as AccountId, visitor: match[2] as string } : undefined;
};

export const isVisitorId = (id: SubjectId): id is VisitorId => 'visitor' in id;

/** @returns undefined where the key is neither a dialog's nor a visitor's. */
export const parseSubjectKey = (key: string): SubjectId | undefined => parseDialogKey(key) ?? parseVisitorKey(key);
export const subjectKey = (id: SubjectId): string => (isVisitorId(id) ? visitorKey(id) : dialogKey(id));
export const subjectStream = (id: SubjectId): string => (isVisitorId(id) ? visitorStream(id) : dialogStream(id));
/** How a subject is called under its account: a chat id, or `v:` and the visitor. */
export const subjectName = (id: SubjectId): string => subjectKey(id).slice(id.account.length + 1);
export const subjectNameSchema = z.union([chatIdSchema, z.string().regex(/^v:[0-9a-f]{16}$/)]);
/** A visitor's parked records have a prefix of their own: `parked-visitor-…` could be a dialog's of an account named `visitor`. */
export const subjectParkedStream = (id: SubjectId): string =>
  isVisitorId(id) ? `parkedvisitor-${id.account}-${id.visitor}` : parkedStream(id);

/** @returns undefined where the stream keeps no parked records. */
export const parseParkedStream = (stream: string): SubjectId | undefined => {
  if (stream.startsWith('parkedvisitor-')) return parseVisitorStream(stream.slice('parked'.length));
  return stream.startsWith('parked-') ? parseDialogStream(`dialog-${stream.slice('parked-'.length)}`) : undefined;
};

/** Gives a chat id back to Webim in the type in which it came. */
export const chatIdForWebim = (chatId: string, form: IdForm): string | number => (form === 'number' ? Number(chatId) : chatId);

/** A UUID (version 8: custom) of the first 16 bytes of a digest, in hex. */
export const derivedUuid = (hex: string): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant(hex.charCodeAt(16))}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;

/** The two highest bits of a hex digit become 10, as the variant wants it. */
const variant = (digit: number): string => '89ab'.charAt((digit <= 57 ? digit - 48 : digit - 87) & 3);
