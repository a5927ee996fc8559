import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AccountConfig, Accounts } from '@dialog/contracts/account';
import type { Clock } from '@dialog/contracts/clock';
import { codeOf } from '@dialog/contracts/errors';
import { dialogKey } from '@dialog/contracts/ids';
import type { InboxInput } from '@dialog/contracts/inbox';
import { inboxRecord } from '@dialog/contracts/inbox-record';
import type { QuarantineRecord } from '@dialog/contracts/quarantine';
import type { Secret } from '@dialog/contracts/secret';
import { topics } from '@dialog/contracts/topics';
import { visitorMessages } from '@dialog/contracts/visitor-messages';
import type { Appended, PartitionedLog } from '@dialog/log/port';
import { errorFacts } from '@dialog/service-kit/error-facts';
import type { Service } from '@dialog/service-kit/service';
import { handlerEventOf, knownEventOf, parseWebhook } from '@dialog/webim/webhook/parse';
import express, { type Express, type Request, type Response } from 'express';
import type { Logger } from 'pino';
import { type IngressMetrics, noMetrics } from './metrics.ts';
import { type Body, keptBytes, readRequestBody } from './read-body.ts';
import { silence as silenceOf } from './silence.ts';
import { type Spool, spoolOf } from './spool.ts';
import { writeTicks } from './ticks.ts';
import { isLiveToken } from './token.ts';
import { wrongTokens as wrongTokensOf } from './wrong-tokens.ts';

export type IngressOptions = {
  readonly accounts: Accounts;
  readonly log: PartitionedLog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly hashKey: Secret;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** How long an acknowledgement may take, ms: after it the webhook is answered 503. */
  readonly ackTimeoutMs: number;
  /** A bot silent for so long hands its chats to people, ms. */
  readonly botSilenceLimitMs: number;
  readonly metrics?: IngressMetrics;
  /** Where event handlers and marks of refused webhooks wait while the log is away. Without it they are answered 503. */
  readonly spoolFile?: string;
  /** How long a request's body may take, ms of real time. Default 10 s. */
  readonly bodyDeadlineMs?: number;
};

export type Ingress = Service & {
  /** Where it listens, e.g. `http://127.0.0.1:8080`; known once `run` was called and `listening` resolved. */
  readonly address: () => string;
  readonly listening: () => Promise<void>;
};

/** W3C Trace Context, version 00. */
const traceparentForm = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** How long open requests may take at the stop, ms of real time. */
const drainMs = 3_000;

