import { summarize } from '@dialog/domain/summary';
import type { RecordedEvent } from '@dialog/event-store/port';
import { describe, expect, it } from 'vitest';
import { inQueue, overdue, parked, released, type SampleDialog, unseen, wholeLife, withBot } from '../../test/sample-dialogs.ts';
import { openTables, RowGap, type Tables } from './tables.ts';

const t0 = Date.parse('2026-03-02T09:00:00Z');
const samples = () => [
  wholeLife('shop', '101', t0),
  inQueue('shop', '102', t0 + 1_000),
  withBot('bank', '103', t0 + 2_000),
  overdue('shop', '104', t0 + 3_000),
  parked('bank', '105', t0 + 4_000),
  unseen('bank', '106', t0 + 5_000),
  released('bank', '107', t0 + 6_000),
];

/** All events, the dialogs interleaved, as `$all` would give them. */
const recordedOf = (dialogs: readonly SampleDialog[]): RecordedEvent[] => {
  const queues = dialogs.map((dialog) => dialog.appends.flat().map((event, revision) => ({ ...event, revision, stream: dialog.stream })));
  const all: RecordedEvent[] = [];
  for (let turn = 0; queues.some((queue) => turn < queue.length); turn++) {
    for (const queue of queues) {
      const event = queue[turn];
      if (event) all.push({ ...event, recordedAt: t0 + all.length, position: String(all.length + 1) });
    }
  }
  return all;
};
const rowsOf = (tables: Tables) => [...tables.list({ limit: 200 })];
const applied = (events: readonly RecordedEvent[], batch: number): Tables => {
  const tables = openTables(':memory:');
  for (let at = 0; at < events.length; at += batch) tables.apply(events.slice(at, at + batch));
  return tables;
};

describe('the rows', () => {
  it('are counted by account and owner, the closed and the unseen not', () => {
    const { open, parked: waiting } = applied(recordedOf(samples()), 7).totals();
    const rows = rowsOf(applied(recordedOf(samples()), 7)).filter((row) => row.owner !== 'nobody' && row.owner !== null);
    expect(open.reduce((sum, one) => sum + one.count, 0)).toBe(rows.length);
    const queued = rows.filter((row) => row.account === 'shop' && row.owner === 'queue');
    expect(queued.length).toBeGreaterThan(0);
    expect(open.find((one) => one.account === 'shop' && one.owner === 'queue')).toEqual({
      account: 'shop',
      owner: 'queue',
      count: queued.length,
      oldestSince: Math.min(...queued.map((row) => row.ownerSince ?? 0)),
      closeOverdue: queued.filter((row) => row.closeOverdue).length,
    });
    expect(open.reduce((sum, one) => sum + one.closeOverdue, 0)).toBe(1);
    expect(waiting).toEqual([{ account: 'bank', count: 1 }]);
  });
  it('are what the domain’s own fold says', () => {
    const dialogs = samples();
    const tables = applied(recordedOf(dialogs), 7);
    for (const dialog of dialogs) {
      const row = tables.row(dialog.id.account, dialog.id.chatId);
      const {
        status,
        owner,
        operatorId,
        epoch,
        flag,
        flagCause,
        episode,
        at,
        ownerSince,
        closeOverdue,
        parked: isParked,
      } = summarize(dialog.state());
      expect(row).toMatchObject({
        status,
        owner,
        operatorId,
        epoch,
        flag,
        flagCause,
        episode,
        lastAt: at,
        ownerSince,
        closeOverdue,
        parked: isParked,
      });
    }
  });

  it('do not depend on how events are batched, nor on batches that come again', () => {
    const events = recordedOf(samples());
    const whole = applied(events, events.length);
    const single = applied(events, 1);
    const again = applied(events, 5);
    again.apply(events.slice(3, 20));
    again.apply(events);
    expect(rowsOf(single)).toEqual(rowsOf(whole));
    expect(rowsOf(again)).toEqual(rowsOf(whole));
    expect(rowsOf(whole)).toHaveLength(6);
  });

  it('skip an event that was there before, and count it', () => {
    const events = recordedOf([inQueue('shop', '1', t0)]);
    const tables = applied(events, 3);
    const before = rowsOf(tables);
    expect(tables.apply(events.slice(0, 4))).toEqual({ rows: [], duplicates: 4 });
    expect(rowsOf(tables)).toEqual(before);
  });

  it('refuse an event after a gap: neither row nor checkpoint moves, nor any other row of the batch', () => {
    const events = recordedOf([inQueue('shop', '1', t0)]);
    const other = recordedOf([withBot('shop', '2', t0)]).map((event) => ({ ...event, position: `9${event.position}` }));
    const tables = applied(events.slice(0, 3), 3);
    const before = rowsOf(tables);
    const act = () => tables.apply([...other, ...events.slice(4)]);
    expect(act).toThrow(RowGap);
    expect(rowsOf(tables)).toEqual(before);
    expect(tables.checkpoint()).toBe('3');
  });

  it('count an event that they can’t read, and stand still by it', () => {
    const [first, second, ...rest] = recordedOf([inQueue('shop', '1', t0)]);
    if (!first || !second) throw new Error('no events');
    const tables = applied([first, second, { ...(rest[0] as RecordedEvent), metadata: { at: 'x' } }], 1);
    expect(tables.row('shop', '1')).toMatchObject({ revision: 2, unreadable: 1, status: 'live' });
  });
});

describe('the list', () => {
  it('comes in pages by key, newest activity first, without an unseen chat, none twice and none left out', () => {
    const dialogs = Array.from({ length: 23 }, (_, n) => withBot(n % 2 === 0 ? 'shop' : 'bank', String(n), t0 + Math.floor(n / 4) * 1_000));
    const tables = applied([...recordedOf([...dialogs, unseen('shop', '999', t0)])], 50);
    const seen: string[] = [];
    let after: { lastAt: number; account: string; chatId: string } | undefined;
    for (;;) {
      const page = tables.list({ limit: 5, ...(after ? { after } : {}) });
      seen.push(...page.map((row) => `${row.account}:${row.chatId}`));
      after = page.at(-1);
      if (page.length < 5) break;
    }
    expect(seen).toHaveLength(23);
    expect(new Set(seen).size).toBe(23);
    expect(seen).toEqual(rowsOf(tables).map((row) => `${row.account}:${row.chatId}`));
    const times = rowsOf(tables).map((row) => row.lastAt);
    expect(times).toEqual([...times].sort((a, b) => b - a));
  });

  it('filters by account, owner and flag together', () => {
    const tables = applied(recordedOf(samples()), 50);
    const chats = (filter: Omit<Parameters<Tables['list']>[0], 'limit'>) =>
      tables
        .list({ limit: 50, ...filter })
        .map((row) => row.chatId)
        .sort();
    expect(chats({ flag: true })).toEqual(['102', '104']);
    expect(chats({ flag: true, owner: 'operator' })).toEqual(['104']);
    expect(chats({ account: 'bank' })).toEqual(['103', '105', '107']);
    expect(chats({ account: 'bank', flag: true })).toEqual([]);
  });

  it('of parked dialogs has those that were not released', () => {
    const tables = applied(recordedOf(samples()), 50);
    expect(tables.parked(10)).toEqual([{ account: 'bank', chatId: '105' }]);
    expect(tables.parked(0)).toEqual([]);
  });
});
