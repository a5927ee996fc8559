import { describe, expect, it } from 'vitest';
import { answered, bot, noon, pressed, said, talk } from '../test/kit/bot.ts';
import type { Trigger } from './types.ts';

const start: Trigger = { kind: 'chat_start' };
const vars = 'vars: { a: { type: json }, b: { type: json }, n: { type: int }, t: { type: text } }\n';
/** A bot that runs these steps when the chat starts. */
const steps = (list: string, more = '') => bot(`${vars}scripts:\n  s:\n    when: chat_start\n    steps: ${list}\n${more}`);
const run = (list: string, more = '') => talk(steps(list, more)).then(start);

describe('say', () => {
  it('fills in expressions', () => expect(run('[{ set: { n: 1 + 2 } }, { say: "{{ visitor.name }}: {{ n }}" }]')).toEqual(['Анна: 3']));
  it('does not say what is empty', () => expect(run('[{ say: "{{ t }} " }]')).toEqual([]));
  it('a missing read is nothing', () => expect(run('[{ say: "<{{ a.b.c }}>" }]')).toEqual(['<>']));
  it('a map is said as JSON', () => expect(run('[{ set: { a: \'[1, "x"]\' } }, { say: "{{ a }}" }]')).toEqual(['[1,"x"]']));
  it('chooses a variant by account, chat and step: always the same, in some chat each', () => {
    const script = steps('[{ say: { variants: [one, two, three] } }]');
    const by = (id: string) =>
      talk(script, { chat: { id, account: 'shop' } })
        .then(start)
        .join();
    expect(by('42')).toBe(by('42'));
    const all = Array.from({ length: 300 }, (_, id) => by(String(id)));
    const times = ['one', 'two', 'three'].map((text) => all.filter((one) => one === text).length);
    expect(times.reduce((sum, count) => sum + count)).toBe(300);
    for (const count of times) expect(count).toBeGreaterThan(60);
    // Frozen: another hash would make a replay say something else.
    expect(['1', '2', '3', '4', '5', '6'].map(by)).toMatchInlineSnapshot(`
      [
        "one",
        "three",
        "three",
        "three",
        "one",
        "two",
      ]
    `);
  });
});

describe('menu', () => {
  const script = bot(`
scripts:
  s:
    when: chat_start
    steps:
      - menu:
          text: choose
          expires: 5m
          buttons: [[{ id: one, text: First, go: first }, { id: two, text: Second }], [{ id: three, text: Third }]]
      - say: behind the menu
  first: { steps: [{ say: first }] }
  second: { when: { button: two }, steps: [{ say: second }] }
`);
  const shown = () => {
    const talking = talk(script);
    expect(talking.then(start)).toEqual(['choose [one:First two:Second][three:Third]', '(waiting)']);
    expect(talking.state().cursor).toEqual({ step: 'scripts.s.steps[0]', waitsFor: 'press', attempts: 0, timeoutMs: 300_000 });
    return talking;
  };
  it('goes where the button leads', () => expect(shown().then(pressed('one'))).toEqual(['first']));
  it('runs the script of the button', () => expect(shown().then(pressed('two'))).toEqual(['second']));
  it('else goes on behind the menu', () => expect(shown().then(pressed('three'))).toEqual(['behind the menu']));
  it('takes the label typed', () => expect(shown().then(said(' first '))).toEqual(['first']));
  it('takes its number', () => expect(shown().then(said('2.'))).toEqual(['second']));
  it('takes the label where the id is unknown', () =>
    expect(shown().then({ kind: 'button', id: 'gone', label: 'x' })).toEqual(['(unmatched)']));
  it('expires: the script ends, typed numbers mean nothing, an old button still leads', () => {
    const talking = shown();
    expect(talking.then({ kind: 'timeout' })).toEqual([]);
    expect(talking.state()).toMatchObject({ cursor: null, keyboard: null });
    expect(talking.then(said('1'))).toEqual(['(unmatched)']);
    expect(talking.then(pressed('one'))).toEqual(['first']);
  });
});

