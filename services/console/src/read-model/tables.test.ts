import { summarize } from '@dialog/domain/summary';
import type { RecordedEvent } from '@dialog/event-store/port';
import { describe, expect, it } from 'vitest';
import {
  aDialog,
  assigned,
  closedChat,
  inQueue,
  newChat,
  newMessage,
  opened,
  operatorSays,
  overdue,
  parked,
  released,
  result,
  type SampleDialog,
  settled,
  started,
  unseen,
  visitorSays,
  wholeLife,
  withBot,
} from '../../test/sample-dialogs.ts';
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
  it('tell what the visitor said first and last, in one batch or many, cut to a line; erased with their dialog', () => {
    const talk = wholeLife('shop', '101', t0);
    const long = `${'слово '.repeat(100)}\n👩‍👩‍👧`;
    const shouts = aDialog('shop', '108', t0).input(0, newChat(visitorSays(long), operatorSays('?')), ...started);
    const silent = unseen('bank', '106', t0);
    const events = recordedOf([talk, shouts, silent]);
    const asked = [talk, shouts, silent].map(({ id }) => id);
    for (const batch of [1, 5, 1_000]) {
      const tables = applied(events, batch);
      const [whole, cut, nothing] = tables.said(asked);
      expect([whole, nothing]).toEqual([['Здравствуйте!', 'Спасибо!'], []]);
      expect(cut).toEqual([`${'слово '.repeat(27).slice(0, 160)}…`]);
      tables.replace(
        talk.stream,
        events.filter(({ stream, revision }) => stream === talk.stream && revision < 3),
      );
      expect(tables.said(asked.slice(0, 1))).toEqual([['Здравствуйте!']]);
      tables.replace(talk.stream, []);
      expect(tables.said(asked.slice(0, 1))).toEqual([[]]);
    }
  });

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
    expect(chats({ flag: 'true' })).toEqual(['102', '104']);
    expect(chats({ flag: 'true', owner: 'operator' })).toEqual(['104']);
    expect(chats({ account: 'bank' })).toEqual(['103', '105', '107']);
    expect(chats({ account: 'bank', flag: 'true' })).toEqual([]);
  });

  it('filters by whatever a dialog was or had', () => {
    const tables = applied(recordedOf(samples()), 50);
    const chats = (filter: Omit<Parameters<Tables['list']>[0], 'limit'>) =>
      tables
        .list({ limit: 50, ...filter })
        .map((row) => row.chatId)
        .sort();
    expect(chats({ state: 'closed' })).toEqual(['101']);
    expect(chats({ state: 'unseen' })).toEqual(['106']);
    expect(chats({ department: 'sales' })).toEqual(['101']);
    expect(chats({ operator: '7' })).toEqual(['101']);
    expect(chats({ operator: '12' })).toEqual(['104']);
    expect(chats({ mark: 'order_asked' })).toEqual(['101']);
    expect(chats({ cause: 'final_close' })).toEqual(['101']);
    expect(chats({ visitor: 'aa11bb22cc33dd44' })).toEqual(['101', '102', '103', '104', '105', '107']);
    expect(chats({ problem: 'parked' })).toEqual(['105']);
    expect(chats({ problem: 'overdue' })).toEqual(['104']);
    expect(chats({ problem: 'in_doubt' })).toEqual(['103', '105', '107']);
    expect(chats({ problem: 'any' })).toEqual(['103', '104', '105', '107']);
    expect(chats({ problem: 'in_doubt', account: 'bank', owner: 'bot', state: 'open', visitor: 'aa11bb22cc33dd44' })).toEqual([
      '103',
      '105',
      '107',
    ]);
    expect(chats({ problem: 'in_doubt', account: 'shop' })).toEqual([]);
    const [newest] = rowsOf(tables);
    expect(chats({ from: newest?.lastAt ?? 0 })).toEqual([newest?.chatId]);
    expect(chats({ to: newest?.lastAt ?? 0 })).toHaveLength(5);
    expect(chats({ account: 'shop', from: newest?.lastAt ?? 0, to: (newest?.lastAt ?? 0) + 1 })).toEqual([newest?.chatId]);
  });

  it('names a department only once Webim took the redirect, and each problem by the event that tells of it', () => {
    const refused = aDialog('shop', '1', t0)
      .input(0, newChat(visitorSays('?')), ...started, opened(1, { kind: 'redirect', department: 'night' }, 'handover'))
      .input(100, result(1), { type: 'EffectRetried', data: { number: 1, attempt: 2, why: 'refused', effect: { kind: 'redirect' } } })
      .input(100, result(1, { attempt: 2 }), settled(1));
    const late = aDialog('shop', '2', t0)
      .input(0, newChat(visitorSays('?')), ...started, opened(1, { kind: 'text', text: 'a' }))
      .input(100, result(1), { type: 'EffectSettled', data: { number: 1, attempt: 1, outcome: 'expired', by: 'result' } })
      .input(100, newMessage(visitorSays('?')), { type: 'InputRepeated', data: { of: 'x', what: 'message' } })
      .input(100, assigned('9'), { type: 'InputLate', data: { reason: 'before_handback' } });
    const tables = applied(recordedOf([refused, late]), 3);
    expect(tables.row('shop', '1')).toMatchObject({ departments: [], redirects: [], troubles: ['refused'] });
    expect(tables.row('shop', '2')).toMatchObject({ troubles: ['expired', 'repeated', 'late'], operators: [] });
  });

  it('pages through any filter by key, none twice and none left out', () => {
    const dialogs = Array.from({ length: 40 }, (_, n) =>
      (n % 3 === 0 ? inQueue : withBot)(n % 2 === 0 ? 'shop' : 'bank', String(n), t0 + Math.floor(n / 8) * 1_000),
    );
    const tables = applied(recordedOf(dialogs), 50);
    for (const filter of [
      { owner: 'bot' },
      { owner: 'bot', account: 'shop' },
      { text: 'доставка' },
      { text: 'доставки', account: 'bank', owner: 'bot' },
    ]) {
      const whole = tables.list({ limit: 100, ...filter }).map((row) => row.chatId);
      const seen: string[] = [];
      for (let after: Parameters<Tables['list']>[0]['after']; ; ) {
        const page = tables.list({ limit: 4, ...filter, ...(after ? { after } : {}) });
        seen.push(...page.map((row) => row.chatId));
        after = page.at(-1);
        if (page.length < 4) break;
      }
      expect(whole.length).toBeGreaterThan(9);
      expect(seen).toEqual(whole);
    }
  });

  it('offers the values that some dialog has', () => {
    const { account, department, operator, mark, problem, state } = applied(recordedOf(samples()), 50).values(10);
    expect({ account, department, operator, mark, problem, state }).toEqual({
      account: ['bank', 'shop'],
      department: ['sales'],
      operator: ['12', '7'],
      mark: ['order_asked'],
      problem: ['any', 'in_doubt', 'overdue', 'parked'],
      state: ['closed', 'open', 'unseen'],
    });
  });

  it('of parked dialogs has those that were not released', () => {
    const tables = applied(recordedOf(samples()), 50);
    const parkedAt = tables.row('bank', '105')?.work.parked?.at ?? 0;
    expect(tables.parked(10)).toEqual([
      { id: { account: 'bank', chatId: '105' }, records: 0, reason: 'decide_failed', parkedAt, oldestAppendedAt: parkedAt },
    ]);
    expect(tables.parked(0)).toEqual([]);
  });

  it('of each that is parked counts what waits since its release, each record once, and says why by the first', () => {
    const tables = applied(recordedOf(samples()), 50);
    const waiting = (stream: string): RecordedEvent[] =>
      [
        ['RecordParked', 'released_before', 1],
        ['Released', '', 0],
        ['RecordPart', '', 0],
        ['RecordParked', 'not_json', 2],
        ['RecordParked', 'follows', 3],
      ].map(([type, reason, at], revision) => ({
        ...(recordedOf([unseen('shop', '1', t0)])[0] as RecordedEvent),
        stream,
        type: String(type),
        revision,
        position: String(1_000 + revision),
        data: { reason, appendedAt: t0 + Number(at), parkedAt: t0 + 10 * Number(at) },
      }));
    const visitor = waiting('parkedvisitor-shop-aa11bb22cc33dd44');
    const dialog = waiting('parked-bank-105');
    // A dialog that goes on is not parked, whatever its stream says.
    for (const event of [...visitor, ...dialog, ...waiting('parked-bank-103')]) tables.apply([event]);
    const one = { records: 2, reason: 'not_json', parkedAt: t0 + 20, oldestAppendedAt: t0 + 2 };
    const both = [
      { id: { account: 'bank', chatId: '105' }, ...one },
      { id: { account: 'shop', visitor: 'aa11bb22cc33dd44' }, ...one },
    ];
    expect(tables.parked(10)).toEqual(both);
    tables.apply([...visitor, ...dialog]);
    expect(tables.parked(10)).toEqual(both);
    expect(tables.totals().parked).toEqual([
      { account: 'bank', count: 1 },
      { account: 'shop', count: 1 },
    ]);
    tables.apply([visitor, dialog].map((events) => ({ ...(events[1] as RecordedEvent), revision: 5 })));
    expect(tables.parked(10)).toMatchObject([{ records: 0, reason: 'decide_failed' }]);
  });
});

