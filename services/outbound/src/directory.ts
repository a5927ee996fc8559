import type { Accounts } from '@dialog/contracts/account';
import type { Clock } from '@dialog/contracts/clock';
import { type Directory, directorySchema, directoryStream } from '@dialog/contracts/directory';
import { type EventStore, isConflict } from '@dialog/event-store/port';
import { errorFacts } from '@dialog/service-kit/error-facts';
import type { StoredDataAnswer, WebimStoredData } from '@dialog/webim/stored-data/client';
import type { Logger } from 'pino';
import type { AccountConnections } from './account/connections.ts';

/** Names change seldom; a new employee is a number until then. */
const everyMs = 6 * 3_600_000;
/** Where Webim, or the store, could not be asked. */
const againMs = 600_000;
/** Between two requests to one Webim, and between two looks at the accounts. */
const pauseMs = 1_000;
const lookMs = 60_000;

export type DirectoryOptions = {
  readonly accounts: Accounts;
  readonly connections: AccountConnections;
  readonly store: EventStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
};

/** Keeps the names of operators and departments of each account that has an administrator's credentials, until the signal. Never rejects. */
export const keepDirectories = async ({ accounts, connections, store, clock, logger, signal }: DirectoryOptions): Promise<void> => {
  const dueAt = new WeakMap<WebimStoredData, number>();
  /** @returns how long until the next look, ms */
  const keepOne = async (account: string, stored: WebimStoredData): Promise<number> => {
    try {
      const read = await readDirectory(stored, clock, signal);
      if (!('kind' in read)) {
        await writeDirectory(store, account, read);
        return everyMs;
      }
      // Webim's code is text from outside: only where it looks like one.
      const code = /^[\w-]{1,64}$/.test(read.code) ? read.code : undefined;
      logger.warn({ event: 'directory_not_read', account, code });
      return read.kind === 'refused' ? everyMs : againMs;
    } catch (error) {
      if (!signal.aborted) logger.warn({ event: 'directory_not_kept', account, ...errorFacts(error) });
      return againMs;
    }
  };
  while (!signal.aborted) {
    for (const { id } of accounts.all()) {
      const stored = connections.of(id)?.storedData;
      if (stored === undefined || signal.aborted || clock.monotonic() < (dueAt.get(stored) ?? 0)) continue;
      const inMs = await keepOne(id, stored);
      dueAt.set(stored, clock.monotonic() + inMs);
    }
    await clock.sleep(lookMs, signal).catch(() => undefined);
  }
};

type Unread = Exclude<StoredDataAnswer<unknown>, { kind: 'accepted' }>;

/** Two questions, one after the other; after the first refusal no other. */
const readDirectory = async (stored: WebimStoredData, clock: Clock, signal: AbortSignal): Promise<Directory | Unread> => {
  const operators = await stored.operators(signal);
  if (operators.kind !== 'accepted') return operators;
  await clock.sleep(pauseMs, signal);
  const departments = await stored.departments(signal);
  if (departments.kind !== 'accepted') return departments;
  return {
    operators: operators.value.flatMap(({ id, name }) => (name === undefined ? [] : [{ id, name: name.slice(0, 200) }])),
    departments: departments.value.flatMap(({ key, name }) =>
      key === undefined || name === undefined ? [] : [{ key, name: name.slice(0, 200) }],
    ),
    at: clock.now(),
  };
};

/** Where it says something else than the last one. */
const writeDirectory = async (store: EventStore, account: string, read: Directory): Promise<void> => {
  const stream = directoryStream(account);
  const [last] = await store.read(stream, { direction: 'backwards', maxCount: 1 });
  const known = directorySchema.safeParse(last?.data).data;
  if (known !== undefined && JSON.stringify({ ...known, at: 0 }) === JSON.stringify({ ...read, at: 0 })) return;
  try {
    await store.append(
      stream,
      [{ id: crypto.randomUUID(), type: 'DirectoryRead', data: read, metadata: { schemaVersion: 1 } }],
      last?.revision ?? 'no_stream',
    );
  } catch (error) {
    // Another outbound has written what it read just now.
    if (!isConflict(error)) throw error;
  }
};
