import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '@dialog/contracts/clock';
import { type SimulatedAccount, sampleAccount } from './account.ts';
import type { SimulatedChat } from './chat.ts';
import { controlApp } from './control.ts';
import { deliveries as deliveriesOf, type Hooks } from './deliveries.ts';
import { simulatorApp } from './http.ts';
import { type JournalEntry, journalOf } from './journal.ts';
import { type BotMethod, defaultKnobs, type Fault, type Knobs } from './knobs.ts';
import { randomFrom } from './random.ts';
import { type Timeouts, type Webim, webimWorld } from './webim.ts';
import { worldFile } from './world-file.ts';

export type SimulatorOptions = {
  readonly clock: Clock;
  readonly clockRate?: number;
  readonly host?: string;
  /** 0: any free one. */
  readonly port: number;
  readonly seed?: number;
  readonly account?: SimulatedAccount;
  readonly hooks?: Hooks;
  readonly timeouts?: Partial<Timeouts>;
  readonly knobs?: Partial<Knobs>;
  /** All requests in and out as JSON lines. */
  readonly journalFile?: string;
  /** Entries of the journal kept in memory, the newest. Default 100,000. */
  readonly journalKept?: number;
  /** Where its chats and visitors outlive a restart. Without it each start begins anew. */
  readonly worldFile?: string;
  /** Webim never reuses a number; a simulator that starts anew must not either. Default: from the clock. */
  readonly firstChatId?: number;
};

export type WebimSimulator = {
  readonly run: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** Resolves once it listens. */
  readonly listening: () => Promise<void>;
  readonly baseUrl: () => string;
  readonly account: SimulatedAccount;
  /** What a visitor, an operator, or Webim itself does. */
  readonly webim: Webim;
  readonly setHooks: (hooks: Hooks) => void;
  readonly setKnobs: (knobs: Partial<Knobs>) => void;
  readonly setTimeouts: (timeouts: Partial<Timeouts>) => void;
  /** The next `count` calls of a method meet this. */
  readonly failNext: (method: BotMethod, fault: Fault, count?: number) => void;
  readonly journal: () => readonly JournalEntry[];
  /** Resolves when the condition holds, looked at after each change. @throws after `withinMs` of real time, with what was there */
  readonly until: (condition: () => boolean, what: string, withinMs?: number) => Promise<void>;
  /** No webhook is on its way. */
  readonly idle: () => Promise<void>;
};

/** A Webim that tests and newcomers can talk to. */
export const webimSimulator = (options: SimulatorOptions): WebimSimulator => {
  const { clock, host = '127.0.0.1' } = options;
  const account = options.account ?? sampleAccount('simulated-bot-token');
  const listeners = new Set<() => void>();
  const kept =
    options.worldFile === undefined
      ? undefined
      : worldFile(options.worldFile, () => ({ visitors: webim.visitors(), chats: webim.chats() }));
  const changed = (): void => {
    kept?.changed();
    for (const listener of [...listeners]) listener();
  };
  const onChange = (listener: () => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  let hooks: Hooks = options.hooks ?? { botUrl: 'http://127.0.0.1:9/' };
  let knobs: Knobs = { ...defaultKnobs, ...options.knobs };
  let timeouts: Timeouts = { inactivityMs: 180_000, closedByOperatorMs: 60_000, gridMs: 30_000, ...options.timeouts };
  const faults: { readonly method: BotMethod; readonly fault: Fault }[] = [];
  const stopping = new AbortController();

  const journal = journalOf({
    clock,
    kept: options.journalKept ?? 100_000,
    onAdded: changed,
    ...(options.journalFile === undefined ? {} : { file: options.journalFile }),
  });
  const deliveries = deliveriesOf({
    clock,
    hooks: () => hooks,
    knobs: () => knobs,
    random: randomFrom(options.seed ?? 1),
    journal,
    webimVersion: account.webimVersion,
    onFailed: (chat) => webim.takeAway(chat),
  });
  const webim: Webim = webimWorld({
    account,
    clock,
    knobs: () => knobs,
    timeouts: () => timeouts,
    deliveries,
    firstChatId: options.firstChatId ?? Math.floor(clock.now() / 1000),
    ...(kept?.before === undefined ? {} : { before: kept.before }),
    onChanged: changed,
  });
  const setKnobs = (change: Partial<Knobs>): void => {
    knobs = { ...knobs, ...change };
    changed();
  };
  const setTimeouts = (change: Partial<Timeouts>): void => {
    timeouts = { ...timeouts, ...change };
    changed();
  };
  const failNext = (method: BotMethod, fault: Fault, count = 1): void => {
    for (let one = 0; one < count; one++) faults.push({ method, fault });
  };
  const server = createServer(
    simulatorApp({
      account,
      clock,
      webim,
      journal,
      knobs: () => knobs,
      takeFault: (method) => {
        const at = faults.findIndex((one) => one.method === method);
        return at < 0 ? undefined : faults.splice(at, 1)[0]?.fault;
      },
      control: controlApp({
        account,
        clock,
        webim,
        journal,
        knobs: () => knobs,
        setKnobs,
        timeouts: () => timeouts,
        setTimeouts,
        failNext,
        clockRate: options.clockRate ?? 1,
        host,
        onChange,
      }),
    }),
  );
  const listening = Promise.withResolvers<void>();

  const timers = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await clock.sleep(timeouts.gridMs, stopping.signal).catch(() => undefined);
      if (!stopping.signal.aborted) webim.lookAtTimers();
    }
  };

  return {
    account,
    webim,
    setKnobs,
    setHooks: (next) => {
      hooks = next;
    },
    setTimeouts,
    failNext,
    journal: journal.entries,
    until: (condition, what, withinMs = 20_000) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!condition()) return;
          stop();
          clearTimeout(timer);
          resolve();
        };
        const stop = onChange(look);
        const timer = setTimeout(() => {
          stop();
          reject(new Error(`never: ${what}; the chats are:\n${webim.chats().map(describe).join('\n')}`));
        }, withinMs);
        look();
      }),
    idle: deliveries.idle,
    run: async () => {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(options.port, host, resolve);
      });
      listening.resolve();
      await timers();
    },
    stop: async () => {
      stopping.abort(new Error('stopping'));
      await deliveries.stop();
      await kept?.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => (server.listening ? server.close(() => resolve()) : resolve()));
    },
    listening: () => listening.promise,
    baseUrl: () => `http://${host}:${(server.address() as AddressInfo).port}`,
  };
};

const describe = (chat: SimulatedChat): string =>
  `${chat.id} ${chat.state} operator ${chat.operatorId}: ${chat.messages.map((one) => `${one.kind}:${one.text ?? ''}`).join(' | ')}`;
