import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { AccountConfig } from '@dialog/contracts/account';
import { realClock } from '@dialog/contracts/clock';
import { type AccountId, type ChatId, dialogStream } from '@dialog/contracts/ids';
import type { InboxInput } from '@dialog/contracts/inbox';
import { Secret } from '@dialog/contracts/secret';
import { groups, topics } from '@dialog/contracts/topics';
import type { EventStore, NewEvent } from '@dialog/event-store/port';
import { sqliteEventStore } from '@dialog/event-store/sqlite/event-store';
import type { PartitionedLog } from '@dialog/log/port';
import { sqliteLog } from '@dialog/log/sqlite/log';
import { pins as pinsOf } from '@dialog/projector/pins';
import { projectorService } from '@dialog/projector/projector';
import { defaultSettings, sampleBot } from '@dialog/standalone/world';
import { pino } from 'pino';
import { type Figure, ratioOf, spread } from './figures.ts';

const rounds = 5;
export const dialogs = 250;
const perDialog = 64;
/** Of a round. */
export const inputs = dialogs * perDialog;

/** Inputs applied a second, against a bare loop that reads the same records, appends as many events of the same size, and commits. */
export const applied = async (dataDir: string): Promise<Figure> => {
  const perSecond = { ours: [] as number[], bare: [] as number[] };
  // The first round is not counted: code that has just been read is slow on both sides, and on ours there is more of it.
  for (let one = 0; one <= rounds; one++) {
    const ours = await projected(join(dataDir, `ours-${one}`));
    const bare = await looped(join(dataDir, `bare-${one}`), ours.appends);
    if (one === 0) continue;
    perSecond.ours.push(ours.perSecond);
    perSecond.bare.push(bare);
  }
  const { ratio, low, high } = ratioOf(perSecond.ours, perSecond.bare);
  return {
    name: 'inputs applied, against a bare loop of read, append, commit (SQLite)',
    value: ratio,
    goal: 0.8,
    atLeast: true,
    unit: 'ratio',
    detail: `${spread(perSecond.ours)} a second against ${spread(perSecond.bare)} (min / median / max), ${dialogs} dialogs, 64 at once; ratios of ${rounds} pairs ${low.toFixed(2)} to ${high.toFixed(2)}`,
  };
};

/** A chat that people have: a new chat, its operator, and what is reported of it. Each record is one append. */
export const records = (firstChat = 1000, turns = perDialog): { key: string; value: Buffer }[] => {
  const made: { key: string; value: Buffer }[] = [];
  const now = Date.now();
  for (let turn = 0; turn < turns; turn++) {
    for (let dialog = 0; dialog < dialogs; dialog++) {
      const chatId = String(firstChat + dialog) as ChatId;
      const common = { inputId: randomUUID(), account: 'bench' as AccountId, chatId, chatIdForm: 'number' as const, receivedAt: now };
      const input: InboxInput =
        turn === 0
          ? { type: 'new_chat', ...common, messages: [], bodyHash: randomUUID() }
          : {
              type: 'new_message',
              ...common,
              message: {
                id: `m${turn}`,
                hash: `${dialog}-${turn}`,
                hashOfContent: false,
                kind: 'visitor',
                side: 'visitor',
                text: 'Где мой заказ номер 204512?',
              },
            };
      made.push({ key: `bench:${chatId}`, value: Buffer.from(JSON.stringify(input)) });
    }
  }
  return made;
};

const opened = async (dataDir: string) => {
  const { mkdir } = await import('node:fs/promises');
  await mkdir(dataDir, { recursive: true });
  const log = sqliteLog({ file: join(dataDir, 'log.db'), clock: realClock });
  const store = sqliteEventStore({ file: join(dataDir, 'events.db'), clock: realClock });
  await log.ensureTopics([
    { name: topics.inbox, partitions: 4, cleanup: 'delete' },
    { name: topics.outbox, partitions: 4, cleanup: 'delete' },
    { name: topics.deadlines, partitions: 4, cleanup: 'compact' },
  ]);
  const all = records();
  for (let at = 0; at < all.length; at += 500) {
    await log.append(all.slice(at, at + 500).map((record) => ({ topic: topics.inbox, ...record })));
  }
  return { log, store };
};

