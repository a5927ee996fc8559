import type { Clock } from '@dialog/contracts/clock';
import type { Button } from '@dialog/contracts/effects';
import type { Secret } from '@dialog/contracts/secret';
import { Agent, type Dispatcher } from 'undici';
import type { BotApiAnswer } from './answer.ts';
import { type BotApiMethod, classify } from './classify.ts';
import { exchange } from './exchange.ts';

export type ChatIdOnWire = string | number;

/** The bot's REST API of one account (webim-protocol §3). Each call is one HTTP attempt; none rejects. */
export type WebimBotApi = {
  readonly sendText: (chatId: ChatIdOnWire, text: string, signal?: AbortSignal) => Promise<BotApiAnswer>;
  /** Webim's keyboard has no text of its own: send that before. */
  readonly sendKeyboard: (chatId: ChatIdOnWire, rows: readonly (readonly Button[])[], signal?: AbortSignal) => Promise<BotApiAnswer>;
  /** Webim fetches the file from its address. */
  readonly sendFile: (
    chatId: ChatIdOnWire,
    file: { readonly url: string; readonly name: string; readonly mediaType: string },
    signal?: AbortSignal,
  ) => Promise<BotApiAnswer>;
  /** With neither target: to the queue, which only Webim ≥ 10.4 takes; the caller checks that. The operator wins over the department. */
  readonly redirect: (
    chatId: ChatIdOnWire,
    target: { readonly department?: string | undefined; readonly operatorId?: string | undefined },
    signal?: AbortSignal,
  ) => Promise<BotApiAnswer>;
  readonly closeChat: (chatId: ChatIdOnWire, signal?: AbortSignal) => Promise<BotApiAnswer>;
  /** Ends what is in flight and gives the connections back. */
  readonly close: () => Promise<void>;
};

export type WebimBotApiOptions = {
  /** `https://{host}`, no trailing slash. The token goes nowhere else. */
  readonly baseUrl: string;
  readonly token: Secret;
  readonly clock: Clock;
  /** Of one attempt, from the call to the last byte of the answer, on `clock`. Default 10 000. */
  readonly timeoutMs?: number;
  readonly dispatcher?: Dispatcher;
};

/** An answer is a short JSON object; more than this is none. */
const maxBodyBytes = 64 * 1024;

export const webimBotApi = ({ baseUrl, token, clock, timeoutMs = 10_000, dispatcher }: WebimBotApiOptions): WebimBotApi => {
  const base = new URL(baseUrl);
  const prefix = base.pathname.replace(/\/+$/, '');
  const agent = dispatcher ?? botApiAgent(timeoutMs);

  const call = async (method: BotApiMethod, body: object, signal: AbortSignal | undefined): Promise<BotApiAnswer> => {
    const result = await exchange(
      {
        origin: base.origin,
        path: `${prefix}/api/bot/v2/${method}`,
        method: 'POST',
        headers: {
          authorization: `Token ${token.reveal()}`,
          'content-type': 'application/json',
          accept: 'application/json',
          // Nothing said, any coding would do (RFC 9110 §12.5.3), and we read none.
          'accept-encoding': 'identity',
        },
        body: JSON.stringify(body),
      },
      { dispatcher: agent, clock, timeoutMs, maxBodyBytes, ...(signal === undefined ? {} : { signal }) },
    );
    return classify(method, result, clock.now());
  };

  return {
    sendText: (chatId, text, signal) => call('send_message', { chat_id: chatId, message: { kind: 'operator', text } }, signal),
    sendKeyboard: (chatId, rows, signal) =>
      call(
        'send_message',
        { chat_id: chatId, message: { kind: 'keyboard', buttons: rows.map((row) => row.map(({ id, text }) => ({ id, text }))) } },
        signal,
      ),
    sendFile: (chatId, { url, name, mediaType }, signal) =>
      call('send_message', { chat_id: chatId, message: { kind: 'file_operator', data: { url, name, media_type: mediaType } } }, signal),
    redirect: (chatId, { department, operatorId }, signal) =>
      call(
        'redirect_chat',
        {
          chat_id: chatId,
          // Both together: unknown (webim-protocol §3.2), so one.
          ...(operatorId !== undefined
            ? { operator_id: operatorOnWire(operatorId) }
            : department !== undefined
              ? { dep_key: department }
              : {}),
        },
        signal,
      ),
    closeChat: (chatId, signal) => call('close_chat', { chat_id: chatId }, signal),
    close: () => agent.destroy(),
  };
};

/** One per account. HTTP/1.1 only: there "written" has a plain meaning. undici's own time-outs are off, the deadline is ours. */
export const botApiAgent = (connectTimeoutMs: number): Agent =>
  new Agent({
    allowH2: false,
    pipelining: 1,
    connections: 32,
    keepAliveTimeout: 4_000,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: 16 * 1024,
    connect: { timeout: connectTimeoutMs },
  });

/** Webim's ids are integers, kept as text here. */
const operatorOnWire = (id: string): string | number => (/^\d{1,15}$/.test(id) ? Number(id) : id);
