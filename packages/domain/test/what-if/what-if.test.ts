import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold } from '../../src/evolve.ts';
import { initialDialog } from '../../src/state.ts';
import { canonical, stateHash } from '../../src/state-hash.ts';
import { replacedBy } from '../../src/what-if/answer.ts';
import { type WhatIf, whatIf } from '../../src/what-if.ts';
import { aDialog } from '../kit/dialog.ts';
import { live, move, options } from '../kit/moves.ts';

const bare = (events: readonly { readonly type: string; readonly data: unknown }[]) => events.map(({ type, data }) => ({ type, data }));
const eventsOf = (fork: WhatIf) => fork.appends.flatMap(({ events }) => events);
const heardIn = (fork: WhatIf) =>
  eventsOf(fork).flatMap((event) => (event.type === 'EffectOpened' && event.data.effect.kind === 'text' ? [event.data.effect.text] : []));
const indexOfText = (stream: readonly { readonly type: string }[], text: string) =>
  stream.findIndex((event) => event.type === 'InputRecorded' && JSON.stringify(event).includes(`"text":"${text}"`));

const moves = fc.array(move, { minLength: 1, maxLength: 40, size: 'max' });

describe('a fork that changes nothing', () => {
  it('gives the recorded stream, whatever happened and wherever it starts', () => {
    fc.assert(
      fc.property(options, moves, fc.nat(), (given, happens, place) => {
        const { dialog } = live(given, happens);
        const stream = dialog.stream();
        if (stream.length === 0) return;
        const fork = whatIf(stream, place % stream.length, dialog.pinned(), {});
        expect([fork.gap, fork.divergedAt, fork.skipped]).toEqual([null, null, 0]);
        expect(canonical(bare(eventsOf(fork)))).toBe(canonical(bare(stream.slice(fork.from))));
        expect(stateHash(fork.state)).toBe(stateHash(dialog.state()));
      }),
      { numRuns: 200 },
    );
  });
});

