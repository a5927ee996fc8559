import type { Clock } from '@dialog/contracts/clock';
import { Agent, request } from 'undici';
import type { SimulatedChat } from './chat.ts';
import type { Journal } from './journal.ts';
import type { Knobs } from './knobs.ts';

export type Hooks = {
  readonly botUrl: string;
  readonly startedUrl?: string | undefined;
  readonly assignedUrl?: string | undefined;
  readonly closedUrl?: string | undefined;
};

export type Deliveries = {
  /** A bot webhook: in order within its chat, unless a knob says otherwise. */
  readonly webhook: (chat: SimulatedChat, name: 'new_chat' | 'new_message', body: unknown) => void;
  /** An event handler: late, independent of the others. */
  readonly handler: (chat: SimulatedChat, name: 'chat_started' | 'chat_assigned' | 'chat_closed', body: Record<string, unknown>) => void;
  /** Resolves when nothing is on its way. */
  readonly idle: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

type Answer = { readonly status: number; readonly body: unknown };

export const deliveries = (options: {
  clock: Clock;
  hooks: () => Hooks;
  knobs: () => Knobs;
  random: () => number;
  journal: Journal;
  webimVersion: string;
  /** Webim does not get its answer: the chat may leave the bot. */
  onFailed: (chat: SimulatedChat) => void;
}): Deliveries => {
  const { clock, knobs, random, journal } = options;
  const agent = new Agent({ connections: 64, pipelining: 1 });
  const stopping = new AbortController();
  const chains = new Map<number, Promise<void>>();
  const open = new Set<Promise<void>>();

  const track = (work: Promise<void>): Promise<void> => {
    const tracked = work.catch(() => undefined).finally(() => open.delete(tracked));
    open.add(tracked);
    return tracked;
  };

  const post = async (url: string, body: string, contentType: string): Promise<Answer> => {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), Math.max(1_000, knobs().webhookTimeoutMs));
    try {
      const response = await request(url, {
        method: 'POST',
        headers: {
          'content-type': contentType,
          'x-bot-api-version': knobs().botApiVersion,
          'x-bot-api-dialect': 'Webim Standard',
          'x-webim-version': options.webimVersion,
        },
        body,
        dispatcher: agent,
        signal: AbortSignal.any([timeout.signal, stopping.signal]),
      });
      const text = await response.body.text();
      return { status: response.statusCode, body: parse(text) };
    } catch (error) {
      return { status: 0, body: String((error as Error).message) };
    } finally {
      clearTimeout(timer);
    }
  };

  const kept = (answer: Answer): boolean => {
    const body = answer.body as { result?: unknown; has_answer?: unknown } | null;
    return answer.status === 200 && (knobs().botApiVersion === '1.0' ? body?.has_answer === true : body?.result !== undefined);
  };

  const deliver = async (chat: SimulatedChat, name: string, body: unknown): Promise<void> => {
    const { webhookDelayMs, webhookRetries, webhookRetryPauseMs, webhookRetryMaxPauseMs } = knobs();
    if (webhookDelayMs > 0) await clock.sleep(random() * webhookDelayMs, stopping.signal);
    for (let attempt = 0; ; attempt++) {
      const answer = await post(options.hooks().botUrl, JSON.stringify(body), 'application/json');
      journal.add({
        direction: 'out',
        kind: 'webhook',
        name,
        chatId: chat.id,
        status: answer.status,
        request: body,
        response: answer.body,
        done: kept(answer),
      });
      if (kept(answer)) return;
      if (attempt >= webhookRetries || stopping.signal.aborted) break;
      const pauseMs = Math.max(webhookRetryPauseMs, Math.min(webhookRetryPauseMs * 2 ** attempt, webhookRetryMaxPauseMs));
      await clock.sleep(pauseMs, stopping.signal);
    }
    if (knobs().takeAwayOnFailure) options.onFailed(chat);
  };

  const handlerUrl = (name: string): string | undefined => {
    const { startedUrl, assignedUrl, closedUrl } = options.hooks();
    return { chat_started: startedUrl, chat_assigned: assignedUrl, chat_closed: closedUrl }[name];
  };

  const deliverHandler = async (chat: SimulatedChat, name: string, body: Record<string, unknown>): Promise<void> => {
    const { handlerDelayMs, handlerBody } = knobs();
    if (handlerDelayMs > 0) await clock.sleep(random() * handlerDelayMs, stopping.signal);
    const url = handlerUrl(name);
    if (url === undefined) return;
    const sent = handlerBody === 'wrapped' ? { event: name, chat: body } : body;
    const form = handlerBody === 'form';
    const answer = await post(
      url,
      form ? new URLSearchParams({ event: name, chat: JSON.stringify(body) }).toString() : JSON.stringify(sent),
      form ? 'application/x-www-form-urlencoded' : 'application/json',
    );
    journal.add({
      direction: 'out',
      kind: 'handler',
      name,
      chatId: chat.id,
      status: answer.status,
      request: sent,
      response: answer.body,
      done: answer.status === 200,
    });
  };

  return {
    webhook: (chat, name, body) => {
      const { dropWebhooks, repeatWebhooks, unorderedWebhooks } = knobs();
      if (dropWebhooks > 0 && random() < dropWebhooks) return;
      const times = repeatWebhooks > 0 && random() < repeatWebhooks ? 2 : 1;
      for (let copy = 0; copy < times; copy++) {
        if (unorderedWebhooks) {
          void track(deliver(chat, name, body));
          continue;
        }
        const before = chains.get(chat.id) ?? Promise.resolve();
        chains.set(chat.id, track(before.then(() => deliver(chat, name, body))));
      }
    },
    handler: (chat, name, body) => void track(deliverHandler(chat, name, body)),
    idle: async () => {
      while (open.size > 0) await Promise.all([...open]);
    },
    stop: async () => {
      stopping.abort(new Error('stopping'));
      await Promise.all([...open]);
      await agent.destroy();
    },
  };
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text.slice(0, 200);
  }
};
