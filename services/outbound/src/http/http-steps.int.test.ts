import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpStepsConfig } from '@dialog/contracts/account';
import { scaledClock } from '@dialog/contracts/clock';
import { Secret } from '@dialog/contracts/secret';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { maxAnswerBytes, maxBodyJsonBytes } from './answer-body.ts';
import type { HttpEffect } from './http-effect.ts';
import { type HttpSteps, type HttpStepsOptions, httpSteps } from './http-steps.ts';

type Seen = { readonly method: string; readonly url: string; readonly headers: IncomingMessage['headers']; readonly body: string };
type Handler = (response: ServerResponse, request: IncomingMessage) => void;

const serverOn = async (host: string, port: number, handle: (response: ServerResponse, request: IncomingMessage, body: string) => void) => {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => handle(response, request, body));
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return server;
};
const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

let server: Server;
let port: number;
let answer: Handler;
const seen: Seen[] = [];
beforeAll(async () => {
  server = await serverOn('127.0.0.1', 0, (response, request, body) => {
    seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
    answer(response, request);
  });
  port = (server.address() as AddressInfo).port;
});
afterAll(() => closed(server));
beforeEach(() => {
  seen.length = 0;
  answer = json(200, { ok: true });
});

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Handler =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
const text =
  (body: string, type = 'text/plain'): Handler =>
  (response) =>
    void response.writeHead(200, { 'content-type': type }).end(body);
const silent: Handler = () => undefined;
const cut: Handler = (_, request) => void request.socket.destroy();
const halfAnswer: Handler = (response, request) => {
  response.writeHead(200, { 'content-length': '100' });
  response.write('half', () => request.socket.destroy());
};

/** Ten seconds of this clock are one of ours. */
const clock = scaledClock(10);
const noon = 1_000_000;
const secretValue = 'k3y/of the crm';

const steps = (config: Partial<HttpStepsConfig> = {}, more: Partial<HttpStepsOptions> = {}): HttpSteps => {
  const made = httpSteps({
    config: {
      allowHosts: [`127.0.0.1:${port}`],
      allowPrivate: true,
      secrets: new Map([['crm_key', new Secret(secretValue)]]),
      ...config,
    },
    clock,
    limits: { ratePerSecond: 10_000, burst: 10_000, circuitFailures: 100 },
    ...more,
  });
  onTestFinished(() => made.close());
  return made;
};
const ask = async (made: HttpSteps, over: Partial<HttpEffect> = {}, failures = 0, signal = new AbortController().signal) => {
  const { answer: kind, ...verdict } = await made.attempt(
    {
      kind: 'http',
      method: 'GET',
      url: `http://127.0.0.1:${port}/orders/7?full=1`,
      headers: {},
      timeoutMs: 10_000,
      retries: 2,
      ...over,
    },
    { idempotencyKey: 'shop:1:2', failures, now: () => noon, random: () => 0.5, signal, onSend: () => undefined },
  );
  void kind;
  return verdict;
};

