import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '@dialog/contracts/clock';
import { type AccountId, type ChatId, dialogStream } from '@dialog/contracts/ids';
import { type EventStore, EventStoreError } from '@dialog/event-store/port';
import { sqliteEventStore } from '@dialog/event-store/sqlite/event-store';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { wholeLife } from '../../test/sample-dialogs.ts';
import { follower } from './follower.ts';
import { openReadModel } from './read-model.ts';

const t0 = Date.parse('2026-03-02T09:00:00Z');
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'follower-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const storeOf = (name: string) => sqliteEventStore({ file: join(folder, name), clock: realClock });

/** Appends so many of a dialog's appends, from the first on. */
const living = async (name: string, chatIds: readonly string[], appends = Number.POSITIVE_INFINITY): Promise<void> => {
  const store = storeOf(name);
  for (const chatId of chatIds) {
    const dialog = wholeLife('shop', chatId, t0);
    let revision = -1;
    for (const events of dialog.appends.slice(0, appends)) {
      const written = events.map((event) => ({ ...event, id: crypto.randomUUID() }));
      await store.append(dialog.stream, written, revision < 0 ? 'no_stream' : revision);
      revision += events.length;
    }
  }
  await store.close();
};

/** A console's read model that follows a store. */
const following = (store: EventStore) => {
  const readModel = openReadModel({ file: join(folder, 'console.db') });
  const stopping = new AbortController();
  const one = follower({
    store,
    readModel,
    clock: realClock,
    logger: pino({ level: 'silent' }),
    onRows: () => undefined,
    onCaughtUp: () => undefined,
  });
  let running: Promise<void> | undefined;
  const start = async (): Promise<void> => {
    running = one.run(stopping.signal);
    await vi.waitUntil(one.caughtUp, { timeout: 10_000 });
  };
  const stop = async (): Promise<void> => {
    stopping.abort();
    await running;
    await readModel.close();
  };
  return { caughtUp: one.caughtUp, readModel, start, stop };
};

/** The chats of the read model, and their revisions, once it has followed the store to its end. */
const followed = async (name: string, over: Partial<EventStore> = {}): Promise<readonly (readonly [string, number])[]> => {
  const store = storeOf(name);
  const one = following({ ...store, ...over });
  await one.start();
  const rows = await one.readModel.list({ limit: 100 });
  await one.stop();
  await store.close();
  return rows.map(({ chatId, revision }) => [chatId, revision] as const).sort();
};

it('a read model that is ahead of a store restored from an older backup is made anew from what there is', async () => {
  await living('events.db', ['1', '2'], 2);
  await copyFile(join(folder, 'events.db'), join(folder, 'backup.db'));
  const backed = await followed('events.db');
  await living('events.db', ['3', '4']);
  expect(await followed('events.db')).toHaveLength(4);

  expect(await followed('backup.db')).toEqual(backed);
  // What comes after the restore has places that others had.
  await living('backup.db', ['5'], 2);
  expect((await followed('backup.db')).map(([chatId]) => chatId)).toEqual(['1', '2', '5']);
});

it('a read model that is as old as its store, or older, goes on where it stood', async () => {
  await living('events.db', ['1', '2']);
  const before = await followed('events.db');
  expect(await followed('events.db')).toEqual(before);
  await living('events.db', ['3']);
  expect(await followed('events.db')).toHaveLength(3);
});

it('of a deleted stream a scavenge leaves the last event: it has no row, and the others theirs', async () => {
  await living('events.db', ['1', '2', '3'], 2);
  const store = storeOf('events.db');
  const stream = dialogStream({ account: 'shop' as AccountId, chatId: '2' as ChatId });
  await store.keepNewest(stream, 1);
  await store.deleteStream(stream);
  await store.close();
  expect((await followed('events.db')).map(([chatId]) => chatId)).toEqual(['1', '3']);

  // Its chat comes back: the stream counts on.
  const again = storeOf('events.db');
  const [head] = wholeLife('shop', '2', t0).appends;
  const { revision } = await again.append(stream, head?.map((event) => ({ ...event, id: crypto.randomUUID() })) ?? [], 'any');
  await again.close();
  expect(await followed('events.db')).toContainEqual(['2', revision]);
});

it('the stream of the newest event was deleted for good: the console goes on', async () => {
  await living('events.db', ['1', '2'], 2);
  await followed('events.db');
  const read = () => Promise.reject(new EventStoreError('stream_deleted', 'the stream is deleted'));
  expect((await followed('events.db', { read })).map(([chatId]) => chatId)).toEqual(['1', '2']);
});

it('while it is made anew the rows do not count as complete, also where the store was restored under a console that went on', async () => {
  await living('events.db', ['1', '2'], 2);
  await copyFile(join(folder, 'events.db'), join(folder, 'backup.db'));
  await living('events.db', ['3']);
  const [now, backup] = [storeOf('events.db'), storeOf('backup.db')];
  let store = now;
  const breaking = new AbortController();
  const seen: boolean[] = [];
  const one = following({
    ...now,
    read: (...args) => store.read(...args),
    subscribe: (options) => {
      seen.push(one.caughtUp());
      return store.subscribe({ ...options, signal: AbortSignal.any([options.signal, ...(store === now ? [breaking.signal] : [])]) });
    },
  });
  await one.start();
  store = backup;
  breaking.abort();
  await vi.waitUntil(() => seen.length === 2 && one.caughtUp(), { timeout: 10_000 });
  expect(seen).toEqual([false, false]);
  expect(await one.readModel.list({ limit: 100 })).toHaveLength(2);
  await one.stop();
  await Promise.all([now.close(), backup.close()]);
});
