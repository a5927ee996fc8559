import { createHash } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccountConfig } from '@dialog/contracts/account';
import { realClock } from '@dialog/contracts/clock';
import { Secret } from '@dialog/contracts/secret';
import { topics } from '@dialog/contracts/topics';
import { LogError, type LogErrorCode, type LogRecord, type PartitionedLog } from '@dialog/log/port';
import { sqliteLog } from '@dialog/log/sqlite/log';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Ingress, ingressService } from './ingress.ts';
import { noMetrics } from './metrics.ts';

const token = 'a-webhook-token-that-is-long-enough-for-a-test';
let folder: string;
let log: PartitionedLog;
/** What the log answers instead of taking a record: the code, and whether the record lands all the same. */
let away: { readonly code: LogErrorCode; readonly lands: boolean } | undefined;
/** Calls that the log did not acknowledge. */
let refused = 0;
/** What ingress told of its spool. */
let spooled = 0;
let ingress: Ingress;

const account = {
  id: 'acme',
  webhookTokenHashes: [createHash('sha256').update(token).digest('hex')],
} as unknown as AccountConfig;

const started = async (): Promise<Ingress> => {
  const service = ingressService({
    accounts: { get: (id) => (id === 'acme' ? account : undefined), all: () => [account] },
    log: {
      ...log,
      append: async (records, options) => {
        if (away === undefined) return log.append(records, options);
        refused += 1;
        if (away.lands) await log.append(records, options);
        throw new LogError(away.code, 'away');
      },
    },
    clock: realClock,
    logger: pino({ level: 'silent' }),
    hashKey: new Secret('a-hash-key-of-at-least-32-letters'),
    host: '127.0.0.1',
    port: 0,
    ackTimeoutMs: 1_000,
    botSilenceLimitMs: 3_600_000,
    spoolFile: join(folder, 'spool.jsonl'),
    metrics: { ...noMetrics, spooled: (count) => (spooled = count) },
  });
  service.run().catch(() => undefined);
  await service.listening();
  return service;
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ingress-spool-'));
  log = sqliteLog({ file: join(folder, 'log.db'), clock: realClock });
  await log.ensureTopics([topics.inbox, topics.quarantine].map((name) => ({ name, partitions: 1, cleanup: 'delete' as const })));
  away = undefined;
  refused = 0;
  ingress = await started();
});
afterEach(async () => {
  away = undefined;
  await ingress.stop();
  await log.close();
  await rm(folder, { recursive: true, force: true });
});

const posts = async (event: string, body: object): Promise<number> => {
  const url = `${ingress.address()}/hooks/webim/acme/${token}${event.startsWith('chat_') ? `?event=${event}` : ''}`;
  const response = await fetch(url, { method: 'POST', body: JSON.stringify({ event, ...body }) });
  await response.arrayBuffer();
  return response.status;
};

type Input = { readonly type: string; readonly chatId: string; readonly inputId: string; readonly of?: string };
const inputs = async (): Promise<Input[]> => {
  const records: readonly LogRecord[] = await log.read(topics.inbox, 0, 0, 1_000);
  return records
    .map((record) => JSON.parse(Buffer.from(record.value ?? []).toString('utf8')) as Input)
    .filter((one) => one.type !== 'tick');
};
const untilInputs = (wanted: (all: readonly Input[]) => boolean): Promise<void> =>
  expect.poll(async () => wanted(await inputs()), { timeout: 5_000, interval: 50 }).toBe(true);
const waiting = async (): Promise<string> => readFile(join(folder, 'spool.jsonl'), 'utf8');

it('keeps an event handler while the log is away, answers 200, and hands it over once the log is back', async () => {
  away = { code: 'unavailable', lands: false };
  expect(await posts('chat_closed', { chat: { id: 7 } })).toBe(200);
  expect(await inputs()).toEqual([]);
  expect(await waiting()).toContain('chat_closed');
  away = undefined;
  await untilInputs((all) => all.length === 1 && all[0]?.type === 'chat_closed');
  await expect.poll(waiting).toBe('');
});

