import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '@dialog/contracts/clock';
import type { DomainEvent } from '@dialog/contracts/domain-event';
import { dialogStream } from '@dialog/contracts/ids';
import { topics } from '@dialog/contracts/topics';
import type { EventStore } from '@dialog/event-store/port';
import { sqliteEventStore } from '@dialog/event-store/sqlite/event-store';
import { LogError, type PartitionedLog } from '@dialog/log/port';
import { sqliteLog } from '@dialog/log/sqlite/log';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { dialogs } from './dialogs.ts';
import { id, input } from './input.fixture.ts';
import { noteWriter } from './notes.ts';

let folder: string;
let store: EventStore;
let log: PartitionedLog;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dialog-notes-'));
  store = sqliteEventStore({ file: join(folder, 'events.db'), clock: realClock });
  log = sqliteLog({ file: join(folder, 'log.db'), clock: realClock });
  await log.ensureTopics([{ name: topics.inbox, partitions: 1, cleanup: 'delete' }]);
});
afterEach(async () => {
  await log.close();
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

/** A dialog of `count` inputs whose visitor is known; each fiftieth changes what is kept for the visitor. */
const life = (count: number): DomainEvent[] => [
  input(0),
  { type: 'DialogStarted', data: { script: 'script', incomplete: false, visitor: 'ab'.repeat(8) } },
  { type: 'OwnerChanged', data: { owner: 'bot', cause: 'start' } },
  ...Array.from({ length: count }, (_, at): DomainEvent[] => [
    input(at + 1),
    ...((at + 1) % 50 === 0
      ? [{ type: 'VisitorVariablesChanged', data: { change: (at + 1) / 50, names: ['n'], values: { n: at } } } satisfies DomainEvent]
      : []),
  ]).flat(),
];

it('a dialog that is redelivered from its beginning tells its visitor all of it once more, and reads only the appends that told something', async () => {
  const events = life(600);
  const written = events.map(({ type, data }) => ({ id: randomUUID(), type, data, metadata: { at: 5_000 } }));
  await store.append(dialogStream(id), written, 'no_stream');
  let read = 0;
  const counted: EventStore = {
    ...store,
    read: async (stream, options) => {
      const page = await store.read(stream, options);
      read += page.length;
      return page;
    },
  };
  // The log is away once, in the middle: what was not written then is written by the next attempt.
  let appends = 0;
  const failing: PartitionedLog = {
    ...log,
    append: async (records, options) => {
      appends += 1;
      if (appends === 5) throw new LogError('unavailable', 'away');
      return log.append(records, options);
    },
  };
  const dialog = await dialogs({ store, capacity: 10 }).load(id, 1);
  const notes = noteWriter({ log: failing, store: counted });
  for (let number = 0; number <= 600; number++) {
    const again = { kind: 'applied', dialog, input: input(number).data.input, appended: [] } as const;
    await notes.write(again).catch(() => notes.write(again));
  }
  const told = (await log.read(topics.inbox, 0, 0, 1_000)).map(({ value }) => JSON.parse(Buffer.from(value ?? []).toString()));
  const changes = events.flatMap(({ type }, revision) => (type === 'VisitorVariablesChanged' ? [revision] : []));
  expect(told.map(({ type, inputId }) => [type, inputId])).toEqual([
    ['visitor_chat_open', 'note:acme:7:1'],
    ...changes.map((revision) => ['visitor_variables_changed', `note:acme:7:${revision}`]),
  ]);
  expect(appends).toBe(changes.length + 2);
  expect(read).toBeLessThanOrEqual((changes.length + 2) * 20);
});
