import { describe, expect, it } from 'vitest';
import { bot, pressed, said, start, talk } from '../test/kit/bot.ts';
import type { Trigger } from './types.ts';

describe('triggers', () => {
  const script = bot(`
scripts:
  exact: { when: { text: { any_of: ["В начало!", Start] } }, steps: [{ say: exact }] }
  word: { when: { text: { words: ["ёлка", "new year"] } }, steps: [{ say: word }] }
  part: { when: { text: { contains: ["прайс"] } }, steps: [{ say: part }] }
  pattern: { when: { text: { regex: ['^\\d+$', '\\p{Greek}'] } }, steps: [{ say: pattern }] }
  picture: { when: { file: "image/*" }, steps: [{ say: picture }] }
  papers: { when: { file: { media_type: [application/pdf, image/png] } }, steps: [{ say: papers }] }
  any: { when: { file: true }, steps: [{ say: any }] }
  home: { when: [{ button: home }, { silence: 10m }], steps: [{ say: home }] }
  quiet: { when: { silence: 5m }, steps: [{ say: still there? }] }
  once: { when: { fallback: { streak: 1 } }, steps: [{ say: what? }] }
  thrice: { when: { fallback: { streak: 3 } }, steps: [{ say: sorry }] }
  back: { when: { returned: { cause: [final_close, no_operator] } }, deliver: drop, steps: [{ say: "{{ return.cause }}" }] }
`);
  it.each([
    [said('в НАЧАЛО'), 'exact'],
    [said('в начало пожалуйста'), 'what?'],
    [said('где елка?'), 'word'],
    [said('ёлка-то'), 'word'],
    [said('ёлками'), 'what?'],
    [said('Happy New,   Year'), 'word'],
    [said('все прайсы'), 'part'],
    [said('12'), 'pattern'],
    [said('Ω'), 'pattern'],
    [{ kind: 'file', mediaType: 'image/PNG' } as const, 'picture'],
    [{ kind: 'file', mediaType: 'application/pdf; x=1' } as const, 'papers'],
    [{ kind: 'file', mediaType: 'video/mp4' } as const, 'any'],
    [{ kind: 'file' } as const, 'any'],
    [pressed('home'), 'home'],
    [pressed('unknown'), 'what?'],
    [{ kind: 'silence', afterMs: 300_000 } as const, 'still there?'],
    [{ kind: 'silence', afterMs: 600_000 } as const, 'home'],
    [{ kind: 'silence', afterMs: 1 } as const, '(unmatched)'],
    [{ kind: 'returned', cause: 'abandoned' } as const, 'abandoned'],
    [{ kind: 'returned', cause: 'operator_redirect' } as const, '(unmatched)'],
    [{ kind: 'no_operator' } as const, ''],
    [{ kind: 'timeout' } as const, '(unmatched)'],
    [start, '(unmatched)'],
  ])('%o: %s', (trigger, did) => expect(talk(script).then(trigger)).toEqual(did === '' ? [] : [did]));
  it('fallback counts in a row', () => {
    const talking = talk(script);
    expect([1, 2, 3, 4].flatMap(() => talking.then(said('hm')))).toEqual(['what?', 'what?', 'sorry', 'sorry']);
    talking.then(said('12'));
    expect(talking.then(said('hm'))).toEqual(['what?']);
  });
  it('records the winner and the losers with their reasons', () => {
    const talking = talk(script);
    talking.then(said('елка прайс'));
    expect(talking.last().trace).toMatchObject({
      won: 'text scripts.word',
      lost: [
        { trigger: 'text scripts.part', reason: 'a rule before it in the file won' },
        { trigger: 'text scripts.exact', reason: 'no match' },
        { trigger: 'text scripts.pattern', reason: 'no match' },
      ],
    });
    talking.then({ kind: 'file', mediaType: 'image/png' });
    expect(talking.last().trace.lost.map((one) => one.reason)).toEqual([
      'a rule before it in the file won',
      'a rule before it in the file won',
    ]);
  });
  it('names a dozen of many rules that lost, first those that would have won, and counts the others', () => {
    const rules = Array.from({ length: 40 }, (_, at) => `  r${at}: { when: { text: { words: [w${at}] } }, steps: [{ say: x }] }`);
    const talking = talk(bot(`scripts:\n${rules.join('\n')}\n`));
    talking.then(said('w1 w37 w20'));
    const won = talking.last().trace;
    expect([won.won, won.lost.length, won.lostMore]).toEqual(['text scripts.r1', 12, 27]);
    expect(won.lost.slice(0, 3).map((one) => one.trigger)).toEqual(['text scripts.r20', 'text scripts.r37', 'text scripts.r0']);
    talking.then(said('nothing of them'));
    expect([talking.last().trace.lost.length, talking.last().trace.lostMore]).toEqual([12, 28]);
    talking.then(said(rules.map((_, at) => `w${at}`).join(' ')));
    expect(new Set(talking.last().trace.lost.map((one) => one.reason))).toEqual(new Set(['a rule before it in the file won']));
    expect(talking.last().trace.lostMore).toBe(27);
  });
  it('the answer to an ask comes before the rules, a button before both', () => {
    const asks = bot(`
vars: { t: { type: text } }
scripts:
  s: { when: chat_start, steps: [{ ask: { text: q, save: t } }] }
  rule: { when: { text: { words: [help] } }, steps: [{ say: rule }] }
  home: { when: { button: home }, steps: [{ say: home }] }
`);
    const one = talk(asks);
    one.then(start);
    one.then(said('help'));
    expect(one.last().trace).toMatchObject({
      won: 'ask scripts.s.steps[0]',
      lost: [{ trigger: 'text scripts.rule', reason: 'the answer to the open ask comes first' }],
    });
    const two = talk(asks);
    two.then(start);
    expect(two.then(pressed('home'))).toEqual(['home']);
    expect(two.last().trace.lost).toEqual([{ trigger: 'ask scripts.s.steps[0]', reason: 'a pressed button comes first' }]);
  });
  it('silence that only reminds leaves the question open', () => {
    const asks = talk(
      bot(`
vars: { t: { type: text } }
scripts:
  s: { when: chat_start, steps: [{ ask: { text: q, save: t } }, { say: "{{ t }}" }] }
  quiet: { when: { silence: 5m }, steps: [{ say: still there? }] }
`),
    );
    asks.then(start);
    expect(asks.then({ kind: 'silence', afterMs: 300_000 })).toEqual(['still there?']);
    expect(asks.then(said('yes'))).toEqual(['yes']);
  });
  it('tells the silences to arm, by rising time', () =>
    expect(script.silences).toEqual([
      { afterMs: 300_000, script: 'quiet' },
      { afterMs: 600_000, script: 'home' },
    ]));
});

