import { EventStoreDBClient } from '@eventstore/db-client';
import type { Logger } from 'pino';
import { type Address, parseAddress } from './address.ts';
import { within } from './deadline.ts';

/**
 * The process's one client of an address. Two clients in a process are not safe: batch appends wait in a map that all of them share, and when
 * one client's stream breaks, the map is emptied; the answer to another's append then finds no one waiting and throws in an event handler
 * (event-store.md §5.6). So handles share a client, and a new one is made only after all streams of the old have ended.
 */
export type Connection = {
  readonly address: Address;
  /** @throws where the connection string can't be used */
  readonly client: () => Promise<EventStoreDBClient>;
  /**
   * Whether all calls of this client were cancelled. The client then ends its reads as if the server had sent everything: so what a read gave
   * counts only where this is false at its end.
   */
  readonly isDisposed: (client: EventStoreDBClient) => boolean;
  /** Puts a new client in the place of this one, which has cached a failure or hangs. */
  readonly rebuild: (broken: EventStoreDBClient, cause: string) => Promise<void>;
  /** The handle is closed; with the last one the client goes. */
  readonly release: () => Promise<void>;
};

type Entry = { current: EventStoreDBClient | undefined; handles: number; rebuilding: Promise<void> };

const entries = new Map<string, Entry>();
const disposed = new WeakSet<EventStoreDBClient>();
const disposalMs = 5_000;

export const connectionTo = (url: string, logger: Logger | undefined): Connection => {
  const address = parseAddress(url);
  const entry: Entry = entries.get(url) ?? { current: undefined, handles: 0, rebuilding: Promise.resolve() };
  entries.set(url, entry);
  entry.handles += 1;
  return {
    address,
    client: async () => {
      await entry.rebuilding;
      entry.current ??= build(address);
      return entry.current;
    },
    isDisposed: (client) => disposed.has(client),
    rebuild: async (broken, cause) => {
      if (entry.current === broken) {
        entry.current = undefined;
        logger?.warn({ event: 'event_store_client_rebuilt', cause });
        entry.rebuilding = dispose(broken);
      }
      await entry.rebuilding;
    },
    release: async () => {
      entry.handles -= 1;
      if (entry.handles > 0) return;
      if (entries.get(url) === entry) entries.delete(url);
      await entry.rebuilding;
      if (entry.current !== undefined) await dispose(entry.current);
    },
  };
};

const build = (address: Address): EventStoreDBClient => {
  try {
    return EventStoreDBClient.connectionString(address.connectionString);
  } catch {
    // The client's error holds the connection string with the password.
    throw new Error('EVENTS_URL: the client can not read this connection string, or a file that it names');
  }
};

/** Ends all calls of the client and waits for it; then closes its channel, which `dispose` leaves open. */
const dispose = async (client: EventStoreDBClient): Promise<void> => {
  disposed.add(client);
  await within(client.dispose(), disposalMs).catch(() => undefined);
  const { getChannel } = client as unknown as { readonly getChannel: () => Promise<{ readonly close: () => void }> };
  await within(
    getChannel().then((channel) => channel.close()),
    disposalMs,
  ).catch(() => undefined);
};
