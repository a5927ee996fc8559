import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '@dialog/contracts/clock';
import { type AccountId, type ChatId, type DialogId, dialogStream } from '@dialog/contracts/ids';
import { groups, topicSpecs, topics } from '@dialog/contracts/topics';
import { type EventStore, EventStoreError } from '@dialog/event-store/port';
import { sqliteEventStore } from '@dialog/event-store/sqlite/event-store';
import type { PartitionedLog } from '@dialog/log/port';
import { sqliteLog } from '@dialog/log/sqlite/log';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { acmeAlone } from './account.fixture.ts';
import { parkedRecords } from './parked.ts';
import { pins } from './pins.ts';
import { projectorService } from './projector.ts';

const logger = pino({ level: 'silent' });
const dialogs: readonly DialogId[] = ['1', '2', '3', '4'].map((chatId) => ({ account: 'acme' as AccountId, chatId: chatId as ChatId }));

let folder: string;
let log: PartitionedLog;
let stores: EventStore[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dialog-backlog-'));
  stores = ['together', 'alone'].map((name) => sqliteEventStore({ file: join(folder, `${name}.db`), clock: realClock }));
  log = sqliteLog({ file: join(folder, 'log.db'), clock: realClock });
  await log.ensureTopics(topicSpecs(2));
  await writeFile(
    join(folder, 'bot.yaml'),
    `format: dialog-script/1
bot: b
defaults: { handover: { department: people } }
vars: { no: { type: text } }
scripts:
  w: { when: chat_start, steps: [{ ask: { text: which?, save: no, as: text, on_fail: [{ say: again }] } }, { say: "{{ no }}" }] }
  o: { when: { fallback: { streak: 1 } }, steps: [{ say: "?" }] }
`,
  );
});
afterEach(async () => {
  await log.close();
  for (const store of stores) await store.close();
  await rm(folder, { recursive: true, force: true });
});

const put = (chatId: string, value: unknown) =>
  log.append([
    { topic: topics.inbox, key: `acme:${chatId}`, value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)) },
  ]);
const common = (chatId: string, inputId: string) => ({ inputId, account: 'acme', chatId, chatIdForm: 'string', receivedAt: 1 });
const says = (chatId: string, number: number, text = `line ${number}`) =>
  put(chatId, {
    type: 'new_message',
    ...common(chatId, `m-${number}`),
    message: { id: `${number}`, hash: `h-${number}`, hashOfContent: false, kind: 'visitor', side: 'visitor', text },
  });

/** Applies what is in the log; `alone`: no record sees those behind it. @returns how many appends to dialogs that took */
const apply = async (store: EventStore, { alone, lost = 0 }: { alone: boolean; lost?: number }): Promise<number> => {
  let appends = 0;
  const counted: EventStore = {
    ...store,
    append: async (stream, events, expected) => {
      const answer = await store.append(stream, events, expected);
      if (!stream.startsWith('dialog-')) return answer;
      appends += 1;
      // It has landed, and nobody heard of it.
      if (appends <= lost) throw new EventStoreError('timeout', 'no answer');
      return answer;
    },
  };
  const own: PartitionedLog = {
    ...log,
    consumer: ({ handle, ...options }) =>
      log.consumer({
        ...options,
        group: alone ? 'alone' : groups.projector,
        handle: (record, context) => handle(record, alone ? { ...context, next: () => [] } : context),
      }),
  };
  const accounts = acmeAlone(folder);
  const pinned = pins({ store: counted, accounts, clock: realClock, logger });
  await pinned.registerAll();
  const projector = projectorService({ log: own, store: counted, pins: pinned, clock: realClock, logger, producer: 'test' });
  const running = projector.run();
  await vi.waitFor(async () => {
    const lags = await log.lag(alone ? 'alone' : groups.projector, topics.inbox);
    expect(lags.map(({ lag }) => lag)).toEqual(lags.map(() => 0));
  }, 20_000);
  await projector.stop();
  await running;
  return appends;
};

const told = async (store: EventStore, id: DialogId): Promise<unknown[]> =>
  (await store.read(dialogStream(id), { maxCount: 5_000 })).map((event) => [
    event.revision,
    event.id,
    event.type,
    event.data,
    event.metadata,
  ]);
const offsetsParked = async (store: EventStore, id: DialogId): Promise<number[]> =>
  (await parkedRecords(store, id)).map(({ offset }) => offset);