describe('file', () => {
  it('sends', () =>
    expect(run('[{ file: { url: "https://x/{{ visitor.name }}", name: n, media_type: image/png, caption: c } }]')).toEqual([
      'file n https://x/Анна image/png c',
    ]));
  it('is called as its address by default', () => expect(run('[{ file: { url: u } }]')).toEqual(['file u u application/octet-stream']));
});

describe('ask', () => {
  const asked = (as: string, more = '') =>
    talk(
      steps(
        `[{ ask: { text: q, save: a, as: ${as}, error: again, attempts: 2, up_to: 1m, on_fail: [{ say: failed }], on_timeout: [{ say: late }] ${more} } }, { say: "{{ a }}" }]`,
      ),
    );
  it.each([
    ['text', ' hi ', 'hi'],
    ['int', '-7', '-7'],
    ['int', '1 200\u00a0000', '1200000'],
    ['number', '1 234,50', '1234.5'],
    ['date', '1.2.2028', '2028-02-01'],
    ['date', '2028-2-29', '2028-02-29'],
    ['email', 'a.b+c@пример.рф', 'a.b+c@пример.рф'],
    ['phone', '+7 (999) 123-45-67', '+79991234567'],
    ['{ choice: ["Да", "Нет"] }', 'ДА!', 'Да'],
    ['{ choice: ["Да", "Нет"] }', '2', 'Нет'],
    ["{ regex: '^\\d{6}$' }", '123456', '123456'],
  ])('as %s takes "%s"', (as, text, saved) => {
    const talking = asked(as);
    talking.then(start);
    expect(talking.then(said(text))).toEqual([saved]);
    expect(talking.last().trace.won).toBe('ask scripts.s.steps[0]');
  });
  it.each([
    ['text', '  '],
    ['int', '1.5'],
    ['int', '12 34'],
    ['int', '2026 100'],
    ['number', '12345 678'],
    ['int', '9'.repeat(16)],
    ['number', 'x1'],
    ['date', '30.02.2026'],
    ['date', '29.02.2026'],
    ['date', '12.31.2026'],
    ['email', 'a@b'],
    ['email', 'a..b@c.de'],
    ['email', 'a b@c.de'],
    ['phone', '12345'],
    ['{ choice: ["Да", "Нет"] }', 'может быть'],
    ['{ choice: ["Да", "Нет"] }', '3'],
    ["{ regex: '^\\d{6}$' }", '12345'],
  ])('as %s does not take "%s": again, then on_fail', (as, text) => {
    const talking = asked(as);
    expect(talking.then(start)).toEqual(['q', '(waiting)']);
    expect(talking.then(said(text))).toEqual(['again', '(waiting)']);
    expect(talking.state().cursor).toEqual({ step: 'scripts.s.steps[0]', waitsFor: 'answer', attempts: 1, timeoutMs: 60_000 });
    expect(talking.then(said(text))).toEqual(['failed']);
  });
  it('runs on_timeout', () => {
    const talking = asked('text');
    talking.then(start);
    expect(talking.then({ kind: 'timeout' })).toEqual(['late']);
  });
  it('a file is no answer', () => {
    const talking = asked('text');
    talking.then(start);
    expect(talking.then({ kind: 'file', mediaType: 'image/png' })).toEqual(['again', '(waiting)']);
    expect(talking.last().trace.lost).toEqual([{ trigger: 'ask scripts.s.steps[0]', reason: 'a file is no answer' }]);
  });
  it('asks the question again where no error is named, and ends where no outcome is', () => {
    const talking = talk(steps('[{ ask: { text: q, save: n, as: int, attempts: 2 } }, { say: on }]'));
    talking.then(start);
    expect(talking.then(said('x'))).toEqual(['q', '(waiting)']);
    expect(talking.then(said('x'))).toEqual([]);
    expect(talking.state().cursor).toBeNull();
  });
  it('a choice takes the options of its variable', () => {
    const talking = talk(
      bot(
        'vars: { c: { type: choice, options: [red, blue] } }\nscripts: { s: { when: chat_start, steps: [{ ask: { text: q, save: c, as: choice } }, { say: "{{ c }}" }] } }',
      ),
    );
    talking.then(start);
    expect(talking.then(said('Blue'))).toEqual(['blue']);
  });
  it('an error text whose operation fails is an error with its line', () => {
    const talking = talk(steps('[{ ask: { text: q, save: n, as: int, error: "{{ a - 1 }}" } }]'));
    talking.then(start);
    expect(talking.then(said('x'))).toEqual(['(error: line 7: "-" needs numbers, not nothing (null))']);
  });
});

