import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { scaledClock } from '@dialog/contracts/clock';
import { Secret } from '@dialog/contracts/secret';
import { afterEach, expect, test } from 'vitest';
import { webimStoredData } from './client.ts';

const open: { close: () => Promise<unknown> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

const webim = async (answer: (response: ServerResponse, request: IncomingMessage) => void) => {
  const urls: string[] = [];
  const state = { now: 0, most: 0 };
  const server = createServer((request, response) => {
    urls.push(request.url ?? '');
    expect(request.headers['accept-encoding']).toBe('identity');
    expect(request.headers.authorization).toBe(`Basic ${Buffer.from('админ@example.com:pa:ss').toString('base64')}`);
    state.now += 1;
    state.most = Math.max(state.most, state.now);
    response.on('close', () => (state.now -= 1));
    answer(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const clock = scaledClock(1000);
  const data = webimStoredData({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    login: 'админ@example.com',
    password: new Secret('pa:ss'),
    clock,
    timeoutMs: 200_000,
    lockoutMs: 100_000,
  });
  open.push(data, {
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  });
  return { data, urls, state, clock };
};
const json = (body: unknown) => (response: ServerResponse) => void response.end(JSON.stringify(body));

test('operators and departments; what has no id is passed over', async () => {
  const { data, urls } = await webim((response, { url }) =>
    json(
      url?.includes('operators')
        ? [{ id: 240001, full_name: 'Бот', email: 'b@example.com', status: 'online', roles: ['operator', 1] }, { full_name: 'no id' }, 3]
        : [{ id: 1, key: 'operatory', name: 'Операторы' }, { id: 2 }],
    )(response),
  );
  expect(await data.operators()).toEqual({
    kind: 'accepted',
    status: 200,
    value: [{ id: '240001', name: 'Бот', status: 'online', roles: ['operator'] }],
  });
  expect(await data.departments()).toEqual({
    kind: 'accepted',
    status: 200,
    value: [{ id: '1', key: 'operatory', name: 'Операторы' }, { id: '2' }],
  });
  expect(urls).toEqual(['/api/v2/operators', '/api/v2/departments']);
});

test('a chat, and pages of chats with an opaque mark', async () => {
  const { data, urls } = await webim((response, { url }) =>
    json(
      url?.includes('/chats')
        ? { chats: [{ id: 7, state: 'closed' }, 'odd'], last_ts: 1772442846000000, more_chats_available: true }
        : { chat: { id: 7, operator_id: '9', state: 'chatting' } },
    )(response),
  );
  expect(await data.chat('7')).toMatchObject({ value: { chat: { closed: false, operatorId: '9', state: 'chatting' }, raw: { id: 7 } } });
  expect(await data.chats('0')).toMatchObject({
    value: { chats: [{ id: '7', chat: { closed: true } }], lastTs: '1772442846000000', more: true },
  });
  expect(urls).toEqual(['/api/v2/chat?id=7', '/api/v2/chats?since=0']);
});

test.each([401, 403])('%i: nothing more is asked for a while', async (status) => {
  const { data, urls, clock } = await webim((response) => void response.writeHead(status).end());
  expect(await data.chat('1')).toEqual({ kind: 'refused', reason: 'unauthorized', code: `http_${status}`, status });
  expect(await data.operators()).toEqual({ kind: 'refused', reason: 'unauthorized', code: 'locked_out', status });
  expect(urls).toHaveLength(1);
  await clock.sleep(101_000);
  await data.operators();
  expect(urls).toHaveLength(2);
});

test.each([
  [200, { error: 'no-tariff-option' }, { kind: 'refused', reason: 'other', code: 'no-tariff-option' }],
  [200, { error: 'unauthorized' }, { kind: 'refused', reason: 'unauthorized' }],
  [200, { error: 'server_not_ready' }, { kind: 'retry_later' }],
  [200, {}, { kind: 'refused', code: 'unexpected_body' }],
  [404, {}, { kind: 'refused', code: 'http_404' }],
  [500, {}, { kind: 'retry_later', code: 'http_500' }],
  [429, {}, { kind: 'retry_later', retryAfterMs: 3_000 }],
])('%i %j', async (status, body, expected) => {
  const { data } = await webim((response) => void response.writeHead(status, { 'retry-after': '3' }).end(JSON.stringify(body)));
  expect(await data.chat('1')).toMatchObject(expected);
});

test('a page instead of JSON, a cut connection, silence', async () => {
  const page = await webim((response) => void response.end('<html>'));
  expect(await page.data.chat('1')).toMatchObject({ kind: 'refused', code: 'not_json' });
  const cut = await webim((_, request) => void request.socket.destroy());
  expect(await cut.data.chat('1')).toEqual({ kind: 'retry_later', code: 'reset' });
  const silent = await webim(() => undefined);
  expect(await silent.data.chat('1')).toEqual({ kind: 'retry_later', code: 'timeout' });
});

test('one request at a time', async () => {
  const { data, urls, state } = await webim((response) => void setImmediate(() => response.end('[]')));
  await Promise.all([data.operators(), data.operators(), data.departments(), data.operators()]);
  expect(urls).toHaveLength(4);
  expect(state.most).toBe(1);
});
