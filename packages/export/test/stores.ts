import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '@dialog/contracts/clock';
import type { DomainEvent } from '@dialog/contracts/domain-event';
import { type ExportLine, type ExportSelection, exportText } from '@dialog/contracts/export-file';
import { fold } from '@dialog/domain/evolve';
import { initialDialog } from '@dialog/domain/state';
import { stateHash } from '@dialog/domain/state-hash';
import { type EventStore, EventStoreError, type RecordedEvent } from '@dialog/event-store/port';
import { sqliteEventStore } from '@dialog/event-store/sqlite/event-store';
import { exportHeader, exportLines } from '../src/export-lines.ts';

export type Folder = {
  readonly path: (name: string) => string;
  readonly store: (name: string) => EventStore;
  readonly remove: () => Promise<void>;
};

/** Stores in a folder of the test, closed and removed with it. */
export const storesFolder = async (): Promise<Folder> => {
  const folder = await mkdtemp(join(tmpdir(), 'export-'));
  const open: EventStore[] = [];
  return {
    path: (name) => join(folder, name),
    store: (name) => {
      const store = sqliteEventStore({ file: join(folder, `${name}.db`), clock: realClock });
      open.push(store);
      return store;
    },
    remove: async () => {
      for (const store of open) await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** Deleted for good beneath it: SQLite has no tombstones. Until a scavenge its events stand in `$all`. */
export const withTombstone = (store: EventStore, stream: string): EventStore => ({
  ...store,
  read: (name, options) =>
    name === stream ? Promise.reject(new EventStoreError('stream_deleted', 'the stream is deleted')) : store.read(name, options),
});

export const linesOf = async (store: EventStore, selection: ExportSelection = {}, until: number | null = null): Promise<ExportLine[]> => [
  exportHeader({ producer: 'test', exportedAt: 1, until, selection }),
  ...(await collected(exportLines({ store, selection, until }))),
];

export const collected = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

export const textOf = (lines: readonly ExportLine[]): string => lines.map(exportText).join('');

/** The state hash of each dialog's stream. */
export const stateHashes = (events: readonly Pick<RecordedEvent, 'stream' | 'type' | 'data'>[]): Readonly<Record<string, string>> => {
  const streams = Map.groupBy(events, (event) => event.stream);
  return Object.fromEntries(
    [...streams].map(([stream, of]) => [stream, stateHash(fold(of as unknown as readonly DomainEvent[], initialDialog))]).sort(),
  );
};

export const storedEvents = (store: EventStore): Promise<RecordedEvent[]> =>
  store.readAll({ after: 'start', maxCount: 1_000_000, streamPrefixes: ['dialog-'] });

export async function* inPieces(text: string, size = 1000): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
