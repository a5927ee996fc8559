import type { AccountId, ChatId } from '@dialog/contracts/ids';
import type { DialogSettings } from '@dialog/contracts/settings';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { erasePersonal, eraseVisitorPersonal } from '../../src/erase-personal.ts';
import { fold } from '../../src/evolve.ts';
import { replay } from '../../src/replay.ts';
import { initialDialog } from '../../src/state.ts';
import { canonical, stateHash } from '../../src/state-hash.ts';
import { decideVisitor, parkVisitor } from '../../src/visitor/decide.ts';
import { foldVisitor } from '../../src/visitor/evolve.ts';
import { visitorHash } from '../../src/visitor/hash.ts';
import { replayVisitor } from '../../src/visitor/replay.ts';
import { initialVisitor } from '../../src/visitor/state.ts';
import {
  assigned,
  closes,
  expires,
  keeper,
  next,
  nothingYet,
  opens,
  person,
  type Rules,
  rulesOf,
  says,
  settled,
  takeVisitor,
  type World,
  wakes,
} from './world.ts';

const rules = rulesOf();
const later = (world: World, ms = 10_000): World => ({ ...world, now: world.now + ms });
const rest = (world: World): World => settled(world, rules);
const began = (world: World, chat: string): World => rest(opens(later(world, 1), chat, rules));
/** Had by people, then closed for good: a text is held. */
const helped = (world: World, chat: string): World => rest(closes(assigned(later(world), chat, rules), chat, rules));
const read = (world: World, chat: string): string[] => world.said.filter((one) => one.chat === chat).map((one) => one.text);
const types = (world: World, chat: string): string[] => world.dialogs[chat]?.events.map((event) => event.type) ?? [];

it('tells the twenty newest of his open chats that another began, not each of thousands', () => {
  let state = initialVisitor;
  const context = { at: 0, settings: { heldTextTtlMs: 1_000 }, settingsHash: 's', producer: 'test' };
  const told: (readonly string[])[] = [];
  for (let chat = 0; chat < 23; chat++) {
    const decided = decideVisitor(
      state,
      {
        type: 'visitor_chat_open',
        inputId: `opens-${chat}`,
        account: 'acme' as AccountId,
        visitor: '0123456789abcdef',
        receivedAt: chat,
        chatId: `${chat}` as ChatId,
        chatIdForm: 'number',
        since: chat,
        reopened: false,
        asks: false,
      },
      { ...context, at: chat },
    );
    state = decided.state;
    told.push(decided.events.flatMap((event) => (event.type === 'ChatStartPassedOn' ? event.data.to.map(({ chatId }) => chatId) : [])));
  }
  expect(told.map((to) => to.length)).toEqual([...Array.from({ length: 20 }, (_, chat) => chat), 20, 20, 20]);
  expect(new Set(told.at(-1))).toEqual(new Set(Array.from({ length: 20 }, (_, at) => String(at + 2))));
});

