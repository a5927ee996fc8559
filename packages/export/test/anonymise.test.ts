import type { DomainEvent } from '@dialog/contracts/domain-event';
import type { ExportLine } from '@dialog/contracts/export-file';
import { replay } from '@dialog/domain/replay';
import { canonical } from '@dialog/domain/state-hash';
import { parsePinned } from '@dialog/script/parse';
import { describe, expect, it } from 'vitest';
import { decidedDialog, handedOver, supportLife } from '../../../services/console/test/decided-dialog.ts';
import { anonymiser } from '../src/anonymise.ts';
import { exportHeader } from '../src/export-lines.ts';
import { pseudonyms } from '../src/pseudonyms.ts';
import { noVocabulary, vocabularyOf } from '../src/vocabulary.ts';
import { stateHashes, textOf } from './stores.ts';

const t0 = Date.parse('2026-03-02T09:00:00Z');
const key = Buffer.from('a key for tests, of 32 bytes or so');
const hidden = pseudonyms(key);
const shown = (text: string): string => hidden.text(text, noVocabulary);

type Decided = ReturnType<typeof decidedDialog>;
const linesOf = (dialogs: readonly Decided[]): ExportLine[] => [
  exportHeader({ producer: 'test', exportedAt: t0, until: null, selection: {} }),
  ...dialogs.flatMap((dialog): ExportLine[] => [
    { line: 'script', hash: dialog.scriptHash, source: dialog.source, personal: [] },
    ...dialog.stored().map((event): ExportLine => ({ line: 'event', stream: `dialog-shop-${dialog.id.chatId}`, ...event })),
  ]),
  { line: 'end' },
];
const eventsOf = (lines: readonly ExportLine[]) => lines.flatMap((line) => (line.line === 'event' ? [line] : []));

const planted = `format: dialog-script/1
bot: planted
vars:
  name: { type: text, pii: true }
  phone: { type: phone, pii: true }
  born: { type: date }
  sum: { type: number }
scripts:
  hello:
    when: chat_start
    steps:
      - ask: { text: "Как вас зовут?", save: name, on_fail: [{ stop: true }], on_timeout: [{ stop: true }] }
      - ask: { text: "{name}, ваш телефон?", save: phone, as: phone, on_fail: [{ stop: true }], on_timeout: [{ stop: true }] }
      - ask: { text: "Когда вы родились?", save: born, as: date, on_fail: [{ stop: true }], on_timeout: [{ stop: true }] }
      - ask: { text: "На какую сумму?", save: sum, as: number, on_fail: [{ stop: true }], on_timeout: [{ stop: true }] }
      - say: "Запомнил: {name}, {phone}, {born}, {sum}. Наш телефон 8 800 555-35-35."
  delivery:
    when: { text: { contains: ["достав"], words: ["возврат"] } }
    steps:
      - say: "Доставим завтра."
  code:
    when: { text: { regex: 'код \\d{6}' } }
    steps:
      - say: "Код принят."
  unclear:
    when: fallback
    steps:
      - say: "Не понял."
  after_close:
    when: { returned: { cause: [final_close, operator_redirect, no_operator] } }
    steps:
      - say: "Снова с вами."
`;
const secrets = [
  'Аристарх',
  'Вяземский',
  'аристарх',
  '5554433',
  '555-44-33',
  'vyaz@mail.ru',
  '1984',
  '48213',
  'Тверская',
  'Ирина',
  'Соколова',
];
const plantedDialog = (): Decided => {
  const dialog = decidedDialog('shop', '7', t0, planted).starts();
  dialog.passes(5_000).says('Аристарх Вяземский').delivered();
  dialog.passes(5_000).says('+7 912 555-44-33').delivered();
  dialog.passes(5_000).says('17.05.1984').delivered();
  dialog.passes(5_000).says('48213').delivered();
  dialog.passes(5_000).says('Возврат! Мне АРИСТАРХУ, Тверская 5, vyaz@mail.ru').delivered();
  dialog.passes(5_000).says('доставка на 8 (912) 555-44-33').delivered();
  dialog.passes(5_000).says('код 482137').delivered();
  dialog.passes(5_000).says('что-то ещё').delivered();
  return dialog;
};

