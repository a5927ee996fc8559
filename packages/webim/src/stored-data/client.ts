import type { Clock } from '@dialog/contracts/clock';
import type { Secret } from '@dialog/contracts/secret';
import type { Dispatcher } from 'undici';
import { botApiAgent } from '../bot-api/client.ts';
import { exchange } from '../bot-api/exchange.ts';
import { retryAfterMs } from '../bot-api/retry-after.ts';
import { record, type StoredChat, storedChat } from './chat-object.ts';

/** Reads only, so there is no "in doubt": what failed on the wire may be asked again. */
export type StoredDataAnswer<T> =
  | { readonly kind: 'accepted'; readonly status: number; readonly value: T }
  | {
      readonly kind: 'refused';
      readonly reason: 'unauthorized' | 'other';
      /** Webim's own code, `http_{status}`, or `not_json`. */
      readonly code: string;
      readonly status?: number;
    }
  | { readonly kind: 'retry_later'; readonly code: string; readonly status?: number; readonly retryAfterMs?: number };

export type StoredOperator = {
  readonly id: string;
  readonly name?: string;
  readonly status?: string;
  readonly roles: readonly string[];
};
/** `key` is what `redirect_chat` takes; expected, but not proven to be there. */
export type StoredDepartment = { readonly id: string; readonly key?: string; readonly name?: string };
/** A chat object: what the engine asks of it, and as Webim sent it. */
export type StoredChatObject = { readonly chat: StoredChat; readonly raw: Readonly<Record<string, unknown>> };
export type StoredChatsPage = {
  /** With their id as text; pages overlap: de-duplicate by it. */
  readonly chats: readonly (StoredChatObject & { readonly id: string })[];
  /** Opaque; pass it to the next call. */
  readonly lastTs: string;
  readonly more: boolean;
};

/** The Stored Data API v2 of one account (webim-protocol §8). One request at a time; none rejects. */
export type WebimStoredData = {
  readonly operators: (signal?: AbortSignal) => Promise<StoredDataAnswer<readonly StoredOperator[]>>;
  readonly departments: (signal?: AbortSignal) => Promise<StoredDataAnswer<readonly StoredDepartment[]>>;
  readonly chat: (chatId: string, signal?: AbortSignal) => Promise<StoredDataAnswer<StoredChatObject>>;
  /** `since`: `'0'` for all, then the former page's `lastTs`. */
  readonly chats: (since: string, signal?: AbortSignal) => Promise<StoredDataAnswer<StoredChatsPage>>;
  readonly close: () => Promise<void>;
};

export type WebimStoredDataOptions = {
  readonly baseUrl: string;
  /** An administrator's e-mail. */
  readonly login: string;
  readonly password: Secret;
  readonly clock: Clock;
  /** Of one request, once the former one has ended. Default 10 000. */
  readonly timeoutMs?: number;
  /** After a 401 or 403 nothing is asked for so long: Webim locks out who hammers. Default one hour. */
  readonly lockoutMs?: number;
  readonly dispatcher?: Dispatcher;
};

/** A chat with its whole history may be several MB. */
const maxBodyBytes = 16 * 1024 * 1024;

