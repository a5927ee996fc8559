import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { realClock } from '@dialog/contracts/clock';
import { topics } from '@dialog/contracts/topics';
import type { EventStore } from '@dialog/event-store/port';
import { sqliteEventStore } from '@dialog/event-store/sqlite/event-store';
import { LogError, type PartitionedLog } from '@dialog/log/port';
import { sqliteLog } from '@dialog/log/sqlite/log';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { liveClient } from '../test/live-client.ts';
import {
  aDialog,
  inQueue,
  newChat,
  newMessage,
  overdue,
  parked,
  started,
  unseen,
  visitorSays,
  wholeLife,
  withBot,
} from '../test/sample-dialogs.ts';
import type { DialogList, EventPage } from './api/schemas.ts';
import { type Console, consoleService } from './console.ts';
import type { LagReport } from './lag/report.ts';
import type { DialogRow } from './read-model/row.ts';
import { openTables } from './read-model/tables.ts';

const t0 = Date.parse('2026-03-02T09:00:00Z');
const logger = pino({ level: 'silent' });
let folder: string;
let store: EventStore;
let log: PartitionedLog;
let desk: Console;
let running: Promise<void>;
const after: (() => Promise<unknown> | unknown)[] = [];

const start = async (more: { log?: PartitionedLog; dataFile?: string } = {}): Promise<void> => {
  desk = consoleService({
    store,
    log: more.log ?? log,
    clock: realClock,
    logger,
    dataFile: more.dataFile ?? join(folder, 'console.db'),
    port: 0,
    lagEveryMs: 50,
    simulatorUrl: 'http://127.0.0.1:4050',
    webRoot: join(folder, 'web'),
  });
  running = desk.run();
  await desk.listening();
};
const get = async <T>(path: string): Promise<{ status: number; body: T; headers: Headers }> => {
  const response = await fetch(desk.address() + path);
  return { status: response.status, body: (await response.json()) as T, headers: response.headers };
};
const untilCaughtUp = async (): Promise<DialogList> => {
  const live = await liveClient(`${desk.address()}/api/live`);
  after.push(live.close);
  const hello = (await live.next('hello')) as { caughtUp: boolean };
  if (!hello.caughtUp) await live.next('reload');
  return (await get<DialogList>('/api/dialogs?limit=200')).body;
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'console-'));
  store = sqliteEventStore({ file: join(folder, 'events.db'), clock: realClock });
  log = sqliteLog({ file: join(folder, 'log.db'), clock: realClock });
});
afterEach(async () => {
  for (const undo of after.splice(0).reverse()) await undo();
  await desk?.stop();
  await running;
  await log.close();
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

describe('dialogs', () => {
  it('lists them, newest activity first, without unseen chats, and pages by cursor', async () => {
    for (const dialog of [
      wholeLife('shop', '101', t0),
      inQueue('shop', '102', t0),
      overdue('shop', '104', t0),
      withBot('bank', '103', t0),
      unseen('shop', '106', t0),
    ])
      await dialog.writeTo(store);
    await start();
    const all = await untilCaughtUp();
    expect(all.dialogs.map((row) => row.chatId)).toEqual(['104', '101', '103', '102']);
    expect(all.accounts).toEqual(['bank', 'shop']);
    const first = (await get<DialogList>('/api/dialogs?limit=3')).body;
    const second = (await get<DialogList>(`/api/dialogs?limit=3&cursor=${first.next}`)).body;
    expect([...first.dialogs, ...second.dialogs].map((row) => row.chatId)).toEqual(all.dialogs.map((row) => row.chatId));
    expect(second.next).toBeNull();
    expect((await get<DialogList>('/api/dialogs?flag=true&owner=queue')).body.dialogs.map((row) => row.chatId)).toEqual(['102']);
  });

  it('finds them by text in any form of its words, by problem, by time, by person, and tells by what one may ask', async () => {
    for (const dialog of [wholeLife('shop', '101', t0), overdue('shop', '104', t0), withBot('bank', '103', t0), unseen('shop', '106', t0)])
      await dialog.writeTo(store);
    await start();
    await untilCaughtUp();
    const chats = async (query: Record<string, string>) =>
      (await get<DialogList>(`/api/dialogs?${new URLSearchParams(query)}`)).body.dialogs.map((row) => row.chatId);
    expect(await chats({ text: 'посылку' })).toEqual(['101']);
    expect(await chats({ text: 'посылки заказом', mark: 'order_asked', cause: 'final_close', department: 'sales' })).toEqual(['101']);
    expect(await chats({ text: 'доставкой', account: 'shop' })).toEqual([]);
    expect(await chats({ problem: 'any' })).toEqual(['104', '103']);
    expect(await chats({ state: 'unseen' })).toEqual(['106']);
    expect(await chats({ visitor: 'aa11bb22cc33dd44', to: '2026-03-02T09:30:00Z' })).toEqual(['101', '103']);
    expect(await chats({ from: '2026-03-02T13:00:00+03:00', operator: '12' })).toEqual(['104']);
    expect((await get<{ values: object }>('/api/dialogs/values')).body.values).toMatchObject({
      account: ['bank', 'shop'],
      department: ['sales'],
      mark: ['order_asked'],
      cause: ['final_close'],
    });
  });

  it('gives one dialog and its events in pages, from the store', async () => {
    const dialog = wholeLife('shop', '101', t0);
    await dialog.writeTo(store);
    await start();
    await untilCaughtUp();
    const recorded = await store.read(dialog.stream);
    expect((await get<{ row: DialogRow }>('/api/dialogs/shop/101')).body.row).toMatchObject({
      owner: 'nobody',
      flag: false,
      returnCause: 'final_close',
      revision: recorded.length - 1,
    });
    const events: EventPage['events'] = [];
    for (let from: number | null = 0; from !== null; ) {
      const page: EventPage = (await get<EventPage>(`/api/dialogs/shop/101/events?from=${from}&limit=10`)).body;
      events.push(...page.events);
      from = page.next;
    }
    expect(events.map(({ revision, id, type, data }) => ({ revision, id, type, data }))).toEqual(
      recorded.map(({ revision, id, type, data }) => ({ revision, id, type, data })),
    );
  });

  it.each([
    ['/api/dialogs?owner=cat', 400],
    ['/api/dialogs?limit=0', 400],
    ['/api/dialogs?limit=201', 400],
    ['/api/dialogs?flag=yes', 400],
    ['/api/dialogs?account=A%27B', 400],
    ['/api/dialogs?cursor=nonsense', 400],
    ['/api/dialogs?unknown=1', 400],
    ['/api/dialogs?from=yesterday', 400],
    ['/api/dialogs?problem=bad', 400],
    ['/api/dialogs?visitor=42', 400],
    [`/api/dialogs?text=${'a'.repeat(201)}`, 400],
    ['/api/dialogs?owner=bot&owner=queue', 400],
    ['/api/dialogs/shop/a_b', 400],
    ['/api/dialogs/shop/1/events?from=-1', 400],
    ['/api/dialogs/shop/1/events?limit=1001', 400],
    ['/api/dialogs/shop/%E0%A4%A', 400],
    ['/api/dialogs/shop/404', 404],
    ['/api/dialogs/shop/404/events', 404],
    ['/api/nothing', 404],
  ])('%s is answered %i with a problem', async (path, status) => {
    await start();
    const { status: found, body, headers } = await get<{ status: number; type: string }>(path);
    expect([found, body.status]).toEqual([status, status]);
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(body.type).toMatch(/^\/problems\//);
  });
});

describe('the read model', () => {
  it('goes on from its checkpoint after a kill, and comes out as one rebuilt', { timeout: 60_000 }, async () => {
    const child = async (): Promise<ChildProcess> => {
      const started = spawn(process.execPath, [fileURLToPath(new URL('../test/follow-until-killed.ts', import.meta.url)), folder], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(started.stdout, 'data');
      return started;
    };
    const dialogs = Array.from({ length: 40 }, (_, n) => wholeLife('shop', String(n), t0 + n));
    const checkpoints: number[] = [];
    for (let round = 0; round < 3; round++) {
      const process = await child();
      // Killed somewhere within these appends, wherever it is then.
      for (const dialog of dialogs.slice(round * 10, round * 10 + 10)) await dialog.writeTo(store);
      process.kill('SIGKILL');
      await once(process, 'exit');
      const tables = openTables(join(folder, 'console.db'));
      const checkpoint = tables.checkpoint() === 'start' ? 0 : Number(tables.checkpoint());
      // Rows and checkpoint are of one moment: a rebuild up to the checkpoint gives these rows.
      const rebuilt = openTables(':memory:');
      const events = await store.readAll({ after: 'start', maxCount: 100_000, streamPrefixes: ['dialog-'] });
      rebuilt.apply(events.filter((event) => Number(event.position) <= checkpoint));
      expect(tables.list({ limit: 1000 })).toEqual(rebuilt.list({ limit: 1000 }));
      checkpoints.push(checkpoint);
      tables.close();
    }
    expect(checkpoints).toEqual([...checkpoints].sort((a, b) => a - b));
    for (const dialog of dialogs.slice(30)) await dialog.writeTo(store);
    await start();
    const resumed = await untilCaughtUp();
    await desk.stop();
    await running;
    await start({ dataFile: join(folder, 'fresh.db') });
    const fresh = await untilCaughtUp();
    expect(resumed.dialogs).toHaveLength(40);
    expect(resumed.dialogs).toEqual(fresh.dialogs);
  });

  it('is rebuilt when its file is damaged or of another version', async () => {
    await wholeLife('shop', '101', t0).writeTo(store);
    await writeFile(join(folder, 'console.db'), 'this is no database, not by any stretch of the imagination'.repeat(100));
    await start();
    expect((await untilCaughtUp()).dialogs).toHaveLength(1);
    await desk.stop();
    await running;
    const old = openTables(join(folder, 'console.db'), 0);
    expect([old.checkpoint(), old.list({ limit: 9 })]).toEqual(['start', []]);
    old.close();
    await start();
    expect((await untilCaughtUp()).dialogs).toHaveLength(1);
  });

  it('takes what can be read of a stream that was deleted and went on', async () => {
    const dialog = inQueue('shop', '7', t0);
    await dialog.writeTo(store);
    await store.deleteStream(dialog.stream);
    dialog.input(1_000, newMessage(visitorSays('?')));
    await dialog.writeTo(store);
    await start();
    expect((await untilCaughtUp()).caughtUp).toBe(true);
    expect((await get<{ row: DialogRow }>('/api/dialogs/shop/7')).body.row).toMatchObject({
      owner: 'queue',
      flag: true,
      lastInput: 'new_message',
    });
  });
});

describe('live updates', () => {
  it('tells of a dialog as soon as its row is written', async () => {
    await start();
    await untilCaughtUp();
    const live = await liveClient(`${desk.address()}/api/live`);
    after.push(live.close);
    await live.next('hello');
    const dialog = aDialog('shop', '55', t0).input(0, newChat(visitorSays('Hi')), ...started);
    const appendedAt = performance.now();
    await dialog.writeTo(store);
    let told = (await live.next('dialog')) as { row: DialogRow };
    while (told.row.revision < 2) told = (await live.next('dialog')) as { row: DialogRow };
    const tookMs = performance.now() - appendedAt;
    expect(told.row).toMatchObject({ account: 'shop', chatId: '55', owner: 'bot', revision: 2 });
    // The row is in the read model before it is told.
    expect((await get<{ row: DialogRow }>('/api/dialogs/shop/55')).body.row).toEqual(told.row);
    expect(tookMs).toBeLessThan(1_000);
  });

  it('tells the lag, and ends when the console stops', async () => {
    await start();
    const live = await liveClient(`${desk.address()}/api/live`);
    after.push(live.close);
    expect(await live.next('lag')).toMatchObject({ lag: { unknownSince: null } });
    await desk.stop();
    await expect(live.next('never')).rejects.toThrow();
  });
});

describe('lag', () => {
  const lagNow = async (): Promise<LagReport> => (await get<LagReport>('/api/lag')).body;
  const until = (check: (report: LagReport) => void): Promise<LagReport> =>
    vi.waitFor(
      async () => {
        const report = await lagNow();
        check(report);
        return report;
      },
      { timeout: 10_000, interval: 20 },
    );
  const ofPartition = ({ groups }: LagReport, partition: number) =>
    groups.find((one) => one.group === 'projector')?.partitions.find((one) => one.partition === partition);
  const inbox = { name: topics.inbox, partitions: 2, cleanup: 'delete' } as const;
  const append = (count: number, partition: number) =>
    log.append(Array.from({ length: count }, (_, n) => ({ topic: topics.inbox, key: `k${n}`, value: Buffer.from('1'), partition })));

  it('says how far each group is, per partition, with the age of the oldest record', async () => {
    await log.ensureTopics([inbox]);
    await append(3, 1);
    await log.setCommitted('projector', topics.inbox, 1, 1);
    await start();
    const report = await lagNow();
    expect(report).toMatchObject({ unknownSince: null, lastKnown: null });
    expect(report.groups).toMatchObject([{ group: 'projector', topic: topics.inbox, lag: 2, members: 0 }]);
    expect(ofPartition(report, 1)).toMatchObject({ committed: 1, high: 3, lag: 2 });
    // The sampler's age is that of the record that was appended second, to the millisecond.
    const [, second] = await log.read(topics.inbox, 1, 0, 3);
    expect((report.at ?? 0) - (ofPartition(report, 1)?.ageMs ?? 0)).toBeCloseTo(second?.appendedAt ?? 0, -2);
    expect((await until((now) => expect(now.groups[0]?.state).toBe('STOPPED'))).groups[0]).toMatchObject({ lag: 2, clearInMs: null });
  });

  it('tells a real reader that stands still from one that is gone, and one that reads again', async () => {
    await log.ensureTopics([inbox]);
    const stuck = Promise.withResolvers<void>();
    const reader = (handle: () => Promise<void>) => {
      const consumer = log.consumer({
        group: 'projector',
        topic: topics.inbox,
        handle,
        note: () => JSON.stringify({ behindMs: 12, at: log.logTime() }),
      });
      const ended = consumer.run();
      return async () => {
        await consumer.stop(100);
        await ended;
      };
    };
    const stop = reader(() => stuck.promise);
    await append(5, 0);
    await start();
    const stalled = await until((now) => expect(now.groups[0]?.state).toBe('STALLED'));
    expect(stalled.groups[0]).toMatchObject({ members: 1, lag: 5, outPerSecond: 0 });
    await until((now) => expect(ofPartition(now, 0)?.behindMs).toBe(12));
    await stop();
    stuck.resolve();
    await until((now) => expect(now.groups[0]).toMatchObject({ state: 'STOPPED', members: 0, lag: 5 }));
    const again = reader(() => Promise.resolve());
    await until((now) => expect(now.groups[0]).toMatchObject({ state: 'OK', members: 1, lag: 0, ageMs: null, clearInMs: 0 }));
    await log.setCommitted('audit', topics.inbox, 0, 5);
    await again();
    await log.setCommitted('projector', topics.inbox, 0, 0);
    await until((now) => expect(now.groups.map(({ group }) => group)).toEqual(['audit', 'projector']));
    await until((now) => expect(['REWOUND', 'STOPPED']).toContain(ofPartition(now, 0)?.state));
  });

  it('marks the partition of a parked dialog, until it is released', async () => {
    await log.ensureTopics([inbox]);
    for (const partition of [0, 1]) await log.setCommitted('projector', topics.inbox, partition, 0);
    const dialog = parked('shop', '105', t0);
    await dialog.writeTo(store);
    await start();
    const partition = await log.partitionFor(topics.inbox, 'shop:105');
    await until((now) => expect(ofPartition(now, partition)).toMatchObject({ state: 'BLOCKED', parked: 1 }));
    expect(ofPartition(await lagNow(), 1 - partition)).toMatchObject({ state: 'OK', parked: 0 });
    dialog.input(
      9_000,
      { type: 'release_parked', by: 'ops', reason: 'repaired' },
      { type: 'DialogReleased', data: { by: 'ops', applied: 1, skipped: 0 } },
    );
    await dialog.writeTo(store);
    await until((now) => expect(ofPartition(now, partition)).toMatchObject({ state: 'OK', parked: 0 }));
  });

  it.each([
    ['refuses', () => Promise.reject(new LogError('unavailable', 'away'))],
    ['does not answer', () => new Promise<never>(() => undefined)],
  ])('is unknown since a time while the log %s; no old figure stands for a new one', async (_how, answer) => {
    await log.ensureTopics([inbox]);
    await append(1, 0);
    await log.setCommitted('projector', topics.inbox, 0, 0);
    let away = false;
    await start({ log: { ...log, groups: () => (away ? answer() : log.groups()) } });
    const known = await lagNow();
    expect(known.groups[0]?.lag).toBe(1);
    const live = await liveClient(`${desk.address()}/api/live`);
    after.push(live.close);
    away = true;
    const lost = await until((now) => expect(now.unknownSince).not.toBeNull());
    expect(lost).toMatchObject({ at: null, groups: [] });
    expect(lost.unknownSince).toBeGreaterThanOrEqual(known.at ?? Number.NaN);
    expect(lost.lastKnown?.groups[0]).toMatchObject({ group: 'projector', lag: 1 });
    expect(desk.lag().unknownSince).toBe(lost.unknownSince);
    let told = (await live.next('lag')) as { lag: LagReport };
    while (told.lag.unknownSince === null) told = (await live.next('lag')) as { lag: LagReport };
    expect(told.lag.groups).toEqual([]);
    expect((await lagNow()).unknownSince).toBe(lost.unknownSince);
    away = false;
    await until((now) => expect(now).toMatchObject({ unknownSince: null, lastKnown: null, groups: [{ group: 'projector', lag: 1 }] }));
  });

  it('a group that outlived its topic does not hide the others', async () => {
    await log.ensureTopics([inbox]);
    await log.setCommitted('projector', topics.inbox, 0, 0);
    const gone = { group: 'old', topic: 'gone' };
    await start({
      log: {
        ...log,
        groups: async () => [gone, ...(await log.groups())],
        lag: (group, topic) => (topic === 'gone' ? Promise.reject(new LogError('unknown_topic', 'gone')) : log.lag(group, topic)),
      },
    });
    expect((await lagNow()).groups.map(({ group }) => group)).toEqual(['projector']);
  });
});

describe('the door', () => {
  const statusFor = (host: string, more: Record<string, string> = {}): Promise<number> =>
    new Promise((resolve, reject) => {
      const { port } = new URL(desk.address());
      request({ host: '127.0.0.1', port, path: '/api/about', headers: { host, ...more } }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
        .on('error', reject)
        .end();
    });

  it('answers only to its own names', async () => {
    await start();
    expect(
      await Promise.all(
        [
          '127.0.0.1:1',
          'localhost',
          '[::1]:4010',
          'evil.example',
          '127.0.0.1.evil.example',
          'localhost.evil.example:80',
          'evil@127.0.0.1',
        ].map((host) => statusFor(host)),
      ),
    ).toEqual([200, 200, 200, 421, 421, 421, 421]);
  });

  it('lets no page of another site ask by itself, only lead people here', async () => {
    await start();
    const from = (site: string, mode: string, dest: string): Promise<number> =>
      statusFor('localhost', { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest });
    const asked = [
      from('cross-site', 'no-cors', 'image'),
      from('cross-site', 'cors', 'empty'),
      from('same-site', 'no-cors', 'script'),
      from('cross-site', 'navigate', 'iframe'),
      from('cross-site', 'navigate', 'document'),
      from('none', 'navigate', 'document'),
      from('same-origin', 'cors', 'empty'),
    ];
    expect(await Promise.all(asked)).toEqual([403, 403, 403, 403, 200, 200, 200]);
  });

  it('lets the page load nothing from elsewhere, and says where the simulator is', async () => {
    await start();
    const { body, headers } = await get<{ simulatorUrl: string }>('/api/about');
    expect(body.simulatorUrl).toBe('http://127.0.0.1:4050');
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});