describe('go: interrupted', () => {
  const script = bot(`
vars: { t: { type: text, keep: visitor }, u: { type: text } }
scripts:
  order: { when: { text: { words: [order] } }, steps: [{ ask: { id: q, text: number?, save: t, as: { regex: '^\\d+$' }, attempts: 3 } }, { say: "got {{ t }}" }] }
  human: { when: { text: { words: [human] } }, steps: [{ handover: { on_failed: [{ say: refused }] } }] }
  note: { when: { text: { words: [note] } }, steps: [{ handover: queue }, { say: behind the handover }] }
  price: { when: { text: { words: [price] } }, steps: [{ say: 100 }, { go: interrupted }, { say: nothing was open }] }
  back: { when: { returned: { cause: [operator_redirect] } }, steps: [{ say: hello again }, { menu: { buttons: [[{ id: on, text: On, go: interrupted }]] } }] }
`);
  const back: Trigger = { kind: 'returned', cause: 'operator_redirect' };
  const human = (talking: ReturnType<typeof talk>, word = 'human') => {
    talking.then(said(word));
    talking.then({ kind: 'handover_accepted' }, 'silent');
  };
  it('takes up the question that a rule took over from, its failed answers counted on', () => {
    const talking = talk(script);
    talking.then(said('order'));
    talking.then(said('x'));
    expect(talking.then(said('price'))).toEqual(['100', 'number?', '(waiting)']);
    expect(talking.state()).toMatchObject({ cursor: { attempts: 1 }, interrupted: null });
    expect(talking.then(said('5'))).toEqual(['got 5']);
  });
  it('with nothing taken over the next step follows', () => expect(talk(script).then(said('price'))).toEqual(['100', 'nothing was open']));
  it('an operator’s stretch in mid-script', () => {
    const talking = talk(script);
    talking.then(said('order'));
    human(talking);
    expect(talking.then(back)).toEqual(['hello again', ' [on:On]', '(waiting)']);
    expect(talking.then(pressed('on'))).toEqual(['number?', '(waiting)']);
  });
  it('a second stretch that takes over from the Return itself keeps the former position', () => {
    const talking = talk(script);
    talking.then(said('order'));
    human(talking);
    talking.then(back);
    talking.then(back);
    expect(talking.then(pressed('on'))).toEqual(['number?', '(waiting)']);
    human(talking);
    talking.then(back);
    expect(talking.then(pressed('on'))).toEqual(['number?', '(waiting)']);
  });
  it('an operator who takes the chat from an open question', () => {
    const talking = talk(script);
    talking.then(said('order'));
    talking.then(back);
    expect(talking.state().interrupted?.step).toBe('scripts.order.steps[0]');
    expect(talking.then(pressed('on'))).toEqual(['number?', '(waiting)']);
  });
  it('after a handover goes on behind it', () => {
    const talking = talk(script);
    human(talking, 'note');
    talking.then(back);
    expect(talking.then(pressed('on'))).toEqual(['behind the handover']);
  });
  it('is forgotten with a new chat', () => {
    const talking = talk(script);
    talking.then(said('order'));
    talking.then(said('price please'));
    expect(script.visitorVariables).toEqual(new Set(['t']));
    expect(talking.then(start)).toEqual(['(unmatched)']);
  });
});
