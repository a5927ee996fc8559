import type { RefusalReason } from '@dialog/contracts/inbox';
import type { BotApiAnswer } from './answer.ts';
import type { Exchange } from './exchange.ts';
import { retryAfterMs } from './retry-after.ts';

export type BotApiMethod = 'send_message' | 'redirect_chat' | 'close_chat';

/**
 * The classes of webim-protocol §3.5. Where it leaves room:
 * - a success status needs a JSON object without `error`; anything else under it (a proxy's page, nothing, too much) is in doubt,
 *   for Webim may have done it;
 * - 429, 502, 503, 504 and 401 count whatever the body says. 403 and 500 give way to a code that plainly speaks of the
 *   chat or the content: one lost chat must not stop the account;
 * - another 5xx counts like 500; a redirect, which we never follow, and a 404 without JSON mean a wrong host or path.
 */
export const classify = (method: BotApiMethod, result: Exchange, nowMs: number): BotApiAnswer => {
  if (result.kind !== 'answered') return result;
  const { status } = result;
  const success = status >= 200 && status < 300;
  const body = parsed(result.body);
  if (success && body === undefined) return { kind: 'in_doubt', code: result.bodyFault ?? 'not_json', status };

  const error = body?.error;
  if (success && (error === undefined || error === null)) return { kind: 'accepted', status };

  const said = error === undefined || error === null ? `http_${status}` : errorCode(error);
  const code = codeForm.test(said) ? said : 'unknown';
  const words = typeof body?.desc === 'string' && body.desc !== '' ? body.desc : code === said ? '' : said;
  const desc = words === '' ? {} : { desc: words.slice(0, 2000) };
  const known = meaning(method, said);

  if (busyStatuses.has(status) || known === 'busy') {
    const wait = retryAfterMs(result.headers, nowMs);
    return { kind: 'retry_later', code, status, ...desc, ...(wait === undefined ? {} : { retryAfterMs: wait }) };
  }
  if (status === 401) return { kind: 'refused', reason: 'unauthorized', code, status, ...desc };
  if (status === 403) {
    const reason = known === 'chat_closed' || (known === 'not_bots_chat' && !/denied/.test(spelled(said))) ? known : 'unauthorized';
    return { kind: 'refused', reason, code, status, ...desc };
  }
  if (known !== undefined) return { kind: 'refused', reason: known, code, status, ...desc };
  if (status >= 500) {
    const wait = retryAfterMs(result.headers, nowMs);
    return { kind: 'retry_later', code, status, aFewTimes: true, ...desc, ...(wait === undefined ? {} : { retryAfterMs: wait }) };
  }
  const wrongHost = (status >= 300 && status < 400) || (status === 404 && body === undefined && result.bodyFault === undefined);
  return { kind: 'refused', reason: wrongHost ? 'wrong_host' : 'other', code, status, ...desc };
};

/** A sentence in place of a code may quote what was sent: it is kept as a description, which is personal, and shown to no viewer. */
const codeForm = /^[\w.:-]{1,200}$/;

const busyStatuses = new Set([429, 502, 503, 504]);

/** Webim mixes `-` and `_` and may mix cases. */
const spelled = (code: string): string => code.toLowerCase().replaceAll('_', '-');

/**
 * What a code means. The bot API's codes are unknown (webim-protocol §3.5), so all but the documented ones are recognised by
 * their words; one that does not tell `closed` from `not the bot's` is the latter (design §5.2).
 */
const meaning = (method: BotApiMethod, rawCode: string): RefusalReason | 'busy' | undefined => {
  const code = spelled(rawCode);
  if (/^(server-not-ready|too-many-requests|rate-limit.*)$/.test(code)) return 'busy';
  if (/^(unauthorized|account-blocked|(invalid|wrong|bad|unknown)-token)$/.test(code)) return 'unauthorized';
  if (/clos(ed|ing)|clos.*chat/.test(code)) return 'chat_closed';
  if (/chat.*(not.*found|required)|no-chat|(wrong|unknown|invalid|bad)-chat|not.*(bot|operator|your|own)|assigned|access-denied/.test(code))
    return 'not_bots_chat';
  if (method !== 'send_message') return undefined;
  return /message.*(empty|length|long)|empty.*(message|text)|text|file|mime|content|magic|button|keyboard|wrong-argument-value|too-(long|large|big)/.test(
    code,
  )
    ? 'content'
    : undefined;
};

const errorCode = (error: unknown): string => {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : error;
  if (typeof code === 'number') return String(code);
  return (typeof code === 'string' && code.trim().slice(0, 200)) || 'unknown';
};

const parsed = (body: string | undefined): { error?: unknown; desc?: unknown } | undefined => {
  if (body === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(body.replace(/^\uFEFF/, ''));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
};