describe('§5.6 what one chat leaves for the next', () => {
  it('the held text comes first, then the greeting', () => {
    expect(read(began(helped(began(nothingYet, 'A'), 'A'), 'B'), 'B')).toEqual(['did it help?', 'welcome ']);
  });

  it('is said once, and not in the chat after that', () => {
    const world = began(began(helped(began(nothingYet, 'A'), 'A'), 'B'), 'C');
    expect([read(world, 'C'), world.visitor.held]).toEqual([['welcome '], []]);
  });

  it('goes to the newest of the open chats', () => {
    const world = helped(began(began(began(nothingYet, 'A'), 'B'), 'C'), 'A');
    expect([read(world, 'B'), read(world, 'C')]).toEqual([['welcome '], ['welcome ', 'did it help?']]);
  });

  it('without an answer it greets after 3 s; what comes later counts from the next step on', () => {
    let world = opens(helped(began(nothingYet, 'A'), 'A'), 'B', rules);
    const asked = world.now;
    expect(world.dialogs['B']?.state).toMatchObject({ start: 'awaits_visitor' });
    world = wakes(world, 'B', rules);
    expect(world.now - asked).toBe(3_000);
    expect(read(rest(world), 'B')).toEqual(['welcome ', 'did it help?']);
  });

  it('messages that arrive meanwhile wait', () => {
    const world = says(opens(nothingYet, 'A', rules), 'A', 'hello', rules);
    expect(types(world, 'A').slice(-2)).toEqual(['InputRecorded', 'MessageQueued']);
    expect(read(rest(world), 'A')).toEqual(['welcome ', 'known  ']);
  });

  it('people got the chat while it waited: no greeting, the text stays for another chat', () => {
    let world = helped(began(nothingYet, 'A'), 'A');
    world = rest(assigned(later(opens(world, 'B', rules)), 'B', rules));
    expect([read(world, 'B'), world.visitor.held.map((text) => text.givenBackBy)]).toEqual([[], [['B']]]);
    expect(read(began(world, 'C'), 'C')).toEqual(['did it help?', 'welcome ']);
  });

  it('expiring is an event; nothing is said after it', () => {
    const world = expires(helped(began(nothingYet, 'A'), 'A'), rules);
    expect(world.events.at(-1)).toMatchObject({ type: 'VisitorTextExpired', data: { why: 'time' } });
    expect(read(began(world, 'B'), 'B')).toEqual(['welcome ']);
  });

  it('a wake before its time, and a note written again, append nothing', () => {
    const world = helped(began(nothingYet, 'A'), 'A');
    const early = takeVisitor(
      world,
      { type: 'visitor_timer_due', inputId: 't', ...person, receivedAt: world.now, dueAt: world.now },
      rules,
    );
    expect(early.events).toHaveLength(world.events.length);
    const inputs = world.events.flatMap((event) => (event.type === 'InputRecorded' ? [event.data.input] : []));
    expect(inputs.reduce((at, input) => takeVisitor(at, input, rules), world).events).toHaveLength(world.events.length);
  });

  it('of more than 20 the oldest goes, as an event', () => {
    let world = began(nothingYet, 'A');
    for (let at = 0; at < 21; at++) {
      const held = {
        type: 'visitor_text_held',
        inputId: `h-${at}`,
        ...person,
        chatId: 'A' as never,
        receivedAt: world.now,
        text: 'x',
      } as const;
      world = takeVisitor({ ...world, visitor: { ...world.visitor, chats: [] } }, held, rules);
    }
    expect(world.events.filter((event) => event.type === 'VisitorTextExpired')).toMatchObject([{ data: { id: 'h-0', why: 'too_many' } }]);
    expect(world.visitor.held).toHaveLength(20);
  });
});

describe('§5.6 variables that are the visitor’s', () => {
  const phones = (world: World, chat: string, phone: string): World => rest(says(rest(says(world, chat, '+', rules)), chat, phone, rules));

  it('a new chat has them at its greeting, an open one from its next step on', () => {
    const world = began(phones(began(began(nothingYet, 'A'), 'B'), 'A', '111'), 'C');
    expect(read(world, 'C')).toEqual(['welcome 111']);
    expect(read(rest(says(world, 'B', 'hello', rules)), 'B').at(-1)).toBe('known 111 ');
  });

  it('of two changes the one later in his log counts, in every chat', () => {
    let world = rest(says(rest(says(began(began(nothingYet, 'A'), 'B'), 'A', '+', rules)), 'B', '+', rules));
    // Both before either is known to the other.
    world = rest(says(says(world, 'A', '111', rules), 'B', '222', rules));
    expect(world.visitor.variables).toEqual({ phone: '222' });
    for (const chat of ['A', 'B']) expect(read(rest(says(world, chat, 'hello', rules)), chat).at(-1)).toBe('known 222 ');
  });
});

