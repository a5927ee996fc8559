import { describe, expect, it } from 'vitest';
import { answered, bot, botOf, noon, start, talk } from '../test/kit/bot.ts';

describe('modes', () => {
  it('silent: speaking ends it', () => {
    const talking = talk(botOf('[{ mark: m }, { say: x }]'));
    expect(talking.then(start, 'silent')).toEqual(['mark m', '(needs_chat)']);
  });
  it('final: texts go out to be held or dropped, an answer ends it, http goes on', () => {
    const script = bot(`
vars: { a: { type: json } }
scripts:
  back: { when: { returned: { cause: [final_close] } }, deliver: drop, steps: [{ say: bye }, { http: { get: "https://a.example/" } }, { say: after }, { ask: { text: q, save: a } }] }
`);
    const talking = talk(script, { returnCause: 'auto_close_timeout' });
    expect(talking.then({ kind: 'returned', cause: 'auto_close_timeout' }, 'final')[0]).toBe('bye');
    expect(talking.last()).toMatchObject({ outcome: 'waiting', deliver: 'drop', script: 'back' });
    expect(talking.then(answered(200), 'final')).toEqual(['after', '(needs_answer)']);
    expect(talking.last().deliver).toBe('drop');
  });
  it('texts wait for the next chat unless the script says otherwise', () => {
    const talking = talk(bot('scripts: { back: { when: { returned: { cause: [final_close] } }, steps: [{ say: bye }] } }'));
    talking.then({ kind: 'returned', cause: 'final_close' }, 'final');
    expect(talking.last().deliver).toBe('next_chat');
  });
});

describe('reads', () => {
  it('are recorded by path, with the value, cut where it is long', () => {
    const talking = talk(
      botOf('[{ set: { n: 3 } }, { if: n > 2 and visitor.vip, then: [{ say: "{{ visitor.name }} {{ a.b }}" }], else: [{ say: x }] }]'),
      { now: noon },
    );
    talking.then(start);
    expect(talking.last().reads).toEqual({ n: 3, 'visitor.vip': null });
    const long = talk(botOf('[{ say: "{{ visitor.long }}" }]'), { visitor: { long: 'x'.repeat(2000) } });
    long.then(start);
    expect(String(long.last().reads?.['visitor.long'])).toHaveLength(501);
  });
  it('are left out where nothing was read', () => {
    const talking = talk(botOf('[{ say: x }]'));
    talking.then(start);
    expect(talking.last()).not.toHaveProperty('reads');
  });
});
