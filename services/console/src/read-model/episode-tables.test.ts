import { readFileSync } from 'node:fs';
import { parseNumbers } from '@dialog/service-kit/numbers-file';
import { describe, expect, it } from 'vitest';
import {
  assigned,
  inQueue,
  newMessage,
  overdue,
  parked,
  released,
  type SampleDialog,
  unseen,
  visitorSays,
  wholeLife,
  withBot,
} from '../../test/sample-dialogs.ts';
import type { EpisodeKey, Period } from './episode-tables.ts';
import { openTables, type Tables } from './tables.ts';

const t0 = Date.parse('2026-03-02T09:00:00Z');
const samples = (): readonly SampleDialog[] => [
  wholeLife('shop', '101', t0),
  wholeLife('shop', '102', t0 + 86_400_000),
  inQueue('shop', '103', t0 + 1_000),
  withBot('bank', '104', t0 + 2_000),
  overdue('shop', '105', t0 + 3_000),
  parked('bank', '106', t0 + 4_000),
  unseen('bank', '107', t0 + 5_000),
  released('bank', '108', t0 + 6_000),
  handedOverAndBack('shop', '109', t0 + 7_000),
];

/** Four episodes: three times people had it and gave it back. */
const handedOverAndBack = (account: string, chatId: string, at: number): SampleDialog => {
  const dialog = withBot(account, chatId, at);
  for (let turn = 0; turn < 3; turn++) {
    const episode = turn + 100;
    dialog.input(
      1_000,
      assigned('7'),
      { type: 'OwnerChanged', data: { owner: 'operator', operatorId: '7', cause: 'operator_assigned' } },
      { type: 'FlagSet', data: { episode, cause: 'operator_assigned' } },
    );
    dialog.input(
      5_000,
      newMessage(visitorSays('спасибо')),
      { type: 'OwnerChanged', data: { owner: 'bot', cause: 'operator_redirect' } },
      { type: 'FlagReset', data: { episode, cause: 'operator_redirect' } },
      { type: 'ReturnStarted', data: { episode, cause: 'operator_redirect', script: null } },
    );
  }
  return dialog;
};
const parsedFile = parseNumbers(readFileSync(new URL('../../numbers.yaml', import.meta.url), 'utf8'));
if (!parsedFile.ok) throw new Error('the shipped definitions do not parse');
const { file } = parsedFile;

const applied = (batch: number): Tables => {
  const tables = openTables(':memory:');
  const events = samples()
    .flatMap((dialog) => dialog.appends.flat().map((event, revision) => ({ ...event, revision, stream: dialog.stream })))
    .map((event, at) => ({ ...event, recordedAt: t0 + at, position: String(at + 1) }));
  for (let at = 0; at < events.length; at += batch) tables.apply(events.slice(at, at + batch));
  return tables;
};
const all: Period = { from: 0, to: Number.MAX_SAFE_INTEGER };

describe('the numbers of the read model', () => {
  it('are the same however the events came', () => {
    const numbers = applied(1).numbers(file, all, 'day', 'UTC');
    expect(
      numbers.find(({ name }) => name === 'returned')?.parts.find(({ part }) => part === 'operator_redirect')?.count,
    ).toBeGreaterThanOrEqual(3);
    for (const batch of [2, 7, 1000]) expect(applied(batch).numbers(file, all, 'day', 'UTC')).toEqual(numbers);
    const handovers = numbers.find(({ name }) => name === 'handovers');
    expect(handovers).toMatchObject({ wrong: [], kind: 'share' });
    expect(handovers?.count).toBeGreaterThan(0);
    expect(handovers?.series.map(({ at }) => new Date(at).toISOString())).toEqual(['2026-03-02T00:00:00.000Z', '2026-03-03T00:00:00.000Z']);
  });

  it('are of one account and of one period, where that is asked', () => {
    const tables = applied(1000);
    const base = (period: Period) => tables.numbers(file, period, 'day', 'UTC').find(({ name }) => name === 'not_understood')?.base ?? 0;
    expect(base({ ...all, account: 'shop' }) + base({ ...all, account: 'bank' })).toBe(base(all));
    expect(base({ from: 0, to: t0 + 3_600_000 }) + base({ from: t0 + 3_600_000, to: all.to })).toBe(base(all));
    expect(base({ ...all, account: 'nobody' })).toBe(0);
  });

  it('have as many episodes behind them as they say, page by page, each once', () => {
    const tables = applied(1000);
    for (const { name, kind, count, parts } of tables.numbers(file, all, 'day', 'UTC')) {
      for (const [part, wanted] of [[undefined, count], ...parts.map((one) => [one.part, one.count] as const)] as const) {
        const seen: string[] = [];
        for (let after: EpisodeKey | undefined; ; ) {
          const { episodes, next } = tables.behind(file, name, part, all, 2, after);
          seen.push(...episodes.map((one) => `${one.account}/${one.chatId}#${one.number}`));
          if (next === null) break;
          after = next;
        }
        expect(new Set(seen).size).toBe(seen.length);
        if (kind !== 'ratio') expect([name, part, seen.length]).toEqual([name, part, wanted]);
      }
    }
    expect(tables.behind(file, 'no_such_number', undefined, all, 10)).toEqual({ episodes: [], next: null });
  });

  it('go with a dialog that is folded anew, and leave with one that is gone', () => {
    const tables = applied(1000);
    const before = tables.numbers(file, all, 'day', 'UTC');
    const [dialog] = samples();
    const events = (dialog?.appends.flat() ?? []).map((event, revision) => ({
      ...event,
      revision,
      stream: dialog?.stream ?? '',
      recordedAt: t0,
      position: '1',
    }));
    tables.replace(dialog?.stream ?? '', events);
    expect(tables.numbers(file, all, 'day', 'UTC')).toEqual(before);
    tables.replace(dialog?.stream ?? '', []);
    expect(tables.numbers(file, all, 'day', 'UTC')).not.toEqual(before);
  });
});