/** The door for Webim: authenticates, names the chat, writes one record, and answers once the log has acknowledged it. It decides nothing. */
export const ingressService = (options: IngressOptions): Ingress => {
  const { accounts, log, clock, logger } = options;
  const metrics = options.metrics ?? noMetrics;
  const stopping = new AbortController();
  let spool: Spool | undefined;
  const wrongTokens = wrongTokensOf();
  const silence = silenceOf({ log, clock, limitMs: options.botSilenceLimitMs });
  const server = createServer({ requestTimeout: 60_000, headersTimeout: 15_000, keepAliveTimeout: 30_000 }, app());
  const listening = Promise.withResolvers<void>();
  /**
   * An acknowledgement tells the log's time. Before the first it may stand where a former process left it, and what is received by it counts as late:
   * so webhooks wait for the first tick, no longer than for an acknowledgement of their own.
   */
  const timeTold = Promise.withResolvers<void>();
  let turnedAt = performance.now();

  function app(): Express {
    const door = express();
    door.disable('x-powered-by');
    door.disable('etag');
    door.set('query parser', 'simple');
    // A stray space at the end of a pasted URL comes as %20: `:token` takes it along and it is trimmed off.
    door.all('/hooks/webim/:account/:token{/}', async (request, response) => {
      await hook(request, response).catch((error: unknown) => {
        logger.error({ event: 'webhook_failed', ...errorFacts(error) });
        answer(response, 503, { error: 'unavailable' });
      });
    });
    door.use((_request, response) => answer(response, 404));
    // A path that does not decode ends here; nothing of it is echoed.
    door.use((_error: unknown, _request: Request, response: Response, _next: unknown) => answer(response, 404));
    return door;
  }

  const hook = async (request: Request, response: Response): Promise<void> => {
    const name = String(request.params['account']).trim();
    const account = accounts.get(name);
    const { token, query } = addressOf(request);
    if (!isLiveToken(account, token) || account === undefined) {
      metrics.webhook({ account: account?.id ?? 'unknown', event: 'unknown', verdict: 'not_found' });
      answer(response, 404);
      // After the answer: how long it takes tells nobody whether there is such an account.
      if (account !== undefined && wrongTokens.isNoted(account.id, handlerEventOf(query) ?? 'bot', clock.monotonic()))
        await quarantine(account, request, query, noBody, 'wrong_token');
      return;
    }
    if (request.method !== 'POST' && request.method !== 'GET') {
      response.setHeader('Allow', 'GET, POST');
      answer(response, 405);
      return;
    }
    const body = await readRequestBody(request, options.bodyDeadlineMs ?? 10_000);
    if (body.kind === 'gone') return;
    if (body.kind !== 'whole') {
      const verdict = body.kind;
      await quarantine(account, request, query, body, verdict);
      metrics.webhook({ account: account.id, event: 'unknown', verdict });
      response.setHeader('Connection', 'close');
      answer(response, verdict === 'too_big' ? 413 : 408);
      response.once('finish', () => request.destroy());
      return;
    }
    await timeTold.promise;
    const receivedAt = log.logTime();
    const parsed = parseWebhook(
      {
        account: account.id,
        query,
        contentType: request.get('content-type') ?? '',
        botApiVersion: request.get('x-bot-api-version'),
        webimVersion: request.get('x-webim-version'),
        body: body.bytes,
      },
      { hashKey: options.hashKey, inputId: `wh:${randomUUID()}`, receivedAt, answerBy: receivedAt + options.ackTimeoutMs },
    );
    if (!parsed.ok) {
      const kept = await quarantine(account, request, query, body, parsed.reason, parsed.event);
      metrics.webhook({
        account: account.id,
        event: knownEventOf(parsed.event) ?? 'unknown',
        verdict: kept ? 'quarantined' : 'unavailable',
      });
      logger.warn({ event: 'webhook_quarantined', account: account.id, verdict: parsed.reason });
      if (kept) answer(response, 200, { result: 'ok' });
      else answer(response, 503, { error: 'unavailable' });
      return;
    }
    const { input } = parsed;
    await take(hasSpaces(request) ? { ...input, spacesInUrl: true } : input, request, response);
  };

  const take = async (input: InboxInput, request: Request, response: Response): Promise<void> => {
    const isHandler = handlerEventOf({ event: input.type }) !== undefined;
    const key = dialogKey({ account: input.account, chatId: input.chatId });
    const count = (verdict: string): void => metrics.webhook({ account: input.account, event: input.type, verdict });
    const from = performance.now();
    try {
      const partition = await log.partitionFor(topics.inbox, key);
      // Webim takes the chat to people on our 503; the record says so, and the state follows (design §6.2).
      const refused = !isHandler && silence.isSilent(partition);
      const appended = await append(refused ? { ...input, refused: true } : input, request.get('traceparent'));
      metrics.acknowledged((performance.now() - from) / 1000);
      const late = input.answerBy !== undefined && appended.appendedAt > input.answerBy;
      if (refused || late) {
        count('refused');
        logger.warn({ event: 'webhook_refused', account: input.account, chatId: input.chatId, reason: late ? 'late' : 'bot_silent' });
        answer(response, 503, { error: late ? 'late' : 'bot_silent' });
        return;
      }
      count('accepted');
      answer(response, 200, { result: 'ok' });
    } catch (error) {
      logger.error({
        event: 'webhook_not_acknowledged',
        account: input.account,
        chatId: input.chatId,
        type: input.type,
        code: codeOf(error),
      });
      const kept = await spooled(isHandler ? input : refusedMark(input));
      if (isHandler && kept) {
        count('spooled');
        answer(response, 200, { result: 'ok' });
        return;
      }
      count('unavailable');
      answer(response, 503, { error: 'unavailable' });
    }
  };

  /** Keeps it on this machine's disk until the log is back. @returns whether it is kept */
  const spooled = async (input: InboxInput): Promise<boolean> => {
    if (spool === undefined) return false;
    try {
      await spool.keep(input);
      return true;
    } catch (error) {
      logger.error({ event: 'spool_failed', account: input.account, chatId: input.chatId, ...errorFacts(error) });
      return false;
    }
  };

  /** Webim was told 503, so people may have the chat, whether its record landed or not (design §6.1). */
  const refusedMark = (input: InboxInput): InboxInput => ({
    type: 'webhook_refused',
    inputId: `refused:${input.inputId}`,
    account: input.account,
    chatId: input.chatId,
    chatIdForm: input.chatIdForm,
    receivedAt: log.logTime(),
    of: input.inputId,
    hashes: visitorMessages(input).map((message) => message.hash),
  });

  const append = async (input: InboxInput, traceparent?: string): Promise<Appended> => {
    const [appended] = await log.append(
      [inboxRecord(input, traceparent !== undefined && traceparentForm.test(traceparent) ? traceparent : undefined)],
      { timeoutMs: options.ackTimeoutMs },
    );
    if (appended === undefined) throw new Error('bug: the log acknowledged nothing');
    return appended;
  };

  /** Keeps what can't be read, with its verdict. @returns whether it is kept */
  const quarantine = async (
    account: AccountConfig,
    request: Request,
    query: Readonly<Record<string, string>>,
    body: Exclude<Body, { kind: 'gone' }>,
    verdict: QuarantineRecord['verdict'],
    event?: string,
  ): Promise<boolean> => {
    const record: QuarantineRecord = {
      account: account.id,
      receivedAt: log.logTime(),
      verdict,
      method: request.method,
      ...(query['event'] ? { event: query['event'].slice(0, 64) } : event === undefined ? {} : { eventInBody: event.slice(0, 64) }),
      ...optionalType(request.get('content-type')),
      bodyBase64: body.bytes.subarray(0, keptBytes).toString('base64'),
      truncated: body.kind !== 'whole' || body.bytes.length > keptBytes,
    };
    try {
      await log.append(
        [
          {
            topic: topics.quarantine,
            key: account.id,
            value: Buffer.from(JSON.stringify(record)),
            headers: { 'content-type': 'application/json' },
          },
        ],
        { timeoutMs: options.ackTimeoutMs },
      );
      return true;
    } catch (error) {
      logger.error({ event: 'quarantine_failed', account: account.id, verdict, code: codeOf(error) });
      return false;
    }
  };

  const listen = (): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port, options.host, () => {
        server.off('error', reject);
        resolve();
      });
    });

  return {
    run: async () => {
      const { spoolFile } = options;
      if (spoolFile !== undefined) spool = await spoolOf({ file: spoolFile, clock, logger, append, onSize: metrics.spooled });
      await listen();
      listening.resolve();
      logger.info({ event: 'ingress_listening', host: options.host, port: (server.address() as AddressInfo).port });
      const { signal } = stopping;
      void clock
        .sleep(options.ackTimeoutMs, signal)
        .catch(() => undefined)
        .then(timeTold.resolve);
      await Promise.all([
        silence.run(signal),
        spool?.run(signal),
        writeTicks({
          log,
          clock,
          logger,
          ingress: randomUUID(),
          signal,
          onTurn: () => (turnedAt = performance.now()),
          onFirst: timeTold.resolve,
        }),
      ]);
    },
    stop: async () => {
      stopping.abort(new Error('stopping'));
      await closeServer(server);
    },
    turnedAt: () => turnedAt,
    address: () => `http://${options.host}:${(server.address() as AddressInfo).port}`,
    listening: () => listening.promise,
  };
};

