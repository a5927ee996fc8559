import { type DomainEvent, domainEventSchemas } from '@dialog/contracts/domain-event';
import { initialDialog } from '@dialog/domain/state';
import { summarize } from '@dialog/domain/summary';
import { describe, expect, it } from 'vitest';
import type { StoredEvent } from '../../../src/api/schemas.ts';
import { decidedDialog, handedOver } from '../../../test/decided-dialog.ts';
import {
  inQueue,
  newMessage,
  opened,
  parked,
  result,
  type SampleDialog,
  settled,
  visitorSays,
  wholeLife,
  withBot,
} from '../../../test/sample-dialogs.ts';
import { en } from '../texts/en.ts';
import { ru } from '../texts/ru.ts';
import { conversation } from './conversation.ts';
import { changes, factsOf } from './facts.ts';
import { extend } from './history.ts';
import { wording } from './wording.ts';

const t0 = Date.parse('2026-03-02T09:00:00Z');
const stored = (dialog: SampleDialog): StoredEvent[] =>
  dialog.appends.flat().map((event, revision) => ({ ...event, revision, recordedAt: t0 }));
const turnsOf = (dialog: SampleDialog) =>
  conversation(extend([], stored(dialog)), en).map(({ side, text, remark, opensUnseen }) => [
    side,
    text,
    ...(remark ? [remark] : []),
    ...(opensUnseen ? [opensUnseen] : []),
  ]);

describe('the history', () => {
  it('folds page by page to the state of the domain, and takes no event twice', () => {
    const dialog = wholeLife('shop', '1', t0);
    const events = stored(dialog);
    const history = extend(extend(extend([], events.slice(0, 9)), events.slice(4, 20)), events);
    expect(history.map((step) => step.event.revision)).toEqual(events.map((event) => event.revision));
    expect(summarize(history.at(-1)?.state ?? dialog.state())).toEqual(summarize(dialog.state()));
  });

  it('stands still at an event that it can’t fold', () => {
    const events = stored(inQueue('shop', '1', t0));
    const broken = { ...(events[1] as StoredEvent), revision: events.length, type: 'EffectOpened', data: null, metadata: 'x' };
    const history = extend([], [...events, broken]);
    expect(history.at(-1)).toMatchObject({ metadata: null });
    expect(history.at(-1)?.state).toBe(history.at(-2)?.state);
    expect(wording(broken as StoredEvent & DomainEvent, en)).toBe('EffectOpened');
  });
});

describe('the conversation', () => {
  it('is what reached the visitor, with the people’s stretch marked once', () => {
    expect(turnsOf(wholeLife('shop', '1', t0)).slice(-8)).toEqual([
      ['bot', 'Зову коллегу, он ответит здесь же.'],
      ['note', 'Handed to people: in the queue', 'partial'],
      ['note', 'Operator 7 has the chat'],
      ['operator', 'Отправим курьером, будет завтра до обеда.'],
      ['visitor', 'Спасибо!'],
      ['note', 'The chat is closed'],
      ['note', 'Return: the chat was closed'],
      ['bot', 'Оцените, пожалуйста, разговор.', 'not said: no open chat'],
    ]);
  });

  it('shows what did not reach the visitor with its reason, and a repeated message once', () => {
    const hello = visitorSays('Алло?', 'cafe000000000001');
    const dialog = withBot('shop', '1', t0)
      .input(1_000, newMessage(hello), opened(2, { kind: 'text', text: 'Слушаю' }))
      .input(10, newMessage(hello), { type: 'InputRepeated', data: { of: hello.hash, what: 'message' } })
      .input(10, result(2, { outcome: 'suppressed' }), settled(2, 'suppressed'));
    expect(turnsOf(dialog).slice(-2)).toEqual([
      ['visitor', 'Алло?'],
      ['bot', 'Слушаю', 'not delivered: suppressed'],
    ]);
  });
});

