import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { scaledClock } from '@dialog/contracts/clock';
import { Secret } from '@dialog/contracts/secret';
import { afterEach, expect, test } from 'vitest';
import { type WebimBotApi, webimBotApi } from './client.ts';

type Seen = { url: string; method: string; authorization: string | undefined; body: unknown };
const open: { close: () => Promise<unknown> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

const webim = async (answer: (response: ServerResponse, request: IncomingMessage) => void, path = '') => {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      seen.push({
        url: request.url ?? '',
        method: request.method ?? '',
        authorization: request.headers.authorization,
        body: JSON.parse(body),
      });
      answer(response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  // A minute on this clock is 100 ms.
  const api: WebimBotApi = webimBotApi({ baseUrl, token: new Secret('t0ken'), clock: scaledClock(600), timeoutMs: 120_000 });
  open.push(api, {
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  });
  return { api, seen, baseUrl };
};
const ok = (response: ServerResponse) => response.end('{"result":"ok"}');

test('each method as Webim takes it', async () => {
  const { api, seen } = await webim(ok, '/proxy');
  const accepted = { kind: 'accepted', status: 200 };
  expect(await api.sendText(48213, 'Привет')).toEqual(accepted);
  expect(await api.sendKeyboard('a-b', [[{ id: 'x', text: 'Да' }]])).toEqual(accepted);
  expect(await api.sendFile(1, { url: 'https://f.example/a', name: 'a.pdf', mediaType: 'application/pdf' })).toEqual(accepted);
  await api.redirect(1, { department: 'operatory' });
  await api.redirect(1, { operatorId: '240001', department: 'operatory' });
  await api.redirect(1, { operatorId: 'op-1' });
  await api.redirect(1, {});
  await api.closeChat(1);
  expect(seen.map(({ url, body }) => [url, body])).toEqual([
    ['/proxy/api/bot/v2/send_message', { chat_id: 48213, message: { kind: 'operator', text: 'Привет' } }],
    ['/proxy/api/bot/v2/send_message', { chat_id: 'a-b', message: { kind: 'keyboard', buttons: [[{ id: 'x', text: 'Да' }]] } }],
    [
      '/proxy/api/bot/v2/send_message',
      {
        chat_id: 1,
        message: { kind: 'file_operator', data: { url: 'https://f.example/a', name: 'a.pdf', media_type: 'application/pdf' } },
      },
    ],
    ['/proxy/api/bot/v2/redirect_chat', { chat_id: 1, dep_key: 'operatory' }],
    ['/proxy/api/bot/v2/redirect_chat', { chat_id: 1, operator_id: 240001 }],
    ['/proxy/api/bot/v2/redirect_chat', { chat_id: 1, operator_id: 'op-1' }],
    ['/proxy/api/bot/v2/redirect_chat', { chat_id: 1 }],
    ['/proxy/api/bot/v2/close_chat', { chat_id: 1 }],
  ]);
  expect(new Set(seen.map(({ method, authorization }) => `${method} ${authorization}`))).toEqual(new Set(['POST Token t0ken']));
});

test('a server that packs its answers where it may is told that it may not', async () => {
  const { api } = await webim((response, request) => {
    if (request.headers['accept-encoding'] === 'identity') ok(response);
    else response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"result":"ok"}'));
  });
  expect(await api.sendText(1, 'a')).toEqual({ kind: 'accepted', status: 200 });
});

test('a connection cut after the request is in doubt, and is not tried again', async () => {
  const { api, seen } = await webim((_, request) => request.socket.destroy());
  expect(await api.sendText(1, 'a')).toEqual({ kind: 'in_doubt', code: 'reset' });
  expect(seen).toHaveLength(1);
});

test('an answer that does not come in time is in doubt, by our clock', async () => {
  const { api } = await webim(() => undefined);
  expect(await api.sendText(1, 'a')).toEqual({ kind: 'in_doubt', code: 'timeout' });
});

test('an answer that begins and never ends is in doubt', async () => {
  const { api } = await webim((response) => {
    response.write('{"result":');
  });
  expect(await api.sendText(1, 'a')).toEqual({ kind: 'in_doubt', code: 'timeout', status: 200 });
});

test('an endless body is not read', async () => {
  let stopped = false;
  const { api } = await webim((response) => {
    const pump = () => {
      while (!stopped && response.write('x'.repeat(16_384)));
    };
    response.on('drain', pump).on('close', () => (stopped = true));
    pump();
  });
  expect(await api.sendText(1, 'a')).toEqual({ kind: 'in_doubt', code: 'body_too_large', status: 200 });
});

test('nobody listens: nothing was sent', async () => {
  const { api } = await webim(ok);
  for (const each of open.splice(0).slice(1)) await each.close();
  expect(await api.sendText(1, 'a')).toEqual({ kind: 'not_sent', code: 'connect' });
  await api.close();
});

test('a TLS failure: nothing was sent', async () => {
  const { baseUrl, seen } = await webim(ok);
  const api = webimBotApi({ baseUrl: baseUrl.replace('http:', 'https:'), token: new Secret('t'), clock: scaledClock(1), timeoutMs: 5_000 });
  open.push(api);
  expect(await api.sendText(1, 'a')).toEqual({ kind: 'not_sent', code: 'tls' });
  expect(seen).toHaveLength(0);
});

test('a redirect is not followed: the token goes to the configured host only', async () => {
  const elsewhere = await webim(ok);
  const { api } = await webim((response) => response.writeHead(307, { location: `${elsewhere.baseUrl}/api/bot/v2/send_message` }).end());
  expect(await api.sendText(1, 'a')).toMatchObject({ kind: 'refused', reason: 'wrong_host', status: 307 });
  expect(elsewhere.seen).toHaveLength(0);
});

test('a signal ends an attempt at once', async () => {
  const stop = new AbortController();
  const { api } = await webim(() => stop.abort());
  expect(await api.sendText(1, 'a', stop.signal)).toEqual({ kind: 'in_doubt', code: 'aborted' });
  expect(await api.sendText(1, 'a', stop.signal)).toEqual({ kind: 'not_sent', code: 'aborted' });
});

test('a connection is kept for the next call', async () => {
  const ports = new Set<number | undefined>();
  const { api } = await webim((response, request) => {
    ports.add(request.socket.remotePort);
    ok(response);
  });
  for (let i = 0; i < 8; i += 1) await api.sendText(1, 'a');
  // The pool may take a second one before the first is free again.
  expect(ports.size).toBeLessThanOrEqual(2);
});
