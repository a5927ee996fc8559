import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '@dialog/contracts/clock';
import type { AccountId, ChatId } from '@dialog/contracts/ids';
import { parkedStream } from '@dialog/contracts/ids';
import { maxRecordBytes, topics } from '@dialog/contracts/topics';
import { type EventStore, EventStoreError } from '@dialog/event-store/port';
import { sqliteEventStore } from '@dialog/event-store/sqlite/event-store';
import type { LogRecord } from '@dialog/log/port';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { markReleased, park, parkedRecords } from './parked.ts';

const id = { account: 'acme' as AccountId, chatId: '7' as ChatId };
const why = { reason: 'not_json', group: 'projector', attempts: 1, at: 5 };
let folder: string;
let store: EventStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dialog-parked-'));
  store = sqliteEventStore({ file: join(folder, 'events.db'), clock: realClock });
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const record = (offset: number, value: Uint8Array | null): LogRecord => ({
  topic: topics.inbox,
  partition: 0,
  offset,
  key: 'acme:7',
  value,
  headers: { ce_id: `r-${offset}` },
  appendedAt: 1_000 + offset,
});
/** As big as the log takes one, and no text. */
const biggest = (offset: number): LogRecord => record(offset, randomBytes(maxRecordBytes));
const bytes = (records: readonly LogRecord[]) => records.map(({ offset, value }) => [offset, value === null ? null : Buffer.from(value)]);

it('whatever the log takes can be parked, byte for byte and in order, each once', async () => {
  const records = [record(3, Buffer.from('{')), biggest(4), record(5, null), biggest(6), record(7, Buffer.from(''))];
  for (const one of records) await park(store, id, one, why);
  // Delivered again, in order, after a crash.
  for (const one of records) await park(store, id, one, why);
  expect(bytes(await parkedRecords(store, id))).toEqual(bytes(records));
});

it('the log was lost and made anew: what comes with a lower offset is new, and each once all the same', async () => {
  const anew = [1, 2].map((offset) => ({ ...record(offset, Buffer.from(`anew ${offset}`)), appendedAt: 9_000 + offset }));
  for (const one of [record(7, Buffer.from('before')), ...anew, ...anew]) await park(store, id, one, why);
  expect(bytes(await parkedRecords(store, id))).toEqual(bytes([record(7, Buffer.from('before')), ...anew]));
});

it('killed between the parts of a big one: the next delivery begins it anew', async () => {
  const big = biggest(4);
  for (const diesAt of [1, 2, 3]) {
    let appends = 0;
    const mortal: EventStore = {
      ...store,
      append: async (...args) => {
        appends += 1;
        if (appends >= diesAt) throw new EventStoreError('unavailable', 'killed');
        return store.append(...args);
      },
    };
    await expect(park(mortal, id, big, why)).rejects.toMatchObject({ code: 'unavailable' });
  }
  await park(store, id, big, why);
  await park(store, id, record(5, Buffer.from('x')), why);
  expect(bytes(await parkedRecords(store, id))).toEqual(bytes([big, record(5, Buffer.from('x'))]));
});

it('two owners park the same record: it stands once', async () => {
  const big = biggest(4);
  await Promise.all([park(store, id, big, why), park(store, id, big, why)]);
  expect(bytes(await parkedRecords(store, id))).toEqual(bytes([big]));
  const types = (await store.read(parkedStream(id), { maxCount: 100 })).map((event) => event.type);
  expect(types.filter((type) => type === 'RecordParked')).toHaveLength(1);
});

it('what was released waits no more; what comes after it does', async () => {
  await park(store, id, biggest(4), why);
  await markReleased(store, id, 'command:1');
  await markReleased(store, id, 'command:1');
  expect(await parkedRecords(store, id)).toEqual([]);
  await park(store, id, record(9, Buffer.from('y')), why);
  expect(bytes(await parkedRecords(store, id))).toEqual(bytes([record(9, Buffer.from('y'))]));
});
