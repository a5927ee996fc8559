import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { realClock } from '@dialog/contracts/clock';
import { groups, topics } from '@dialog/contracts/topics';
import { sqliteEventStore } from '@dialog/event-store/sqlite/event-store';
import { sqliteLog } from '@dialog/log/sqlite/log';
import { freePort } from '@dialog/test-kit/free-port';
import { sampleAccount } from '@dialog/webim-simulator/account';
import { randomFrom } from '@dialog/webim-simulator/random';
import { type WebimSimulator, webimSimulator } from '@dialog/webim-simulator/simulator';
import { readHistory } from '../acceptance/history.ts';
import { compare } from './comparison.ts';
import type { EngineToKill } from './engine-process.ts';
import { type CrashReport, journalsOf } from './journals.ts';
import { visitors } from './visitors.ts';

export type CrashRun = {
  readonly kills: number;
  readonly chats: number;
  /** Visitors' lines a second. */
  readonly rate: number;
  readonly seed: number;
  readonly planted?: EngineToKill['planted'];
};

const engineProcess = fileURLToPath(new URL('./engine-process.ts', import.meta.url));
const botToken = 'crash-test-bot-token';
const webhookToken = 'crash-test-webhook-token-of-many-letters';

/** Kills the engine at random moments under load, starts it again each time, lets it come to rest, and compares the journals. */
export const crashRun = async ({ kills, chats, rate, seed, planted }: CrashRun): Promise<CrashReport> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'dialog-crash-'));
  const random = randomFrom(seed);
  const ingressPort = await freePort();
  const url = `http://127.0.0.1:${ingressPort}/hooks/webim/crash/${webhookToken}`;
  const simulator = webimSimulator({
    clock: realClock,
    port: 0,
    seed,
    account: sampleAccount(botToken),
    timeouts: { inactivityMs: 0, closedByOperatorMs: 0 },
    knobs: { webhookRetries: 1_000, webhookRetryPauseMs: 100, webhookTimeoutMs: 3_000, botApiDelayMs: 40 },
    hooks: {
      botUrl: url,
      startedUrl: `${url}?event=chat_started`,
      assignedUrl: `${url}?event=chat_assigned`,
      closedUrl: `${url}?event=chat_closed`,
    },
  });
  const simulating = simulator.run();
  await simulator.listening();
  const options: EngineToKill = {
    dataDir,
    ingressPort,
    webimUrl: simulator.baseUrl(),
    botToken,
    tokenHash: createHash('sha256').update(webhookToken).digest('hex'),
    scriptFile: fileURLToPath(new URL('./bot.yaml', import.meta.url)),
    ...(planted === undefined ? {} : { planted }),
  };
  let engine = await start(options);
  const load = visitors({ simulator, clock: realClock, chats, rate, random });
  const loading = load.run();
  try {
    for (let kill = 0; kill < kills; kill++) {
      // On a slow machine as on a fast one it is killed at work.
      await atWork(simulator);
      await realClock.sleep(random() * 700);
      await killed(engine);
      engine = await start(options);
    }
    await realClock.sleep(1_000);
    load.stop();
    await loading;
    await simulator.idle();
    await atRest(
      dataDir,
      simulator.webim.chats().map((one) => one.id),
      simulator.journal,
    );
    await killed(engine);
    const store = sqliteEventStore({ file: join(dataDir, 'events.db'), clock: realClock });
    const journals = await journalsOf(store, 'crash', simulator);
    await store.close();
    const histories = [...journals.histories.values()].flat();
    return {
      findings: compare(journals),
      webhooks: journals.webhooks.length,
      answered200: journals.webhooks.filter((one) => one.answered200).length,
      effects: histories.filter((one) => one.type === 'EffectOpened').length,
      inDoubt: histories.filter((one) => one.type === 'EffectRetried' && one.data.why === 'in_doubt').length,
      chats: journals.histories.size,
    };
  } finally {
    load.stop();
    await loading;
    await killed(engine);
    await simulator.stop();
    await simulating;
    await rm(dataDir, { recursive: true, force: true });
  }
};

/** A few more calls have reached Webim; a planted bug may leave nothing to say. */
const atWork = async (simulator: WebimSimulator): Promise<void> => {
  const calls = (): number => simulator.journal().filter((one) => one.kind === 'bot_api').length;
  const before = calls();
  await simulator.until(() => calls() >= before + 4, 'the engine speaks', 5_000).catch(() => undefined);
};

export const start = async (options: EngineToKill): Promise<ChildProcess> => {
  const child = fork(engineProcess, [], {
    env: {
      ...process.env,
      ENGINE_TO_KILL: JSON.stringify(options),
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(options.dataDir, 'compile-cache'),
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('exit', (code) => reject(new Error(`the engine ended with ${code} before it was ready`)));
  });
  child.removeAllListeners('exit');
  return child;
};

export const killed = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
};

/** Nothing waits in the log and no effect is open, or nothing has moved for long: then the comparison says what is missing. */
const atRest = async (dataDir: string, chats: readonly number[], journal: () => readonly unknown[]): Promise<void> => {
  const store = sqliteEventStore({ file: join(dataDir, 'events.db'), clock: realClock });
  const log = sqliteLog({ file: join(dataDir, 'log.db'), clock: realClock });
  try {
    const state = async (): Promise<{ resting: boolean; mark: string }> => {
      const lags = await Promise.all([log.lag(groups.projector, topics.inbox), log.lag(groups.outbound, topics.outbox)]);
      const tails = await Promise.all(chats.map(async (chat) => (await readHistory(store, 'crash', chat)).events.at(-1)));
      // Ticks keep the inbox moving: a record or two may always wait.
      const waiting = lags.flat().reduce((sum, one) => sum + one.lag, 0);
      return {
        resting: waiting <= 8 && tails.every((tail) => tail !== undefined && tail.metadata.head === null),
        mark: `${journal().length} ${tails.map((tail) => tail?.revision ?? -1).join()}`,
      };
    };
    let before = await state();
    for (let still = 0; still < 20; ) {
      await realClock.sleep(500);
      const now = await state();
      still = now.mark === before.mark ? still + 1 : 0;
      before = now;
      if (now.resting && still >= 3) return;
    }
  } finally {
    await log.close();
    await store.close();
  }
};
