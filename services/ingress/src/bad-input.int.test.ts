import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccountConfig } from '@dialog/contracts/account';
import { realClock } from '@dialog/contracts/clock';
import { Secret } from '@dialog/contracts/secret';
import { maxRecordBytes, tickKey, topics } from '@dialog/contracts/topics';
import type { PartitionedLog } from '@dialog/log/port';
import { sqliteLog } from '@dialog/log/sqlite/log';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Ingress, ingressService } from './ingress.ts';
import type { IngressMetrics } from './metrics.ts';
import { noMetrics } from './metrics.ts';

const token = 'a-webhook-token-that-is-long-enough-for-a-test';
const account = {
  id: 'acme',
  webhookTokenHashes: [createHash('sha256').update(token).digest('hex')],
} as unknown as AccountConfig;
let folder: string;
let log: PartitionedLog;
let ingress: Ingress;
const counted: Parameters<IngressMetrics['webhook']>[0][] = [];
/** Records of inbox and quarantine that stood there before a test. */
let before = { inbox: 0, quarantine: 0 };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ingress-bad-input-'));
  log = sqliteLog({ file: join(folder, 'log.db'), clock: realClock });
  await log.ensureTopics([topics.inbox, topics.quarantine].map((name) => ({ name, partitions: 1, cleanup: 'delete' as const })));
  ingress = ingressService({
    accounts: { get: (id) => (id === 'acme' ? account : undefined), all: () => [account] },
    log,
    clock: realClock,
    logger: pino({ level: 'silent' }),
    hashKey: new Secret('a-hash-key-of-at-least-32-letters'),
    host: '127.0.0.1',
    port: 0,
    ackTimeoutMs: 5_000,
    botSilenceLimitMs: 3_600_000,
    bodyDeadlineMs: 400,
    metrics: { ...noMetrics, webhook: (labels) => void counted.push(labels) },
  });
  ingress.run().catch(() => undefined);
  await ingress.listening();
});
afterAll(async () => {
  await ingress.stop();
  await log.close();
  await rm(folder, { recursive: true, force: true });
});

const read = async (topic: string): Promise<{ key: string; size: number; json: Record<string, unknown> }[]> =>
  (await log.read(topic, 0, 0, 10_000))
    .filter((record) => record.key !== tickKey)
    .map((record) => ({
      key: record.key,
      size: record.value?.byteLength ?? 0,
      json: JSON.parse(Buffer.from(record.value ?? []).toString('utf8')) as Record<string, unknown>,
    }));
beforeEach(async () => {
  before = { inbox: (await read(topics.inbox)).length, quarantine: (await read(topics.quarantine)).length };
});
const inbox = async () => (await read(topics.inbox)).slice(before.inbox);
const quarantine = async () => (await read(topics.quarantine)).slice(before.quarantine);

const address = (query = '', path = `acme/${token}`): string => `${ingress.address()}/hooks/webim/${path}${query}`;
type Answer = { readonly status: number; readonly body: string };
const posts = async (body: string | Buffer | object, query = '', headers: Record<string, string> = {}): Promise<Answer> => {
  const response = await fetch(address(query), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : body instanceof Buffer ? new Uint8Array(body) : JSON.stringify(body),
  });
  return { status: response.status, body: await response.text() };
};
/** What nothing before it may have hindered. */
const goodOneIsTaken = async (): Promise<void> => {
  const count = (await read(topics.inbox)).length;
  expect(await posts({ event: 'new_message', chat_id: 1, message: { id: crypto.randomUUID(), kind: 'visitor', text: 'да' } })).toEqual({
    status: 200,
    body: '{"result":"ok"}',
  });
  expect((await read(topics.inbox)).length).toBe(count + 1);
};

