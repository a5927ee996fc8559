import { describe, expect, it } from 'vitest';
import { decidedDialog, handedOver, supportLife } from '../../../test/decided-dialog.ts';
import { en } from '../texts/en.ts';
import { conversation } from './conversation.ts';
import { delaysOf, sendsOf } from './delays.ts';
import { extend, indexOf, type Step } from './history.ts';
import { linksOf } from './links.ts';
import { lookQuery, parseLook } from './look.ts';
import { masked } from './pins.ts';
import { narrowed, nextOfKind, rowAt, rowsOf } from './rows.ts';
import { marksOf } from './wording.ts';

const t0 = Date.parse('2026-03-02T09:00:00Z');
const life = extend([], supportLife('shop', '1', t0).stored());
const withPeople = extend([], handedOver('shop', '2', t0).stored());
const find = (history: readonly Step[], wanted: (step: Step) => boolean): Step => {
  const found = history.find(wanted);
  if (found === undefined) throw new Error('no such event');
  return found;
};
const typed = (history: readonly Step[], type: string) => history.filter(({ event }) => event.type === type);

describe('causes', () => {
  const links = linksOf(life);
  const causesOf = (step: Step) => links.causes(step.event.revision).map(({ why, revision }) => [why, life[revision]?.event.type]);

  it('lead from a reply to the script’s run and from that to the visitor’s message, and back', () => {
    const reply = find(
      life,
      ({ event }) => event.type === 'EffectOpened' && event.data.effect.kind === 'text' && /Заказ 204512/.test(event.data.effect.text),
    );
    const [run] = links.causes(reply.event.revision);
    expect(causesOf(reply)).toEqual([['script', 'ScriptAdvanced']]);
    const [message] = links.causes(run?.revision ?? -1);
    expect(message?.why).toBe('message');
    const said = life[message?.revision ?? -1]?.event;
    expect(said?.type === 'InputRecorded' && said.data.input.type === 'new_message' && said.data.input.message.text).toBe('204512');
    expect(links.consequences(message?.revision ?? -1).map(({ revision }) => revision)).toContain(run?.revision);
  });

  it('lead from a result to the attempt that it is of', () => {
    const second = find(
      life,
      ({ event }) => event.type === 'InputRecorded' && event.data.input.type === 'effect_result' && event.data.input.attempt === 2,
    );
    expect(causesOf(second)).toEqual([['result', 'EffectRetried']]);
  });

  it('lead from a timer to what set it, and from a reset to its flag', () => {
    const dialog = decidedDialog('shop', '3', t0).starts();
    dialog.passes(5_000).presses('order', 'Где мой заказ?').delivered().wakes();
    const history = extend([], dialog.stored());
    const fired = find(history, ({ event }) => event.type === 'DeadlineFired');
    const [set] = linksOf(history).causes(fired.event.revision);
    expect([set?.why, history[set?.revision ?? -1]?.event.type]).toEqual(['timer', 'DeadlineSet']);
    const reset = find(withPeople, ({ event }) => event.type === 'FlagReset');
    const why = linksOf(withPeople)
      .causes(reset.event.revision)
      .map((link) => withPeople[link.revision]?.event.type);
    expect(why).toEqual(['FlagSet', 'InputRecorded']);
  });

  it('lead to the message that was answered where a report of Webim had shown it before, and say it; the report is no trouble of it', () => {
    const dialog = decidedDialog('shop', '4', t0).starts();
    const text = 'Верните деньги за заказ 300123';
    const message = { hash: 'early', hashOfContent: false, kind: 'visitor', side: 'visitor' as const, text };
    dialog.passes(5_000).take({ type: 'chat_assigned', operatorId: '240001', bodyHash: 'b', messages: [message] });
    dialog.take({ type: 'new_message', message });
    const history = extend([], dialog.stored());
    const run = find(history, ({ event }) => event.type === 'ScriptAdvanced' && event.data.message === 'early');
    const [why] = linksOf(history).causes(run.event.revision);
    expect(why).toMatchObject({ why: 'message', revision: run.input, message: { text } });
    expect(typed(history, 'InputIgnored')).toHaveLength(1);
    expect(conversation(history, en).filter((turn) => turn.text === text)).toMatchObject([{ side: 'visitor' }]);
    expect(conversation(history, en).find((turn) => turn.text === text)?.remark).toBeUndefined();
  });

  it('are known of every event but of inputs from outside', () => {
    for (const history of [life, withPeople]) {
      const of = linksOf(history);
      const without = history.filter(({ event }) => of.causes(event.revision).length === 0).map(({ event }) => event.type);
      expect([...new Set(without)]).toEqual(['InputRecorded']);
    }
  });

  it('never point at what comes later', () => {
    for (const history of [life, withPeople]) {
      const of = linksOf(history);
      for (const { event } of history) for (const { revision } of of.causes(event.revision)) expect(revision).toBeLessThan(event.revision);
    }
  });
});

