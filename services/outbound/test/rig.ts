import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccountConfig, Accounts } from '@dialog/contracts/account';
import { type Clock, scaledClock } from '@dialog/contracts/clock';
import { type AccountId, type ChatId, type DialogId, dialogKey, dialogStream, sendsStream } from '@dialog/contracts/ids';
import { type EffectResult, effectResultSchema } from '@dialog/contracts/inbox';
import type { OutboxRecord } from '@dialog/contracts/outbox';
import { Secret } from '@dialog/contracts/secret';
import { topics } from '@dialog/contracts/topics';
import type { EventStore } from '@dialog/event-store/port';
import { sqliteEventStore } from '@dialog/event-store/sqlite/event-store';
import type { LogRecord, PartitionedLog } from '@dialog/log/port';
import { sqliteLog } from '@dialog/log/sqlite/log';
import { untilItWorks } from '@dialog/service-kit/until-it-works';
import { pino } from 'pino';
import { type AccountLimits, accountConnections } from '../src/account/connections.ts';
import { type AttemptContext, answerAttempt, type Dependency } from '../src/attempt.ts';
import { logTimeKnown } from '../src/log-time.ts';
import type { OutboundMetrics } from '../src/metrics.ts';
import { parseOutboxRecord } from '../src/outbox-record.ts';

export type Posted = {
  readonly path: string;
  readonly chatId: unknown;
  readonly body: Record<string, unknown>;
  readonly headers: IncomingMessage['headers'];
};
export type Answer = (response: ServerResponse, request: IncomingMessage, posted: Posted) => void | Promise<void>;

export const ok: Answer = (response) => void response.end('{"result":"ok"}');
export const says =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
export const cut: Answer = (_, request) => void request.socket.destroy();
export const silent: Answer = () => undefined;

/** Forty seconds of this clock are one of ours. */
const clockRate = 40;
export const httpTimeoutMs = 10_000;
export const claimMarginMs = 2_000;
export const hashKey = new Secret('h'.repeat(32));

export type Rig = Awaited<ReturnType<typeof startRig>>;

