import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '@dialog/contracts/clock';
import type { DomainEvent } from '@dialog/contracts/domain-event';
import { dialogStream, snapshotStream } from '@dialog/contracts/ids';
import { fold } from '@dialog/domain/evolve';
import { type DialogState, initialDialog } from '@dialog/domain/state';
import { stateHash } from '@dialog/domain/state-hash';
import type { EventStore } from '@dialog/event-store/port';
import { sqliteEventStore } from '@dialog/event-store/sqlite/event-store';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { dialogs, keepSnapshot, toldAt } from './dialogs.ts';
import { id, input } from './input.fixture.ts';

let folder: string;
let store: EventStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dialog-snapshots-'));
  store = sqliteEventStore({ file: join(folder, 'events.db'), clock: realClock });
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

/** A dialog of `count` inputs, as its stream. */
const life = (count: number): DomainEvent[] => [
  input(0),
  { type: 'DialogStarted', data: { script: 'script', incomplete: true } },
  { type: 'OwnerChanged', data: { owner: 'bot', cause: 'start' } },
  ...Array.from({ length: count }, (_, at) => input(at + 1)),
];
const write = async (events: readonly DomainEvent[], from: number): Promise<void> => {
  const recorded = events.map(({ type, data }) => ({ id: randomUUID(), type, data, metadata: {} }));
  await store.append(dialogStream(id), recorded, from === 0 ? 'no_stream' : from - 1);
};
/** A store that counts the events read of the dialog's own stream. */
const counting = () => {
  let read = 0;
  const counted: EventStore = {
    ...store,
    read: async (stream, options) => {
      const events = await store.read(stream, options);
      if (stream === dialogStream(id)) read += events.length;
      return events;
    },
  };
  return { store: counted, read: () => read };
};

it('loads a long dialog from its snapshot and what came after, to the state of the whole stream', async () => {
  const events = [...life(1_000), { type: 'DialogClosed', data: { cause: 'webim', final: false } } satisfies DomainEvent];
  await write(events.slice(0, 900), 0);
  const first = await dialogs({ store, capacity: 10 }).load(id, 1);
  await keepSnapshot(store, { ...first, revision: 700 }, first);
  await write(events.slice(900), 900);
  const counted = counting();
  const loaded = await dialogs({ store: counted.store, capacity: 10 }).load(id, 1);
  expect(loaded.revision).toBe(events.length - 1);
  expect(stateHash(loaded.state as DialogState)).toBe(stateHash(fold(events, initialDialog)));
  expect(loaded.state.inputs.has('i-3')).toBe(true);
  expect(['i-0', 'i-3', 'i-1000'].map((inputId) => toldAt(loaded, inputId))).toEqual([0, undefined, events.length - 2]);
  // Its beginning, which says that it is long, and what came after the snapshot.
  expect(counted.read()).toBeLessThan(400);
});

it('loads a dialog whose stream was cut short from the snapshot that knows what is missing, and begins with what is left where none does', async () => {
  const events = life(300);
  await write(events, 0);
  const whole = await dialogs({ store, capacity: 10 }).load(id, 1);
  await keepSnapshot(store, { ...whole, revision: 198 }, whole);
  await store.keepNewest(dialogStream(id), 50);
  const cut = await dialogs({ store, capacity: 10 }).load(id, 1);
  expect([stateHash(cut.state as DialogState), cut.revision]).toEqual([stateHash(whole.state as DialogState), whole.revision]);

  await store.deleteStream(dialogStream(id));
  const again = life(1).map(({ type, data }) => ({ id: randomUUID(), type, data, metadata: {} }));
  const { revision } = await store.append(dialogStream(id), again, 'any');
  await store.keepNewest(dialogStream(id), again.length - 1);
  const begun = await dialogs({ store, capacity: 10 }).load(id, 1);
  expect([begun.revision, begun.state.inputs.has('i-300')]).toEqual([revision, false]);
});

it('keeps one snapshot of a dialog, the newest', async () => {
  const events = life(1_000);
  await write(events, 0);
  const whole = await dialogs({ store, capacity: 10 }).load(id, 1);
  for (const revision of [200, 400, 600, 800]) await keepSnapshot(store, { ...whole, revision: revision - 2 }, { ...whole, revision });
  const kept = await store.readAll({ after: 'start', maxCount: 10, streamPrefixes: [snapshotStream(id)] });
  expect(kept.map(({ data }) => (data as { revision: number }).revision)).toEqual([800]);
});