describe('what a host answers', () => {
  test('JSON comes parsed; any status is an answer', async () => {
    answer = json(404, { found: false, list: [1, 'two', null] });
    expect(await ask(steps())).toEqual({
      outcome: 'accepted',
      status: 404,
      http: { status: 404, body: { found: false, list: [1, 'two', null] } },
    });
    expect(seen).toMatchObject([{ method: 'GET', url: '/orders/7?full=1', headers: { 'accept-encoding': 'identity' }, body: '' }]);
    expect(seen[0]?.headers).not.toHaveProperty('idempotency-key');
  });
  test.each([
    ['text', text('{"a":1}'), '{"a":1}'],
    ['a problem document', text('{"a":1}', 'application/problem+json; charset=utf-8'), { a: 1 }],
    ['JSON that is none', text('<html>', 'application/json'), '<html>'],
    ['nothing', text('', 'application/json'), ''],
    ['JSON of no stated type', ((response) => void response.end('[1]')) as Handler, [1]],
    ['a number that JSON cannot hold', text('[1e999]', 'application/json'), [null]],
    [
      'JSON too deep to be walked',
      text(`${'['.repeat(50_000)}${']'.repeat(50_000)}`, 'application/json'),
      `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
    ],
  ] as const)('%s', async (_, handler, body) => {
    answer = handler;
    expect(await ask(steps())).toMatchObject({ outcome: 'accepted', http: { status: 200, body } });
  });
  test('a redirect is not followed', async () => {
    answer = (response) => void response.writeHead(302, { location: `http://127.0.0.1:${port}/elsewhere` }).end();
    expect(await ask(steps())).toEqual({ outcome: 'refused', reason: 'other', code: 'redirect', status: 302 });
    expect(seen).toHaveLength(1);
  });
  test('more than the limit is not read to its end', async () => {
    let written = 0;
    answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      const more = (): void => {
        if (response.destroyed) return;
        written += 65_536;
        if (written > 50 * maxAnswerBytes) response.end();
        else response.write('x'.repeat(65_536), more);
      };
      more();
    };
    expect(await ask(steps())).toEqual({ outcome: 'refused', reason: 'other', code: 'too_large' });
    expect(written).toBeLessThan(50 * maxAnswerBytes);
  });
  test('what is small on the wire and large in the history is too large', async () => {
    answer = text('\u0001'.repeat(maxBodyJsonBytes / 6 + 1));
    expect(await ask(steps())).toMatchObject({ outcome: 'refused', code: 'too_large' });
  });
  test('429 with Retry-After: later, its answer goes along; the next one to this host is not even tried', async () => {
    answer = json(429, { slow: 'down' }, { 'retry-after': '7' });
    const made = steps();
    expect(await ask(made)).toEqual({
      outcome: 'deferred',
      code: 'http_429',
      notBefore: noon + 7_500,
      status: 429,
      http: { status: 429, body: { slow: 'down' } },
    });
    expect(await ask(made)).toMatchObject({ outcome: 'deferred', code: 'asked_to_wait' });
    expect(seen).toHaveLength(1);
  });
  test('a Retry-After beyond what a visitor waits for is the answer', async () => {
    answer = json(503, {}, { 'retry-after': '3600' });
    expect(await ask(steps())).toMatchObject({ outcome: 'accepted', http: { status: 503 } });
  });
  test('500: later, at growing distance, for a method that may be repeated; the answer for one that may not', async () => {
    answer = json(500, { oops: true });
    expect(await ask(steps())).toMatchObject({ outcome: 'deferred', code: 'http_500', notBefore: noon + 500, http: { status: 500 } });
    expect(await ask(steps(), {}, 3)).toMatchObject({ outcome: 'deferred', notBefore: noon + 4_000 });
    expect(await ask(steps(), { method: 'PUT', body: {} })).toMatchObject({ outcome: 'deferred' });
    expect(await ask(steps(), { method: 'POST', body: {} })).toMatchObject({ outcome: 'accepted', http: { status: 500 } });
    answer = json(503, {});
    expect(await ask(steps(), { method: 'POST', body: {} })).toMatchObject({ outcome: 'deferred', code: 'http_503' });
  });
});

describe('what the wire does', () => {
  test.each([
    ['a cut connection', cut, 'connection'],
    ['half an answer', halfAnswer, 'connection'],
    ['no answer in time', silent, 'timeout'],
  ] as const)('%s: a GET may be repeated, a POST is in doubt', async (_, handler, code) => {
    answer = handler;
    const made = steps();
    for (const method of ['GET', 'PUT', 'DELETE'] as const) {
      expect(await ask(made, { method, timeoutMs: 3_000 })).toMatchObject({ outcome: 'deferred', code, notBefore: noon + 500 });
    }
    for (const method of ['POST', 'PATCH'] as const) {
      expect(await ask(made, { method, timeoutMs: 3_000 })).toMatchObject({ outcome: 'in_doubt', code });
    }
    expect(seen).toHaveLength(5);
  });
  test('nobody listens: nothing was sent, so even a POST may be repeated', async () => {
    const gone = await serverOn('127.0.0.1', 0, () => undefined);
    const free = (gone.address() as AddressInfo).port;
    await closed(gone);
    const made = steps({ allowHosts: [`127.0.0.1:${free}`] });
    expect(await ask(made, { method: 'POST', url: `http://127.0.0.1:${free}/` })).toMatchObject({
      outcome: 'deferred',
      code: 'connection',
    });
  });
  test('outbound stops in the middle', async () => {
    const stop = new AbortController();
    answer = () => stop.abort();
    expect(await ask(steps(), {}, 0, stop.signal)).toMatchObject({ outcome: 'deferred', code: 'aborted', notBefore: noon });
    const again = new AbortController();
    answer = () => again.abort();
    expect(await ask(steps(), { method: 'POST' }, 0, again.signal)).toMatchObject({ outcome: 'in_doubt', code: 'aborted' });
  });
  test('a host that fails again and again is left alone for a while; another is asked all the same', async () => {
    const other = await serverOn('127.0.0.1', 0, (response) => void response.end('ok'));
    onTestFinished(() => closed(other));
    const otherHost = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    const circuits: unknown[] = [];
    const made = steps(
      { allowHosts: [`127.0.0.1:${port}`, otherHost] },
      { limits: { circuitFailures: 2 }, onCircuit: (host, open) => void circuits.push([host, open]) },
    );
    answer = cut;
    await ask(made);
    await ask(made);
    expect(await ask(made)).toMatchObject({ outcome: 'deferred', code: 'circuit_open' });
    expect(seen).toHaveLength(2);
    expect(circuits).toEqual([[`127.0.0.1:${port}`, true]]);
    expect(await ask(made, { url: `http://${otherHost}/` })).toMatchObject({ outcome: 'accepted' });
  });
  test('beyond the rate of a host: held, to be tried again', async () => {
    const made = steps({}, { limits: { ratePerSecond: 0.1, burst: 1 } });
    await ask(made);
    expect(await ask(made)).toMatchObject({ outcome: 'deferred', code: 'rate_limit' });
    expect(seen).toHaveLength(1);
  });
});

