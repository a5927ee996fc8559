import { realClock } from '@dialog/contracts/clock';
import { Secret } from '@dialog/contracts/secret';
import { topics } from '@dialog/contracts/topics';
import type { EventStore } from '@dialog/event-store/port';
import { readAgain } from '@dialog/ingress/read-again';
import type { LogRecord, PartitionedLog } from '@dialog/log/port';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { decidedDialog } from '../../test/decided-dialog.ts';
import { type RunningConsole, runningConsole } from '../../test/running-console.ts';
import { parked, withBot } from '../../test/sample-dialogs.ts';
import type { AccountsReport } from './accounts.ts';
import { type AuditReport, recordAction } from './audit.ts';
import type { QuarantineList, QuarantineOne } from './quarantine.ts';

let store: EventStore;
let log: PartitionedLog;
let desk: RunningConsole;

beforeEach(async () => {
  desk = await runningConsole({
    accounts: ['shop', 'bank'],
    limits: { ratePerSecond: 5, burst: 20 },
    readWebhook: readAgain({ hashKey: new Secret('k'.repeat(64)) }),
  });
  store = desk.store;
  log = desk.log;
});
afterEach(() => desk.stop());

const ask = async <T>(path: string, body?: object): Promise<{ status: number; body: T }> => {
  const response = await fetch(desk.address + path, {
    ...(body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as T };
};
const quarantined = async (verdict: string, text: string, more: object = {}): Promise<string> => {
  const record = {
    account: 'shop',
    receivedAt: realClock.now(),
    verdict,
    method: 'POST',
    contentType: 'application/json',
    truncated: false,
  };
  const value = Buffer.from(JSON.stringify({ ...record, bodyBase64: Buffer.from(text).toString('base64'), ...more }));
  const [at] = await log.append([{ topic: topics.quarantine, key: 'shop', value }]);
  return `${at?.partition}/${at?.offset}`;
};
const inbox = async (): Promise<LogRecord[]> =>
  (await Promise.all([0, 1].map((partition) => log.read(topics.inbox, partition, 0, 100)))).flat();
/** The list, once so many stand in it. */
const listed = (total: number, query = ''): Promise<QuarantineList> =>
  vi.waitFor(
    async () => {
      const { body } = await ask<QuarantineList>(`/api/quarantine${query}`);
      expect(body.total).toBe(total);
      return body;
    },
    { timeout: 15_000 },
  );
const who = { by: 'olga', reason: 'Webim sent it twice broken' };

it('shows what the door put aside, gives to the engine what can be read now, once, and keeps who did it', async () => {
  const readable = await quarantined(
    'unknown_event',
    '{"event":"new_message","chat":{"id":77},"message":{"id":"m1","kind":"visitor","text":"ау"}}',
  );
  const broken = await quarantined('not_json', '{"event":"new_message","chat":{"id":78}', { contentType: 'text/plain' });
  const cut = await quarantined('too_big', '{}', { truncated: true });
  const list = await listed(3);
  expect(list.records.map(({ verdict, fed }) => [verdict, fed])).toEqual(
    expect.arrayContaining([
      ['unknown_event', null],
      ['not_json', null],
      ['too_big', null],
    ]),
  );
  expect((await ask<QuarantineOne>(`/api/quarantine/${readable}`)).body).toMatchObject({ reads: { type: 'new_message', chatId: '77' } });
  expect((await ask<QuarantineOne>(`/api/quarantine/${broken}`)).body).toMatchObject({
    reads: { refused: 'not_json' },
    body: '{"event":"new_message","chat":{"id":78}',
  });
  expect((await ask<QuarantineOne>(`/api/quarantine/${cut}`)).body.reads).toEqual({ refused: 'truncated' });
  expect((await ask('/api/quarantine/0/999')).status).toBe(404);

  expect((await ask(`/api/quarantine/${readable}/feed`, { by: 'olga' })).status).toBe(400);
  expect(await ask(`/api/quarantine/${readable}/feed`, { ...who, dryRun: true })).toMatchObject({ status: 200, body: { chatId: '77' } });
  expect(await inbox()).toEqual([]);
  expect((await ask(`/api/quarantine/${broken}/feed`, who)).status).toBe(422);
  const fed = await ask<{ inputId: string }>(`/api/quarantine/${readable}/feed`, who);
  expect(fed.status).toBe(202);
  const [record] = await inbox();
  expect(record?.key).toBe('shop:77');
  const input = JSON.parse(Buffer.from(record?.value ?? []).toString()) as Record<string, unknown>;
  expect(input).toMatchObject({ type: 'new_message', inputId: fed.body.inputId, account: 'shop', chatId: '77' });
  // Webim was answered long ago: it must not count as refused.
  expect(input).not.toHaveProperty('answerBy');
  expect((await ask(`/api/quarantine/${readable}/feed`, who)).status).toBe(409);

  // Repaired by hand.
  const repaired = { ...who, body: '{"event":"new_message","chat":{"id":78},"message":{"id":"m2","kind":"visitor","text":"ау"}}' };
  expect((await ask(`/api/quarantine/${broken}/feed`, repaired)).status).toBe(202);
  expect((await inbox()).map(({ key }) => key).sort()).toEqual(['shop:77', 'shop:78']);
  // A long one is cut in the quarantine, and whole where its journal is.
  const long = JSON.stringify({
    event: 'new_message',
    chat: { id: 79 },
    message: { id: 'm3', kind: 'visitor', text: 'ау'.repeat(60_000) },
  });
  expect(await ask(`/api/quarantine/${cut}/feed`, { ...who, dryRun: true, body: long })).toMatchObject({
    status: 200,
    body: { chatId: '79' },
  });
  const { actions } = (await ask<AuditReport>('/api/audit')).body;
  expect(actions.map(({ action, by, chatId }) => [action, by, chatId])).toEqual([
    ['quarantine_fed', 'olga', '78'],
    ['quarantine_fed', 'olga', '77'],
  ]);
  expect((await ask<QuarantineList>('/api/quarantine')).body.records.filter(({ fed }) => fed?.by === 'olga')).toHaveLength(2);
});

it('one that stands where another stood that was given to the engine, in a log that was lost since, can be given too', async () => {
  const given = { action: 'quarantine_fed', ...who, at: realClock.now() - 60_000, chatId: '70' } as const;
  for (const place of ['0/0', '1/0'])
    await recordAction(store, 'shop', { ...given, place: `${topics.quarantine}/${place}`, inputId: `quarantine:${place}` });
  const place = await quarantined('unknown_event', '{"event":"new_message","chat":{"id":77},"message":{"kind":"visitor","text":"ау"}}');
  expect((await listed(1)).records.map(({ fed }) => fed)).toEqual([null]);
  expect((await ask(`/api/quarantine/${place}/feed`, who)).status).toBe(202);
  expect((await ask<QuarantineOne>(`/api/quarantine/${place}`)).body.fed).toMatchObject({ by: 'olga' });
  expect((await ask(`/api/quarantine/${place}/feed`, who)).status).toBe(409);
});

it('skips one or several with a note: what was given or skipped before is left, they stay to be looked at and can still be given', async () => {
  const one = await quarantined('no_chat_id', '{"event":"new_message"}');
  const other = await quarantined('no_chat_id', '{"event":"new_message"}', { account: 'bank' });
  const given = await quarantined('unknown_event', '{"event":"new_message","chat":{"id":77},"message":{"kind":"visitor","text":"ау"}}');
  await listed(3);
  expect((await ask(`/api/quarantine/${given}/feed`, who)).status).toBe(202);
  const skip = (places: string[], more: object = who) => ask<{ places: string[] }>('/api/quarantine/skip', { places, ...more });
  expect((await skip([one], { by: 'olga' })).status).toBe(400);
  expect((await skip([])).status).toBe(400);
  // Gone with retention, or with a log that was lost.
  expect(await skip(['0/999'])).toMatchObject({ status: 200, body: { places: [] } });
  expect((await skip(['nowhere'])).status).toBe(400);
  expect(await skip(['0/999', one, other, given], { ...who, dryRun: true })).toMatchObject({ status: 200, body: { places: [one, other] } });
  expect((await listed(3)).records.map(({ skipped }) => skipped)).toEqual([null, null, null]);
  expect((await skip([one, one])).body.places).toEqual([one]);
  expect((await skip([one, other, given])).body.places).toEqual([other]);
  const { records } = await listed(3);
  expect(
    records
      .filter(({ skipped }) => skipped?.by === 'olga')
      .map(({ account }) => account)
      .sort(),
  ).toEqual(['bank', 'shop']);
  // Why is a person's text: for those who may look at one.
  expect(JSON.stringify(records)).not.toContain(who.reason);
  expect((await ask<QuarantineOne>(`/api/quarantine/${one}`)).body).toMatchObject({ body: '{"event":"new_message"}', skipped: who });
  const { actions } = (await ask<AuditReport>('/api/audit')).body;
  expect(actions.filter(({ action }) => action === 'quarantine_skipped')).toHaveLength(2);
  const body = '{"event":"new_message","chat":{"id":78},"message":{"kind":"visitor","text":"ау"}}';
  expect((await ask(`/api/quarantine/${one}/feed`, { ...who, body })).status).toBe(202);
});

it('gives all of a kind to the engine that can be read now, in their order, each once, and names the others', async () => {
  const words = (id: number): string => `{"event":"new_message","chat":{"id":77},"message":{"id":"m${id}","kind":"visitor","text":"ау"}}`;
  const at = realClock.now() - 60_000;
  const later = await quarantined('unknown_event', words(2), { receivedAt: at + 1 });
  const earlier = await quarantined('unknown_event', words(1), { receivedAt: at });
  const broken = await quarantined('unknown_event', '{"event":"sung"}');
  await listed(3);
  const feed = (more: object = who) => ask('/api/quarantine/feed', { places: [later, earlier, broken], ...more });
  const given = [earlier, later].map((place) => ({ place, account: 'shop', chatId: '77', type: 'new_message' }));
  const answer = { fed: given, refused: [{ place: broken, reason: 'unknown_event' }] };
  expect(await feed({ ...who, dryRun: true })).toEqual({ status: 200, body: { dryRun: true, ...answer } });
  expect(await inbox()).toEqual([]);
  expect(await feed()).toEqual({ status: 202, body: { dryRun: false, ...answer } });
  const ids = (await inbox()).map(({ value }) => (JSON.parse(Buffer.from(value ?? []).toString()) as { inputId: string }).inputId);
  expect(ids).toEqual([`quarantine:${earlier}@${at}`, `quarantine:${later}@${at + 1}`]);
  expect(await feed()).toMatchObject({ body: { fed: [], refused: [{ place: broken }] } });
  expect(await inbox()).toHaveLength(2);
});

it('what was done with one counts for it alone, however the clocks of console and log differ', async () => {
  const ahead = realClock.now() + 3_600_000;
  const place = await quarantined('no_chat_id', '{"event":"new_message"}', { receivedAt: ahead });
  await listed(1);
  expect((await ask('/api/quarantine/skip', { places: [place], ...who })).status).toBe(200);
  expect((await listed(1)).records[0]?.skipped).toMatchObject({ by: 'olga' });
  // One that stood there in a log that was lost.
  const [partition, offset] = place.split('/').map(Number);
  const next = await quarantined('no_chat_id', '{}', { receivedAt: ahead + 1 });
  const done = { action: 'quarantine_skipped', ...who, at: ahead + 2, receivedAt: ahead - 1 } as const;
  await recordAction(store, 'shop', { ...done, place: `${topics.quarantine}/${next}` });
  expect(
    (await listed(2)).records.map((one) => [one.partition === partition && one.offset === offset, one.skipped !== null]).sort(),
  ).toEqual([
    [false, false],
    [true, true],
  ]);
});

it('lists the newest of an account, however many others put aside since, with what is known of each body', async () => {
  const quiet = await quarantined('no_chat_id', '{"event":"new_message"}', { account: 'bank', event: 'new_message' });
  for (let n = 0; n < 3; n++)
    await quarantined('not_json', 'ю', { receivedAt: realClock.now() + n, contentType: undefined, truncated: true });
  const { records } = await listed(4, '?account=bank&limit=2');
  expect(records).toEqual([
    {
      partition: Number(quiet.split('/')[0]),
      offset: Number(quiet.split('/')[1]),
      account: 'bank',
      receivedAt: expect.any(Number),
      verdict: 'no_chat_id',
      method: 'POST',
      event: 'new_message',
      contentType: 'application/json',
      bytes: 23,
      truncated: false,
      fed: null,
      skipped: null,
    },
  ]);
  const newest = (await listed(4, '?limit=2')).records;
  expect(newest.map(({ account, bytes, contentType, truncated }) => ({ account, bytes, contentType, truncated }))).toEqual(
    [1, 2].map(() => ({ account: 'shop', bytes: 2, contentType: null, truncated: true })),
  );
  expect(newest[0]?.receivedAt).toBeGreaterThan(newest[1]?.receivedAt ?? 0);
});

it('gives one that names its visitor to the dialog', async () => {
  const place = await quarantined(
    'unknown_event',
    '{"event":"new_chat","chat":{"id":79},"visitor":{"id":"v-1","fields":{}},"messages":[]}',
  );
  expect((await ask(`/api/quarantine/${place}/feed`, who)).status).toBe(202);
  const [record] = await inbox();
  expect(JSON.parse(Buffer.from(record?.value ?? []).toString())).toMatchObject({ visitor: { hash: expect.any(String) } });
  expect([record?.key, record?.headers['ce_subject']]).toEqual(['shop:79', 'shop:79']);
});

it('releases a class of parked dialogs, each by a command of its own, and says before what it would do', async () => {
  const now = realClock.now();
  for (const chatId of ['1', '2']) await parked('shop', chatId, now - 60_000).writeTo(store);
  await withBot('shop', '3', now - 60_000).writeTo(store);
  await vi.waitFor(async () => expect((await ask<{ dialogs: unknown[] }>('/api/parked')).body.dialogs).toHaveLength(2), {
    timeout: 15_000,
  });
  const other = await ask<{ dialogs: unknown[] }>('/api/parked/release', { ...who, parkedFor: 'not_json', dryRun: true });
  expect(other.body.dialogs).toEqual([]);
  const plan = await ask<{ dialogs: object[] }>('/api/parked/release', { ...who, parkedFor: 'decide_failed', dryRun: true });
  expect(plan).toMatchObject({ status: 200, body: { dialogs: [{ chatId: '1', commandId: null }, { chatId: '2' }] } });
  expect(await inbox()).toEqual([]);
  expect((await ask('/api/parked/release', { ...who, parkedFor: 'decide_failed' })).status).toBe(202);
  const inputs = (await inbox()).map(({ value }) => JSON.parse(Buffer.from(value ?? []).toString()) as Record<string, unknown>);
  expect(inputs.map(({ type, chatId, by, reason }) => [type, chatId, by, reason]).sort()).toEqual([
    ['release_parked', '1', who.by, who.reason],
    ['release_parked', '2', who.by, who.reason],
  ]);
  const { actions } = (await ask<AuditReport>('/api/audit?account=shop')).body;
  expect(actions.map(({ inputId }) => inputId).sort()).toEqual(inputs.map(({ inputId }) => inputId).sort());
});

it('tells of each account how Webim answers: circuit, rate, errors by code', async () => {
  const now = realClock.now();
  const held = decidedDialog('shop', '5', now - 30_000).starts('Добрый день');
  held.passes(2_000).says('позовите оператора');
  held.passes(300).answers({ outcome: 'deferred', code: 'circuit_open', notBefore: now + 60_000 });
  await held.writeTo(store);
  const report = await vi.waitFor(
    async () => {
      const { body } = await ask<AccountsReport>('/api/accounts');
      expect(body.accounts.find(({ account }) => account === 'shop')?.circuit).toBe('open');
      return body;
    },
    { timeout: 15_000, interval: 50 },
  );
  const [bank, shop] = report.accounts;
  expect(bank).toMatchObject({ account: 'bank', circuit: 'unknown', results: [], open: 0 });
  expect(shop?.results).toContainEqual(expect.objectContaining({ kind: 'text', outcome: 'deferred', code: 'circuit_open', count: 1 }));
  expect(shop?.results.find(({ outcome }) => outcome === 'accepted')?.count).toBeGreaterThan(0);
  expect(shop?.perMinute).toBeGreaterThan(0);
  expect(report.limits).toEqual({ ratePerSecond: 5, burst: 20 });
});