describe('wait', () => {
  it('for a time', () => {
    const talking = talk(steps('[{ wait: 30s }, { say: on }]'));
    expect(talking.then(start)).toEqual(['(waiting)']);
    expect(talking.state().cursor).toEqual({ step: 'scripts.s.steps[0]', waitsFor: 'time', attempts: 0, timeoutMs: 30_000 });
    expect(talking.then(said('hm'))).toEqual(['(unmatched)']);
    expect(talking.then({ kind: 'timeout' })).toEqual(['on']);
  });
  const forMessage = '[{ wait: { for: message, up_to: 1h, on_timeout: [{ say: late }] } }, { say: on }]';
  it.each([said('x'), { kind: 'file' } as const])('for any message: %o', (trigger) => {
    const talking = talk(steps(forMessage));
    talking.then(start);
    expect(talking.then(trigger)).toEqual(['on']);
  });
  it('for a message in vain', () => {
    const talking = talk(steps(forMessage));
    talking.then(start);
    expect(talking.then({ kind: 'timeout' })).toEqual(['late']);
  });
});

describe('set and if', () => {
  it('sets one after another, null clears', () => {
    const talking = talk(steps('[{ set: { n: 2, a: n * 3 } }, { set: { n: null } }]'));
    talking.then(start);
    expect(talking.state().variables).toEqual({ n: null, a: 6 });
    expect(talking.last().changed).toEqual({ n: null, a: 6 });
  });
  it.each([
    ['empty(t)', 'yes'],
    ['n', 'no'],
    ['working_hours("Mon 12:00-12:01")', 'yes'],
    ['working_hours("Sun-Mon 22:00-12:00")', 'no'],
    ['working_hours("Sun 22:00-12:30")', 'yes'],
    ['chat.id == "42" and chat.account == "shop"', 'yes'],
  ])('if %s: %s', (condition, way) =>
    expect(run(`[{ if: '${condition}', then: [{ say: yes }], else: [{ say: no }] }, { say: after }]`)).toEqual([way, 'after']),
  );
  it('a failed operation is an error with its line', () =>
    expect(run('\n      - set:\n          n: 1\n          b: n * a')).toEqual(['(error: line 10: "*" needs numbers, not nothing (null))']));
  it('what grows without bound is an error', () => {
    const doubled = Array.from({ length: 40 }, () => '{ set: { t: t + t } }').join(', ');
    expect(run(`[{ set: { t: '"xxxx"' } }, ${doubled}]`).join()).toContain('the value is larger than');
    const nested = Array.from({ length: 40 }, () => '{ set: { a: "[a, a]" } }').join(', ');
    expect(run(`[${nested}]`).join()).toContain('the value is larger than');
  });
});

