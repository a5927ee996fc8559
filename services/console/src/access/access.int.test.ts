import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '@dialog/contracts/clock';
import { type Role, roles } from '@dialog/contracts/role';
import { Secret } from '@dialog/contracts/secret';
import { topicSpecs } from '@dialog/contracts/topics';
import type { EventStore } from '@dialog/event-store/port';
import { sqliteEventStore } from '@dialog/event-store/sqlite/event-store';
import type { PartitionedLog } from '@dialog/log/port';
import { sqliteLog } from '@dialog/log/sqlite/log';
import { hashPassword } from '@dialog/service-kit/password-hash';
import { Router } from 'express';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { liveClient } from '../../test/live-client.ts';
import { newMessage, parked, visitorSays, wholeLife } from '../../test/sample-dialogs.ts';
import { type Console, consoleService } from '../console.ts';
import { consoleOpenApi } from '../openapi.ts';
import { type Operation, operations } from './operations.ts';

const t0 = Date.parse('2026-03-02T09:00:00Z');
const planted = 'Секрет-Петровой-5591';
const password = 'correct horse battery';
let folder: string;
let store: EventStore;
let log: PartitionedLog;
let desk: Console;
let running: Promise<void>;
/** Every route that the server registered below `/api`, as `GET /a/{b}`. */
let routes: string[];
const tokens = {} as Record<Role, string>;

