import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '@dialog/contracts/clock';
import { sqliteFile } from '@dialog/sqlite/address';
import type { Logger } from 'pino';
import type { EventStore } from './port.ts';
import { sqliteEventStore } from './sqlite/event-store.ts';

/**
 * Opens the event store that an `EVENTS_URL` names: `sqlite:{file}`, or `esdb://…` (`esdb+discover://…`) for EventStoreDB and KurrentDB.
 * `clock` gives SQLite's events their time; EventStoreDB's have the server's, and its deadlines are the machine's.
 * @throws Error for another address, never repeating it: it may hold a password
 */
export const openEventStore = async ({
  url,
  clock,
  logger,
  mustExist = false,
}: {
  url: string;
  clock: Clock;
  logger?: Logger;
  /** For who reads: a file of SQLite that is not there is no empty store, and is not made. */
  mustExist?: boolean;
}): Promise<EventStore> => {
  if (url.startsWith('sqlite:')) {
    const file = sqliteFile(url, 'EVENTS_URL');
    const folder = dirname(file);
    if (mustExist && !existsSync(file)) throw new Error(`there is no event store ${file}`);
    if (!existsSync(folder)) throw new Error(`the folder ${folder} of the event store ${file} is not there`);
    return sqliteEventStore({ file, clock });
  }
  if (/^esdb(\+discover)?:/.test(url)) {
    // Loaded only where it is used: the client brings all of gRPC with it.
    const { esdbEventStore } = await import('./esdb/event-store.ts');
    return esdbEventStore({ url, ...(logger === undefined ? {} : { logger }) });
  }
  throw new Error('EVENTS_URL must begin with sqlite: or esdb:');
};
