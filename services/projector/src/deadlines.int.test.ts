import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, realClock } from '@dialog/contracts/clock';
import type { DomainEvent } from '@dialog/contracts/domain-event';
import { type AccountId, type ChatId, dialogStream } from '@dialog/contracts/ids';
import { tickKey, topicSpecs, topics } from '@dialog/contracts/topics';
import { type EventStore, EventStoreError } from '@dialog/event-store/port';
import { sqliteEventStore } from '@dialog/event-store/sqlite/event-store';
import type { NewRecord, PartitionedLog } from '@dialog/log/port';
import { sqliteLog } from '@dialog/log/sqlite/log';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { acmeAlone } from './account.fixture.ts';
import { pins } from './pins.ts';
import { projectorService } from './projector.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const logger = pino({ level: 'silent' });
const id = { account: 'acme' as AccountId, chatId: '7' as ChatId };

/** The log's time, moved by hand: what waits for it waits a few real milliseconds. */
let now: number;
const clock: Clock = {
  now: () => 1_800_000_000_000 + now,
  monotonic: () => now,
  sleep: (ms, signal) => realClock.sleep(Math.min(ms, 5_000), signal),
};

let folder: string;
let store: EventStore;
let log: PartitionedLog;
let ends: (() => Promise<void>)[];
beforeEach(async () => {
  now = 0;
  ends = [];
  folder = await mkdtemp(join(tmpdir(), 'deadlines-'));
  store = sqliteEventStore({ file: join(folder, 'events.db'), clock: realClock });
  log = sqliteLog({ file: join(folder, 'log.db'), clock });
  await log.ensureTopics(topicSpecs(1));
  await writeFile(
    join(folder, 'bot.yaml'),
    `format: dialog-script/1
bot: b
vars: { no: { type: text } }
scripts:
  w:
    when: chat_start
    steps:
      - ask:
          text: which?
          save: no
          as: text
          up_to: 30s
          on_fail: [{ stop: true }]
          on_timeout: [{ ask: { text: once more?, save: no, as: text, up_to: 5s, on_fail: [{ stop: true }], on_timeout: [{ say: late }] } }]
`,
  );
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  await log.close();
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

type Over = { readonly log?: PartitionedLog; readonly store?: EventStore; readonly settings?: string; readonly removed?: true };
/** An owner of the partition; `settings`: more lines of its account; `removed`: there is none. @returns how it ends */
const owner = async (over: Over = {}): Promise<() => Promise<void>> => {
  const accounts = acmeAlone(folder, over);
  const pinned = pins({ store, accounts, clock, logger });
  await pinned.registerAll();
  const projector = projectorService({
    log: over.log ?? log,
    store: over.store ?? store,
    pins: pinned,
    clock,
    logger,
    producer: 'test',
  });
  const running = projector.run();
  const end = async (): Promise<void> => {
    await projector.stop();
    await running.catch(() => undefined);
  };
  ends.push(end);
  return async () => {
    ends.splice(ends.indexOf(end), 1);
    await end();
  };
};

const ticks = async (): Promise<void> =>
  void (await log.append([{ topic: topics.inbox, key: tickKey, partition: 0, value: Buffer.from('{}') }]));
const comes = async (
  type: string,
  { chatId = id.chatId, ...more }: { readonly chatId?: string; readonly [field: string]: unknown },
): Promise<void> => {
  const value = { type, inputId: `${type}-${now}`, account: id.account, chatId, chatIdForm: 'number', receivedAt: log.logTime(), ...more };
  await log.append([{ topic: topics.inbox, key: `${id.account}:${chatId}`, partition: 0, value: Buffer.from(JSON.stringify(value)) }]);
};
const opens = (more: object = {}): Promise<void> => comes('new_chat', { messages: [], bodyHash: 'b', ...more });
const events = async (): Promise<readonly DomainEvent[]> =>
  (await store.read(dialogStream(id), { from: 'start', maxCount: 1_000 })) as unknown as readonly DomainEvent[];
const until = (wanted: (history: readonly DomainEvent[]) => boolean): Promise<void> =>
  expect.poll(async () => wanted(await events()), { timeout: 10_000, interval: 5 }).toBe(true);
/** Everything in the inbox has been handled, and that is committed, which takes the log's time; or `done` before that. */
const handled = (done = (): boolean => false): Promise<void> =>
  expect
    .poll(
      async () => {
        now += 250;
        return done() || (await log.lag('projector', topics.inbox))[0]?.lag === 0;
      },
      { timeout: 10_000, interval: 5 },
    )
    .toBe(true);
const fired = (history: readonly DomainEvent[], name: string): number =>
  history.filter((event) => event.type === 'DeadlineFired' && event.data.name === name).length;

/** The bot asks for the nth time, and Webim takes its question: from then on it waits. */
const asked = async (times = 1): Promise<void> => {
  type Opened = { readonly metadata: { readonly epoch: number }; readonly data: { readonly number: number } };
  const opened = async (): Promise<Opened[]> => (await events()).filter((event) => event.type === 'EffectOpened') as unknown as Opened[];
  await expect.poll(async () => (await opened()).length, { timeout: 10_000, interval: 5 }).toBe(times);
  const last = (await opened()).at(-1);
  await comes('effect_result', { number: last?.data.number, attempt: 1, epoch: last?.metadata.epoch, outcome: 'accepted' });
  await until((history) => set(history, 'script').length === times);
};
const set = (history: readonly DomainEvent[], name: string): number[] =>
  history.flatMap((event) => (event.type === 'DeadlineSet' && event.data.name === name ? [event.data.at] : []));
/** A store that tells when the dialog was read first: a new owner's wake looks at it. */
const watched = () => {
  const looked = Promise.withResolvers<void>();
  const read: EventStore['read'] = async (stream, options) => {
    const found = await store.read(stream, options);
    if (stream === dialogStream(id)) looked.resolve();
    return found;
  };
  return { store: { ...store, read }, looked: looked.promise };
};
/** Time passes, in the steps of the ticks: `tick` is done at each. */
const passes = async (ms: number, tick: () => Promise<void> = ticks): Promise<void> => {
  for (const until = now + ms; now < until; ) {
    now += Math.min(10 * second, until - now);
    await tick();
    await handled();
  }
};

it('a question asked before its owner has read a tick times out after it has, though the auto-close stands behind it', async () => {
  await owner();
  await opens();
  await asked();
  await passes(2 * minute);
  await until((history) => fired(history, 'script') > 0);
});

/** A question falls due while nobody owns its dialog. */
const fallsDueAlone = async (): Promise<void> => {
  const first = await owner();
  await ticks();
  await opens();
  await asked();
  await first();
  now += minute;
};

/** A question falls due while nobody owns its dialog; a new owner, who has read no tick yet, has looked at it. */
const fallsDueWith = async (next: Pick<Over, 'removed'>): Promise<void> => {
  await fallsDueAlone();
  const cold = watched();
  await owner({ store: cold.store, ...next });
  await cold.looked;
};

it('a question that falls due in the hands of an owner who has read no tick yet times out once he has', async () => {
  await fallsDueWith({});
  expect(fired(await events(), 'script')).toBe(0);
  await passes(2 * minute);
  await until((history) => fired(history, 'script') > 0);
});

/** Appends of some records are acknowledged, or begun, only when they are let through. */
const held = (isHeld: (record: NewRecord) => boolean, when: 'before' | 'after') => {
  const came = Promise.withResolvers<void>();
  const open = Promise.withResolvers<void>();
  let holds = true;
  let waiting = 0;
  const append: PartitionedLog['append'] = async (records, options) => {
    const holding = holds && records.some(isHeld);
    const appended = holding && when === 'after' ? await log.append(records, options) : undefined;
    if (holding) {
      waiting += 1;
      came.resolve();
      await open.promise;
    }
    return appended ?? log.append(records, options);
  };
  return {
    log: { ...log, append },
    came: came.promise,
    waiting: () => waiting,
    letThrough: () => {
      holds = false;
      open.resolve();
    },
  };
};

const wakeAt = (hint: Uint8Array | null | undefined): number => JSON.parse(Buffer.from(hint ?? []).toString('utf8')).wakeAt;

it('a chat reopened while the hint of its end is being written keeps its own deadline, in the index and for the next owner', async () => {
  let ending = false;
  const hints = held(({ topic, value }) => {
    if (topic !== topics.deadlines) return false;
    ending ||= wakeAt(value) > clock.now() + hour;
    return ending;
  }, 'before');
  await owner({ log: hints.log, settings: 'close: { authority: engine }\n    autoCloseAfter: 20s' });
  await opens({ refused: true });
  await passes(3 * minute);
  await hints.came;
  expect((await events()).some((event) => event.type === 'DialogClosed')).toBe(true);
  await comes('new_message', { message: { id: 'm', hash: 'h', hashOfContent: false, kind: 'visitor', side: 'visitor', text: 'hello' } });
  await until((history) => history.some((event) => event.type === 'DialogReopened'));
  // It has written a hint of its own, or is done without one.
  await handled(() => hints.waiting() === 2);
  hints.letThrough();
  const written = async (): Promise<number[]> => (await log.read(topics.deadlines, 0, 0, 1_000)).map(({ value }) => wakeAt(value));
  await expect.poll(async () => (await written()).some((at) => at > clock.now() + hour), { timeout: 10_000, interval: 5 }).toBe(true);
  await handled();
  const due = set(await events(), 'auto_close').at(-1);
  expect((await written()).at(-1)).toBe(due);
  const before = fired(await events(), 'auto_close');
  await passes(3 * minute);
  await until((history) => fired(history, 'auto_close') > before);
});

it('a deadline set by the timer that a wake wrote is not put off by the end of that wake', async () => {
  const timer = held(({ topic, headers }) => topic === topics.inbox && String(headers?.['ce_type']).includes('timer_due'), 'after');
  await owner({ log: timer.log });
  await ticks();
  await opens();
  await asked();
  await passes(20 * second);
  now += 10 * second;
  await timer.came;
  await asked(2);
  await handled();
  timer.letThrough();
  // Until its next look at what is due, which no longer finds the wake at work.
  await ticks();
  await handled();
  now += 6 * second;
  await until((history) => fired(history, 'script') === 2);
});

it('of an account that was removed: while the doors are closed nothing is written for it, and once they are open it fires', async () => {
  await fallsDueWith({ removed: true });
  const timers = async (): Promise<number> =>
    (await log.read(topics.inbox, 0, 0, 1_000)).filter(({ headers }) => String(headers['ce_type']).includes('timer_due')).length;
  // Others' records go on: what a wake writes stands before them.
  await passes(2 * minute, () => comes('chat_started', { chatId: '8', bodyHash: 'b' }));
  expect(await timers()).toBe(0);
  await passes(2 * minute);
  await until((history) => fired(history, 'script') > 0);
  expect(await timers()).toBe(1);
});

/** The stream is deleted for good beneath the engine: SQLite has no tombstones. */
const withTombstone = (deleted: string): EventStore => {
  const refused = () => Promise.reject(new EventStoreError('stream_deleted', 'the stream is deleted'));
  return {
    ...store,
    read: (stream, options) => (stream === deleted ? refused() : store.read(stream, options)),
    append: (stream, ...args) => (stream === deleted ? refused() : store.append(stream, ...args)),
  };
};

it('a record that can’t be applied, of a dialog whose parked stream alone was deleted for good, holds nobody up', async () => {
  await owner({ store: withTombstone(`parked-${id.account}-${id.chatId}`) });
  await ticks();
  await log.append([{ topic: topics.inbox, key: `${id.account}:${id.chatId}`, partition: 0, value: Buffer.from('{"type":"sung"}') }]);
  await opens({ chatId: '8' });
  await handled();
  expect(await store.read(dialogStream({ ...id, chatId: '8' as ChatId }))).not.toEqual([]);
});

it('a dialog whose stream was deleted for good is let go of, its records and its deadline, and the others go on', async () => {
  await fallsDueAlone();
  await owner({ store: withTombstone(dialogStream(id)) });
  await comes('new_message', { message: { id: 'm', hash: 'h', hashOfContent: false, kind: 'visitor', side: 'visitor', text: 'hello' } });
  await opens({ chatId: '8' });
  await passes(2 * minute);
  expect(await store.read(dialogStream({ ...id, chatId: '8' as ChatId }))).not.toEqual([]);
  const hints = async () => (await log.read(topics.deadlines, 0, 0, 1_000)).filter(({ key }) => key === `${id.account}:${id.chatId}`);
  await expect.poll(async () => (await hints()).at(-1)?.value, { timeout: 10_000, interval: 5 }).toBe(null);
});