it('loads a dialog whose snapshot is larger than an append from it too, and passes over one whose parts are not all there', async () => {
  const events: DomainEvent[] = life(15_000).map((event) =>
    event.type === 'InputRecorded'
      ? { ...event, data: { ...event.data, input: { ...event.data.input, inputId: `wh:${randomUUID()}` } } }
      : event,
  );
  for (let from = 0; from < events.length - 100; from += 500)
    await write(events.slice(from, Math.min(from + 500, events.length - 100)), from);
  const first = await dialogs({ store, capacity: 10 }).load(id, 1);
  for (let time = 0; time < 2; time++) await keepSnapshot(store, { ...first, revision: 100 }, first);
  await write(events.slice(-100), events.length - 100);
  const counted = counting();
  const loaded = await dialogs({ store: counted.store, capacity: 10 }).load(id, 1);
  expect(stateHash(loaded.state as DialogState)).toBe(stateHash(fold(events, initialDialog)));
  expect(loaded.revision).toBe(events.length - 1);
  expect(counted.read()).toBeLessThan(400);

  const parts = await store.read(snapshotStream(id));
  expect(parts.map(({ data }) => (data as { part: number }).part)).toEqual(parts.map((_, at) => at));
  await store.keepNewest(snapshotStream(id), 2);
  expect(stateHash((await dialogs({ store, capacity: 10 }).load(id, 1)).state as DialogState)).toBe(stateHash(loaded.state as DialogState));
  // Another owner's last part between them.
  await store.append(
    snapshotStream(id),
    parts.slice(0, 1).map(({ type, data }) => ({ id: randomUUID(), type, data, metadata: {} })),
    'any',
  );
  expect((await dialogs({ store, capacity: 10 }).load(id, 1)).revision).toBe(events.length - 1);
});

it('reads a short dialog, and one that is new, in one go', async () => {
  const asked: string[] = [];
  const watched: EventStore = {
    ...store,
    read: (stream, options) => {
      asked.push(stream);
      return store.read(stream, options);
    },
  };
  expect((await dialogs({ store: watched, capacity: 10 }).load(id, 1)).revision).toBe(-1);
  await write(life(150), 0);
  expect((await dialogs({ store: watched, capacity: 10 }).load(id, 1)).revision).toBe(life(150).length - 1);
  expect(asked).toEqual([dialogStream(id), dialogStream(id)]);
});

it('writes a snapshot each 200 events, and none between', async () => {
  const events = life(400);
  await write(events, 0);
  const cache = dialogs({ store, capacity: 10 });
  const whole = await cache.load(id, 1);
  await keepSnapshot(store, { ...whole, revision: 250 }, { ...whole, revision: 300 });
  expect(await store.read(snapshotStream(id))).toEqual([]);
  await keepSnapshot(store, { ...whole, revision: 398 }, { ...whole, revision: 400 });
  expect(await store.read(snapshotStream(id))).toHaveLength(1);
});

it('passes over a snapshot of another fold, of another shape, or ahead of the stream', async () => {
  const events = life(400);
  await write(events, 0);
  const expected = stateHash(fold(events, initialDialog));
  for (const data of [
    { fold: 999, revision: 300, settingsHash: null, parked: false, state: { status: 'absent', inputs: [] } },
    { nonsense: true },
    { fold: 1, revision: 100_000, settingsHash: null, parked: false, state: { status: 'absent', inputs: [] } },
  ]) {
    await store.append(snapshotStream(id), [{ id: randomUUID(), type: 'Snapshot', data, metadata: {} }], 'any');
    const loaded = await dialogs({ store, capacity: 10 }).load(id, 1);
    expect(stateHash(loaded.state as DialogState)).toBe(expected);
  }
});

it('a slow reading does not put an older state over the one that an append has left meanwhile', async () => {
  await write(life(2), 0);
  const read = Promise.withResolvers<void>();
  const open = Promise.withResolvers<void>();
  const slow: EventStore = {
    ...store,
    read: async (...args) => {
      const events = await store.read(...args);
      read.resolve();
      await open.promise;
      return events;
    },
  };
  const cache = dialogs({ store: slow, capacity: 10 });
  const slowly = cache.load(id, 1);
  await read.promise;
  await write([input(3)], life(2).length);
  const newest = await dialogs({ store, capacity: 10 }).load(id, 1);
  cache.keep(newest, 1);
  open.resolve();
  expect([await slowly, await cache.load(id, 1)]).toEqual([newest, newest]);
});