describe('where it may go', () => {
  const refused = { outcome: 'refused', reason: 'other', code: 'refused_host' };
  test('a host that is not on the list, another port, another scheme, no URL at all', async () => {
    const made = steps({ allowHosts: ['127.0.0.1'] });
    for (const url of [
      `http://127.0.0.1:${port}/`,
      `http://localhost:${port}/`,
      'file:///etc/passwd',
      'orders/7',
      `http://a@127.0.0.1:${port}/`,
    ])
      expect(await ask(made, { url })).toEqual(refused);
    expect(seen).toEqual([]);
  });
  test.each([
    'http://127.0.0.1:PORT/',
    'http://2130706433:PORT/',
    'http://0x7f.1:PORT/',
    'http://[::1]:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://169.254.169.254:PORT/latest/meta-data',
    'http://[fe80::1]:PORT/',
  ])('%s: an address of the own network is refused even where it is on the list', async (pattern) => {
    const url = pattern.replace('PORT', String(port));
    const made = steps({ allowHosts: [new URL(url).host], allowPrivate: false });
    expect(await ask(made, { url })).toEqual(refused);
    expect(seen).toEqual([]);
  });
  test.each([
    [['127.0.0.1']],
    [['::1']],
    [['::ffff:127.0.0.1']],
    [['169.254.169.254']],
    [['10.0.0.5']],
    // One good address does not make the other good.
    [['127.0.0.1', '93.184.216.34']],
  ])('a name that leads to %s is refused', async (addresses) => {
    const url = `http://crm.example:${port}/`;
    const made = steps({ allowHosts: [`crm.example:${port}`], allowPrivate: false }, { resolve: async () => addresses });
    expect(await ask(made, { url })).toEqual(refused);
    expect(seen).toEqual([]);
  });
  test('a name that changes its address between look-ups: asked once per connection, and the connection goes to what was checked', async () => {
    const good: string[] = [];
    const outside = await serverOn('127.0.0.2', port, (response, request) => {
      good.push(request.url ?? '');
      response.setHeader('connection', 'close').end('good');
    });
    onTestFinished(() => closed(outside));
    const answers = [['127.0.0.2'], ['127.0.0.1'], ['127.0.0.1']];
    let asked = 0;
    const made = steps(
      { allowHosts: [`crm.example:${port}`] },
      { resolve: async () => answers[asked++] ?? [], permits: (address) => address === '127.0.0.2' },
    );
    const url = `http://crm.example:${port}/secret`;
    expect(await ask(made, { url })).toMatchObject({ outcome: 'accepted', http: { body: 'good' } });
    expect(asked).toBe(1);
    expect(await ask(made, { url })).toEqual(refused);
    expect(asked).toBe(2);
    expect(good).toEqual(['/secret']);
    expect(seen).toEqual([]);
  });
  test('a name that is not known is a failure that may pass', async () => {
    const made = steps(
      { allowHosts: ['crm.example'] },
      { resolve: () => Promise.reject(Object.assign(new Error('getaddrinfo'), { code: 'EAI_AGAIN' })) },
    );
    expect(await ask(made, { url: 'http://crm.example/' })).toMatchObject({ outcome: 'deferred', code: 'connection' });
  });
});

