import { timingSafeEqual } from 'node:crypto';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Clock } from '@dialog/contracts/clock';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { SimulatedAccount } from './account.ts';
import type { Journal } from './journal.ts';
import type { BotMethod, Fault, Knobs } from './knobs.ts';
import type { BotAnswer, BotMessage, Webim } from './webim.ts';

type Dependencies = {
  readonly account: SimulatedAccount;
  readonly clock: Clock;
  readonly webim: Webim;
  readonly journal: Journal;
  readonly knobs: () => Knobs;
  /** The next fault planted for a method, if any. */
  readonly takeFault: (method: BotMethod) => Fault | undefined;
  readonly control: Express;
};

const same = (a: string, b: string): boolean => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** The doors of the simulated Webim: bot API v2, Stored Data API, the page and its control. */
export const simulatorApp = (dependencies: Dependencies): Express => {
  const app = express();
  app.disable('x-powered-by');
  app.use('/api', (_request, response, next) => {
    if (dependencies.knobs().isAnotherHost) response.status(404).type('html').send('<html><body>Not Found</body></html>');
    else next();
  });
  app.use('/api/bot/v2', botApi(dependencies));
  for (const version of ['v2', 'v3', 'v4']) app.use(`/api/${version}`, storedData(dependencies));
  app.use('/control', dependencies.control);
  const page = fileURLToPath(new URL('../dist', import.meta.url));
  if (existsSync(page)) {
    app.use(
      express.static(page, {
        setHeaders: (response) =>
          response.setHeader('Content-Security-Policy', "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"),
      }),
    );
  }
  return app;
};

const botApi = ({ account, clock, webim, journal, knobs, takeFault }: Dependencies): Express => {
  const api = express();
  api.use(express.json({ limit: '1mb', type: () => true }));
  api.post('/:method', async (request: Request, response: Response) => {
    const method = String(request.params['method']) as BotMethod;
    const body = (request.body ?? {}) as Record<string, unknown>;
    const chatId = Number(body['chat_id']);
    const note = (status: number, answer: unknown, done: boolean): void => {
      journal.add({
        direction: 'in',
        kind: 'bot_api',
        name: method,
        chatId: Number.isFinite(chatId) ? chatId : null,
        status,
        request: body,
        response: answer,
        done,
      });
    };
    const send = (status: number, answer: BotAnswer & { result?: string }, done: boolean): void => {
      note(status, answer, done);
      response.status(status).json(answer);
    };
    if (!same(request.get('authorization') ?? '', `Token ${account.botToken}`)) return send(401, { error: 'unauthorized' }, false);
    if (knobs().botApiDelayMs > 0) await clock.sleep(knobs().botApiDelayMs);
    const fault = takeFault(method);
    if (fault?.kind === 'slow') await clock.sleep(fault.ms);
    if (fault?.kind === 'cut_before') {
      note(0, null, false);
      response.destroy();
      return;
    }
    if (fault?.kind === 'html') {
      const { status = 200 } = fault;
      note(status, 'html', false);
      response.status(status).type('html').send('<html><body>proxy</body></html>');
      return;
    }
    if (fault?.kind === 'error') return send(200, { error: fault.code }, false);
    if (fault?.kind === 'status') {
      if (fault.retryAfter !== undefined) response.setHeader('Retry-After', fault.retryAfter);
      return send(fault.status, fault.code === undefined ? {} : { error: fault.code }, false);
    }
    const answer = perform(webim, method, body);
    if (answer === undefined) return send(404, { error: 'unknown-method' }, false);
    const done = answer.error === undefined;
    if (fault?.kind === 'cut_after') {
      note(0, null, done);
      response.destroy();
      return;
    }
    send(200, done ? { result: 'ok' } : answer, done);
  });
  api.use(badRequest);
  return api;
};

const perform = (webim: Webim, method: string, body: Record<string, unknown>): BotAnswer | undefined => {
  switch (method) {
    case 'send_message':
      return webim.sendMessage(body['chat_id'], (body['message'] ?? {}) as BotMessage);
    case 'redirect_chat':
      return webim.redirectChat(body['chat_id'], body);
    case 'close_chat':
      return webim.closeChat(body['chat_id']);
    default:
      return undefined;
  }
};

const pageSize = 100;

const storedData = ({ account, webim, journal, knobs }: Dependencies): Express => {
  const api = express();
  const expected = `Basic ${Buffer.from(`${account.adminLogin}:${account.adminPassword}`).toString('base64')}`;
  api.use((request: Request, response: Response, next: NextFunction) => {
    const mode = knobs().storedData;
    const reply = (status: number, body: unknown): void => {
      journal.add({
        direction: 'in',
        kind: 'stored_data',
        name: request.path,
        chatId: null,
        status,
        request: null,
        response: body,
        done: false,
      });
      response.status(status).json(body);
    };
    if (mode === 'unauthorized' || !same(request.get('authorization') ?? '', expected)) reply(401, { error: 'unauthorized' });
    else if (mode === 'forbidden') reply(403, { error: 'forbidden' });
    else if (mode === 'error') reply(200, { error: 'no-tariff-option' });
    else next();
  });
  api.get('/operators', (_request, response) => {
    response.json(
      account.operators.map((one) => ({
        id: one.id,
        full_name: one.name,
        email: `${one.id}@example.com`,
        status: 'online',
        roles: ['operator'],
      })),
    );
  });
  api.get('/departments', (_request, response) => {
    response.json(account.departments.map((one) => ({ id: one.id, key: one.key, name: one.name })));
  });
  api.get('/chat', (request, response) => {
    const found = webim.chats().find((chat) => String(chat.id) === String(request.query['id']));
    journal.add({
      direction: 'in',
      kind: 'stored_data',
      name: 'chat',
      chatId: found?.id ?? null,
      status: 200,
      request: null,
      response: null,
      done: found !== undefined,
    });
    response.json(found === undefined ? { error: 'chat-not-found' } : { chat: webim.chatObject(found) });
  });
  api.get('/chats', (request, response) => {
    const since = Number(request.query['since'] ?? 0) / 1000;
    const newer = webim.chats().filter((chat) => chat.lastActivityAt >= since);
    const page = newer.slice(0, pageSize);
    const last = page.at(-1);
    // Pages overlap, as the real ones do.
    const upTo = page.at(-1 - knobs().storedDataOverlap) ?? last;
    response.json({
      chats: page.map(webim.chatObject),
      last_ts: Math.floor((upTo?.lastActivityAt ?? since) * 1000),
      more_chats_available: newer.length > page.length,
    });
  });
  return api;
};

const badRequest = (_error: unknown, _request: Request, response: Response, _next: NextFunction): void => {
  response.status(400).json({ error: 'argument-missing', desc: 'the body is no JSON' });
};
