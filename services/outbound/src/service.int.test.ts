import type { Clock } from '@dialog/contracts/clock';
import { type DialogId, dialogKey, dialogStream } from '@dialog/contracts/ids';
import type { EffectResult } from '@dialog/contracts/inbox';
import { groups, topics } from '@dialog/contracts/topics';
import { type EventStore, EventStoreError } from '@dialog/event-store/port';
import type { PartitionedLog } from '@dialog/log/port';
import { sqliteLog } from '@dialog/log/sqlite/log';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { aRecord, hashKey, httpTimeoutMs, ok, type Rig, silent, startRig } from '../test/rig.ts';
import { type Outbound, outboundService } from './service.ts';

let rig: Rig;
const running: { outbound: Outbound; ran: Promise<void> }[] = [];
beforeEach(async () => {
  rig = await startRig();
});
afterEach(async () => {
  for (const { outbound, ran } of running.splice(0)) {
    await outbound.stop();
    await ran;
  }
  await rig.end();
});

const start = (over: { store?: EventStore; log?: PartitionedLog; drainMs?: number } = {}) => {
  const outbound = outboundService({
    accounts: rig.accounts,
    log: rig.log,
    store: rig.store,
    clock: rig.clock,
    logger: rig.logger,
    httpTimeoutMs,
    hashKey,
    limits: { ratePerSecond: 1000, burst: 1000 },
    ...over,
  });
  const ran = outbound.run();
  running.push({ outbound, ran });
  return { outbound, ran };
};
const publish = async (id: DialogId, value: object | string) => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  await rig.log.append([{ topic: topics.outbox, key: dialogKey(id), value: new TextEncoder().encode(text) }]);
};
const until = <T>(look: () => Promise<T | undefined>, what: string): Promise<T> =>
  vi.waitFor(
    async () => {
      const found = await look();
      if (found === undefined) throw new Error(`not in time: ${what}`);
      return found;
    },
    { timeout: 8_000, interval: 25 },
  );
const resultsOf = (id: DialogId, count = 1): Promise<EffectResult[]> =>
  until(async () => {
    const results = await rig.results(id);
    return results.length >= count ? results : undefined;
  }, `${count} results`);
const committed = (count: number) =>
  until(async () => {
    const offsets = await rig.log.committed(groups.outbound, topics.outbox);
    return offsets.reduce((sum, { offset }) => sum + (offset ?? 0), 0) >= count ? true : undefined;
  }, 'commit');

test('what stands in the outbox is sent, also what cannot be read is passed over', async () => {
  const id = rig.newChat();
  await rig.dialogAt(id, 1, { number: 1, attempt: 1 });
  await publish(id, '{"not":"a record"}');
  await publish(id, 'not json');
  await publish(id, aRecord(id));
  start();
  expect(await resultsOf(id)).toMatchObject([{ outcome: 'accepted' }]);
  expect(rig.posted).toHaveLength(1);
  expect(rig.lines.filter(({ event }) => event === 'record_unreadable')).toHaveLength(2);
  await committed(3);
});

test('all were down, and outbound is back first: what expired meanwhile is not sent', async () => {
  const id = rig.newChat();
  await rig.dialogAt(id, 1, { number: 1, attempt: 1 });
  await publish(id, aRecord(id, { expiresAt: rig.log.logTime() + 120_000 }));
  // The newest append that the log's file shows is as old as the outage.
  const later: Clock = { ...rig.patient, now: () => rig.clock.now() + 600_000 };
  const log = sqliteLog({ file: rig.logFile, clock: later });
  rig.atEnd(() => log.close());
  expect(log.logTime()).toBeLessThan(later.now() - 300_000);
  start({ log });
  expect(await resultsOf(id)).toMatchObject([{ outcome: 'expired' }]);
  expect(rig.posted).toEqual([]);
});

test('no line holds a text, a token or an address, and each is named', async () => {
  const id = rig.newChat();
  await rig.dialogAt(id, 1, { number: 1, attempt: 1 });
  rig.script.push((response) => void response.end('{"error":"Bearer Здравствуйте token","desc":"Здравствуйте"}'));
  await publish(id, aRecord(id));
  start();
  expect(await resultsOf(id)).toMatchObject([{ outcome: 'refused' }]);
  const text = JSON.stringify(rig.lines);
  expect(text).toContain('effect_settled');
  for (const secret of ['Здравствуйте', 'bot-token', rig.baseUrl, 'pa:ss']) expect(text).not.toContain(secret);
  expect(rig.lines.filter(({ event, msg }) => typeof event !== 'string' || msg !== undefined)).toEqual([]);
});