describe('a fork with another answer', () => {
  it('comes to rest with the state of its own events, whatever happened', () => {
    fc.assert(
      fc.property(options, moves, fc.nat(), fc.constantFrom('order', 'human', 'menu', 'bye', '?'), (given, happens, place, text) => {
        const { dialog } = live(given, happens);
        const stream = dialog.stream();
        if (stream.length === 0) return;
        const fork = whatIf(stream, place % stream.length, dialog.pinned(), { answer: { text } });
        expect(fork.gap).toBeNull();
        expect(stateHash(fold([...stream.slice(0, fork.from), ...eventsOf(fork)], initialDialog))).toBe(stateHash(fork.state));
        expect(fork.appends.filter(({ origin }) => origin === 'changed').length).toBeLessThanOrEqual(1);
        for (const [at, append] of fork.appends.entries()) expect(append.at).toBeGreaterThanOrEqual(fork.appends[at - 1]?.at ?? 0);
      }),
      { numRuns: 200 },
    );
  });

  const asked = () => {
    const dialog = aDialog().welcomed();
    dialog.passes(5_000);
    dialog.says('hello');
    dialog.passes(700);
    dialog.accepts();
    dialog.passes(5_000);
    dialog.says('order');
    dialog.accepts();
    dialog.passes(5_000);
    dialog.says('42');
    dialog.accepts();
    return dialog;
  };

  it('takes results from the recording where it is the same effect, and marks those that it assumes', () => {
    const dialog = asked();
    const at = indexOfText(dialog.stream(), 'hello');
    const fork = whatIf(dialog.stream(), at, dialog.pinned(), { answer: { text: 'two' } });
    expect(heardIn(fork).slice(0, 3)).toEqual(['one', 'two', 'which number?']);
    // `one` and `two` were never said; `which number?` was, and its result is known.
    expect(fork.appends.map(({ origin }) => origin).slice(0, 5)).toEqual(['changed', 'assumed', 'assumed', 'recorded', 'recorded']);
    expect(fork.divergedAt).toBe(0);
  });

  it('marks what was said to other words, and an answer to what was not asked', () => {
    const dialog = asked();
    const at = indexOfText(dialog.stream(), 'order');
    const fork = whatIf(dialog.stream(), at, dialog.pinned(), { answer: { text: 'quiet' } });
    expect(fork.appends.map(({ origin, doubt }) => [origin, doubt])).toEqual([
      ['changed', null],
      ['recorded', 'not_asked'],
      ['assumed', null],
    ]);
    expect(heardIn(fork)).toEqual(['what?']);
  });

  it('stands for the first words that a new chat brings, and for what is new in one that comes again', () => {
    const dialog = aDialog();
    dialog.newChat(['hello']);
    dialog.accepts();
    dialog.passes(5_000);
    dialog.says('order');
    dialog.accepts();
    const stream = dialog.stream();
    expect(replacedBy(stream, 0)).toMatchObject({ of: 0, message: { text: 'hello' } });
    const fork = whatIf(stream, 2, dialog.pinned(), { answer: { text: 'two' } });
    expect([fork.from, fork.appends[0]?.origin]).toEqual([0, 'changed']);
    expect(heardIn(fork)).toContain('two');
    const [opening] = stream;
    if (opening?.type !== 'InputRecorded' || opening.data.input.type !== 'new_chat') throw new Error('no new chat');
    const more = {
      ...opening.data.input,
      inputId: 'again',
      messages: [...opening.data.input.messages, { ...opening.data.input.messages[0], hash: 'new', text: 'later' }],
    };
    const again = [...stream, { ...opening, data: { ...opening.data, input: more } }] as typeof stream;
    expect(replacedBy(again, stream.length - 1)).toMatchObject({ of: stream.length, message: { text: 'later' } });
    expect(replacedBy(stream, stream.length - 1)).toBeUndefined();
  });

  it('leaves out an operator for a chat that was never handed over, and hands over in its own time', () => {
    const dialog = aDialog().withOperator();
    const at = indexOfText(dialog.stream(), 'human');
    const stayed = whatIf(dialog.stream(), at, dialog.pinned(), { answer: { text: 'hello' } });
    expect([stayed.skipped, stayed.state.status === 'live' && stayed.state.holder.owner]).toEqual([1, 'bot']);

    const plain = asked();
    const handed = whatIf(plain.stream(), indexOfText(plain.stream(), '42'), plain.pinned(), { answer: { text: 'human' } });
    expect(handed.state.status === 'live' && [handed.state.holder.owner, handed.state.flag?.cause]).toEqual(['queue', 'handover']);
  });

  it('adds the answer at the end where nothing more was said', () => {
    const dialog = asked();
    const fork = whatIf(dialog.stream(), dialog.stream().length - 1, dialog.pinned(), { answer: { text: 'hello' } });
    expect(fork.appends.map(({ origin }) => origin)).toEqual(['changed', 'assumed']);
    expect(heardIn(fork)).toEqual(['hello back']);
  });

  it('fires the timers that it set, and not the recorded ones', () => {
    const dialog = aDialog().welcomed();
    dialog.passes(5_000);
    dialog.says('hello');
    dialog.accepts();
    dialog.passes(3_600_000);
    dialog.says('two');
    dialog.accepts();
    const fork = whatIf(dialog.stream(), indexOfText(dialog.stream(), 'hello'), dialog.pinned(), { answer: { text: 'order' } });
    expect(fork.appends.map(({ origin }) => origin)).toContain('timer');
    expect(eventsOf(fork).flatMap((event) => (event.type === 'Marked' ? [event.data.name] : []))).toEqual(['asked_in_vain']);
  });
});

describe('a fork with another setting', () => {
  it('goes its own way from the first decision that comes out differently', () => {
    const dialog = aDialog().handedOver();
    dialog.passes(60_000);
    dialog.says('still there?');
    const calm = whatIf(dialog.stream(), 0, dialog.pinned(), { settings: { handbackGraceMs: 10_000 } });
    expect(calm.divergedAt).toBeNull();
    const fork = whatIf(dialog.stream(), 0, dialog.pinned(), { settings: { handbackGraceMs: 600_000 } });
    expect(eventsOf(fork).map((event) => event.type)).toContain('InputIgnored');
    expect(fork.divergedAt).toBeGreaterThan(0);
  });

  it('names what it can’t resolve', () => {
    const dialog = aDialog().welcomed();
    const pinned = { ...dialog.pinned(), script: () => undefined };
    expect(whatIf(dialog.stream(), 0, pinned, {}).gap).toEqual({ missing: 'script', hash: 'script' });
  });
});