describe('an anonymised export', () => {
  const dialogs = [plantedDialog(), supportLife('shop', '8', t0), handedOver('shop', '9', t0)];
  const lines = linesOf(dialogs);
  const anonymised = lines.map(anonymiser({ pseudonyms: hidden }));

  it('has none of the planted strings, in whatever case', () => {
    expect(textOf(lines).match(/Аристарх Вяземский/)).not.toBeNull();
    for (const secret of secrets) expect(textOf(anonymised).toLowerCase()).not.toContain(secret.toLowerCase());
    for (const line of eventsOf(lines)) expect(textOf(anonymised)).not.toContain(`"id":"${line.id}"`);
  });

  it('folds to the same states, event by event', () => {
    for (const stream of new Set(eventsOf(lines).map((line) => line.stream))) {
      const [before, after] = [lines, anonymised].map((all) => eventsOf(all).filter((line) => line.stream === stream));
      for (let length = 1; length <= (before?.length ?? 0); length++) {
        expect(stateHashes(after?.slice(0, length) ?? [])).toEqual(stateHashes(before?.slice(0, length) ?? []));
      }
    }
  });

  it('decided again, it is itself: what matched still matches', () => {
    for (const dialog of dialogs) {
      const parsed = parsePinned(dialog.source);
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings));
      const events = eventsOf(anonymised).filter((line) => line.stream === `dialog-shop-${dialog.id.chatId}`);
      const again = replay(
        events as unknown as readonly DomainEvent[],
        { script: () => parsed.script, settings: () => dialog.settings },
        'test',
      );
      expect(again.gap).toBeNull();
      const types = (of: readonly { type: string; data: unknown }[]) => of.map(({ type, data }) => `${type} ${canonical(data)}`);
      expect(types(again.events)).toEqual(types(events as { type: string; data: unknown }[]));
    }
  });

  it('joins: the same under one key, in every dialog and export; another under another key', () => {
    expect(lines.map(anonymiser({ pseudonyms: pseudonyms(key) }))).toEqual(anonymised);
    const other = textOf(lines.map(anonymiser({ pseudonyms: pseudonyms(Buffer.from('quite another key of 32 bytes....')) })));
    const [name] = shown('Ирина').split(' ');
    expect(textOf(anonymised).split(name ?? '').length).toBeGreaterThan(2);
    expect(other).not.toContain(name);
  });

  it('of what this version does not know nothing is shown', () => {
    const event = { line: 'event', stream: 'dialog-shop-1', revision: 0, id: 'x', recordedAt: 1, metadata: {} } as const;
    const hide = anonymiser({ pseudonyms: hidden });
    for (const [type, data] of [
      ['VisitorSang', { song: { text: 'Вяземский 48213' } }],
      ['Marked', { name: 'sold', comment: 'Вяземский 48213' }],
      ['InputRecorded', { input: { type: 'telepathy', text: 'Вяземский 48213' }, at: 1, settings: 'x' }],
    ] as const) {
      const text = JSON.stringify(hide({ ...event, type, data }));
      expect(text).not.toMatch(/Вяземский|48213/);
    }
  });
});

describe('a pseudonym', () => {
  it.each([
    ['+7 912 555-44-33', /^\+7 9\d\d \d{3}-\d\d-\d\d$/],
    ['8 (912) 555 44 33', /^8 \(9\d\d\) \d{3} \d\d \d\d$/],
    ['vyaz@mail.ru', /^p[0-9a-f]{16}@example\.com$/],
    ['17.05.1984', /^\d\d\.\d\d\.198\d$/],
    ['1984-05-17', /^198\d-\d\d-\d\d$/],
    ['48213', /^[1-9]\d{4}$/],
    ['00731 и 12', /^00[1-9]\d\d и 12$/],
    ['Вяземский', /^[БВГДЖЗКЛМНПРСТФХЦЧШЩ][бвгджзклмнпрстфхцчшщ]{8}$/],
    ['ИРИНА', /^[БВГДЖЗКЛМНПРСТФХЦЧШЩ]{9}$/],
    ['smith', /^[bcdfghjklmnpqrstvwxz]{9}$/],
    ['4276 3800 1234 5678', /^\d{4} \d{4} \d{4} \d{4}$/],
  ])('of %s has its form', (given, form) => {
    expect(shown(given)).toMatch(form);
    expect(shown(given)).not.toBe(given);
    expect(shown(given)).toBe(shown(given));
  });

  it('is one, however the thing is written', () => {
    const bare = (text: string): string => text.replace(/\D/g, '').slice(-10);
    expect(bare(shown('+7 912 555-44-33'))).toBe(bare(shown('89125554433')));
    expect(bare(shown('9125554433'))).toBe(bare(shown('89125554433')));
    // Two digits alone would stay.
    for (const sign of ['–', '\u2011', '\u202f', '\u2009', '/', '_'])
      expect(bare(shown(['8', '91', '25', '55', '44', '33'].join(sign)))).toBe(bare(shown('89125554433')));
    expect(shown('VYAZ@mail.ru')).toBe(shown('vyaz@MAIL.ru'));
    expect(shown('Алёна').toLowerCase()).toBe(shown('АЛЕНА').toLowerCase());
    expect(String(hidden.number(48213, noVocabulary))).toBe(shown('48213'));
  });

  it('leaves what the script says and matches by', () => {
    const vocabulary = vocabularyOf(planted);
    expect(hidden.text('Наш телефон 8 800 555-35-35, доставку, ВОЗВРАТ', vocabulary)).toBe(
      'Наш телефон 8 800 555-35-35, доставку, ВОЗВРАТ',
    );
    expect(vocabularyOf(`${planted}tests:\n  - name: Вяземский\n`).has('Вяземский')).toBe(false);
  });

  it('takes no longer for words with dots between them than a few times what it takes for others', () => {
    // Of the processor: by the clock a busy machine would be the judge.
    const costOf = (text: string): number => {
      const before = process.cpuUsage();
      shown(text);
      return process.cpuUsage(before).user;
    };
    // By the square of the text it were a hundred times as long.
    expect(costOf('a.'.repeat(30_000))).toBeLessThan(20 * costOf('a '.repeat(30_000)));
  });

  it('wants a key that can not be tried out', () => {
    expect(() => pseudonyms(Buffer.from('short'))).toThrow('at least 16');
  });
});