type Call = { readonly method?: string; readonly body?: unknown; readonly headers?: Record<string, string> };
const ask = (path: string, { method = 'GET', body, headers = {} }: Call = {}): Promise<Response> =>
  fetch(`${desk.address()}/api${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    redirect: 'manual',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const as = (role: Role): Record<string, string> => ({ authorization: `Bearer ${tokens[role]}` });
const signIn = async (): Promise<string> => {
  const response = await ask('/access/login', { method: 'POST', body: { password } });
  expect(response.status).toBe(200);
  return String(response.headers.get('set-cookie')).split(';')[0] as string;
};
const audit = async (): Promise<readonly Record<string, unknown>[]> =>
  ((await (await ask('/access/audit?limit=500', { headers: as('administrator') })).json()) as { entries: Record<string, unknown>[] })
    .entries;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'console-access-'));
  store = sqliteEventStore({ file: join(folder, 'events.db'), clock: realClock });
  log = sqliteLog({ file: join(folder, 'log.db'), clock: realClock });
  await log.ensureTopics(topicSpecs(1));
  await wholeLife('shop', '101', t0)
    .input(1000, newMessage(visitorSays(planted)))
    .writeTo(store);
  await parked('shop', '105', t0).writeTo(store);
  const registered = watchingRoutes();
  desk = consoleService({
    store,
    log,
    clock: realClock,
    logger: pino({ level: 'silent' }),
    dataFile: join(folder, 'console.db'),
    port: 0,
    lagEveryMs: 50,
    accounts: ['shop'],
    access: {
      key: new Secret('k'.repeat(32)),
      sessionMs: 3_600_000,
      signIn: { how: 'password', passwordHash: new Secret(await hashPassword(password)) },
    },
  });
  running = desk.run();
  await desk.listening();
  routes = registered();
  const cookie = await signIn();
  for (const role of roles) {
    const made = await ask('/access/tokens', {
      method: 'POST',
      body: { name: role, role, expiresInMs: 3_600_000 },
      headers: { cookie, origin: desk.address() },
    });
    expect(made.status).toBe(201);
    tokens[role] = ((await made.json()) as { token: string }).token;
  }
  await vi.waitFor(async () => {
    const answer = await ask('/dialogs', { headers: as('viewer') });
    expect(((await answer.json()) as { dialogs: unknown[] }).dialogs).toHaveLength(2);
  }, 20_000);
});
afterAll(async () => {
  await desk?.stop();
  await running;
  await log.close();
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

type Layer = { readonly route?: { readonly path: string; readonly methods: Record<string, boolean> } };
type Routes = { readonly stack: readonly Layer[] };

/** Express keeps no path of what a router was mounted at: it is listened to while the server is put together. */
const watchingRoutes = (): (() => string[]) => {
  const prototype = (Router as unknown as { prototype: { use: (this: Routes, ...given: unknown[]) => unknown } }).prototype;
  const mounted: { parent: Routes; at: string; child: Routes }[] = [];
  const original = prototype.use;
  const spy = vi.spyOn(prototype, 'use').mockImplementation(function (this: Routes, ...given: unknown[]) {
    const at = typeof given[0] === 'string' ? given[0] : '';
    for (const one of given)
      if (typeof one === 'function' && 'stack' in one) mounted.push({ parent: this, at, child: one as unknown as Routes });
    return original.apply(this, given);
  });
  return () => {
    spy.mockRestore();
    const api = mounted.find(({ at }) => at === '/api')?.child;
    if (api === undefined) throw new Error('no /api was mounted');
    const of = (router: Routes, prefix: string): string[] => [
      ...router.stack.flatMap(({ route }) =>
        route === undefined
          ? []
          : Object.keys(route.methods).map(
              (method) => `${method.toUpperCase()} ${openApiPath(prefix + (route.path === '/' ? '' : route.path))}`,
            ),
      ),
      ...mounted.filter(({ parent }) => parent === router).flatMap(({ at, child }) => of(child, prefix + (at === '/' ? '' : at))),
    ];
    return [...new Set(of(api, ''))].sort();
  };
};
const openApiPath = (path: string): string => path.replace(/:(\w+)/g, '{$1}');

const documented = (): string[] =>
  Object.entries(consoleOpenApi()['paths'] as Record<string, Record<string, unknown>>).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );

describe('the table of operations', () => {
  it('has a row for each operation of the OpenAPI document and each route of the server, and no other', () => {
    expect(documented().filter((operation) => !Object.hasOwn(operations, operation))).toEqual([]);
    expect(routes.filter((route) => !Object.hasOwn(operations, route))).toEqual([]);
    expect(routes.length).toBeGreaterThan(20);
    expect(Object.keys(operations).filter((operation) => !routes.includes(operation))).toEqual([]);
  });

  it('a viewer may nothing that has texts without a mask', () => {
    for (const [operation, { least, mask, text }] of Object.entries(operations)) {
      if (least === 'viewer') expect(mask, operation).toBeDefined();
      if (least === 'viewer' && text === true) expect(typeof mask, operation).toBe('function');
    }
  });
});

const concrete = (operation: string): { method: string; path: string } => {
  const [method = '', path = ''] = operation.split(' ');
  const values: Record<string, string> = {
    account: 'shop',
    chatId: '101',
    partition: '0',
    offset: '0',
    script: '5c'.repeat(16),
    settings: '5e'.repeat(16),
    id: '00000000-0000-4000-8000-000000000000',
  };
  return { method, path: path.replace(/\{(\w+)\}/g, (_whole, name: string) => values[name] ?? 'x') };
};

describe('every operation × every role', () => {
  const rows = Object.entries(operations).filter(([operation]) => operation !== 'POST /access/logout' && operation !== 'GET /live');
  it.each(rows)('%s', async (operation, rule: Operation) => {
    const { method, path } = concrete(operation);
    const call = (headers: Record<string, string>) => ask(path, { method, headers, ...(method === 'GET' ? {} : { body: {} }) });
    const nobody = await call({});
    if (rule.least === 'public') expect(nobody.status).not.toBe(403);
    else expect(nobody.status).toBe(401);
    for (const role of roles) {
      const { status, body } = await call(as(role)).then(async (answer) => ({ status: answer.status, body: await answer.text() }));
      const may = rule.least === 'public' || roles.indexOf(role) >= roles.indexOf(rule.least);
      // Allowed is whatever the handler then says to an empty body; refused is the guard's own word.
      if (may) expect({ role, status, body }).not.toMatchObject({ status: 403 });
      else expect({ role, status }).toEqual({ role, status: 403 });
      if (role === 'viewer') expect(body).not.toContain(planted);
    }
    expect((await call({ authorization: 'Bearer dlg_nonsense' })).status).toBe(nobody.status);
  });

  it('the live stream too', async () => {
    expect((await ask('/live')).status).toBe(401);
    for (const role of roles) {
      const stream = await ask('/live', { headers: as(role) });
      expect(stream.status).toBe(200);
      await stream.body?.cancel();
    }
  });

  it('what has no row is refused, whoever asks', async () => {
    expect((await ask('/dialogs/shop/101/nonsense')).status).toBe(401);
    for (const role of roles) {
      expect((await ask('/dialogs/shop/101/nonsense', { headers: as(role) })).status).toBe(403);
      expect((await ask('/dialogs/shop/101', { method: 'DELETE', headers: as(role) })).status).toBe(403);
    }
  });
});

describe('what a viewer sees', () => {
  const body = async (path: string, role: Role): Promise<string> => (await ask(path, { headers: as(role) })).text();

  it('rows as they are, events with every text masked by the server, and shaped as before', async () => {
    const whole = JSON.parse(await body('/dialogs/shop/101/events', 'analyst')) as { events: { type: string }[] };
    const masked = JSON.parse(await body('/dialogs/shop/101/events', 'viewer')) as { events: { type: string }[] };
    expect(JSON.stringify(whole)).toContain(planted);
    expect(masked.events.map(({ type }) => type)).toEqual(whole.events.map(({ type }) => type));
    const letters = /[а-яё]/i;
    expect(JSON.stringify(whole)).toMatch(letters);
    expect(JSON.stringify(masked)).not.toMatch(letters);
    const rowOf = async (role: Role) => (JSON.parse(await body('/dialogs/shop/101', role)) as { row: unknown }).row;
    expect(await rowOf('viewer')).toEqual(await rowOf('administrator'));
    const listOf = async (role: Role) => (JSON.parse(await body('/dialogs', role)) as { dialogs: { said: string[] }[] }).dialogs;
    const list = await listOf('analyst');
    expect(list.flatMap(({ said }) => said).join()).toMatch(letters);
    expect(await listOf('viewer')).toEqual(list.map((row) => ({ ...row, said: row.said.map(() => '•••') })));
    for (const path of ['/stuck', '/waiting', '/timers', '/parked']) {
      const { now: _, ...seen } = JSON.parse(await body(path, 'viewer')) as { now: number };
      const { now: __, ...all } = JSON.parse(await body(path, 'administrator')) as { now: number };
      expect(seen, path).toEqual(all);
    }
  });

  it('no id that derives from a text: who knows all but that could try texts until the id comes out', async () => {
    type Page = { events: { id: string; revision: number }[] };
    const whole = JSON.parse(await body('/dialogs/shop/101/events', 'analyst')) as Page;
    const masked = JSON.parse(await body('/dialogs/shop/101/events', 'viewer')) as Page;
    expect(new Set(masked.events.map(({ id }) => id)).size).toBe(whole.events.length);
    expect(masked.events.map(({ revision }) => revision)).toEqual(whole.events.map(({ revision }) => revision));
    for (const { id } of whole.events) expect(JSON.stringify(masked)).not.toContain(id);
  });

  it('and can’t find out by a search what stands in a text', async () => {
    expect((await ask(`/dialogs?text=${encodeURIComponent(planted)}`, { headers: as('analyst') })).status).toBe(200);
    for (const query of ['text=x', 'text=', 'account=shop&text=x', 'text[]=x']) {
      expect((await ask(`/dialogs?${query}`, { headers: as('viewer') })).status, query).not.toBe(200);
    }
  });

  it('live rows without a text', async () => {
    const live = await liveClient(`${desk.address()}/api/live`, as('viewer'));
    await live.next('hello');
    await wholeLife('shop', '140', t0)
      .input(1000, newMessage(visitorSays(planted)))
      .writeTo(store);
    const told = await live.next('dialog');
    expect(JSON.stringify(told)).toContain('140');
    expect(JSON.stringify(told)).not.toContain(planted);
    live.close();
  });
});

describe('a session', () => {
  it('stands in a cookie that no script reads and no other site sends', async () => {
    const response = await ask('/access/login', { method: 'POST', body: { password } });
    expect(response.headers.get('set-cookie')).toMatch(/^dialog-console=[^;]+;.*HttpOnly; SameSite=Strict/);
    const cookie = String(response.headers.get('set-cookie')).split(';')[0] as string;
    expect(cookie).not.toContain('administrator');
    expect(await (await ask('/access/session', { headers: { cookie } })).json()).toMatchObject({
      access: 'password',
      user: { name: 'administrator', role: 'administrator' },
    });
    expect((await ask('/dialogs', { headers: { cookie } })).status).toBe(200);
    // Not at the end: of its last letter not every bit counts.
    const at = cookie.length - 40;
    const changed = cookie.slice(0, at) + (cookie[at] === 'A' ? 'B' : 'A') + cookie.slice(at + 1);
    expect((await ask('/dialogs', { headers: { cookie: changed } })).status).toBe(401);
  });

  it('is worth nothing once signed out, also as a copy', async () => {
    const cookie = await signIn();
    expect((await ask('/access/logout', { method: 'POST', headers: { cookie, origin: desk.address() } })).status).toBe(200);
    expect((await ask('/dialogs', { headers: { cookie } })).status).toBe(401);
  });

  it('a forged request is refused: another origin, a form, a page that does not say where it is', async () => {
    const cookie = await signIn();
    const body = { name: 'x', role: 'viewer', expiresInMs: 60_000 };
    const forged = (headers: Record<string, string>) => ask('/access/tokens', { method: 'POST', body, headers: { cookie, ...headers } });
    expect((await forged({ origin: 'https://evil.example' })).status).toBe(403);
    expect((await forged({ origin: 'null' })).status).toBe(403);
    expect((await forged({ origin: desk.address(), 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await forged({})).status).toBe(403);
    expect((await forged({ origin: desk.address(), 'content-type': 'text/plain' })).status).toBe(415);
    expect((await forged({ origin: desk.address(), 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415);
    expect((await forged({ origin: desk.address() })).status).toBe(201);
  });
});

describe('tokens', () => {
  const make = async (expiresInMs: number) =>
    (await (
      await ask('/access/tokens', { method: 'POST', body: { name: 'ci', role: 'analyst', expiresInMs }, headers: as('administrator') })
    ).json()) as { token: string; id: string };
  const use = async (token: string): Promise<number> => (await ask('/dialogs', { headers: { authorization: `Bearer ${token}` } })).status;

  it('stand hashed in the stream `access`, are listed without their text, revoked and let in no more', async () => {
    const { token, id } = await make(60_000);
    expect(Buffer.from(token.slice('dlg_'.length), 'base64url')).toHaveLength(32);
    expect(JSON.stringify(await store.read('access'))).not.toContain(token);
    expect(await use(token)).toBe(200);
    const listed = await (await ask('/access/tokens', { headers: as('administrator') })).text();
    expect(listed).toContain(id);
    expect(listed).not.toMatch(/sha256|dlg_/);
    expect((await ask(`/access/tokens/${id}/revoke`, { method: 'POST', headers: as('administrator') })).status).toBe(200);
    expect(await use(token)).toBe(401);
    expect((await ask(`/access/tokens/${id}/revoke`, { method: 'POST', headers: as('administrator') })).status).toBe(404);
  });

  it('end by themselves', async () => {
    const { token } = await make(1_000);
    await vi.waitFor(async () => expect(await use(token)).toBe(401), { timeout: 20_000, interval: 100 });
  });
});

describe('the audit', () => {
  it('has sign-ins, refusals, tokens, reads of unmasked text once a person, dialog and hour, and what was asked', async () => {
    expect((await ask('/access/login', { method: 'POST', body: { password: 'guess' } })).status).toBe(401);
    for (let time = 0; time < 3; time += 1) await ask('/dialogs/shop/105/events', { headers: as('analyst') });
    await ask('/dialogs/shop/105/events', { headers: as('viewer') });
    const entries = await audit();
    const reads = entries.filter(({ type, chatId }) => type === 'TextRead' && chatId === '105');
    expect(reads.filter(({ by }) => by === 'token:analyst')).toHaveLength(1);
    expect(reads.filter(({ by }) => by === 'token:viewer')).toHaveLength(0);
    expect(new Set(entries.map(({ type }) => type))).toEqual(
      new Set(['SignedIn', 'SignInRefused', 'SignedOut', 'TokenCreated', 'TokenRevoked', 'TokenRefused', 'TextRead', 'OperationAsked']),
    );
    expect(JSON.stringify(entries)).not.toContain('guess');
  });

  it('has refused tokens: known ones by their name, a flood of unknown ones once an address and minute, never a text', async () => {
    const minute = () => Math.floor(Date.now() / 60_000);
    const made = (await (
      await ask('/access/tokens', {
        method: 'POST',
        body: { name: 'gone', role: 'analyst', expiresInMs: 60_000 },
        headers: as('administrator'),
      })
    ).json()) as { token: string; id: string };
    await ask(`/access/tokens/${made.id}/revoke`, { method: 'POST', headers: as('administrator') });
    const [{ revision: before = 0 } = {}] = (await audit()) as { revision?: number }[];
    const from = minute();
    for (let time = 0; time < 40; time += 1) {
      const headers = { authorization: `Bearer dlg_planted_${time}`, 'x-forwarded-for': `10.0.0.${time}` };
      expect((await ask('/dialogs', { headers })).status).toBe(401);
    }
    expect((await ask('/dialogs', { headers: { authorization: `Bearer ${made.token}` } })).status).toBe(401);
    expect((await ask('/access/audit', { headers: as('viewer') })).status).toBe(403);
    const minutes = minute() - from + 1;
    const entries = await audit();
    const refused = entries.filter(({ type }) => type === 'TokenRefused');
    const flood = refused.filter(({ reason, revision }) => reason === 'unknown' && Number(revision) > before);
    expect(flood.length).toBeLessThanOrEqual(minutes);
    expect(refused.find(({ reason }) => reason === 'unknown')).toMatchObject({ by: null, from: expect.stringContaining('127.0.0.1') });
    expect(refused.filter(({ token }) => token === made.id)).toMatchObject([{ by: 'token:gone', reason: 'revoked' }]);
    expect(refused.filter(({ operation }) => operation === 'GET /access/audit')).toContainEqual(
      expect.objectContaining({ by: 'token:viewer', reason: 'role' }),
    );
    expect(refused.some(({ reason }) => reason === 'expired')).toBe(true);
    expect(JSON.stringify(entries)).not.toContain('planted_');
  });

  it('names who signed in, whatever the body says', async () => {
    const released = await ask('/parked/shop/105/release', {
      method: 'POST',
      body: { by: 'mallory', reason: 'try' },
      headers: as('operator'),
    });
    expect(released.status).toBe(202);
    expect(JSON.stringify(await store.read('audit-shop'))).toContain('token:operator');
    expect(JSON.stringify(await store.read('audit-shop'))).not.toContain('mallory');
    expect((await audit()).find(({ operation }) => operation === 'POST /parked/{account}/{chatId}/release')).toMatchObject({
      by: 'token:operator',
      names: { account: 'shop', chatId: '105' },
    });
  });
});

it('tries of passwords are slowed down', async () => {
  const statuses: number[] = [];
  for (let time = 0; time < 12; time += 1) statuses.push((await ask('/access/login', { method: 'POST', body: {} })).status);
  expect(statuses.at(-1)).toBe(429);
});

it('answers say what a browser may not do with them', async () => {
  const { headers } = await ask('/access/session');
  expect(headers.get('content-security-policy')).toContain("default-src 'self'");
  expect(headers.get('x-frame-options')).toBe('DENY');
  expect(headers.get('cache-control')).toBe('no-store');
});