describe('what can not be read is kept with its verdict, answered 200, and hinders nothing', () => {
  it.each<[string, string | Buffer, string]>([
    ['not JSON', 'здравствуйте', 'not_json'],
    ['JSON that was cut', '{"event":"new_message","chat_id":', 'not_json'],
    ['a list', '[1,2,3]', 'not_an_object'],
    ['a text', '"new_chat"', 'not_an_object'],
    ['a number', '7', 'not_an_object'],
    ['null', 'null', 'not_an_object'],
    ['depth 10,000', `{"event":"new_chat","chat":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, 'too_deep'],
    ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe, 0x00, 0x80]), 'not_json'],
    ['an unknown event', '{"event":"chat_exploded","chat_id":1}', 'unknown_event'],
    ['no chat', '{"event":"new_chat","messages":[]}', 'no_chat_id'],
    ['an id of 400 digits', `{"event":"new_chat","chat_id":"${'9'.repeat(400)}"}`, 'bad_chat_id'],
    ['an id of 400 digits as a number', `{"event":"new_chat","chat_id":${'9'.repeat(400)}}`, 'bad_chat_id'],
    ['an id beyond 2^53', '{"event":"new_chat","chat_id":9007199254740993}', 'bad_chat_id'],
    ['API version 1', '{"event":"new_message","chat":{"id":1},"kind":"visitor","text":"да"}', 'api_version_1'],
  ])('%s', async (_name, body, verdict) => {
    expect((await posts(body)).status).toBe(200);
    expect(await inbox()).toEqual([]);
    const kept = await quarantine();
    expect(kept.map((one) => one.json['verdict'])).toEqual([verdict]);
    const bytes = Buffer.from(String(kept[0]?.json['bodyBase64']), 'base64');
    expect(bytes.equals(Buffer.from(body).subarray(0, 65_536))).toBe(true);
    await goodOneIsTaken();
  });
});

it('counts by events that are known: a text from outside is no label, be it in the address or in the body', async () => {
  counted.length = 0;
  await posts({}, '?event=phone-79125554433');
  await posts({ event: 'my card is 4276', chat_id: 1 });
  await posts({ event: 'new_chat' });
  expect(counted).toEqual(['unknown', 'unknown', 'new_chat'].map((event) => ({ account: 'acme', event, verdict: 'quarantined' })));
});

describe('what is strange is taken as far as it goes', () => {
  it('300 KiB in one text: taken, cut to what a record may hold', async () => {
    const body = { event: 'new_message', chat_id: 5, message: { id: 'long', kind: 'visitor', text: 'ы'.repeat(150 * 1024) } };
    expect((await posts(body)).status).toBe(200);
    const [record] = await inbox();
    expect(record?.size).toBeLessThanOrEqual(maxRecordBytes);
    expect(record?.json['message']).toMatchObject({ truncated: true });
    await goodOneIsTaken();
  });

  it('lone surrogates: taken, and readable as UTF-8 afterwards', async () => {
    expect((await posts('{"event":"new_message","chat_id":6,"message":{"id":"s","kind":"visitor","text":"a\\ud800b"}}')).status).toBe(200);
    const [record] = await inbox();
    expect(record?.json['message']).toMatchObject({ text: expect.toSatisfy((text: string) => text.isWellFormed()) });
    await goodOneIsTaken();
  });

  it('__proto__ and constructor: taken, and no object learns of it', async () => {
    const body =
      '{"event":"new_message","chat_id":8,"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"message":{"id":"p","kind":"visitor","text":"да","__proto__":{"side":"operator"}}}';
    expect((await posts(body)).status).toBe(200);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect((await inbox())[0]?.json['message']).toMatchObject({ side: 'visitor' });
    await goodOneIsTaken();
  });

  it('duplicate keys: the last one counts, as JSON.parse has it', async () => {
    expect((await posts('{"event":"new_chat","chat_id":1,"chat_id":9,"event":"new_chat"}')).status).toBe(200);
    expect((await inbox()).map((one) => one.json['chatId'])).toEqual(['9']);
  });

  it.each([`acme/${token}%20`, `acme/${token}%20%20`, `acme/${token}/`])('spaces and a slash behind a pasted address', async (path) => {
    const response = await fetch(address('', path), {
      method: 'POST',
      body: JSON.stringify({ event: 'new_message', chat_id: 10, message: { kind: 'visitor', text: 'да' } }),
    });
    expect(response.status).toBe(200);
    const [input, ...others] = await inbox();
    expect(others).toEqual([]);
    expect(input?.json['spacesInUrl']).toBe(path.endsWith('%20') ? true : undefined);
  });

  it('spaces in the query: taken, and the record says so', async () => {
    const response = await fetch(address('?event=chat_started%20'), { method: 'POST', body: '{"chat":{"id":14}}' });
    expect(response.status).toBe(200);
    expect((await inbox()).map(({ json }) => [json['type'], json['spacesInUrl']])).toEqual([['chat_started', true]]);
  });

  it('a form, and a GET', async () => {
    const form = new URLSearchParams({ event: 'chat_closed', chat: JSON.stringify({ id: 11 }) });
    expect((await fetch(address('?event=chat_closed'), { method: 'POST', body: form })).status).toBe(200);
    expect((await fetch(address('?event=chat_started&chat_id=12'))).status).toBe(200);
    const inQuery = new URLSearchParams({ event: 'chat_assigned', chat: JSON.stringify({ id: 16, operator_id: 7 }) });
    expect((await fetch(address(`?${inQuery}`))).status).toBe(200);
    expect((await inbox()).map((one) => [one.json['type'], one.json['chatId'], one.json['operatorId']])).toEqual([
      ['chat_closed', '11', undefined],
      ['chat_started', '12', undefined],
      ['chat_assigned', '16', '7'],
    ]);
  });

  it.each([
    ['10.5.62', '10.5.62'],
    ['10.5.62-rc1', '10.5.62'],
    ['v10.4.1 (cloud)', '10.4.1'],
    ['10.5.62.1.7', '10.5.62.1'],
    ['unknown', undefined],
  ])('X-Webim-Version: %s is known as %s', async (header, version) => {
    expect((await posts({ event: 'new_chat', chat: { id: 17 } }, '', { 'x-webim-version': header })).status).toBe(200);
    expect((await inbox())[0]?.json['webimVersion']).toBe(version);
  });

  it.each<[string, object, object]>([
    [
      'a press with its label alone',
      { message: { kind: 'keyboard_response', data: { button: { text: 'Мои заказы' } } } },
      { text: 'Мои заказы' },
    ],
    [
      'the same with an empty text',
      { message: { kind: 'keyboard_response', text: '', data: { button: { id: null, text: 'Мои заказы' } } } },
      { text: 'Мои заказы' },
    ],
    [
      'a press whose data is JSON in a text',
      { message: { kind: 'keyboard_response', data: '{"button":{"id":"orders","text":"Мои заказы"}}' } },
      { button: { id: 'orders', text: 'Мои заказы' } },
    ],
    ['a message that is a bare text', { message: 'где заказ' }, { kind: 'visitor', text: 'где заказ' }],
    ['no message, its fields beside the chat', { kind: 'visitor', text: 'где заказ', id: 15 }, { kind: 'visitor', text: 'где заказ' }],
  ])('%s: what the visitor said is kept', async (_name, fields, message) => {
    expect((await posts({ event: 'new_message', chat_id: 15, ...fields })).status).toBe(200);
    expect((await inbox()).map(({ json }) => json['message'])).toEqual([expect.objectContaining({ side: 'visitor', ...message })]);
    // An id there may be the chat's: taken for the message's it would make each message a repeat of the first.
    expect((await inbox())[0]?.json['message']).toMatchObject({ hashOfContent: true });
  });

  it('several megabytes of chat_closed: cut to what the dialog needs, newest messages first', async () => {
    const messages = Array.from({ length: 4_000 }, (_, at) => ({ id: `m${at}`, kind: 'visitor', text: 'ф'.repeat(700) }));
    expect((await posts({ chat: { id: 13, messages } }, '?event=chat_closed')).status).toBe(200);
    const [record] = await inbox();
    expect(record?.size).toBeLessThanOrEqual(maxRecordBytes);
    expect(record?.json['truncated']).toBe(true);
    expect(record?.json['messages']).toContainEqual(expect.objectContaining({ id: 'm3999' }));
    await goodOneIsTaken();
  });
});

describe('what is refused says no more than it must', () => {
  it.each([
    ['a token of the wrong length', `acme/${token.slice(0, 8)}`],
    ['a longer token', `acme/${token}x`],
    ['a wrong token of the right length', `acme/${'x'.repeat(token.length)}`],
    ['an unknown account', `nobody/${token}`],
    ['an account that is no id', `%2e%2e/${token}`],
    ['a path that does not decode', `acme/%E0%A4%A`],
  ])('%s: 404 and not a word', async (_name, path) => {
    const response = await fetch(address('', path), { method: 'POST', body: '{}' });
    expect([response.status, await response.text()]).toEqual([404, '']);
    expect(await inbox()).toEqual([]);
    await goodOneIsTaken();
  });

  it('knocks with a wrong token: one record a minute of each address, with neither token nor body, for the doctor', async () => {
    const knock = (query: string, account = 'acme') =>
      fetch(address(query, `${account}/not-the-token`), { method: 'POST', body: '{"event":"new_chat","chat":{"id":1}}' });
    for (const query of ['?event=chat_assigned', '?event=chat_assigned', '?event=chat_closed', '?event=chat_closed'])
      expect((await knock(query)).status).toBe(404);
    expect((await knock('?event=chat_closed', 'nobody')).status).toBe(404);
    await expect.poll(async () => (await quarantine()).length, { timeout: 10_000 }).toBe(2);
    const kept = (await quarantine()).map(({ json }) => json);
    expect(kept.map(({ account, verdict, event, bodyBase64 }) => [account, verdict, event, bodyBase64])).toEqual([
      ['acme', 'wrong_token', 'chat_assigned', ''],
      ['acme', 'wrong_token', 'chat_closed', ''],
    ]);
    expect(JSON.stringify(kept)).not.toContain('not-the-token');
  });

  it.each(['', '?event=chat_closed'])('more than 8 MiB: 413 on the door %s, its beginning kept', async (query) => {
    const answered = await posts(Buffer.alloc(8 * 1024 * 1024 + 1, 0x20), query).catch(() => ({ status: 413 }));
    expect(answered.status).toBe(413);
    const [kept] = await quarantine();
    expect(kept?.json['verdict']).toBe('too_big');
    expect(Buffer.from(String(kept?.json['bodyBase64']), 'base64').length).toBeLessThanOrEqual(65_536);
    await goodOneIsTaken();
  });

  /** Sends bytes as they are. @returns what came back until the connection ended */
  const raw = (bytes: (write: (chunk: string) => void) => void): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(Number(new URL(ingress.address()).port), '127.0.0.1');
      let answer = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
      socket.once('connect', () => bytes((chunk) => void (socket.writable && socket.write(chunk))));
      socket.once('close', () => resolve(answer));
      socket.once('error', (error: NodeJS.ErrnoException) =>
        ['ECONNRESET', 'EPIPE'].includes(error.code ?? '') ? resolve(answer) : reject(error),
      );
    });

  it('a chunked body that never ends: ended by our own deadline, kept, the connection closed', async () => {
    let timer: NodeJS.Timeout | undefined;
    const answer = await raw((write) => {
      write(`POST /hooks/webim/acme/${token} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`);
      timer = setInterval(() => write('4\r\n    \r\n'), 50);
    });
    clearInterval(timer);
    expect(answer).toContain('408');
    expect((await quarantine()).map((one) => one.json['verdict'])).toEqual(['too_slow']);
    await goodOneIsTaken();
  });

  it('64 KB of headers: 431, and nothing is taken', async () => {
    const answer = await raw((write) =>
      write(`POST /hooks/webim/acme/${token} HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(64 * 1024)}\r\nContent-Length: 2\r\n\r\n{}`),
    );
    expect(answer).toContain('431');
    expect([await inbox(), await quarantine()]).toEqual([[], []]);
    await goodOneIsTaken();
  });

  it('another method: 405, with those that are allowed', async () => {
    const response = await fetch(address(), { method: 'DELETE' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST']);
  });
});