export const webimStoredData = (options: WebimStoredDataOptions): WebimStoredData => {
  const { baseUrl, login, password, clock, timeoutMs = 10_000, lockoutMs = 3_600_000 } = options;
  const base = new URL(baseUrl);
  const prefix = base.pathname.replace(/\/+$/, '');
  const agent = options.dispatcher ?? botApiAgent(timeoutMs);
  let lockedUntil = Number.NEGATIVE_INFINITY;
  let lockedBy: number | undefined;
  let former: Promise<unknown> = Promise.resolve();

  const ask = async <T>(path: string, read: (body: unknown) => T | undefined, signal?: AbortSignal): Promise<StoredDataAnswer<T>> => {
    if (clock.monotonic() < lockedUntil) {
      return { kind: 'refused', reason: 'unauthorized', code: 'locked_out', ...(lockedBy === undefined ? {} : { status: lockedBy }) };
    }
    const result = await exchange(
      {
        origin: base.origin,
        path: `${prefix}/api/v2/${path}`,
        method: 'GET',
        headers: {
          authorization: `Basic ${Buffer.from(`${login}:${password.reveal()}`, 'utf8').toString('base64')}`,
          accept: 'application/json',
          // Nothing said, any coding would do (RFC 9110 §12.5.3), and we read none.
          'accept-encoding': 'identity',
        },
      },
      { dispatcher: agent, clock, timeoutMs, maxBodyBytes, ...(signal === undefined ? {} : { signal }) },
    );
    if (result.kind !== 'answered') return { kind: 'retry_later', code: result.code };
    const { status } = result;
    if (status === 401 || status === 403) {
      lockedUntil = clock.monotonic() + lockoutMs;
      lockedBy = status;
      return { kind: 'refused', reason: 'unauthorized', code: `http_${status}`, status };
    }
    if (status === 429 || status >= 500) {
      const wait = retryAfterMs(result.headers, clock.now());
      return { kind: 'retry_later', code: `http_${status}`, status, ...(wait === undefined ? {} : { retryAfterMs: wait }) };
    }
    if (result.bodyFault === 'timeout' || result.bodyFault === 'reset' || result.bodyFault === 'aborted') {
      return { kind: 'retry_later', code: result.bodyFault, status };
    }
    const body = parsed(result.body);
    const error = record(body)?.['error'];
    if (error !== undefined && error !== null) {
      const code = typeof error === 'string' && error !== '' ? error.slice(0, 200) : 'unknown';
      const spelled = code.toLowerCase().replaceAll('_', '-');
      if (spelled === 'server-not-ready') return { kind: 'retry_later', code, status };
      return { kind: 'refused', reason: spelled === 'unauthorized' ? 'unauthorized' : 'other', code, status };
    }
    if (status !== 200) return { kind: 'refused', reason: 'other', code: `http_${status}`, status };
    const value = body === undefined ? undefined : read(body);
    if (value === undefined) return { kind: 'refused', reason: 'other', code: body === undefined ? 'not_json' : 'unexpected_body', status };
    return { kind: 'accepted', status, value };
  };

  /** One at a time: the next is asked when the former has its answer, and `exchange` always ends. */
  const inTurn = <T>(path: string, read: (body: unknown) => T | undefined, signal?: AbortSignal): Promise<StoredDataAnswer<T>> => {
    const turn = former.then(() => ask(path, read, signal));
    former = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  };

  return {
    operators: (signal) => inTurn('operators', (body) => list(body)?.flatMap(asOperator), signal),
    departments: (signal) => inTurn('departments', (body) => list(body)?.flatMap(asDepartment), signal),
    chat: (chatId, signal) =>
      inTurn(
        `chat?id=${encodeURIComponent(chatId)}`,
        (body) => {
          const chat = record(record(body)?.['chat']);
          return chat && { chat: storedChat(chat), raw: chat };
        },
        signal,
      ),
    chats: (since, signal) => inTurn(`chats?since=${encodeURIComponent(since)}`, (body) => asPage(body, since), signal),
    close: () => agent.destroy(),
  };
};

const parsed = (body: string | undefined): unknown => {
  if (body === undefined) return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
};

const list = (body: unknown): readonly unknown[] | undefined => (Array.isArray(body) ? body : undefined);
const idText = (value: unknown): string | undefined =>
  typeof value === 'number' || (typeof value === 'string' && value !== '') ? String(value) : undefined;
const named = (name: string, value: unknown): Record<string, string> => (typeof value === 'string' ? { [name]: value } : {});

const asOperator = (value: unknown): StoredOperator[] => {
  const fields = record(value);
  const id = idText(fields?.['id']);
  if (fields === undefined || id === undefined) return [];
  const roles = Array.isArray(fields['roles']) ? fields['roles'].filter((role) => typeof role === 'string') : [];
  return [{ id, roles, ...named('name', fields['full_name']), ...named('status', fields['status']) }];
};

const asDepartment = (value: unknown): StoredDepartment[] => {
  const fields = record(value);
  const id = idText(fields?.['id']);
  return fields === undefined || id === undefined ? [] : [{ id, ...named('key', fields['key']), ...named('name', fields['name']) }];
};

const asPage = (body: unknown, since: string): StoredChatsPage | undefined => {
  const page = record(body);
  const chats = list(page?.['chats']);
  if (page === undefined || chats === undefined) return undefined;
  return {
    chats: chats.flatMap((value) => {
      const raw = record(value);
      const id = idText(raw?.['id']);
      return raw === undefined || id === undefined ? [] : [{ id, raw, chat: storedChat(raw) }];
    }),
    lastTs: idText(page['last_ts']) ?? since,
    more: page['more_chats_available'] === true,
  };
};
