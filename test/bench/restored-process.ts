import { realClock } from '@dialog/contracts/clock';
import type { AccountId, ChatId, DialogId } from '@dialog/contracts/ids';
import { dialogStream } from '@dialog/contracts/ids';
import { defaultPartitions, groups, topicSpecs, topics } from '@dialog/contracts/topics';
import { openEventStore } from '@dialog/event-store/open-event-store';
import { openLog } from '@dialog/log/open-log';
import { dialogs as dialogsOf } from '@dialog/projector/dialogs';
import { pins as pinsOf } from '@dialog/projector/pins';
import { projectorService } from '@dialog/projector/projector';
import { pino } from 'pino';
import { appendsOf, benchAccount, caughtUp } from './applied.ts';
import type { Restored, RestoredTask } from './restored.ts';

/** A log and an event store with so many open dialogs, of which some are there already, and a projector that starts on them. */
const { logUrl, eventsUrl, there, count, what } = JSON.parse(process.argv[2] ?? '') as RestoredTask;
const log = await openLog({ url: logUrl, clock: realClock });
const store = await openEventStore({ url: eventsUrl, clock: realClock });
const logger = pino({ level: 'error' });
const pins = pinsOf({ store, accounts: { get: () => benchAccount, all: () => [benchAccount] }, clock: realClock, logger });
const projector = () => projectorService({ log, store, pins, clock: realClock, logger, producer: 'bench' });
const firstChat = 1_000_000;
const idOf = (at: number): DialogId => ({ account: 'bench' as AccountId, chatId: String(firstChat + at) as ChatId });

/** One dialog is decided by the projector: greeted, handed a question, waiting. All the others get its events and its hint under their own names. */
const fill = async (): Promise<void> => {
  await log.ensureTopics(topicSpecs(defaultPartitions));
  await pins.registerAll();
  const { account, chatId } = idOf(there);
  const base = { account, chatId, chatIdForm: 'number', receivedAt: Date.now() } as const;
  const inputs = [
    { type: 'new_chat', inputId: crypto.randomUUID(), ...base, messages: [], bodyHash: crypto.randomUUID() },
    ...Array.from({ length: 4 }, (_, turn) => ({
      type: 'new_message',
      inputId: crypto.randomUUID(),
      ...base,
      message: {
        id: `m${turn}`,
        hash: `h${turn}`,
        hashOfContent: false,
        kind: 'visitor',
        side: 'visitor',
        text: 'Где мой заказ номер 204512?',
      },
    })),
  ];
  const key = `${account}:${chatId}`;
  await log.append(inputs.map((input) => ({ topic: topics.inbox, key, value: Buffer.from(JSON.stringify(input)) })));
  const one = projector();
  const running = one.run();
  await caughtUp(log, groups.projector);
  await one.stop();
  await running;
  const events = (await appendsOf(store, Number(chatId))).flat();
  const wakeAt = Date.now() + 3_600_000;
  for (let at = there; at < count; at += 500) {
    const those = Array.from({ length: Math.min(500, count - at) }, (_, next) => idOf(at + next));
    await Promise.all(
      those
        .filter(({ chatId: other }) => other !== chatId)
        .map((id) => {
          const own = JSON.parse(JSON.stringify(events).replaceAll(chatId, id.chatId)) as typeof events;
          return store.append(
            dialogStream(id),
            own.map((event) => ({ ...event, id: crypto.randomUUID() })),
            'no_stream',
          );
        }),
    );
    await log.append(
      those.map((id) => ({ topic: topics.deadlines, key: `${id.account}:${id.chatId}`, value: Buffer.from(JSON.stringify({ wakeAt })) })),
    );
  }
};

const heap = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};

const restore = async (): Promise<Restored> => {
  await pins.registerAll();
  const one = projector();
  const before = heap();
  const from = performance.now();
  const running = one.run();
  while (one.health().deadlines < count) await realClock.sleep(5);
  const indexSeconds = (performance.now() - from) / 1000;
  const indexed = heap();
  const cache = dialogsOf({ store, capacity: count });
  const loadFrom = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      await cache.load(idOf(next - 1), 1);
    }
  };
  await Promise.all(Array.from({ length: 64 }, worker));
  const loadSeconds = (performance.now() - loadFrom) / 1000;
  const loaded = heap();
  const figures = {
    indexSeconds,
    indexBytes: indexed - before,
    loadSeconds,
    stateBytes: loaded - indexed,
    residentBytes: process.memoryUsage().rss,
  };
  // Still held, or the collector had taken it before it was counted.
  if (cache.cached(`bench:${firstChat}`) === undefined) throw new Error('the cache lost what it was given');
  await one.stop();
  await running;
  return figures;
};

const answer = what === 'fill' ? await fill() : await restore();
await log.close();
await store.close();
process.send?.(answer ?? {}, () => process.exit(0));