describe('what was seen of an account', () => {
  it('is first and last by its own time, in whatever order the dialogs come', () => {
    const dialogs = [300, 100, 200].map((at) => withBot('shop', String(at), t0 + at));
    const tables = applied(
      dialogs.flatMap((dialog) => recordedOf([dialog])),
      50,
    );
    expect(tables.connection('shop').seen.find(({ what }) => what === 'new_chat')).toMatchObject({
      firstAt: t0 + 100,
      lastAt: t0 + 300,
      chatId: '300',
    });
  });
});

describe('full text', () => {
  const said = (chatId: string, ...texts: readonly string[]): SampleDialog => {
    let dialog = aDialog('shop', chatId, t0).input(0, newChat(), ...started);
    for (const text of texts) dialog = dialog.input(1_000, newMessage(visitorSays(text)));
    return dialog;
  };
  const found = (tables: Tables, text: string, more: object = {}) =>
    tables
      .list({ limit: 50, text, ...more })
      .map((row) => row.chatId)
      .sort();

  it.each([
    ['заказа', ['1', '3']],
    ['ЗАКАЗАМИ', ['1', '3']],
    ['возврат заказ', ['1']],
    ['ёлки', ['2']],
    ['елка', ['2']],
    ['refunding orders', ['3']],
    ['48213', ['1']],
    ['482*', ['1']],
    ['482', []],
    ['курьер', ['4']],
    ['тёплому', ['4']],
    ['заказ; DROP "TABLE" dialog', []],
    ['"', []],
    ['?!', []],
    ['*', []],
    ['заказ -возврат', ['1']],
    ['заказ OR ёлка', []],
  ])('%s finds %j, in any form of its words', (text, chats) => {
    const tables = applied(
      recordedOf([
        said('1', 'Где мой заказ 48213?', 'Хочу оформить возврат'),
        said('2', 'Искусственная Ёлка, 2 метра'),
        said('3', 'My order: refund, please', 'заказы'),
        aDialog('shop', '4', t0)
          .input(0, newChat(visitorSays('да')), ...started, opened(1, { kind: 'text', text: 'Это «Тёплый дом»' }))
          .input(9, closedChat(operatorSays('Отправим курьером'))),
      ]),
      4,
    );
    expect(found(tables, text)).toEqual(chats);
  });

  it('finds a chat by its number or the beginning of it, also after it was folded anew', () => {
    const tables = applied(recordedOf([said('1795948503', 'заказ'), said('1795948504', 'заказ 1795948503')]), 1);
    expect([found(tables, '1795948504'), found(tables, '17959*').length, found(tables, '17959')]).toEqual([['1795948504'], 2, []]);
    expect(found(tables, '1795948503')).toEqual(['1795948503', '1795948504']);
    tables.replace('dialog-shop-1795948504', recordedOf([said('1795948504', 'явь')]));
    expect(found(tables, '1795948504 явь')).toEqual(['1795948504']);
  });

  it('does not find what a keyboard only offered', () => {
    const tables = applied(recordedOf([wholeLife('shop', '1', t0)]), 50);
    expect(found(tables, 'прайс')).toEqual([]);
    expect(found(tables, 'где заказ')).toEqual(['1']);
  });

  it('folded anew a dialog says only what it says now', () => {
    const events = recordedOf([said('1', 'тайна'), said('2', 'тайна')]);
    const tables = applied(events, 3);
    expect(found(tables, 'тайны')).toEqual(['1', '2']);
    tables.replace('dialog-shop-2', recordedOf([said('2', 'явь')]));
    expect([found(tables, 'тайна'), found(tables, 'яви')]).toEqual([['1'], ['2']]);
    tables.replace('dialog-shop-2', []);
    expect([found(tables, 'яви'), rowsOf(tables).map((row) => row.chatId), tables.values(9).owner]).toEqual([[], ['1'], ['bot']]);
  });

  it('takes words and checkpoint together: a batch that is refused leaves neither', () => {
    const events = recordedOf([said('1', 'раз', 'два', 'три')]);
    const tables = applied(events.slice(0, 3), 3);
    expect(() => tables.apply([...recordedOf([said('2', 'чужое')]), ...events.slice(4)])).toThrow(RowGap);
    expect([found(tables, 'чужое'), tables.checkpoint()]).toEqual([[], '3']);
  });

  it('keeps texts out of the rows', () => {
    const tables = applied(recordedOf([said('1', 'тайна')]), 50);
    expect(JSON.stringify(rowsOf(tables))).not.toMatch(/тайн/);
  });
});
