import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock, scaledClock } from '@dialog/contracts/clock';
import type { EffectOutcome } from '@dialog/contracts/inbox';
import type { Engine, EngineOptions } from '@dialog/standalone/engine';
import { openWorld, type World, type WorldOptions } from '@dialog/standalone/world';
import { pino } from 'pino';
import { afterAll, inject, onTestFinished } from 'vitest';
import { clusterScript, clusterSettings, isCluster, newPrefix, ofAccount, prefixed, shorter } from './cluster.ts';
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
  /** Another process's services beside those of the stage; running when it resolves, ended with the test. `ended` rejects with what one ended with. */
  readonly beside: (more: Partial<EngineOptions>) => Promise<Beside>;
  /** What the visitor heard of the bot and of operators. */
  readonly heard: (chatId: number) => string[];
  /** Posts to the account's own address, as Webim would. @returns the status */
  readonly posts: (body: unknown, event?: string) => Promise<number>;
};

export type Beside = { readonly engine: Engine; readonly ended: Promise<void>; readonly stop: () => Promise<void> };

const running: (() => Promise<void>)[] = [];
if (isCluster) afterAll(async () => void (await Promise.all(running.map((end) => end()))));

/** How many times as fast as real time the tests run. */
const clockRate = 20;

export const onStage = async (given: Partial<WorldOptions> = {}): Promise<Stage> => {
  // On a loaded machine the answer takes longer than the 3 s of the design, which pass here in a twentieth: its own test tells what happens then.
  const options = { ...given, settings: { visitorAnswerMs: 60_000, ...given.settings } };
  const dataDir = await mkdtemp(join(tmpdir(), 'dialog-scenario-'));
  const mode = isCluster
    ? await onCluster(options)
    : { options: { clockRate, ...options }, clock: undefined, own: (wrap: Wrap = {}) => wrap, end: async () => undefined };
  const others: Beside[] = [];
  const world = await openWorld({
    dataDir,
    logger: pino({ level: process.env['LOG_LEVEL'] ?? 'fatal' }, pino.destination(2)),
    ...mode.options,
    simulator: {
      timeouts: { inactivityMs: 0, closedByOperatorMs: 60_000, gridMs: 5_000 },
      ...options.simulator,
    },
  });
  const clock = mode.clock ?? world.clock;
  await world.start();
  const end = async (): Promise<void> => {
    for (const other of others) await other.stop();
    await world.stop();
    await mode.end();
    await rm(dataDir, { recursive: true, force: true });
  };
  // The hook of a single test does not know which of several at once it belongs to.
  if (isCluster) running.push(end);
  else onTestFinished(end);
  const { webim } = world.simulator;
  const history = (chatId: number) => readHistory(world.engine().store, world.accountId, chatId);
  const until = (chatId: number, wanted: (history: History) => boolean) =>
    Promise.race([
      untilHistory(() => history(chatId), wanted, clock, isCluster ? 120_000 : 20_000),
      world.ended.then(() => Promise.reject(new Error('ended'))),
    ]);
  const quiet = (chatId: number) =>
    until(chatId, (now) => {
      const greets = now.of('VisitorAsked').some((asked) => asked.waits) && now.of('ScriptAdvanced').length === 0;
      return now.events.length > 0 && now.owner() !== null && now.events.at(-1)?.metadata.head === null && !greets;
    });
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
    passes: (ms) => clock.sleep(ms),
    beside: async (more) => {
      const engine = await world.beside({ ...more, wrap: mode.own(more.wrap) });
      const ended = Promise.all(engine.services.map(({ service }) => service.run())).then(() => undefined);
      ended.catch(() => undefined);
      let stopped: Promise<void> | undefined;
      const other: Beside = {
        engine,
        ended,
        stop: () => {
          stopped ??= (async () => {
            for (const { service } of engine.services) await service.stop();
            await engine.close();
          })();
          return stopped;
        },
      };
      others.push(other);
      await engine.listening();
      return other;
    },
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

type Wrap = NonNullable<EngineOptions['wrap']>;

const same = <T>(value: T): T => value;

/** The same world on Kafka and EventStoreDB: real time, each duration a sixth. */
const onCluster = async (options: Partial<WorldOptions>) => {
  const cluster = inject('cluster');
  if ('reason' in cluster) throw new Error(`no cluster: ${cluster.reason}`);
  const account = `t${randomUUID().slice(0, 8)}`;
  const script = await clusterScript(options.scriptFile);
  const prefix = newPrefix();
  const clock = scaledClock(shorter);
  const { engine = {} } = options;
  const own = (wrap: Wrap = {}): Wrap => ({
    log: (log) => (wrap.log ?? same)(prefixed(log, prefix)),
    store: (store) => (wrap.store ?? same)(ofAccount(store, account)),
  });
  return {
    clock,
    own,
    end: script.remove,
    options: {
      ...options,
      account,
      scriptFile: script.file,
      clock: options.clock ?? realClock,
      simulatorClock: clock,
      settings: clusterSettings(account, options.settings ?? {}),
      engine: {
        ...engine,
        logUrl: cluster.logUrl,
        eventsUrl: cluster.eventsUrl,
        // Many engines start at once on a small machine; what a slow answer leads to has its own test.
        ackTimeoutMs: 15_000,
        ...(engine.botSilenceLimitMs === undefined ? {} : { botSilenceLimitMs: engine.botSilenceLimitMs / shorter }),
        wrap: own(engine.wrap),
      },
    } satisfies Partial<WorldOptions>,
  };
};

/** How each effect of a history ended; one without an end is `open`. */
export const ends = (history: History): Record<number, EffectOutcome | 'open'> => {
  const outcomes: Record<number, EffectOutcome | 'open'> = {};
  for (const { number } of history.of('EffectOpened')) outcomes[number] = 'open';
  for (const { number, outcome } of history.of('EffectSettled')) outcomes[number] = outcome;
  return outcomes;
};