describe('the bot’s own words in a report of Webim', () => {
  const bots = new Set(['240001']);
  const dialog = decidedDialog('shop', '1', t0).starts('Здравствуйте');
  const last = 'Назовите номер заказа (6 цифр).';
  dialog.passes(9_000).presses('order', 'Где мой заказ?');
  const at = dialog.now() + 50;
  const reported = (id: string, text: string, more: object = {}) => ({
    id,
    hash: id,
    hashOfContent: false,
    kind: 'operator',
    side: 'operator' as const,
    text,
    operatorId: '240001',
    at,
    ...more,
  });
  dialog
    .passes(100)
    .closed(
      reported('m1', 'Здравствуйте! Я бот поддержки магазина «Полка».'),
      reported('m2', '', { kind: 'keyboard' }),
      reported('m3', last),
      reported('m4', '', { kind: 'file_operator', file: { name: 'price.pdf' } }),
      reported('m5', '', { kind: 'file_operator', file: { name: 'photo.jpg' }, operatorId: '7' }),
      reported('m6', 'Чем помочь?', { operatorId: '7' }),
    );
  const history = extend([], dialog.stored());
  const said = conversation(history, en, { bots }).map(({ side, text, at: when }) => [side, text, when]);
  const from = said.findIndex(([, text]) => text === last);

  it('stand once, as the bot’s, before the close that overtook their result; at their own time', () => {
    expect(said.filter(([, text]) => text === last)).toEqual([['bot', last, at]]);
    expect(said.findIndex(([, text]) => text === en.turn.closed)).toBeGreaterThan(from);
  });

  it('never come as an operator’s, and an operator’s stand even where they are the same words', () => {
    expect(said.slice(from + 1, from + 4)).toEqual([
      ['bot', `${en.turn.file}: price.pdf`, at],
      ['operator', `${en.turn.file}: photo.jpg`, at],
      ['operator', 'Чем помочь?', at],
    ]);
    expect(said.filter(([side]) => side === 'operator')).toHaveLength(2);
  });

  it('are known by the words where Webim names no operator, or the bot’s number is not known', () => {
    const unknown = conversation(history, en).filter(({ text }) => text === last || text === '');
    expect(unknown.map(({ side }) => side).filter((side) => side === 'operator')).toEqual([]);
  });
});

describe('the facts', () => {
  it('mark what an event changed, and only that', () => {
    const history = extend([], stored(inQueue('shop', '1', t0)));
    const at = history.findIndex((step) => step.event.type === 'FlagSet');
    const [before, after] = [history[at - 1], history[at]];
    if (!before || !after) throw new Error('no FlagSet');
    const changed = changes(factsOf(before.state, en, 'en'), factsOf(after.state, en, 'en')).filter((fact) => fact.change !== 'none');
    expect(changed.map(({ key, before: was, text }) => [key, was, text])).toEqual([
      ['flag', 'no', 'yes: handed over by the script'],
      ['episode', '—', '2'],
    ]);
  });
});

describe('the words', () => {
  it.each([
    ['en', en],
    ['ru', ru],
  ] as const)('name every type of event (%s)', (_, t) => {
    expect(Object.keys(t.event).sort()).toEqual(Object.keys(domainEventSchemas).sort());
    for (const dialog of [wholeLife('shop', '1', t0), parked('shop', '2', t0)]) {
      for (const event of stored(dialog) as (StoredEvent & DomainEvent)[]) {
        const words = wording(event, t);
        expect(words).not.toMatch(/undefined|null|\[object|NaN/);
        expect(words).not.toBe(event.type);
      }
    }
  });
});

describe('what was read from Stored Data after the close', () => {
  const dialog = handedOver('shop', '2', t0);
  const closedAt = dialog.now();
  const said = (text: string, at: number, more: object = {}) => ({
    id: text,
    hash: text,
    hashOfContent: false,
    kind: 'operator',
    side: 'operator',
    text,
    operatorId: '7',
    at,
    ...more,
  });
  const known = dialog.stored().flatMap(({ data }) => {
    const { input } = data as { input?: { message?: { hash: string; text?: string } } };
    return input?.message?.text === 'вы тут?' ? [input.message.hash] : [];
  });
  dialog.take({
    type: 'chat_imported',
    closed: true,
    messages: [
      said('вы тут?', closedAt - 1_900_000, { hash: known[0], side: 'visitor', kind: 'visitor' }),
      said('Здравствуйте, это Анна', closedAt - 1_700_000),
      said('Спасибо, жду', closedAt - 1_600_000, { side: 'visitor', kind: 'visitor' }),
    ],
  });
  const turns = conversation(extend([], dialog.stored()), en);

  it('stands where it was said, and what was known already stands once', () => {
    expect(turns.filter(({ text }) => text === 'вы тут?')).toHaveLength(1);
    const at = turns.findIndex(({ remark }) => remark === en.turn.imported);
    expect(turns.slice(at, at + 2).map(({ side, text, withPeople }) => [side, text, withPeople])).toEqual([
      ['operator', 'Здравствуйте, это Анна', true],
      ['visitor', 'Спасибо, жду', true],
    ]);
    expect(at).toBeGreaterThan(turns.findIndex(({ text }) => text === 'вы тут?'));
    expect(at).toBeLessThan(turns.findIndex(({ text }) => text === en.turn.closed));
    expect(turns.find(({ opensUnseen }) => opensUnseen !== undefined)?.opensUnseen).toBe('imported');
  });

  it('keys are unique, and it moves no state', () => {
    expect(new Set(turns.map(({ key }) => key)).size).toBe(turns.length);
    const [before, after] = extend([], dialog.stored()).slice(-2);
    expect(summarize(after?.state ?? initialDialog)).toEqual(summarize(before?.state ?? initialDialog));
  });
});