describe('http', () => {
  const list = `
      - http:
          post: "https://crm.example/{{ t }}?k={{ secret.key }}"
          headers: { Authorization: "Bearer {{ secret.token }}", X-Name: "{{ t }}" }
          body: { n: "{{ n }}", text: "no {{ n }}", list: [1, true, null, "{{ a }}"], key: "{{ secret.key }}", t: "{{ t }}" }
          timeout: 5s
          retry: 2
          save: b
          on_status: { 204: [{ say: nothing }], 404: [{ say: no such }], 4xx: [{ say: refused }] }
          on_error: [{ say: failed }]
      - say: "{{ b.state }}"`;
  const sent = (t = '"a/b"') => {
    const talking = talk(steps(`\n      - set: { t: '${t}', n: 7, a: "[1]" }${list}`));
    const did = talking.then(start);
    return { talking, request: JSON.parse((did[0] ?? '').slice('http '.length)), did };
  };
  it('asks, with secrets as they are written and everything else harmless', () => {
    const { talking, request } = sent();
    expect(request).toEqual({
      method: 'POST',
      url: 'https://crm.example/a%2Fb?k={{ secret.key }}',
      headers: { Authorization: 'Bearer {{ secret.token }}', 'X-Name': 'a/b' },
      body: { n: 7, text: 'no 7', list: [1, true, null, [1]], key: '{{ secret.key }}', t: 'a/b' },
      timeoutMs: 5000,
      retries: 2,
    });
    expect(talking.state().cursor).toEqual({ step: 'scripts.s.steps[1]', waitsFor: 'http', attempts: 0 });
  });
  it('a visitor can name no secret', () => {
    const { request } = sent('"{{ secret.key }}"');
    expect(request.url).toBe('https://crm.example/%7B%7B%20secret.key%20%7D%7D?k={{ secret.key }}');
    expect(request.headers['X-Name']).toBe('{ { secret.key }}');
    expect(request.body.t).toBe('{ { secret.key }}');
    const halves = talk(
      steps(`[{ set: { t: '"{"', a: '"{ secret.key }}"' } }, { http: { post: "https://a.example/", body: "{{ t }}{{ a }}" } }]`),
    );
    expect(halves.then(start).join()).toContain('"body":"{ { secret.key }}"');
  });
  it.each([
    ['200', answered(200, 'x'), ['(idle)']],
    ['204: its own entry', answered(204), ['nothing']],
    ['404: its own entry before its class', answered(404), ['no such']],
    ['409: its class', answered(409), ['refused']],
    ['500: on_error', answered(500), ['failed']],
    ['no answer', { kind: 'http_result', response: { error: 'timeout' } } as const, ['failed']],
  ])('%s', (_, trigger, did) => {
    const { talking } = sent();
    expect(talking.then(trigger)).toEqual(did[0] === '(idle)' ? [] : did);
  });
  it('saves the body of a success alone', () => {
    const ok = sent().talking;
    expect(ok.then({ kind: 'http_result', response: { status: 200, body: { state: 'sent' } } })).toEqual(['sent']);
    expect(ok.state().variables['b']).toEqual({ state: 'sent' });
    const refused = sent().talking;
    refused.then(answered(404, 'x'));
    expect(refused.state().variables).not.toHaveProperty('b');
  });
  it('a body larger than a dialog may keep is an error', () => {
    const { talking } = sent();
    expect(talking.then(answered(200, 'x'.repeat(300_000)))).toEqual(['failed']);
    expect(talking.last().trace.won).toBe('http too_large scripts.s.steps[1]');
  });
  it('default stands for any other status; without on_error the script ends', () => {
    const script = steps('[{ http: { get: "https://a.example/", on_status: { default: [{ say: other }] } } }, { say: on }]');
    const one = talk(script);
    one.then(start);
    expect(one.then(answered(503))).toEqual(['other']);
    const two = talk(script);
    two.then(start);
    expect(two.then({ kind: 'http_result', response: { error: 'connection' } })).toEqual([]);
    expect(two.state().cursor).toBeNull();
  });
  it('a result that nothing waits for is unmatched', () =>
    expect(talk(steps('[{ say: x }]')).then(answered(200))).toEqual(['(unmatched)']));
  it('runs in on_accepted, and the position stays at the handover', () => {
    const talking = talk(
      steps(
        '[{ handover: { on_accepted: [{ http: { post: "https://a.example/", on_error: [{ mark: failed }] } }, { mark: told }], on_no_operator: [{ say: nobody }], on_failed: [{ stop: true }] } }]',
      ),
    );
    talking.then(start);
    expect(talking.then({ kind: 'handover_accepted' }, 'silent').at(-1)).toBe('(waiting)');
    expect(talking.then(answered(200), 'silent')).toEqual(['mark told']);
    expect(talking.state().cursor).toMatchObject({ step: 'scripts.s.steps[0]', waitsFor: 'handover' });
    expect(talking.then({ kind: 'no_operator' })).toEqual(['nobody']);
  });
});