it('a backlog is applied many records an append, and every stream is as if each had come alone', async () => {
  const [together, alone] = stores as [EventStore, EventStore];
  for (const { chatId } of dialogs)
    await put(chatId, { type: 'new_chat', ...common(chatId, `c-${chatId}`), messages: [], bodyHash: `b-${chatId}` });
  for (let number = 1; number <= 40; number++) {
    await says('1', number);
    // One that can't be read stops its dialog, and those behind it follow.
    await (number === 20 ? put('2', '{') : says('2', number));
    // Sixteen of these are too large for an append.
    await says('3', number, 'x'.repeat(40_000));
    // A handler, a redelivery and people's words between the visitor's.
    if (number % 10 === 0)
      await put('4', { type: 'chat_assigned', ...common('4', `a-${number}`), bodyHash: `a-${number}`, operatorId: '9' });
    else await says('4', number % 10 === 5 ? number - 1 : number);
  }
  const appends = [await apply(together, { alone: false }), await apply(alone, { alone: true })];
  for (const id of dialogs) {
    expect(await told(together, id)).toEqual(await told(alone, id));
    expect(await offsetsParked(together, id)).toEqual(await offsetsParked(alone, id));
  }
  expect(await offsetsParked(together, dialogs[1] as DialogId)).toHaveLength(21);
  const [many = 0, one = 0] = appends;
  expect(many * 2).toBeLessThan(one);
});

it('an append of many that has landed though nobody heard of it stands once', async () => {
  const [together, alone] = stores as [EventStore, EventStore];
  await put('1', { type: 'new_chat', ...common('1', 'c-1'), messages: [], bodyHash: 'b' });
  for (let number = 1; number <= 40; number++) await says('1', number);
  await apply(together, { alone: false, lost: 2 });
  await apply(alone, { alone: true });
  const [id] = dialogs as [DialogId];
  expect(await told(together, id)).toEqual(await told(alone, id));
  expect(await told(together, id)).not.toHaveLength(0);
});

it.each([
  ['taken along by the append before the stop', 1],
  ['at which its dialog stops', 2],
])('a record %s does not wait in the parked stream where the answer was lost', async (_, lost) => {
  const [together, alone] = stores as [EventStore, EventStore];
  await writeFile(
    join(folder, 'bot.yaml'),
    `format: dialog-script/1
bot: b
defaults: { handover: { department: people } }
vars: { no: { type: int }, none: { type: int } }
scripts:
  w: { when: chat_start, steps: [{ mark: begun }] }
  d: { when: { text: { any_of: [divide] } }, steps: [{ set: { none: "0" } }, { set: { no: 1 / none } }] }
  o: { when: { fallback: { streak: 1 } }, steps: [{ mark: heard }] }
`,
  );
  await put('1', { type: 'new_chat', ...common('1', 'c-1'), messages: [], bodyHash: 'b' });
  await says('1', 1);
  await says('1', 2, 'divide');
  const [behind] = await says('1', 3);
  await apply(together, { alone: false, lost });
  await apply(alone, { alone: true });
  const [id] = dialogs as [DialogId];
  expect(await told(together, id)).toEqual(await told(alone, id));
  expect(await offsetsParked(alone, id)).toEqual([behind?.offset]);
  expect(await offsetsParked(together, id)).toEqual([behind?.offset]);
});

it('redelivered from its beginning, a dialog that stopped is not given to people once more', async () => {
  const [, store] = stores as [EventStore, EventStore];
  const [id] = dialogs as [DialogId];
  const redirected = (number: number, epoch: number) =>
    put('1', { type: 'effect_result', ...common('1', `r-${number}`), number, attempt: 1, epoch, outcome: 'accepted' });
  await put('1', { type: 'new_chat', ...common('1', 'c-1'), messages: [], bodyHash: 'b' });
  await put('1', '{');
  await redirected(2, 1);
  await says('1', 1);
  await redirected(3, 2);
  await apply(store, { alone: true });
  const before = await told(store, id);
  const markers = (await store.read(dialogStream(id), { maxCount: 100 })).filter(({ type }) => type === 'DialogParked');
  expect(markers).toHaveLength(2);
  for (const partition of [0, 1]) await log.setCommitted('alone', topics.inbox, partition, 0);
  await apply(store, { alone: true });
  expect(await told(store, id)).toEqual(before);
});

it('a dialog that begins anew in a stream that was deleted tells others by the places that its events have there', async () => {
  const [store] = stores as [EventStore];
  const [id] = dialogs as [DialogId];
  const begins = (number: number) =>
    put('1', {
      type: 'new_chat',
      ...common('1', `c-${number}`),
      ...{ messages: [], bodyHash: `b-${number}`, visitor: { hash: 'ab'.repeat(8), fields: {} } },
    });
  const started = async (): Promise<readonly string[]> =>
    (await store.read(dialogStream(id))).flatMap(({ type, revision }) => (type === 'DialogStarted' ? [`note:acme:1:${revision}`] : []));
  await begins(1);
  await apply(store, { alone: false });
  const before = await started();
  await store.deleteStream(dialogStream(id));
  await begins(2);
  await apply(store, { alone: false });
  const records = (await Promise.all([0, 1].map((partition) => log.read(topics.inbox, partition, 0, 1_000)))).flat();
  const inputs = records.map(({ value }) => JSON.parse(Buffer.from(value ?? []).toString()) as { type: string; inputId: string });
  const opened = inputs.flatMap(({ type, inputId }) => (type === 'visitor_chat_open' ? [inputId] : []));
  expect(opened).toEqual([...before, ...(await started())]);
});
