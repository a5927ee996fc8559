import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccountConfig } from '@dialog/contracts/account';
import { type Clock, realClock } from '@dialog/contracts/clock';
import { Secret } from '@dialog/contracts/secret';
import { topics } from '@dialog/contracts/topics';
import { LogError, type PartitionedLog } from '@dialog/log/port';
import { sqliteLog } from '@dialog/log/sqlite/log';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Ingress, ingressService } from './ingress.ts';

const token = 'a-webhook-token-that-is-long-enough-for-a-test';
const account = { id: 'acme', webhookTokenHashes: [createHash('sha256').update(token).digest('hex')] } as unknown as AccountConfig;
const partitions = 4;
let folder: string;
let log: PartitionedLog;
let ends: (() => Promise<void>)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ingress-flood-'));
  log = sqliteLog({ file: join(folder, 'log.db'), clock: realClock });
  await log.ensureTopics([topics.inbox, topics.quarantine].map((name) => ({ name, partitions, cleanup: 'delete' as const })));
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  ends = [];
  await log.close();
  await rm(folder, { recursive: true, force: true });
});

/** `asked`: a request has come in. */
const opened = async (over: PartitionedLog, ackTimeoutMs: number, asked = (): void => undefined): Promise<Ingress> => {
  const ingress = ingressService({
    accounts: {
      get: (id) => {
        asked();
        return id === 'acme' ? account : undefined;
      },
      all: () => [account],
    },
    log: over,
    clock: realClock,
    logger: pino({ level: 'silent' }),
    hashKey: new Secret('a-hash-key-of-at-least-32-letters'),
    host: '127.0.0.1',
    port: 0,
    ackTimeoutMs,
    botSilenceLimitMs: 3_600_000,
    spoolFile: join(folder, 'spool.jsonl'),
  });
  ingress.run().catch(() => undefined);
  await ingress.listening();
  ends.push(() => ingress.stop());
  return ingress;
};

const says = async (ingress: Ingress, chat: number, number: number, event?: string): Promise<number> => {
  const body = { event: event ?? 'new_message', chat_id: chat, message: { id: `${chat}-${number}`, kind: 'visitor', text: 'ещё' } };
  const response = await fetch(`${ingress.address()}/hooks/webim/acme/${token}${event === undefined ? '' : `?event=${event}`}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  await response.arrayBuffer();
  return response.status;
};

/** The ids of the messages in the log, per chat in its order. */
const inLog = async (): Promise<Map<string, string[]>> => {
  const found = new Map<string, string[]>();
  for (let partition = 0; partition < partitions; partition++) {
    for (const record of await log.read(topics.inbox, partition, 0, 100_000)) {
      const { chatId, message } = JSON.parse(Buffer.from(record.value ?? []).toString('utf8')) as {
        chatId?: string;
        message?: { id: string };
      };
      if (chatId !== undefined && message !== undefined) found.set(chatId, [...(found.get(chatId) ?? []), message.id]);
    }
  }
  return found;
};

it('300 chats at once, each writing 10 lines as fast as it is answered: all are taken, each once, in order per chat', async () => {
  const ingress = await opened(log, 30_000);
  const statuses = await Promise.all(
    Array.from({ length: 300 }, async (_, chat) => {
      const got: number[] = [];
      for (let number = 0; number < 10; number++) got.push(await says(ingress, chat + 1, number));
      return got;
    }),
  );
  expect(new Set(statuses.flat())).toEqual(new Set([200]));
  const found = await inLog();
  expect(found.size).toBe(300);
  for (const [chat, ids] of found) expect(ids).toEqual(Array.from({ length: 10 }, (_, number) => `${chat}-${number}`));
});

it('a flood while the log acknowledges nothing: each is answered within its time, handlers are kept, and what comes after it is taken at once', async () => {
  let hangs = true;
  const slow: PartitionedLog = {
    ...log,
    append: async (records, options) => {
      if (!hangs || records[0]?.topic !== topics.inbox || records[0].key === '~tick') return log.append(records, options);
      await realClock.sleep(options?.timeoutMs ?? 2_000);
      throw Object.assign(new Error('no acknowledgement'), { code: 'timeout', retryable: true });
    },
  };
  const ingress = await opened(slow, 500);
  const from = performance.now();
  const [bot, handlers] = await Promise.all([
    Promise.all(Array.from({ length: 500 }, (_, chat) => says(ingress, chat + 1, 0))),
    Promise.all(Array.from({ length: 500 }, (_, chat) => says(ingress, chat + 1, 0, 'chat_closed'))),
  ]);
  expect([new Set(bot), new Set(handlers)]).toEqual([new Set([503]), new Set([200])]);
  expect(performance.now() - from).toBeLessThan(20_000);
  hangs = false;
  expect(await says(ingress, 1, 1)).toBe(200);
  // What was spooled follows: 500 closes, and a mark for each webhook that was refused.
  const types = async (): Promise<Record<string, number>> => {
    const counts: Record<string, number> = {};
    for (let partition = 0; partition < partitions; partition++) {
      for (const record of await log.read(topics.inbox, partition, 0, 100_000)) {
        const { type } = JSON.parse(Buffer.from(record.value ?? []).toString('utf8')) as { type: string };
        if (type !== 'tick') counts[type] = (counts[type] ?? 0) + 1;
      }
    }
    return counts;
  };
  await expect.poll(types, { timeout: 40_000 }).toEqual({ new_message: 1, chat_closed: 500, webhook_refused: 500 });
});

it('after an hour in which nothing ran the first webhooks are in time, however many come before the log has acknowledged anything', async () => {
  await log.append([{ topic: topics.inbox, key: '~tick', partition: 0, value: Buffer.from('{}') }]);
  await log.close();
  const clock: Clock = { ...realClock, now: () => realClock.now() + 3_600_000 };
  log = sqliteLog({ file: join(folder, 'log.db'), clock });
  let asked = 0;
  const allAsked = Promise.withResolvers<void>();
  const slow: PartitionedLog = {
    ...log,
    append: async (records, options) => {
      if (records[0]?.key === '~tick') await allAsked.promise;
      return log.append(records, options);
    },
  };
  const ingress = await opened(slow, 2_000, () => {
    asked += 1;
    if (asked === 5) allAsked.resolve();
  });
  const statuses = await Promise.all(Array.from({ length: 5 }, (_, chat) => says(ingress, chat + 1, 0)));
  expect(statuses).toEqual([200, 200, 200, 200, 200]);
});

it('a log that is away from the start: the first webhooks are told so in time, and the first after it is back is taken', async () => {
  let isAway = true;
  const away: PartitionedLog = {
    ...log,
    append: async (records, options) => {
      if (!isAway) return log.append(records, options);
      await realClock.sleep(options?.timeoutMs ?? 2_000);
      throw new LogError('unavailable', 'away');
    },
  };
  const ingress = await opened(away, 500);
  const from = performance.now();
  expect([await says(ingress, 1, 0), await says(ingress, 2, 0, 'chat_closed')]).toEqual([503, 200]);
  expect(performance.now() - from).toBeLessThan(3_000);
  isAway = false;
  expect(await says(ingress, 3, 0)).toBe(200);
});