describe('handover and close', () => {
  const script = steps(
    `
      - handover: { department: d, say: wait, note: "n {{ visitor.name }}", no_operator_after: 3m, on_accepted: [{ mark: given }], on_no_operator: [{ say: nobody }], on_failed: [{ say: refused }] }
      - say: behind`,
  );
  const handedOver = () => {
    const talking = talk(script);
    expect(talking.then(start)).toEqual(['wait', 'handover {"department":"d","note":"n Анна","noOperatorAfterMs":180000}', '(waiting)']);
    return talking;
  };
  it('accepted: silent steps, the position kept', () => {
    const talking = handedOver();
    expect(talking.then({ kind: 'handover_accepted' }, 'silent')).toEqual(['mark given']);
    expect(talking.state().cursor?.waitsFor).toBe('handover');
    expect(talking.then({ kind: 'no_operator' })).toEqual(['nobody']);
  });
  it('refused', () => expect(handedOver().then({ kind: 'handover_failed' })).toEqual(['refused']));
  it('close', () => {
    const talking = talk(steps('[{ close: { on_failed: [{ say: open }] } }]'));
    expect(talking.then(start)).toEqual(['close', '(waiting)']);
    expect(talking.then({ kind: 'close_failed' })).toEqual(['open']);
  });
  it('outcomes that are not named end the script', () => {
    const talking = talk(steps('[{ close: true }]'));
    talking.then(start);
    expect(talking.then({ kind: 'close_failed' })).toEqual([]);
    expect(talking.state().cursor).toBeNull();
  });
  it('to an operator, by the short form, by defaults', () => {
    expect(run('[{ handover: { operator: 7 } }]')[0]).toBe('handover {"operatorId":"7"}');
    expect(run('[{ handover: queue }]', 'defaults: { handover: { department: d, no_operator_after: 1m } }')[0]).toBe(
      'handover {"department":"d","noOperatorAfterMs":60000}',
    );
  });
});

describe('go, stop, mark', () => {
  it('go to a script and to a step of it', () =>
    expect(
      run('[{ say: a }, { go: other.x }, { say: never }]', '  other: { steps: [{ say: skipped }, { id: x, say: here }, { mark: m }] }'),
    ).toEqual(['a', 'here', 'mark m']));
  it('stop ends it', () => expect(run('[{ stop: true }, { say: never }]')).toEqual(['(stopped)']));
  it('a loop beyond the bound is an error that names it', () => {
    // The linter refuses it, so the loop is closed by hand.
    const script = steps('[{ mark: m }, { mark: n }]');
    const first = script.steps.get('scripts.s.steps[0]');
    Object.assign(script.steps.get('scripts.s.steps[1]') as object, { next: first?.path });
    const did = talk(script).then(start);
    expect(did.at(-1)).toBe('(error: more than 200 steps for one input; the cycle: scripts.s.steps[0] → scripts.s.steps[1])');
  });
});

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

describe('modes', () => {
  it('silent: speaking ends it', () => {
    const talking = talk(steps('[{ mark: m }, { say: x }]'));
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
      steps('[{ set: { n: 3 } }, { if: n > 2 and visitor.vip, then: [{ say: "{{ visitor.name }} {{ a.b }}" }], else: [{ say: x }] }]'),
      { now: noon },
    );
    talking.then(start);
    expect(talking.last().reads).toEqual({ n: 3, 'visitor.vip': null });
    const long = talk(steps('[{ say: "{{ visitor.long }}" }]'), { visitor: { long: 'x'.repeat(2000) } });
    long.then(start);
    expect(String(long.last().reads?.['visitor.long'])).toHaveLength(501);
  });
  it('are left out where nothing was read', () => {
    const talking = talk(steps('[{ say: x }]'));
    talking.then(start);
    expect(talking.last()).not.toHaveProperty('reads');
  });
});
