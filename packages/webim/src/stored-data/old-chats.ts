import type { Clock } from '@dialog/contracts/clock';
import type { ChatImported } from '@dialog/contracts/inbox';
import type { Secret } from '@dialog/contracts/secret';
import { importedChat } from './chat-import.ts';
import type { StoredChatsPage, WebimStoredData } from './client.ts';

/** Between two requests to one Webim (webim-protocol §13.23). */
const pauseMs = 1_000;
const maxTries = 5;
/** Where it does not say how long to wait. */
const retryMs = 5_000;

/** `open`: not closed yet, left out; `empty`: they name no chat, or nothing was said in them. What began after `until` is read and not taken. */
export type ChatCounts = { readonly read: number; readonly taken: number; readonly open: number; readonly empty: number };
export type OldChatsPage = {
  readonly chats: readonly ChatImported[];
  /** So far. */
  readonly counts: ChatCounts;
};

export type OldChatsOptions = {
  readonly account: string;
  readonly hashKey: Secret;
  /** Chats that something happened in since then, ms since the epoch. */
  readonly since: number;
  /** Chats that began before it. Default: no end. */
  readonly until?: number;
  readonly clock: Clock;
  readonly logTime: () => number;
};

/**
 * The closed chats of an account as inputs of their dialogs, page by page, each once; the next page is asked for when the one before was taken. One request
 * at a time, with a pause between. What is said in an open chat comes by webhooks, or when it is closed.
 *
 * @throws Error where Webim refuses (after a 401 or 403 nothing more is asked), does not answer five times in a row, or gives the same page again
 */
export async function* oldChats(stored: WebimStoredData, options: OldChatsOptions): AsyncGenerator<OldChatsPage> {
  const { account, hashKey, logTime, until = Number.POSITIVE_INFINITY } = options;
  const known = new Set<string>();
  let counts: ChatCounts = { read: 0, taken: 0, open: 0, empty: 0 };
  for await (const page of pagesOf(stored, options)) {
    const fresh = page.chats.filter(({ id }) => !known.has(id));
    for (const { id } of fresh) known.add(id);
    const closed = fresh.filter(({ chat }) => chat.closed !== false);
    const read = closed.flatMap(({ raw }) => importedChat(raw, { account, hashKey, receivedAt: logTime() }) ?? []);
    const chats = read.filter(({ startedAt = 0 }) => startedAt < until);
    counts = {
      read: counts.read + fresh.length,
      taken: counts.taken + chats.length,
      open: counts.open + fresh.length - closed.length,
      empty: counts.empty + closed.length - read.length,
    };
    yield { chats, counts };
  }
}

async function* pagesOf(stored: WebimStoredData, { since: from, clock }: OldChatsOptions): AsyncGenerator<StoredChatsPage> {
  let tries = 0;
  // Microseconds, as Webim counts them.
  for (let since = String(Math.max(0, Math.floor(from)) * 1000); ; await clock.sleep(pauseMs)) {
    const answer = await stored.chats(since);
    if (answer.kind === 'refused') throw new Error(`Webim refuses: ${answer.code}. Nothing more is asked.`);
    if (answer.kind === 'retry_later') {
      tries += 1;
      if (tries >= maxTries) throw new Error(`Webim does not answer: ${answer.code}`);
      await clock.sleep(answer.retryAfterMs ?? retryMs);
      continue;
    }
    tries = 0;
    yield answer.value;
    if (!answer.value.more) return;
    if (answer.value.lastTs === since) throw new Error('Webim says that there are more chats, and gives the same page again');
    since = answer.value.lastTs;
  }
}