describe('rows', () => {
  const compact = rowsOf(life, 'compact');

  it('cover each event once, in order, in every view', () => {
    for (const view of ['compact', 'all', 'json'] as const) {
      const rows = rowsOf(life, view);
      expect(rows[0]?.first).toBe(0);
      for (const [at, row] of rows.entries()) expect(row.first).toBe((rows[at - 1]?.revision ?? -1) + 1);
      expect(rows.at(-1)?.revision).toBe(life.length - 1);
      for (const { event } of life) expect(rows[rowAt(rows, event.revision)]?.first).toBeLessThanOrEqual(event.revision);
    }
  });

  it('put plain deliveries together, and never one with trouble', () => {
    expect(compact.length).toBeLessThan(life.filter(({ opens }) => opens).length);
    expect(compact.filter((row) => row.deliveries > 0).every((row) => row.marks.length === 0)).toBe(true);
    expect(compact.find((row) => row.marks.includes('in_doubt'))?.deliveries).toBe(0);
  });

  it('are narrowed by category and by words, and find the next of a kind', () => {
    const rows = rowsOf(life, 'all');
    const trouble = narrowed(rows, new Set(['trouble']), '', en);
    expect(trouble.map((row) => row.marks)).toEqual([['in_doubt']]);
    expect(narrowed(rows, new Set(), 'ПОБЫСТРЕЕ', en)).toHaveLength(1);
    const peoples = rowsOf(withPeople, 'all');
    const types = (words: string) => narrowed(peoples, new Set(), words, en).map((row) => row.kind);
    // What a new chat brought, what an operator said, what the bot said to its end, and a button that was only offered.
    expect(types('здравствуйте').slice(0, 1)).toEqual(['input new_chat']);
    expect(types('посылка уже у курьера')).toEqual(['input chat_closed']);
    expect(types('привезём завтра с 10 до 18')).toContain('EffectOpened');
    expect(types('прайс-лист')).toContain('EffectOpened');
    const first = rows.findIndex((row) => row.kind === 'input new_message');
    const next = nextOfKind(rows, first, 1) ?? -1;
    expect(rows[next]?.kind).toBe('input new_message');
    expect(nextOfKind(rows, next, -1)).toBe(first);
    expect(nextOfKind(rows, 0, -1)).toBeUndefined();
  });

  it('say how long nothing happened', () => {
    const pauses = rowsOf(withPeople, 'all').filter((row) => row.pauseMs > 0);
    expect(pauses.map((row) => row.pauseMs)).toEqual([1_800_000]);
  });
});

describe('a long history', () => {
  it('is found by revision also where it has gaps', () => {
    const cut = extend(
      [],
      [...life.slice(0, 5), ...life.slice(9)].map(({ event }) => event),
    );
    expect(cut[indexOf(cut, 7)]?.event.revision).toBe(4);
    expect(cut[indexOf(cut, 9)]?.event.revision).toBe(9);
    expect(indexOf(cut, 1_000_000)).toBe(cut.length - 1);
  });
});

describe('trouble', () => {
  it('is marked with its reason beside the visitor’s words', () => {
    const remarks = conversation(withPeople, en).flatMap(({ text, remark }) => (remark === undefined ? [] : [[text, remark]]));
    expect(remarks).toEqual([
      ['вы тут?', 'Recorded only: it was on the wire at the change of owner'],
      ['Оператор помог? Если нет, напишите «оператор».', 'held for the next chat'],
      ['спасибо!', 'Too late: the chat is closed'],
    ]);
    expect(typed(withPeople, 'InputIgnored').flatMap(({ event }) => marksOf(event))).toEqual(['ignored']);
  });

  it('marks the operators’ stretch, and whether anything of it is visible', () => {
    const turns = conversation(withPeople, en);
    expect(turns.find((turn) => turn.opensUnseen)?.opensUnseen).toBe('partial');
    expect(turns.filter((turn) => turn.withPeople).map((turn) => turn.side)).toEqual(['note', 'visitor', 'note', 'operator']);
  });
});

describe('delays', () => {
  it('are told from received to in the log to appended, and from there to sent and answered', () => {
    const sends = sendsOf(life);
    const of = (step: Step) => Object.fromEntries(delaysOf(step, sends).map(({ key, ms }) => [key, ms]));
    expect(of(find(life, ({ event }) => event.type === 'InputRecorded' && event.data.input.type === 'new_message'))).toEqual({
      received: 7,
      decided: 9,
    });
    expect(of(find(life, ({ event }) => event.type === 'EffectOpened'))).toEqual({ sent: 41, answered: 90 });
  });
});

describe('personal variables', () => {
  it('are left out wherever variables stand, others not', () => {
    const advanced = find(life, ({ event }) => event.type === 'ScriptAdvanced' && 'phone' in event.data.variables);
    expect(JSON.stringify(masked(advanced.event, new Set(['phone']), '…'))).not.toContain('79125554433');
    expect(JSON.stringify(masked(life.at(-1)?.state, new Set(['phone']), '…'))).toContain('"order_no":"204512"');
    expect(JSON.stringify(masked(advanced.event, 'all', '…'))).not.toContain('79125554433');
    const visitor = { read: { 'visitor.name': 'Анна' }, input: { visitor: { fields: { name: 'Анна' } } }, visitorFields: { name: 'Анна' } };
    expect(JSON.stringify(masked(visitor, new Set(), '…'))).not.toContain('Анна');
  });
});

describe('the address', () => {
  it('holds the whole look', () => {
    const text = '?rev=37&view=compact&time=start&only=owner%2Ctrouble&q=%D1%84%D0%BB%D0%B0%D0%B3&d=1';
    expect(lookQuery(parseLook(new URLSearchParams(text)))).toBe(text);
    expect(lookQuery(parseLook(new URLSearchParams('rev=-1&view=nope&only=x')))).toBe('');
  });
});
