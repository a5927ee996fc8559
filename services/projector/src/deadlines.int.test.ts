import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, realClock } from '@dialog/contracts/clock';
import type { DomainEvent } from '@dialog/contracts/domain-event';
import { type AccountId, type ChatId, dialogKey, dialogStream } from '@dialog/contracts/ids';
import { tickKey, topicSpecs, topics } from '@dialog/contracts/topics';
import type { EventStore } from '@dialog/event-store/port';
import { sqliteEventStore } from '@dialog/event-store/sqlite/event-store';
import type { PartitionedLog } from '@dialog/log/port';
import { sqliteLog } from '@dialog/log/sqlite/log';
import { parseAccounts } from '@dialog/service-kit/accounts';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { pins } from './pins.ts';
import { projectorService } from './projector.ts';

const second = 1_000;
const minute = 60 * second;
const logger = pino({ level: 'silent' });
const id = { account: 'acme' as AccountId, chatId: '7' as ChatId };
const key = dialogKey(id);

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
  w: { when: chat_start, steps: [{ ask: { text: which?, save: no, as: text, up_to: 30s, on_fail: [{ stop: true }], on_timeout: [{ say: late }] } }] }
`,
  );
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  await log.close();
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

type Over = { readonly log?: PartitionedLog; readonly store?: EventStore; readonly accounts?: string };
/** An owner of the partition; `accounts`: how they are configured. @returns how it ends */
const owner = async (over: Over = {}): Promise<() => Promise<void>> => {
  const yaml =
    over.accounts ??
    `accounts:\n  - id: acme\n    webim: { host: shop.webim.ru, token: t }\n    department: people\n    webhookTokens: [${'a'.repeat(64)}]\n    script: bot.yaml\n`;
  const parsed = parseAccounts(yaml, { file: join(folder, 'accounts.yaml'), env: {} });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed));
  const accounts = { all: () => parsed.accounts, get: (wanted: string) => parsed.accounts.find((one) => one.id === wanted) };
  const pinned = pins({ store, accounts: accounts as never, clock, logger });
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
const comes = async (type: string, more: object): Promise<void> => {
  const value = { type, inputId: `${type}-${now}`, ...id, chatIdForm: 'number', receivedAt: log.logTime(), ...more };
  await log.append([{ topic: topics.inbox, key, partition: 0, value: Buffer.from(JSON.stringify(value)) }]);
};
const events = async (): Promise<readonly DomainEvent[]> =>
  (await store.read(dialogStream(id), { from: 'start', maxCount: 1_000 })) as unknown as readonly DomainEvent[];
const until = (wanted: (history: readonly DomainEvent[]) => boolean): Promise<void> =>
  expect.poll(async () => wanted(await events()), { timeout: 10_000, interval: 5 }).toBe(true);
/** Everything in the inbox has been handled, and that is committed: which takes the log's time. */
const handled = (): Promise<void> =>
  expect
    .poll(
      async () => {
        now += 250;
        return (await log.lag('projector', topics.inbox))[0]?.lag;
      },
      { timeout: 10_000, interval: 5 },
    )
    .toBe(0);
const fired = (history: readonly DomainEvent[], name: string): boolean =>
  history.some((event) => event.type === 'DeadlineFired' && event.data.name === name);

/** The bot has asked, and Webim has taken its question: from now on it waits 30 s. */
const asked = async (): Promise<void> => {
  await comes('new_chat', { messages: [], bodyHash: 'b' });
  await until((history) => history.some((event) => event.type === 'EffectOpened'));
  const opened = (await events()).find((event) => event.type === 'EffectOpened') as
    | (DomainEvent & { metadata: { epoch: number } })
    | undefined;
  const { number } = (opened?.data ?? {}) as { number?: number };
  await comes('effect_result', { number, attempt: 1, epoch: opened?.metadata.epoch, outcome: 'accepted' });
  await until((history) => history.some((event) => event.type === 'DeadlineSet' && event.data.name === 'script'));
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
  await asked();
  await passes(2 * minute);
  await until((history) => fired(history, 'script'));
});

it('a question that falls due in the hands of an owner who has read no tick yet times out once he has', async () => {
  const first = await owner();
  await ticks();
  await asked();
  await first();
  now += minute;
  const looked = Promise.withResolvers<void>();
  const read: EventStore['read'] = async (stream, options) => {
    const found = await store.read(stream, options);
    if (stream === dialogStream(id)) looked.resolve();
    return found;
  };
  await owner({ store: { ...store, read } });
  await looked.promise;
  expect(fired(await events(), 'script')).toBe(false);
  await passes(2 * minute);
  await until((history) => fired(history, 'script'));
});
