import { isIP } from 'node:net';
import type { Clock } from '@dialog/contracts/clock';
import express, { type Express, type Request, type Response } from 'express';
import { z } from 'zod';
import type { SimulatedAccount } from './account.ts';
import type { Journal } from './journal.ts';
import { type BotMethod, botMethodSchema, type Fault, faultSchema, type Knobs, knobsSchema } from './knobs.ts';
import type { Timeouts, Webim } from './webim.ts';

type Dependencies = {
  readonly account: SimulatedAccount;
  readonly clock: Clock;
  readonly webim: Webim;
  readonly journal: Journal;
  readonly knobs: () => Knobs;
  readonly setKnobs: (knobs: Partial<Knobs>) => void;
  readonly timeouts: () => Timeouts;
  readonly setTimeouts: (timeouts: Partial<Timeouts>) => void;
  readonly failNext: (method: BotMethod, fault: Fault, count: number) => void;
  readonly clockRate: number;
  /** Address or name that it listens on. */
  readonly host: string;
  /** Calls back at each change; @returns how to stop that. */
  readonly onChange: (listener: () => void) => () => void;
};

const chatId = z.number().int();
const operatorId = z.number().int();
const text = z.string().min(1).max(4000);
const ms = z.number().int().min(0);

/** What the page and a tester do, one schema per action. */
const actions = {
  'new-visitor': z.object({ fields: z.record(z.string(), z.string()).default({}) }),
  open: z.object({ visitorId: z.string(), text: text.optional() }),
  say: z.object({ chatId, text }),
  press: z.object({ chatId, buttonId: z.string() }),
  file: z.object({ chatId }),
  take: z.object({ chatId, operatorId }),
  answer: z.object({ chatId, operatorId, text }),
  'redirect-bot': z.object({ chatId }),
  'redirect-operator': z.object({ chatId, operatorId }),
  'redirect-department': z.object({ chatId, department: z.string() }),
  close: z.object({ chatId }),
  'close-by-visitor': z.object({ chatId }),
  'close-finally': z.object({ chatId }),
  /** How it behaves from now on; what is left out stays. */
  knobs: knobsSchema.partial(),
  timeouts: z.strictObject({ inactivityMs: ms, closedByOperatorMs: ms, gridMs: ms.min(1) }).partial(),
  /** What the next calls of a bot method meet. */
  fail: z.strictObject({ method: botMethodSchema, fault: faultSchema, count: z.number().int().min(1).max(1_000).default(1) }),
} as const;
type ActionName = keyof typeof actions;

const perform = <N extends ActionName>({ webim, setKnobs, setTimeouts, failNext }: Dependencies, name: N, body: unknown): unknown => {
  const of = <K extends ActionName>(key: K): z.infer<(typeof actions)[K]> => actions[key].parse(body) as z.infer<(typeof actions)[K]>;
  switch (name as ActionName) {
    case 'new-visitor':
      return webim.newVisitor(of('new-visitor').fields);
    case 'open':
      return { chatId: webim.open(of('open').visitorId, of('open').text).id };
    case 'say':
      return { chatId: webim.say(of('say').chatId, of('say').text).id };
    case 'press':
      return { chatId: webim.press(of('press').chatId, of('press').buttonId).id };
    case 'file':
      return { chatId: webim.sendFile(of('file').chatId).id };
    case 'take':
      return webim.take(of('take').chatId, of('take').operatorId);
    case 'answer':
      return webim.answer(of('answer').chatId, of('answer').operatorId, of('answer').text);
    case 'redirect-bot':
      return webim.redirectToBot(of('redirect-bot').chatId);
    case 'redirect-operator':
      return webim.redirectToOperator(of('redirect-operator').chatId, of('redirect-operator').operatorId);
    case 'redirect-department':
      return webim.redirectToDepartment(of('redirect-department').chatId, of('redirect-department').department);
    case 'close':
      return webim.close(of('close').chatId);
    case 'close-by-visitor':
      return webim.closeByVisitor(of('close-by-visitor').chatId);
    case 'close-finally':
      return webim.closeFinally(of('close-finally').chatId);
    case 'knobs':
      return setKnobs(of('knobs') as Partial<Knobs>);
    case 'timeouts':
      return setTimeouts(of('timeouts') as Partial<Timeouts>);
    case 'fail':
      return failNext(of('fail').method, of('fail').fault, of('fail').count);
  }
};

/** Snapshots go out at most so often, ms of real time. */
const livePauseMs = 50;

/** The page's own API: actions, one snapshot of everything, and that snapshot live. */
export const controlApp = (dependencies: Dependencies): Express => {
  const { account, clock, webim, journal, knobs, timeouts } = dependencies;
  const app = express();
  app.use(onlyFromHere(dependencies.host));
  app.use(express.json({ limit: '100kb' }));

  const snapshot = (): unknown => ({
    now: clock.now(),
    clockRate: dependencies.clockRate,
    operators: account.operators.filter((one) => one.id !== account.botOperatorId),
    botOperatorId: account.botOperatorId,
    departments: account.departments,
    visitors: webim.visitors(),
    chats: webim.chats().slice(-50),
    timeouts: timeouts(),
    knobs: knobs(),
    journal: journal.entries().slice(-60),
  });

  app.get('/state', (_request, response) => void response.json(snapshot()));
  app.get('/journal', (_request, response) => void response.json(journal.entries()));
  app.get('/live', (request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    let timer: NodeJS.Timeout | undefined;
    const push = (): void => {
      timer = undefined;
      response.write(`data: ${JSON.stringify(snapshot())}\n\n`);
    };
    const stop = dependencies.onChange(() => {
      timer ??= setTimeout(push, livePauseMs);
    });
    push();
    request.once('close', () => {
      stop();
      clearTimeout(timer);
    });
  });
  app.post('/:action', (request: Request, response: Response) => {
    const name = String(request.params['action']);
    if (!Object.hasOwn(actions, name)) {
      response.status(404).json({ error: 'unknown action' });
      return;
    }
    try {
      response.json(perform(dependencies, name as ActionName, request.body) ?? {});
    } catch (error) {
      response.status(400).json({ error: error instanceof z.ZodError ? z.prettifyError(error) : String((error as Error).message) });
    }
  });
  return app;
};

/**
 * A page of another site must neither drive the simulator nor read what is said there. A browser says where a request comes from; but to a page whose
 * own name was pointed at this machine (DNS rebinding) all is its own, and only the name in `Host` tells.
 */
const onlyFromHere =
  (ownHost: string) =>
  (request: Request, response: Response, next: () => void): void => {
    const site = request.get('sec-fetch-site');
    const name = hostName(request.get('host'));
    if (site !== undefined && site !== 'same-origin' && site !== 'none') response.status(403).json({ error: 'another site' });
    else if (name === ownHost.toLowerCase() || isOurs(name)) next();
    else response.status(421).json({ error: 'this host name is not served here' });
  };

/** Of a `Host` header, without port and brackets; empty where it is none. */
const hostName = (header = ''): string =>
  /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::\d{1,5})?$/i.exec(header)?.slice(1).join('').toLowerCase() ?? '';

/** An address, or a name without a dot (`localhost`, that of a container): nobody's own on the internet. */
const isOurs = (name: string): boolean => name !== '' && (isIP(name) !== 0 || !name.includes('.'));
