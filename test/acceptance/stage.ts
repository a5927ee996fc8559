import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EffectOutcome } from '@dialog/contracts/inbox';
import { openWorld, type World, type WorldOptions } from '@dialog/standalone/world';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { type History, readHistory, untilHistory } from './history.ts';

export const anna = 240007;
export const boris = 240009;
export const bot = 240001;

/** An engine and a Webim for one test, with the words in which the scenarios are told. */
export type Stage = {
  readonly dataDir: string;
  readonly world: World;
  readonly webim: World['simulator']['webim'];
  /** A new visitor's chat. @returns its number */
  readonly opens: (text?: string) => number;
  readonly history: (chatId: number) => Promise<History>;
  readonly until: (chatId: number, wanted: (history: History) => boolean) => Promise<History>;
  /** The bot has said all that it had to say. */
  readonly quiet: (chatId: number) => Promise<History>;
  /** Welcomed by the bot, which waits for the visitor. */
  readonly welcomed: () => Promise<number>;
  /** Handed over and waiting in the queue. */
  readonly inQueue: () => Promise<number>;
  readonly withOperator: () => Promise<number>;
  readonly passes: (ms: number) => Promise<void>;
  /** What the visitor heard of the bot and of operators. */
  readonly heard: (chatId: number) => string[];
  /** Posts to the account's own address, as Webim would. @returns the status */
  readonly posts: (body: unknown, event?: string) => Promise<number>;
};

/** How many times as fast as real time the tests run. */
const clockRate = 20;

export const onStage = async (options: Partial<WorldOptions> = {}): Promise<Stage> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'dialog-scenario-'));
  const world = await openWorld({
    dataDir,
    clockRate,
    logger: pino({ level: process.env['LOG_LEVEL'] ?? 'fatal' }, pino.destination(2)),
    ...options,
    simulator: {
      timeouts: { inactivityMs: 0, closedByOperatorMs: 60_000, gridMs: 5_000 },
      ...options.simulator,
    },
  });
  await world.start();
  onTestFinished(async () => {
    await world.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  const { webim } = world.simulator;
  const history = (chatId: number) => readHistory(world.engine().store, world.accountId, chatId);
  const until = (chatId: number, wanted: (history: History) => boolean) =>
    Promise.race([untilHistory(() => history(chatId), wanted, world.clock), world.ended.then(() => Promise.reject(new Error('ended')))]);
  const quiet = (chatId: number) =>
    until(chatId, (now) => now.events.length > 0 && now.owner() !== null && now.events.at(-1)?.metadata.head === null);
  const stage: Stage = {
    dataDir,
    world,
    webim,
    history,
    until,
    quiet,
    opens: (text) => webim.open(webim.newVisitor().id, text).id,
    welcomed: async () => {
      const chatId = stage.opens();
      await quiet(chatId);
      return chatId;
    },
    inQueue: async () => {
      const chatId = await stage.welcomed();
      webim.press(chatId, 'human');
      await until(chatId, (now) => now.owner() === 'queue');
      return chatId;
    },
    withOperator: async () => {
      const chatId = await stage.inQueue();
      webim.take(chatId, anna);
      await until(chatId, (now) => now.owner() === 'operator');
      return chatId;
    },
    passes: (ms) => world.clock.sleep(ms),
    heard: (chatId) =>
      webim
        .chat(chatId)
        .messages.filter((message) => message.kind === 'operator')
        .map((message) => message.text ?? ''),
    posts: async (body, event) => {
      const response = await fetch(event === undefined ? world.hookUrl() : `${world.hookUrl()}?event=${event}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      await response.arrayBuffer();
      return response.status;
    },
  };
  return stage;
};

/** How each effect of a history ended; one without an end is `open`. */
export const ends = (history: History): Record<number, EffectOutcome | 'open'> => {
  const outcomes: Record<number, EffectOutcome | 'open'> = {};
  for (const { number } of history.of('EffectOpened')) outcomes[number] = 'open';
  for (const { number, outcome } of history.of('EffectSettled')) outcomes[number] = outcome;
  return outcomes;
};
