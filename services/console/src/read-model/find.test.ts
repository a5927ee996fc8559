import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { RecordedEvent } from '@dialog/event-store/port';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aDialog, newChat, started, visitorSays } from '../../test/sample-dialogs.ts';
import { finder, type ListFilter } from './find.ts';
import { openTables } from './tables.ts';
import { wordTables } from './word-tables.ts';

const t0 = Date.parse('2026-03-02T09:00:00Z');
let folder: string;
let db: DatabaseSync;

/** Six thousand dialogs: every one says «заказ», every other one «доставка», each its number. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'find-'));
  const tables = openTables(join(folder, 'console.db'));
  let position = 0;
  const events: RecordedEvent[] = [];
  for (let n = 0; n < 6_000; n++) {
    const dialog = aDialog(n % 3 === 0 ? 'bank' : 'shop', String(n), t0 + n * 1_000).input(
      0,
      newChat(visitorSays(`заказ ${100_000 + n} ${n % 2 === 0 ? 'доставка' : 'возврат'} ${n < 3_000 ? 'давно' : 'недавно'}`)),
      ...started,
    );
    for (const [revision, event] of dialog.appends.flat().entries()) {
      events.push({ ...event, revision, stream: dialog.stream, recordedAt: t0, position: String(++position) });
    }
  }
  for (let at = 0; at < events.length; at += 2_000) tables.apply(events.slice(at, at + 2_000));
  tables.close();
  db = new DatabaseSync(join(folder, 'console.db'), { readOnly: true });
}, 60_000);
afterAll(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

const numbers = (filter: ListFilter): number[] => finder(db, wordTables(db))(filter).map((row) => Number(row.chatId));
const expected = (fits: (n: number) => boolean, limit: number): number[] =>
  Array.from({ length: 6_000 }, (_, n) => 5_999 - n)
    .filter(fits)
    .slice(0, limit);

describe('the finder, whichever way it goes', () => {
  it.each<[string, Omit<ListFilter, 'limit'>, (n: number) => boolean]>([
    ['a rare word, from its set', { text: '100042' }, (n) => n === 42],
    ['common words, along the list', { text: 'заказы доставкой' }, (n) => n % 2 === 0],
    ['common words under a facet', { text: 'заказы доставкой', account: 'bank' }, (n) => n % 6 === 0],
    ['common words that only old dialogs have together', { text: 'заказ давно' }, (n) => n < 3_000],
    ['common words that never meet, from their sets', { text: 'доставка возврат' }, () => false],
    ['a rare word with a common one', { text: '100042 заказ' }, (n) => n === 42],
    ['a rare word with one that does not fit', { text: '100042 возврат' }, () => false],
    ['a word in a stretch of time', { text: 'заказ', from: t0 + 10_000, to: t0 + 20_000 }, (n) => n >= 10 && n < 20],
    ['a beginning that is common', { text: 'возв*' }, (n) => n % 2 === 1],
    ['facets alone', { account: 'bank', owner: 'bot', flag: 'false' }, (n) => n % 3 === 0],
    ['facets that never meet', { account: 'bank', owner: 'queue' }, () => false],
  ])('finds by %s', (_, filter, fits) => {
    expect(numbers({ ...filter, limit: 60 })).toEqual(expected(fits, 60));
  });

  it('pages through common words by key', () => {
    const find = finder(db, wordTables(db));
    const seen: number[] = [];
    for (let after: ListFilter['after']; ; ) {
      const page = find({ text: 'заказ давно', limit: 700, ...(after ? { after } : {}) });
      seen.push(...page.map((row) => Number(row.chatId)));
      after = page.at(-1);
      if (page.length < 700) break;
    }
    expect(seen).toEqual(expected((n) => n < 3_000, 6_000));
  });

  it('scans no table: what it walks is an index, from where the page before ended', () => {
    const asked = new Set<string>();
    const prepare = (sql: string) => {
      asked.add(sql);
      return db.prepare(sql);
    };
    const watched = { prepare } as unknown as DatabaseSync;
    const find = finder(watched, wordTables(watched));
    const after = { lastAt: t0 + 9_000_000, account: 'shop', chatId: '1' };
    const times = { from: t0, to: t0 + 9_000_000 };
    const many = { account: 'shop', owner: 'bot', flag: 'false', state: 'open', problem: 'any', visitor: 'aa11bb22cc33dd44' } as const;
    for (const text of [undefined, 'заказ', '100042', 'доставка возврат', '100042 заказ', 'возв*'])
      for (const facets of [{}, { account: 'shop' }, { account: 'shop', owner: 'bot' }, many])
        for (const time of [{}, times])
          for (const page of [{}, { after }]) find({ limit: 51, ...(text ? { text } : {}), ...facets, ...time, ...page });
    const plans = [...asked]
      .filter((sql) => !/^(?:INSERT|DELETE)/.test(sql))
      .map((sql) => {
        const steps = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...Array.from({ length: (sql.match(/\?/g) ?? []).length }, () => null));
        return { sql, steps: steps.map((step) => String(step['detail'])) };
      });
    expect(plans.length).toBeGreaterThan(10);
    // The index of words is walked by a word; `found` is what a rare word gave, `(subquery)` what is being counted, to its bound.
    const scans = plans.flatMap(({ sql, steps }) =>
      steps
        .filter((step) => step.startsWith('SCAN') && !/^SCAN (?:word_index VIRTUAL TABLE|found|\(subquery)/.test(step))
        .map((step) => `${step}: ${sql}`),
    );
    expect(scans).toEqual([]);
    const sorted = plans.filter(({ steps }) => steps.some((step) => step.includes('USE TEMP B-TREE FOR ORDER BY')));
    expect(sorted.every(({ sql }) => sql.includes('AS found'))).toBe(true);
  });
});
