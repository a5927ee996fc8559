import { createHash, randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { AccountConfig, Accounts } from '@dialog/contracts/account';
import { type Clock, scaledClock } from '@dialog/contracts/clock';
import type { AccountId } from '@dialog/contracts/ids';
import { Secret } from '@dialog/contracts/secret';
import type { DialogSettings } from '@dialog/contracts/settings';
import { sampleAccount } from '@dialog/webim-simulator/account';
import { type SimulatorOptions, type WebimSimulator, webimSimulator } from '@dialog/webim-simulator/simulator';
import type { Logger } from 'pino';
import { type Engine, type EngineOptions, openEngine } from './engine.ts';

export const sampleBot = fileURLToPath(new URL('../bots/support.yaml', import.meta.url));

/** Settings as the accounts file defaults them. */
export const defaultSettings = (account: string): DialogSettings => ({
  account: account as AccountId,
  botOperatorId: '240001',
  department: 'operatory',
  inlineButtons: true,
  storedData: false,
  autoCloseAfterMs: 900_000,
  abandonAfterMs: 86_400_000,
  closeAuthority: 'webim',
  noOperatorAfterMs: 180_000,
  handbackGraceMs: 10_000,
  replyTtlMs: 120_000,
  onReplyExpired: 'handover',
  inDoubt: 'resend',
  handlerDelayMs: 6_000,
  webimTimerGridMs: 30_000,
  visitorAnswerMs: 3_000,
  heldTextTtlMs: 2_592_000_000,
});

export type WorldOptions = {
  readonly dataDir: string;
  readonly logger: Logger;
  /** How many times as fast as the machine's time both run. Default 1. */
  readonly clockRate?: number;
  readonly clock?: Clock;
  /** Of the simulated Webim alone, where it differs. */
  readonly simulatorClock?: Clock;
  readonly account?: string;
  readonly settings?: Partial<DialogSettings>;
  readonly scriptFile?: string;
  /** What `http` steps of the script may do. */
  readonly http?: AccountConfig['http'];
  readonly simulator?: Partial<SimulatorOptions>;
  readonly engine?: Partial<EngineOptions>;
  /** Secrets of a data folder that was used before. */
  readonly secrets?: WorldSecrets;
};

export type WorldSecrets = { readonly webhookToken: string; readonly botToken: string; readonly hashKey: string };

export const newSecrets = (): WorldSecrets => ({
  webhookToken: randomBytes(32).toString('base64url'),
  botToken: randomBytes(24).toString('hex'),
  hashKey: randomBytes(32).toString('hex'),
});

export type World = {
  /** The engine that runs now; another one after a restart. */
  readonly engine: () => Engine;
  readonly simulator: WebimSimulator;
  readonly clock: Clock;
  readonly accountId: string;
  readonly accounts: Accounts;
  /** The account's script. */
  readonly scriptFile: string;
  /** Webhook address of the account, with its token. */
  readonly hookUrl: () => string;
  /** The simulator's own run: it runs already. */
  readonly simulating: () => Promise<void>;
  /** Tells the simulator where the webhooks go; once ingress listens. */
  readonly connect: () => void;
  /** Starts everything and connects the simulator. @throws what a service ended with */
  readonly start: () => Promise<void>;
  /** Stops the engine alone; the simulated Webim goes on. */
  readonly stopEngine: () => Promise<void>;
  /** Starts a new engine on the same data and connects it. */
  readonly startEngine: () => Promise<void>;
  /** Another process's part: services on the same log and store, which the caller runs, stops and closes. */
  readonly beside: (more: Partial<EngineOptions>) => Promise<Engine>;
  /** Rejects where a service ends with an error while it should run. */
  readonly ended: Promise<void>;
  readonly stop: () => Promise<void>;
};

/** An engine and a simulated Webim, connected to each other: for the first start, the demo, and the tests through the doors. */
export const openWorld = async (options: WorldOptions): Promise<World> => {
  const rate = options.clockRate ?? 1;
  const clock = options.clock ?? scaledClock(rate);
  const id = options.account ?? 'demo';
  const secrets = options.secrets ?? newSecrets();
  const simulator = webimSimulator({
    clock: options.simulatorClock ?? clock,
    clockRate: rate,
    port: 0,
    account: sampleAccount(secrets.botToken),
    ...options.simulator,
  });
  // The simulator first: the account needs its address.
  const simulating = simulator.run();
  await Promise.race([simulator.listening(), simulating]);
  const account: AccountConfig = {
    id: id as AccountId,
    webim: {
      host: '127.0.0.1',
      baseUrl: simulator.baseUrl(),
      token: new Secret(secrets.botToken),
      login: simulator.account.adminLogin,
      password: new Secret(simulator.account.adminPassword),
    },
    webhookTokenHashes: [createHash('sha256').update(secrets.webhookToken).digest('hex')],
    scriptFile: options.scriptFile ?? sampleBot,
    ...(options.http === undefined ? {} : { http: options.http }),
    settings: { ...defaultSettings(id), ...options.settings },
  };
  const accounts: Accounts = { get: (wanted) => (wanted === id ? account : undefined), all: () => [account] };
  const open = (more: Partial<EngineOptions> = {}): Promise<Engine> =>
    openEngine({
      dataDir: options.dataDir,
      accounts,
      hashKey: new Secret(secrets.hashKey),
      clock,
      logger: options.logger,
      host: '127.0.0.1',
      ingressPort: 0,
      consolePort: 0,
      partitions: 4,
      // The machine does not get faster with the clock: its deadlines are longer by as much.
      ackTimeoutMs: 2_000 * rate,
      httpTimeoutMs: 10_000 * rate,
      limits: { http: { timeoutFactor: rate } },
      botSilenceLimitMs: 30_000 * rate,
      simulatorUrl: simulator.baseUrl(),
      version: 'dev',
      ...options.engine,
      ...more,
    });
  let engine = await open();
  const failed = Promise.withResolvers<void>();
  failed.promise.catch(() => undefined);
  const connect = (): void => {
    if (engine.ingressUrl() === undefined) return;
    const url = hookUrl();
    simulator.setHooks({
      botUrl: url,
      startedUrl: `${url}?event=chat_started`,
      assignedUrl: `${url}?event=chat_assigned`,
      closedUrl: `${url}?event=chat_closed`,
    });
  };
  const hookUrl = (): string => `${engine.ingressUrl()}/hooks/webim/${id}/${secrets.webhookToken}`;

  const startEngine = async (): Promise<void> => {
    for (const { service } of engine.services) service.run().catch(failed.reject);
    await Promise.race([engine.listening(), failed.promise]);
    connect();
  };
  const stopEngine = async (): Promise<void> => {
    for (const { service } of engine.services) await service.stop();
    await engine.close();
  };

  return {
    engine: () => engine,
    simulator,
    clock,
    accountId: id,
    accounts,
    scriptFile: account.scriptFile,
    hookUrl,
    simulating: () => simulating,
    connect,
    beside: open,
    ended: failed.promise,
    start: async () => {
      simulating.catch(failed.reject);
      await startEngine();
    },
    stopEngine,
    startEngine: async () => {
      engine = await open();
      await startEngine();
    },
    stop: async () => {
      await simulator.stop();
      await stopEngine();
    },
  };
};