describe('secrets and headers', () => {
  test('a secret is written into URL, headers and body at the last moment', async () => {
    await ask(steps(), {
      method: 'POST',
      url: `http://127.0.0.1:${port}/q?key={{ secret.crm_key }}`,
      headers: { Authorization: 'Bearer {{secret.crm_key}}' },
      body: { nested: [{ key: 'is {{ secret.crm_key }}' }], count: 3 },
    });
    expect(seen).toMatchObject([
      {
        url: '/q?key=k3y%2Fof%20the%20crm',
        headers: { authorization: `Bearer ${secretValue}`, 'content-type': 'application/json', 'idempotency-key': 'shop:1:2' },
        body: JSON.stringify({ nested: [{ key: `is ${secretValue}` }], count: 3 }),
      },
    ]);
  });
  test('one that is not configured: nothing is sent, its name is told to the operator of the engine', async () => {
    const names: string[] = [];
    const made = steps({}, { onSecretMissing: (name) => void names.push(name) });
    expect(await ask(made, { headers: { authorization: '{{ secret.other }}' } })).toEqual({
      outcome: 'refused',
      reason: 'other',
      code: 'secret_missing',
    });
    expect([seen, names]).toEqual([[], ['other']]);
  });
  test('a secret goes to no host but an allowed one', async () => {
    const made = steps({ allowHosts: [] });
    expect(await ask(made, { headers: { authorization: '{{ secret.crm_key }}' } })).toMatchObject({ code: 'refused_host' });
    expect(seen).toEqual([]);
  });
  test('an answer that repeats the secret is cleaned of it, plain and encoded, in texts and names', async () => {
    answer = json(200, { headers: { authorization: `Bearer ${secretValue}` }, [secretValue]: [encodeURIComponent(secretValue)] });
    const verdict = await ask(steps(), { headers: { authorization: 'Bearer {{ secret.crm_key }}' } });
    expect(verdict.http?.body).toEqual({ headers: { authorization: 'Bearer ***' }, '***': ['***'] });
  });
  test.each([
    '..',
    '.',
    '%2e%2e',
    '.%2E',
    '../8',
    'a/../8',
    '..?x=1',
    '..#x',
    '..\\8',
    '..%2F..%2Fadmin',
    '%2e%2e%5Cadmin',
    '7%2F..',
    '%2f.%2F8',
  ])('a path that a parser, or a server that decodes first, would shorten is refused: orders/%s', async (place) => {
    expect(await ask(steps(), { url: `http://127.0.0.1:${port}/customers/7/orders/${place}` })).toMatchObject({
      code: 'invalid_request',
    });
    expect(seen).toEqual([]);
  });
  test.each(['...', '.hidden', 'a..b', 'заказ 7', '7%2F8', '%2F...', '?to=../..', '?to=..%2F..', '?to=/../'])(
    'one that it leaves where it is is asked: orders/%s',
    async (place) => {
      expect(await ask(steps(), { url: `http://127.0.0.1:${port}/customers/7/orders/${place}` })).toMatchObject({ outcome: 'accepted' });
      expect(seen[0]?.url).toMatch(/^\/customers\/7\/orders\/./);
    },
  );
  test.each([{ host: 'evil.example' }, { 'Transfer-Encoding': 'chunked' }, { 'x-a': 'one\r\nx-b: two' }, { 'bad name': 'x' }])(
    'headers that could change where or what the request is are refused: %o',
    async (headers) => {
      expect(await ask(steps(), { headers: headers as unknown as Record<string, string> })).toMatchObject({ code: 'invalid_request' });
      expect(seen).toEqual([]);
    },
  );
  test('a text body goes as text; the script may say otherwise', async () => {
    await ask(steps(), { method: 'POST', body: 'a=1', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
    await ask(steps(), { method: 'POST', body: 'plain' });
    expect(seen.map(({ headers, body }) => [headers['content-type'], body])).toEqual([
      ['application/x-www-form-urlencoded', 'a=1'],
      ['text/plain; charset=utf-8', 'plain'],
    ]);
  });
});
