import { expect, it } from 'vitest';
import type { PartitionState } from '../../../src/lag/partition-state.ts';
import type { GroupLag, LagReport } from '../../../src/lag/report.ts';
import { en } from '../texts/en.ts';
import { ru } from '../texts/ru.ts';
import { sentenceOf } from './sentence.ts';
import { toneOf, verdictOf } from './verdict.ts';

const at = Date.parse('2026-03-02T09:04:05Z');
const group = (name: string, state: PartitionState | null, more: Partial<GroupLag> = {}): GroupLag => ({
  group: name,
  topic: 'dialog.inbox',
  state,
  members: 1,
  lag: 5,
  ageMs: 4_200,
  inPerSecond: 1,
  outPerSecond: 2,
  clearInMs: 12_300,
  behindMs: null,
  trend: [],
  partitions: [],
  ...more,
});
const report = (...groups: GroupLag[]): LagReport => ({ now: at, at, unknownSince: null, groups, lastKnown: null });
const said = (of: LagReport, lostSince?: number): readonly string[] =>
  [sentenceOf(verdictOf(of, lostSince), en, 'en'), sentenceOf(verdictOf(of, lostSince), ru, 'ru')].map((text) =>
    text.replaceAll('\u00a0', ' '),
  );
/** Both languages in the browser's own time zone: here only that a time stands there. */
const withoutTime = (text: string): string => text.replace(/\d\d:\d\d/, 'hh:mm');

it.each<[PartitionState | null, Partial<GroupLag>, readonly string[]]>([
  [
    'CATCHING_UP',
    {},
    ['The projector is 4.2 sec behind, clear in about 12 sec.', 'Проектор отстаёт на 4,2 с, догонит примерно через 12 с.'],
  ],
  ['FALLING_BEHIND', { clearInMs: null }, ['The projector is 4.2 sec behind and not gaining.', 'Проектор отстаёт на 4,2 с и не догоняет.']],
  [
    'STALLED',
    {},
    [
      'The projector stands still: 5 records wait, the oldest for 4.2 sec.',
      'Проектор стоит на месте: 5 записей ждут, самая старая — 4,2 с.',
    ],
  ],
  [
    'STOPPED',
    { lag: 1 },
    ['The projector does not run: 1 record waits, the oldest for 4.2 sec.', 'Проектор не работает: 1 запись ждёт, самая старая — 4,2 с.'],
  ],
  ['REWOUND', {}, ['The projector went back: records come again.', 'Проектор: чтение откатилось назад, записи приходят снова.']],
  [
    'PAUSED',
    { ageMs: null, lag: 0 },
    ['The projector has paused: what it writes to does not answer.', 'Проектор на паузе: хранилище не отвечает.'],
  ],
  [
    'LOSS_RISK',
    {},
    [
      'The projector may lose records: retention removes them before they are read.',
      'Проектор может потерять записи: они удаляются по сроку хранения раньше, чем прочитаны.',
    ],
  ],
  ['OK', {}, ['All is well: what comes is read in time.', 'Всё хорошо: записи читаются вовремя.']],
  [null, {}, ['All is well: what comes is read in time.', 'Всё хорошо: записи читаются вовремя.']],
])('%s', (state, more, expected) => {
  expect(said(report(group('outbound', 'OK'), group('projector', state, more)))).toEqual(expected);
});

it('counts the parked dialogs', () => {
  const partition = {
    partition: 0,
    state: 'BLOCKED' as const,
    low: 0,
    high: 0,
    committed: 0,
    lag: 0,
    ageMs: null,
    inPerSecond: 0,
    outPerSecond: 0,
    clearInMs: 0,
    parked: 2,
    committedAt: null,
    behindMs: null,
    reportedAt: null,
  };
  expect(said(report(group('projector', 'BLOCKED', { partitions: [partition] })))).toEqual([
    '2 dialogs are parked; the others go on.',
    '2 диалога отложены, остальные идут дальше.',
  ]);
});

it('speaks of the worst group: by state first, then by age', () => {
  const worst = (...groups: GroupLag[]) =>
    said(report(...groups))[0]
      ?.split(' ')
      .slice(0, 2)
      .join(' ');
  expect(worst(group('projector', 'CATCHING_UP', { ageMs: 90_000 }), group('outbound', 'STALLED'))).toBe('Outbound stands');
  expect(worst(group('projector', 'CATCHING_UP', { ageMs: 90_000 }), group('outbound', 'CATCHING_UP'))).toBe('The projector');
  expect(worst(group('audit', 'STOPPED'))).toBe('Group “audit”');
});

it('says since when it is unknown, and whether the log or the console is away', () => {
  const away: LagReport = {
    now: at,
    at: null,
    unknownSince: at,
    groups: [],
    lastKnown: { at: at - 1_000, groups: [group('projector', 'OK')] },
  };
  expect(said(away).map(withoutTime)).toEqual([
    'Unknown since Mar 2, hh:mm: the log does not answer.',
    'Неизвестно с 2 мар., hh:mm: журнал не отвечает.',
  ]);
  expect(said(report(group('projector', 'OK')), at).map(withoutTime)).toEqual([
    'Unknown since Mar 2, hh:mm: the console does not answer.',
    'Неизвестно с 2 мар., hh:mm: консоль не отвечает.',
  ]);
});

it('is coloured by seconds, and never green where a hand is needed', () => {
  expect([500, 2_000, 30_000].map((ageMs) => toneOf('CATCHING_UP', ageMs))).toEqual(['good', 'warn', 'bad']);
  expect([500, 2_000, 30_000].map((ageMs) => toneOf('STALLED', ageMs))).toEqual(['warn', 'warn', 'bad']);
  expect([toneOf('STOPPED', 1), toneOf('LOSS_RISK', 1), toneOf('BLOCKED', null)]).toEqual(['bad', 'bad', 'warn']);
});