/** A real log and store in a temporary folder, and a Webim that answers as the test says, in turn; then `ok`. */
export const startRig = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'outbound-'));
  const clock = scaledClock(clockRate);
  // The same time, but their deadlines are for a real disk, which does not run faster.
  const patient: Clock = { ...clock, sleep: (ms, signal) => clock.sleep(ms * 20, signal) };
  const logFile = join(folder, 'log.db');
  const log = sqliteLog({ file: logFile, clock: patient });
  const store = sqliteEventStore({ file: join(folder, 'events.db'), clock: patient });
  await log.ensureTopics(
    Object.values(topics).map((name) => ({ name, partitions: 2, cleanup: name === topics.deadlines ? 'compact' : 'delete' })),
  );

  const posted: Posted[] = [];
  const script: Answer[] = [];
  const server = createServer((request, response) => {
    // Asked beside everything, for the names.
    if (request.url?.endsWith('/operators') || request.url?.endsWith('/departments')) return void response.end('[]');
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const json = request.headers['content-type'] === 'application/json';
      const body = (text === '' ? {} : json ? JSON.parse(text) : { text }) as Record<string, unknown>;
      const one: Posted = { path: request.url ?? '', chatId: body['chat_id'], body, headers: request.headers };
      posted.push(one);
      void (script.shift() ?? ok)(response, request, one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const lines: Record<string, unknown>[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) });
  const asking: AccountConfig = {
    ...account('asking', baseUrl),
    http: {
      allowHosts: [new URL(baseUrl).host],
      allowPrivate: true,
      secrets: new Map([['crm_key', new Secret('k3y of / the crm')]]),
    },
  };
  const accounts = accountsOf([account('acme', baseUrl), account('bare', baseUrl, false), asking]);
  const closers: (() => Promise<unknown>)[] = [];
  /** Which requests were timed, in order. */
  const timed: { readonly of: 'webim' | 'step'; readonly answer: string }[] = [];
  const metrics: OutboundMetrics = {
    settled: () => undefined,
    attempted: ({ answer }) => void timed.push({ of: 'webim', answer }),
    stepAsked: ({ answer }) => void timed.push({ of: 'step', answer }),
    circuit: () => undefined,
    unreadable: () => undefined,
  };

  let chats = 1000;
  return {
    clock,
    patient,
    log,
    logFile,
    store,
    logger,
    lines,
    timed,
    posted,
    script,
    accounts,
    baseUrl,
    atEnd: (close: () => Promise<unknown>) => void closers.push(close),
    newChat: (of = 'acme'): DialogId => ({ account: of as AccountId, chatId: String(++chats) as ChatId }),
    /** An event that says: this epoch, this head. */
    dialogAt: async (id: DialogId, epoch: number, head: { number: number; attempt: number } | null) => {
      await store.append(
        dialogStream(id),
        [
          {
            id: randomUUID(),
            type: 'EffectOpened',
            data: {},
            metadata: {
              $correlationId: dialogKey(id),
              $causationId: 'input',
              schemaVersion: 1,
              producer: 'test',
              at: 0,
              epoch,
              owner: 'bot',
              flag: false,
              head,
            },
          },
        ],
        'any',
      );
    },
    results: async (id: DialogId): Promise<EffectResult[]> =>
      (await inbox(log))
        .filter(({ key }) => key === dialogKey(id))
        .map(({ value }) => effectResultSchema.parse(JSON.parse(new TextDecoder().decode(value ?? undefined)))),
    inbox: () => inbox(log),
    sends: (id: DialogId) => store.read(sendsStream(id)),
    /** One outbound process without its consumer: `deliver` is one delivery of one record. */
    outbound: (
      over: { store?: EventStore; log?: PartitionedLog; limits?: AccountLimits; claimMarginMs?: number; random?: () => number } = {},
    ) => {
      const stop = new AbortController();
      const connections = accountConnections({
        accounts,
        clock,
        httpTimeoutMs,
        limits: { ratePerSecond: 1000, burst: 1000, ...over.limits },
        logger,
        metrics: undefined,
      });
      closers.push(() => {
        stop.abort(new Error('end of test'));
        return connections.close();
      });
      const random = over.random ?? Math.random;
      const insist = untilItWorks<Dependency>({ clock, random, stop: stop.signal, logger });
      const ownLog = over.log ?? log;
      const context: AttemptContext = {
        store: over.store ?? store,
        log: ownLog,
        logTimeKnown: logTimeKnown(ownLog, insist),
        clock,
        logger,
        random,
        connections,
        httpTimeoutMs,
        hashKey,
        metrics,
        claimMarginMs: over.claimMarginMs ?? claimMarginMs,
        insist,
        stopping: stop.signal,
        cut: new AbortController().signal,
      };
      return {
        stop,
        deliver: async (record: object) => {
          const asked = parseOutboxRecord(new TextEncoder().encode(JSON.stringify(record)));
          if (asked === undefined) throw new Error('unreadable');
          await answerAttempt(context, asked, { live: () => true, traceparent: '00-11111111111111111111111111111111-2222222222222222-01' });
        },
      };
    },
    end: async () => {
      for (const close of closers) await close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await log.close();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** A record for an effect of epoch 1, a text unless told otherwise. */
export const aRecord = (id: DialogId, over: Partial<OutboxRecord> = {}): OutboxRecord => ({
  ...id,
  chatIdForm: 'number',
  number: 1,
  attempt: 1,
  epoch: 1,
  failures: 0,
  effect: { kind: 'text', text: 'Здравствуйте' },
  ...over,
});

const inbox = async (log: PartitionedLog): Promise<LogRecord[]> => [
  ...(await log.read(topics.inbox, 0, 0, 1000)),
  ...(await log.read(topics.inbox, 1, 0, 1000)),
];

const accountsOf = (all: AccountConfig[]): Accounts => ({ get: (id) => all.find((each) => each.id === id), all: () => all });

const account = (id: string, baseUrl: string, storedData = true): AccountConfig => ({
  id: id as AccountId,
  webim: {
    host: '127.0.0.1',
    baseUrl,
    token: new Secret('bot-token'),
    ...(storedData ? { login: 'admin@example.com', password: new Secret('pa:ss') } : {}),
  },
  webhookTokenHashes: [],
  scriptFile: '/dev/null',
  settings: {
    account: id as AccountId,
    botOperatorId: null,
    department: null,
    inlineButtons: true,
    storedData,
    autoCloseAfterMs: 1,
    abandonAfterMs: 1,
    closeAuthority: 'webim',
    noOperatorAfterMs: 1,
    handbackGraceMs: 1,
    replyTtlMs: 1,
    onReplyExpired: 'drop',
    inDoubt: 'resend',
    handlerDelayMs: 1,
    webimTimerGridMs: 1,
    visitorAnswerMs: 1,
    heldTextTtlMs: 1,
  },
});