describe('§5.6 the visitor’s next chat', () => {
  const overdue = (): World => {
    let world = assigned(later(began(nothingYet, 'A')), 'A', rules);
    for (let wake = 0; wake < 4 && !types(world, 'A').includes('CloseOverdue'); wake++) world = wakes(world, 'A', rules);
    return world;
  };

  it('closes one whose close is overdue, by inference, with its own cause and Return', () => {
    const world = began(overdue(), 'B');
    expect(world.dialogs['A']?.events.find((event) => event.type === 'DialogClosed')).toMatchObject({
      data: { cause: 'abandoned', final: false, returnCause: 'abandoned' },
    });
    expect(read(world, 'B')).toEqual(['welcome ', 'did it help?']);
  });

  it('moves nothing where the close is not overdue', () => {
    const world = began(began(nothingYet, 'A'), 'B');
    expect(types(world, 'A').slice(-2)).toEqual(['InputRecorded', 'InputIgnored']);
  });
});

describe('§6.7 a visitor that is parked', () => {
  it('is marked in his stream; his chats greet without him', () => {
    const events = parkVisitor(
      initialVisitor,
      { input: { inputId: 'parked', ...person }, reason: 'not_json', place: 'inbox/0/7' },
      {
        at: 1,
        settings: rules.settings,
        settingsHash: '',
        producer: 'test',
      },
    );
    expect(events).toMatchObject([{ type: 'VisitorParked', data: { reason: 'not_json', inputId: 'inbox/0/7' } }]);
    expect(read(settled(wakes({ ...opens(nothingYet, 'A', rules), inbox: [] }, 'A', rules), rules), 'A')).toEqual(['welcome ']);
  });
});

describe('whatever happens to a person', () => {
  const acts: readonly ((world: World, rules: Rules) => World)[] = [
    ...['A', 'B', 'C'].flatMap((chat) => [
      (world: World, by: Rules) => opens(world, chat, by),
      (world: World, by: Rules) => says(world, chat, '+', by),
      (world: World, by: Rules) => says(world, chat, '555', by),
      (world: World, by: Rules) => assigned(later(world), chat, by),
      (world: World, by: Rules) => closes(world, chat, by),
      (world: World, by: Rules) => wakes(world, chat, by),
    ]),
    (world, by) => expires(world, by),
    (world) => later(world, 3_600_000),
  ];
  const outcomes = ['accepted', 'accepted', 'refused', 'in_doubt'] as const;

  it('both streams replay, fold alike without personal data, and no text is said twice', () => {
    const step = fc.tuple(fc.nat(acts.length - 1), fc.nat(7));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: 'max' }), fc.boolean(), fc.nat(3), (steps, twice, seed) => {
        const by = rulesOf({
          twice,
          answer: (_chat, open) => ({ outcome: outcomes[(open.number + seed) % 4] ?? 'accepted', reason: 'other' }),
        });
        let world = nothingYet;
        for (const [act, turns] of steps) {
          world = acts[act]?.(world, by) ?? world;
          for (let turn = 0; turn < turns; turn++) {
            const following = next(world, by);
            world = following[(turn + act) % Math.max(1, following.length)] ?? world;
          }
        }
        const settings = (): DialogSettings => by.settings;
        expect(canonical(replayVisitor(world.events, settings, 'test').events)).toBe(canonical(world.events));
        expect(visitorHash(foldVisitor(world.events.map(eraseVisitorPersonal), initialVisitor))).toBe(visitorHash(world.visitor));
        for (const { events, state } of Object.values(world.dialogs)) {
          const again = replay(events, { script: () => keeper, settings }, 'test');
          expect(canonical(again.events)).toBe(canonical(events));
          expect(stateHash(fold(events.map(erasePersonal), initialDialog))).toBe(stateHash(state));
        }
        const taken = world.events.flatMap((event) => (event.type === 'VisitorTextTaken' ? [event.data.id] : []));
        expect(new Set(taken).size).toBe(taken.length);
      }),
      { numRuns: 150 },
    );
  });
});
