import type { Accounts } from '@dialog/contracts/account';
import type { Clock } from '@dialog/contracts/clock';
import { type Directory, directorySchema, directoryStream } from '@dialog/contracts/directory';
import type { EventStore } from '@dialog/event-store/port';
import type { StoredDataAnswer, WebimStoredData } from '@dialog/webim/stored-data/client';
import type { Logger } from 'pino';
import type { AccountConnections } from './account/connections.ts';

/** Names change seldom; a new employee is a number until then. */
const everyMs = 6 * 3_600_000;
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
  const readAt = new WeakMap<WebimStoredData, number>();
  const keepOne = async (account: string, stored: WebimStoredData): Promise<void> => {
    try {
      const read = await readDirectory(stored, clock, signal);
      if ('code' in read)
        logger.warn({ account, code: /^[\w-]{1,64}$/.test(read.code) ? read.code : undefined }, 'outbound.directory_refused');
      else await writeDirectory(store, account, read);
    } catch (error) {
      if (!signal.aborted) logger.warn({ account, err: error instanceof Error ? error.name : typeof error }, 'outbound.directory_not_kept');
    }
  };
  while (!signal.aborted) {
    for (const { id } of accounts.all()) {
      const stored = connections.of(id)?.storedData;
      if (stored === undefined || signal.aborted || clock.monotonic() - (readAt.get(stored) ?? Number.NEGATIVE_INFINITY) < everyMs)
        continue;
      readAt.set(stored, clock.monotonic());
      await keepOne(id, stored);
    }
    await clock.sleep(lookMs, signal).catch(() => undefined);
  }
};

/** Two questions, one after the other; after the first refusal no other. */
const readDirectory = async (
  stored: WebimStoredData,
  clock: Clock,
  signal: AbortSignal,
): Promise<Directory | { readonly code: string }> => {
  const operators = await stored.operators(signal);
  if (operators.kind !== 'accepted') return codeOf(operators);
  await clock.sleep(pauseMs, signal);
  const departments = await stored.departments(signal);
  if (departments.kind !== 'accepted') return codeOf(departments);
  return {
    operators: operators.value.flatMap(({ id, name }) => (name === undefined ? [] : [{ id, name: name.slice(0, 200) }])),
    departments: departments.value.flatMap(({ key, name }) =>
      key === undefined || name === undefined ? [] : [{ key, name: name.slice(0, 200) }],
    ),
    at: clock.now(),
  };
};

const codeOf = (answer: Exclude<StoredDataAnswer<unknown>, { kind: 'accepted' }>): { readonly code: string } => ({ code: answer.code });

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
    if ((error as { code?: unknown }).code !== 'wrong_expected_revision') throw error;
  }
};
