import type { Clock } from '@dialog/contracts/clock';
import type { DomainEvent, DomainEventOf, DomainEventType, EventMetadata } from '@dialog/contracts/domain-event';
import type { AccountId, ChatId } from '@dialog/contracts/ids';
import { dialogStream } from '@dialog/contracts/ids';
import type { EventStore } from '@dialog/event-store/port';

export type HistoryEvent = DomainEvent & { readonly revision: number; readonly metadata: EventMetadata };

/** A dialog's recorded history, as a test asks of it. */
export type History = {
  readonly events: readonly HistoryEvent[];
  readonly of: <T extends DomainEventType>(type: T) => readonly DomainEventOf<T>['data'][];
  readonly types: () => readonly string[];
  readonly owner: () => string | null;
  readonly flag: () => boolean;
  readonly epoch: () => number;
};

export const readHistory = async (store: EventStore, account: string, chatId: string | number): Promise<History> => {
  const stream = dialogStream({ account: account as AccountId, chatId: String(chatId) as ChatId });
  const recorded = await store.read(stream, { maxCount: 10_000 });
  const events = recorded.map(
    (event) => ({ type: event.type, data: event.data, revision: event.revision, metadata: event.metadata }) as HistoryEvent,
  );
  const last = events.at(-1)?.metadata;
  return {
    events,
    of: (type) => events.filter((event) => event.type === type).map((event) => event.data as never),
    types: () => events.map((event) => event.type),
    owner: () => last?.owner ?? null,
    flag: () => last?.flag ?? false,
    epoch: () => last?.epoch ?? 0,
  };
};

/** Waits until a history is as wanted. @throws with what the history was, after `withinMs` of real time. */
export const untilHistory = async (
  read: () => Promise<History>,
  wanted: (history: History) => boolean,
  clock: Clock,
  withinMs = 20_000,
): Promise<History> => {
  const from = performance.now();
  for (;;) {
    const history = await read();
    if (wanted(history)) return history;
    if (performance.now() - from > withinMs) {
      throw new Error(`the history never became as wanted; it is:\n${print(history)}`);
    }
    await clock.sleep(200);
  }
};

export const print = (history: History): string =>
  history.events
    .map(
      (event) =>
        `${event.revision} ${event.type} ${event.metadata.owner} e${event.metadata.epoch} ${event.metadata.flag ? 'flag' : '-'} ${JSON.stringify(event.data).slice(0, 300)}`,
    )
    .join('\n');