it.each(['unknown', 'unknown_topic', 'damaged'] as const)(
  'keeps what was answered 200 while the log refuses everything: %s',
  async (code) => {
    // Such as an expired password, or a right that was taken away: not the input's fault.
    away = { code, lands: false };
    expect(await posts('chat_closed', { chat: { id: 7 } })).toBe(200);
    expect(await posts('chat_started', { chat: { id: 8 } })).toBe(200);
    const before = refused;
    await expect.poll(() => refused, { timeout: 5_000, interval: 50 }).toBeGreaterThan(before + 2);
    expect(await waiting()).toContain('chat_closed');
    away = undefined;
    await untilInputs((all) => all.length === 2);
    expect((await inputs()).map((one) => one.type)).toEqual(['chat_closed', 'chat_started']);
  },
);

it('hands an event handler whose record had landed over under the id that it had: a redelivery', async () => {
  away = { code: 'timeout', lands: true };
  expect(await posts('chat_assigned', { chat: { id: 7, operator_id: 3 } })).toBe(200);
  away = undefined;
  await untilInputs((all) => all.length >= 2);
  expect(new Set((await inputs()).map((one) => one.inputId)).size).toBe(1);
});

it('marks a bot webhook that was answered 503 though its record may have landed', async () => {
  away = { code: 'timeout', lands: true };
  expect(await posts('new_message', { chat_id: 7, message: { id: 'm1', kind: 'visitor', text: 'здравствуйте' } })).toBe(503);
  away = undefined;
  await untilInputs((all) => all.some((one) => one.type === 'webhook_refused'));
  const all = await inputs();
  expect(all.find((one) => one.type === 'webhook_refused')?.of).toBe(all.find((one) => one.type === 'new_message')?.inputId);
});

it('hands over what a former life left, and leaves out a line that was cut', async () => {
  away = { code: 'unavailable', lands: false };
  expect(await posts('chat_started', { chat: { id: 1 } })).toBe(200);
  expect(await posts('chat_closed', { chat: { id: 2 } })).toBe(200);
  await ingress.stop();
  await appendFile(join(folder, 'spool.jsonl'), '{"type":"chat_clo');
  away = undefined;
  ingress = await started();
  await untilInputs((all) => all.length === 2);
  expect((await inputs()).map((one) => one.type)).toEqual(['chat_started', 'chat_closed']);
});

it('keeps nothing behind a line that was cut: what was answered 200 after it survives the next restart too', async () => {
  await ingress.stop();
  await appendFile(join(folder, 'spool.jsonl'), '{"type":"chat_clo');
  away = { code: 'unavailable', lands: false };
  ingress = await started();
  expect(await posts('chat_started', { chat: { id: 1 } })).toBe(200);
  await ingress.stop();
  away = undefined;
  ingress = await started();
  await untilInputs((all) => all.length === 1);
  expect((await inputs()).map((one) => one.type)).toEqual(['chat_started']);
});

it('tells how many wait, after a restart too, until the log has them', async () => {
  away = { code: 'unavailable', lands: false };
  for (const id of [1, 2, 3]) expect(await posts('chat_started', { chat: { id } })).toBe(200);
  expect(spooled).toBe(3);
  await ingress.stop();
  spooled = 0;
  ingress = await started();
  expect(spooled).toBe(3);
  away = undefined;
  await expect.poll(() => spooled, { timeout: 5_000, interval: 50 }).toBe(0);
});

it('keeps the order of what waits', async () => {
  away = { code: 'unavailable', lands: false };
  for (let id = 1; id <= 20; id++) expect(await posts('chat_started', { chat: { id } })).toBe(200);
  away = undefined;
  await untilInputs((all) => all.length === 20);
  expect((await inputs()).map((one) => Number(one.chatId))).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
});
