import { type AccountId, type ChatId, sendsStream } from '@dialog/contracts/ids';
import type { SendEvent } from '@dialog/contracts/send-event';
import type { EventStore } from '@dialog/event-store/port';
import type { WebimSimulator } from '@dialog/webim-simulator/simulator';
import { type HistoryEvent, readHistory } from '../acceptance/history.ts';
import type { Journals } from './comparison.ts';

export type CrashReport = {
  readonly findings: readonly string[];
  readonly webhooks: number;
  readonly answered200: number;
  readonly effects: number;
  readonly inDoubt: number;
  readonly chats: number;
};

/** What the driver sent and got answered, the streams, and what Webim saw. */
export const journalsOf = async (store: EventStore, account: string, simulator: WebimSimulator): Promise<Journals> => {
  const histories = new Map<number, readonly HistoryEvent[]>();
  const sends = new Map<number, readonly SendEvent[]>();
  for (const { id } of simulator.webim.chats()) {
    histories.set(id, (await readHistory(store, account, id)).events);
    const stream = sendsStream({ account: account as AccountId, chatId: String(id) as ChatId });
    sends.set(id, (await store.read(stream, { maxCount: 10_000 })) as unknown as readonly SendEvent[]);
  }
  const entries = simulator.journal();
  const textOf = (request: unknown): string | undefined => {
    const message = (request as { message?: { kind?: string; text?: string } }).message;
    return message?.kind === 'visitor' ? message.text : undefined;
  };
  return {
    histories,
    sends,
    webhooks: entries
      .filter((one) => one.direction === 'out')
      .map((one) => ({
        chatId: Number(one.chatId),
        name: one.name,
        text: textOf(one.request),
        answered200: one.status === 200,
      })),
    calls: entries
      .filter((one) => one.kind === 'bot_api')
      .map((one) => {
        const { message } = one.request as { message?: { kind?: string; text?: string } };
        const what = message?.kind === 'operator' ? (message.text ?? '') : one.name === 'redirect_chat' ? 'redirect' : one.name;
        return { chatId: Number(one.chatId), method: one.name, what, done: one.done };
      }),
  };
};
