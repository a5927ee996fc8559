import { randomUUID } from 'node:crypto';
import { type AccountEventOf, type AccountEventType, accountEventSchemas } from '@dialog/contracts/account-event';
import { accountStream } from '@dialog/contracts/ids';
import { type EventStore, isConflict, type RecordedEvent } from '@dialog/event-store/port';

export type AccountEvent = { readonly [T in AccountEventType]: { readonly type: T; readonly data: AccountEventOf<T> } }[AccountEventType];

/** What `account-{account}` says, as far as this version can read it, and the revision to append after. */
export type AccountHistory = { readonly events: readonly AccountEvent[]; readonly revision: number | 'no_stream' };

const pageSize = 500;

/** @returns undefined where this version does not know the event or can't read it: it moves nothing here. */
export const accountEventOf = ({ type, data }: Pick<RecordedEvent, 'type' | 'data'>): AccountEvent | undefined => {
  if (!Object.hasOwn(accountEventSchemas, type)) return undefined;
  const parsed = accountEventSchemas[type as AccountEventType].safeParse(data);
  return parsed.success ? ({ type, data: parsed.data } as AccountEvent) : undefined;
};

/** @throws EventStoreError */
export const readAccount = async (store: EventStore, account: string): Promise<AccountHistory> => {
  const events: AccountEvent[] = [];
  let revision: number | 'no_stream' = 'no_stream';
  for (;;) {
    const page = await store.read(accountStream(account), { from: revision === 'no_stream' ? 'start' : revision + 1, maxCount: pageSize });
    for (const recorded of page) {
      revision = recorded.revision;
      const event = accountEventOf(recorded);
      if (event !== undefined) events.push(event);
    }
    if (page.length < pageSize) return { events, revision };
  }
};

/**
 * Appends what `next` makes of the stream as it is, with that very revision expected: of two who publish at once the second
 * sees the first. `next` gives null where nothing is to be written. @throws EventStoreError
 */
export const appendToAccount = async (
  store: EventStore,
  account: string,
  next: (history: AccountHistory) => AccountEvent | null,
): Promise<AccountEvent | null> => {
  for (;;) {
    const history = await readAccount(store, account);
    const event = next(history);
    if (event === null) return null;
    try {
      await store.append(accountStream(account), [{ id: randomUUID(), ...event, metadata: { schemaVersion: 1 } }], history.revision);
      return event;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
};
