import { parseHistoryFile } from '@dialog/contracts/history-file';
import { recordTest, testText } from '@dialog/domain/record-test';
import { stateHash } from '@dialog/domain/state-hash';
import { parseScript } from '@dialog/script/parse';
import { describe, expect, it } from 'vitest';
import { decidedDialog, handedOver, settingsOf, supportLife, supportSource } from '../../../../test/decided-dialog.ts';
import { en } from '../../texts/en.ts';
import { conversation } from '../conversation.ts';
import { extend } from '../history.ts';
import type { PinnedAll } from '../pins.ts';
import { historyFile } from '../save.ts';
import { fork, pinnedOf } from './forked.ts';

const t0 = Date.parse('2026-03-02T09:00:00Z');
const life = supportLife('shop', '1', t0);
const history = extend([], life.stored());
const all: PinnedAll = {
  scripts: { [life.scriptHash]: { source: supportSource, personal: ['phone'] } },
  settings: { [life.settingsHash]: settingsOf('shop') },
};

describe('a downloaded history', () => {
  it('read back, folds to the same state and forks to the same stream', () => {
    const text = JSON.stringify(historyFile({ account: 'shop', chatId: '1', history, pinned: all, savedAt: t0, erased: false }));
    const file = parseHistoryFile(text);
    const again = extend([], file.events as Parameters<typeof extend>[1]);
    expect(stateHash(again.at(-1)?.state ?? life.state())).toBe(stateHash(life.state()));
    const forked = fork(again, 0, pinnedOf(file), {});
    expect([forked.differsFrom, forked.result.gap]).toEqual([null, null]);
    expect(stateHash(forked.result.state)).toBe(stateHash(life.state()));
  });

  it('without personal data holds none, and folds to the same state', () => {
    const text = JSON.stringify(historyFile({ account: 'shop', chatId: '1', history, pinned: all, savedAt: t0, erased: true }));
    expect(text).not.toMatch(/Соколова|555-44-33|79125554433|не помню/);
    const { events } = parseHistoryFile(text);
    // A stored id is a digest of the data: what was taken out could be tried until it comes out.
    expect(events.map(({ id }) => id)).toEqual(history.map(({ event }) => String(event.revision)));
    const again = extend([], events as Parameters<typeof extend>[1]);
    expect(stateHash(again.at(-1)?.state ?? life.state())).toBe(stateHash(life.state()));
  });

  it('that is none is refused with the reason', () => {
    const file = historyFile({ account: 'shop', chatId: '1', history, pinned: all, savedAt: t0, erased: false });
    expect(() => parseHistoryFile('{"a"')).toThrow('it is not JSON');
    expect(() => parseHistoryFile('{}')).toThrow(/^format: /);
    expect(() => parseHistoryFile(JSON.stringify({ ...file, events: [] }))).toThrow(/^events: /);
    expect(() => parseHistoryFile(JSON.stringify({ ...file, events: [...file.events, file.events[0]] }))).toThrow(
      'the revisions do not rise',
    );
  });
});

describe('the conversation of a fork', () => {
  it('has nothing of what Webim’s report repeats of the recording', () => {
    const dialog = decidedDialog('shop', '3', t0).starts('Здравствуйте');
    dialog.passes(8_000).presses('order', 'Где мой заказ?').delivered();
    const asks = dialog.length();
    dialog.passes(9_000).says('204512').delivered();
    const recorded = extend([], dialog.stored());
    const answered = recorded.findLast(({ event }) => event.type === 'InputRecorded' && event.data.input.type === 'new_message')?.event;
    if (answered?.type !== 'InputRecorded' || answered.data.input.type !== 'new_message') throw new Error('no answer');
    dialog.passes(1_000).closed(answered.data.input.message, {
      id: 'b1',
      hash: 'b1',
      hashOfContent: false,
      kind: 'operator',
      side: 'operator',
      text: 'Заказ 204512 в пути, привезём завтра с 10 до 18.',
      operatorId: '240001',
    });
    const whole = extend([], dialog.stored());
    const pinned = pinnedOf({
      scripts: { [dialog.scriptHash]: { source: supportSource, personal: [] } },
      settings: { [dialog.settingsHash]: dialog.settings },
    });
    const made = fork(whole, asks, pinned, { answer: { text: '100001' } });
    const turns = conversation([...whole.slice(0, made.result.from), ...made.forked], en, {
      bots: new Set(['240001']),
      recorded: made.recorded,
    });
    expect(turns.map(({ text }) => text)).not.toContain('204512');
    expect(turns.map(({ text }) => text).filter((text) => text.includes('204512 в пути'))).toEqual([]);
    expect(turns.filter(({ side, text }) => side === 'visitor' && text === '100001')).toHaveLength(1);
    expect(turns.filter(({ side }) => side === 'operator')).toEqual([]);
  });
});

describe('a recorded dialog as a script test', () => {
  const written = (of: ReturnType<typeof supportLife>, name: string) =>
    recordTest(
      extend([], of.stored()).map(({ event }) => event),
      { name, personal: ['phone'] },
    );

  it('is read by the script’s own reader, with every name known', () => {
    const tests = [written(life, 'a phone left'), written(handedOver('shop', '2', t0), 'handed over')].map(testText).join('');
    const parsed = parseScript(`${supportSource.replace(/^tests:[\s\S]*$/m, '')}\ntests:\n${tests}`);
    expect(parsed.ok ? parsed.tests.map((test) => test.name) : parsed.findings).toEqual(['a phone left', 'handed over']);
  });

  it('says what came in and what came of it', () => {
    const { given, expect: facts, leftOut } = written(handedOver('shop', '2', t0), 'handed over');
    expect(given.map((item) => Object.keys(item)[0]).filter((kind) => kind !== 'later')).toEqual([
      'chat_start',
      'text',
      'button',
      'text',
      'text',
      'text',
      'operator_assigned',
      'chat_closed',
      'text',
    ]);
    expect(given).toContainEqual({ later: '30m' });
    expect(facts).toContainEqual({ said: 'Заказ 204512 в пути, привезём завтра с 10 до 18.' });
    expect(facts).toContainEqual({ marked: 'handed_over' });
    expect(facts.slice(-4)).toEqual([{ handed_over: 1 }, { flag_reset: 1 }, { script_ran: { after_close: 1 } }, { owner: 'nobody' }]);
    expect(leftOut).toEqual([]);
  });

  it('replaces personal data by others of the same form, alike in what was said and what was answered', () => {
    const text = testText(written(life, 'x'));
    expect(text).not.toMatch(/555-44-33|79125554433|Соколова/);
    expect(text).toContain('- text: "+7 900 000-00-01"');
    expect(text).toContain('Спасибо! Позвоним на +79000000001 в рабочее время.');
    expect(text).toContain('- text: "204512"');
    expect(text).toContain('# left out: the result of an effect: in_doubt');
  });
});