test('the store is away: not ready, nothing sent, nothing committed; it comes back and all goes on', async () => {
  let away = true;
  const gone = () => Promise.reject(Object.assign(new Error('away'), { code: 'unavailable', retryable: true }));
  const store: EventStore = {
    ...rig.store,
    read: (...args) => (away ? gone() : rig.store.read(...args)),
    append: (...args) => (away ? gone() : rig.store.append(...args)),
  };
  const id = rig.newChat();
  await rig.dialogAt(id, 1, { number: 1, attempt: 1 });
  await publish(id, aRecord(id));
  const { outbound } = start({ store });
  expect(outbound.ready()).toEqual({ ready: true, away: [] });
  await until(async () => (outbound.ready().ready ? undefined : true), 'not ready');
  expect(outbound.ready()).toEqual({ ready: false, away: ['store'] });
  await rig.clock.sleep(20_000);
  expect(rig.posted).toHaveLength(0);
  away = false;
  expect(await resultsOf(id)).toMatchObject([{ outcome: 'accepted' }]);
  expect(outbound.ready()).toEqual({ ready: true, away: [] });
  const other = rig.newChat();
  await rig.dialogAt(other, 1, { number: 1, attempt: 1 });
  await publish(other, aRecord(other));
  expect(await resultsOf(other)).toMatchObject([{ outcome: 'accepted' }]);
});

test('a dialog whose stream was deleted for good has nothing sent to it, and the others go on', async () => {
  const [deleted, other] = [rig.newChat(), rig.newChat()];
  const store: EventStore = {
    ...rig.store,
    read: (stream, options) =>
      stream === dialogStream(deleted)
        ? Promise.reject(new EventStoreError('stream_deleted', 'the stream is deleted'))
        : rig.store.read(stream, options),
  };
  await rig.dialogAt(other, 1, { number: 1, attempt: 1 });
  await publish(deleted, aRecord(deleted));
  await publish(other, aRecord(other));
  start({ store });
  expect(await resultsOf(other)).toMatchObject([{ outcome: 'accepted' }]);
  await committed(2);
  expect(rig.posted).toHaveLength(1);
});

test('stopped while the store is away: the record is not lost, the next one sends it', async () => {
  const gone = () => Promise.reject(Object.assign(new Error('away'), { code: 'unavailable', retryable: true }));
  const id = rig.newChat();
  await rig.dialogAt(id, 1, { number: 1, attempt: 1 });
  await publish(id, aRecord(id));
  const first = start({ store: { ...rig.store, read: gone } });
  await until(async () => (first.outbound.ready().ready ? undefined : true), 'not ready');
  running.splice(0);
  await first.outbound.stop();
  await first.ran;
  start();
  expect(await resultsOf(id)).toMatchObject([{ outcome: 'accepted' }]);
  expect(rig.posted).toHaveLength(1);
});

test('a stop lets the request in flight end, and its result is published and committed', async () => {
  const id = rig.newChat();
  await rig.dialogAt(id, 1, { number: 1, attempt: 1 });
  await publish(id, aRecord(id));
  let reached: () => void = () => undefined;
  const atWebim = new Promise<void>((resolve) => {
    reached = resolve;
  });
  rig.script.push(async (response, request, posted) => {
    reached();
    await rig.clock.sleep(3_000);
    await ok(response, request, posted);
  });
  const { outbound, ran } = start({ drainMs: 60_000 });
  await atWebim;
  running.splice(0);
  await outbound.stop();
  await ran;
  expect(await rig.results(id)).toMatchObject([{ outcome: 'accepted' }]);
  await committed(1);
});

test('a stop does not wait for a Webim that is silent: cut, and in doubt', async () => {
  const id = rig.newChat();
  await rig.dialogAt(id, 1, { number: 1, attempt: 1 });
  await publish(id, aRecord(id));
  let reached: () => void = () => undefined;
  const atWebim = new Promise<void>((resolve) => {
    reached = resolve;
  });
  rig.script.push((...args) => {
    reached();
    void silent(...args);
  });
  const { outbound, ran } = start({ drainMs: 1_000 });
  await atWebim;
  running.splice(0);
  await outbound.stop();
  await ran;
  expect((await rig.sends(id)).map(({ type }) => type)[0]).toBe('Claimed');
  start();
  for (const result of await resultsOf(id)) expect(result).toMatchObject({ outcome: 'in_doubt' });
  expect(rig.posted).toHaveLength(1);
});

test('an error that no waiting mends takes the service down', async () => {
  const id = rig.newChat();
  await publish(id, aRecord(id));
  const { ran } = start({ store: { ...rig.store, read: () => Promise.reject(new Error('a bug')) } });
  running.splice(0);
  await expect(ran).rejects.toThrow();
  expect(rig.lines).toContainEqual(expect.objectContaining({ event: 'cannot_go_on' }));
  expect(await rig.log.committed(groups.outbound, topics.outbox)).not.toContainEqual(expect.objectContaining({ offset: 1 }));
});
