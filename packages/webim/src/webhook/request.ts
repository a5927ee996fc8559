import type { Secret } from '@dialog/contracts/secret';

/** A request at the door, its body read. */
export type WebhookRequest = {
  readonly account: string;
  /** Of the query string; the last of several. */
  readonly query: Readonly<Record<string, string>>;
  readonly contentType: string;
  /** `X-Bot-API-Version`, `X-Webim-Version`. */
  readonly botApiVersion: string | undefined;
  readonly webimVersion: string | undefined;
  readonly body: Uint8Array;
};

export type WebhookContext = {
  readonly hashKey: Secret;
  readonly inputId: string;
  /** Log's time, ms. */
  readonly receivedAt: number;
  /** Bot route only. */
  readonly answerBy: number;
};

export type Unreadable =
  | 'not_json'
  | 'not_an_object'
  | 'too_deep'
  | 'unknown_event'
  /** The bot is set to version 1. */
  | 'api_version_1'
  | 'no_chat_id'
  | 'bad_chat_id';