const answer = (response: Response, status: number, body?: unknown): void => {
  if (response.headersSent) return;
  if (body === undefined) {
    response.writeHead(status).end();
    return;
  }
  const json = JSON.stringify(body);
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': Buffer.byteLength(json) }).end(json);
};

const noBody: Exclude<Body, { kind: 'gone' }> = { kind: 'too_big', bytes: Buffer.alloc(0) };

const optionalType = (contentType: string | undefined): { contentType?: string } =>
  contentType === undefined ? {} : { contentType: contentType.slice(0, 200) };

/** Spaces that were forgiven: around account or token, or around a name or value of the query. */
const hasSpaces = (request: Request): boolean => {
  const spaced = (text: string): boolean => text !== text.trim();
  if (spaced(String(request.params['account'])) || spaced(String(request.params['token']))) return true;
  const at = request.originalUrl.indexOf('?');
  return at >= 0 && [...new URLSearchParams(request.originalUrl.slice(at + 1))].some(([name, value]) => spaced(name) || spaced(value));
};

/**
 * The token, and the query with names and values trimmed; of several the last. An `&` pasted where the `?` belongs stands behind the token: no token
 * has one, so it is read as the `?` that was meant.
 */
const addressOf = (request: Request): { readonly token: string; readonly query: Readonly<Record<string, string>> } => {
  const [token = '', ...slipped] = String(request.params['token']).split('&');
  const at = request.originalUrl.indexOf('?');
  const given = [slipped.join('&'), at < 0 ? '' : request.originalUrl.slice(at + 1)];
  const query: Record<string, string> = Object.create(null);
  for (const [name, value] of given.flatMap((text) => [...new URLSearchParams(text)])) query[name.trim()] = value.trim();
  return { token, query };
};

const closeServer = async (server: Server): Promise<void> => {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), drainMs);
  await closed;
  clearTimeout(timer);
};