export const caughtUp = async (log: PartitionedLog, group: string): Promise<void> => {
  for (;;) {
    // A group that was just made has no coordinator for a moment.
    const lags = await log.lag(group, topics.inbox).catch(() => undefined);
    if (lags?.every((one) => one.lag === 0) === true) return;
    await realClock.sleep(20);
  }
};

export type Timed = EventStore & {
  /** Resolves when so many inputs of dialogs stand in their streams: asking the log for its lag meanwhile would be a load of its own. */
  readonly appended: (count: number) => Promise<void>;
  /** From the first append of a dialog to the last one's answer: joining the group is no part of it. */
  readonly seconds: () => number;
};

/** The store with a watch on the appends to dialogs. */
export const timed = (store: EventStore): Timed => {
  let first: number | undefined;
  let last = 0;
  let answered = 0;
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  return {
    ...store,
    append: async (stream, events, expected) => {
      const isDialog = /^(dialog|bare)-/.test(stream);
      if (isDialog) first ??= performance.now();
      const answer = await store.append(stream, events, expected);
      if (!isDialog) return answer;
      last = performance.now();
      answered += events.filter(({ type }) => type === 'InputRecorded').length;
      for (const { count, resolve } of waiting) if (answered >= count) resolve();
      return answer;
    },
    appended: (count) =>
      new Promise((resolve) => {
        if (answered >= count) resolve();
        else waiting.push({ count, resolve });
      }),
    seconds: () => (last - (first ?? last)) / 1000,
  };
};

/** What the projector appended for one dialog, append by append: the bare loop appends the same. */
export const appendsOf = async (store: EventStore, chat: number): Promise<readonly NewEvent[][]> => {
  const events = await store.read(dialogStream({ account: 'bench' as AccountId, chatId: String(chat) as ChatId }), { maxCount: 1_000 });
  const appends: NewEvent[][] = [];
  for (const { id, type, data, metadata } of events) {
    if (type === 'InputRecorded') appends.push([]);
    appends.at(-1)?.push({ id, type, data, metadata });
  }
  return appends;
};

export const benchAccount: AccountConfig = {
  id: 'bench' as AccountId,
  webim: { host: '127.0.0.1', baseUrl: 'http://127.0.0.1:9', token: new Secret('x') },
  webhookTokenHashes: [],
  scriptFile: sampleBot,
  settings: defaultSettings('bench'),
};

const projected = async (dataDir: string): Promise<{ perSecond: number; appends: readonly NewEvent[][] }> => {
  const { log, store: plain } = await opened(dataDir);
  const store = timed(plain);
  const logger = pino({ level: 'error' });
  const pins = pinsOf({ store, accounts: { get: () => benchAccount, all: () => [benchAccount] }, clock: realClock, logger });
  await pins.registerAll();
  const projector = projectorService({ log, store, pins, clock: realClock, logger, producer: 'bench' });
  const running = projector.run();
  await store.appended(inputs);
  await caughtUp(log, groups.projector);
  const appends = await appendsOf(store, 1000);
  await projector.stop();
  await running;
  await log.close();
  await store.close();
  return { perSecond: inputs / store.seconds(), appends };
};

const looped = async (dataDir: string, appends: readonly NewEvent[][]): Promise<number> => {
  const { log, store: plain } = await opened(dataDir);
  const store = timed(plain);
  const revisions = new Map<string, { revision: number; turn: number }>();
  const consumer = log.consumer({
    group: 'bare',
    topic: topics.inbox,
    concurrency: 64,
    handle: async (record) => {
      const input = JSON.parse(Buffer.from(record.value ?? []).toString('utf8')) as { inputId: string };
      const stream = `dialog-${record.key.replace(':', '-')}`;
      const { revision, turn } = revisions.get(stream) ?? { revision: -1, turn: 0 };
      const events = (appends[turn] ?? []).map(({ type, data, metadata }) => ({
        id: randomUUID(),
        type,
        data,
        metadata: { metadata, input: input.inputId },
      }));
      await store.append(stream, events, revision < 0 ? 'no_stream' : revision);
      revisions.set(stream, { revision: revision + events.length, turn: turn + 1 });
    },
  });
  const running = consumer.run();
  await store.appended(inputs);
  await caughtUp(log, 'bare');
  await consumer.stop();
  await running;
  await log.close();
  await store.close();
  return inputs / store.seconds();
};
