import { describe, expect, it } from 'vitest';
import { answered, bot, botOf, pressed, said, start, talk } from '../test/kit/bot.ts';

const run = (list: string, more = '') => talk(botOf(list, more)).then(start);

describe('say', () => {
  it('fills in expressions', () => expect(run('[{ set: { n: 1 + 2 } }, { say: "{{ visitor.name }}: {{ n }}" }]')).toEqual(['Анна: 3']));
  it('does not say what is empty', () => expect(run('[{ say: "{{ t }} " }]')).toEqual([]));
  it('a missing read is nothing', () => expect(run('[{ say: "<{{ a.b.c }}>" }]')).toEqual(['<>']));
  it('a map is said as JSON', () => expect(run('[{ set: { a: \'[1, "x"]\' } }, { say: "{{ a }}" }]')).toEqual(['[1,"x"]']));
  it('chooses a variant by account, chat and step: always the same, in some chat each', () => {
    const script = botOf('[{ say: { variants: [one, two, three] } }]');
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
  it.each([
    ['мой счет!', 'account'],
    ['ещё  раз', 'again'],
    ['👍', 'good'],
    ['рост -', 'less'],
    ['рост', '(unmatched)'],
    ['?!', '(unmatched)'],
  ])('takes "%s" as texts are compared, where it is like one label only', (typed, answer) => {
    const buttons = [
      ['account', 'Мой счёт'],
      ['again', 'Еще раз…'],
      ['good', '👍'],
      ['more', 'Рост +'],
      ['less', 'Рост -'],
    ];
    const talking = talk(
      bot(`
scripts:
  s: { when: chat_start, steps: [{ menu: { text: t, buttons: [${buttons.map(([id, text]) => `{ id: ${id}, text: "${text}", go: ${id} }`)}] } }] }
  ${buttons.map(([id]) => `${id}: { steps: [{ say: ${id} }] }`).join('\n  ')}
`),
    );
    talking.then(start);
    expect(talking.then(said(typed))).toEqual([answer]);
  });
  it('takes its number', () => expect(shown().then(said('2.'))).toEqual(['second']));
  it('takes the label where the id is unknown', () =>
    expect(shown().then({ kind: 'button', id: 'gone', label: 'x' })).toEqual(['(unmatched)']));
  it('goes on behind the menu also where the script waits there no more: something else took over, or its time is over', () => {
    const interrupted = shown();
    expect(interrupted.then(said('what?'))).toEqual(['(unmatched)']);
    interrupted.then({ kind: 'file', mediaType: 'image/png' });
    expect(interrupted.then(pressed('two'))).toEqual(['second']);
    expect(interrupted.then(pressed('three'))).toEqual(['behind the menu']);
    const expired = shown();
    expired.then({ kind: 'timeout' });
    expect(expired.then(pressed('three'))).toEqual(['behind the menu']);
  });
  it('of two menus with the same button the one whose keyboard stands goes on', () => {
    const both = talk(
      bot(`
scripts:
  s:
    when: chat_start
    steps:
      - menu: { text: sure, buttons: [[{ id: yes, text: "Yes" }]] }
      - say: behind the first
      - menu: { text: really, buttons: [[{ id: yes, text: "Yes" }, { id: no, text: "No" }]] }
      - say: behind the second
  what: { when: fallback, steps: [{ say: what }] }
  bye: { when: { text: { any_of: bye } }, steps: [{ ask: { text: why, save: a } }, { stop: true }] }
vars: { a: { type: text } }
`),
    );
    both.then(start);
    both.then(said('hm'));
    expect(both.then(pressed('yes'))).toEqual(['behind the first', 'really [yes:Yes no:No]', '(waiting)']);
    expect(both.then(said('hm'))).toEqual(['what']);
    expect(both.then(pressed('yes'))).toEqual(['behind the second']);
    both.then(said('bye'));
    // No keyboard stands: nobody can tell which of the two was pressed.
    expect(both.then(pressed('yes'))).toEqual(['what']);
  });
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
      botOf(
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
    const talking = talk(botOf('[{ ask: { text: q, save: n, as: int, attempts: 2 } }, { say: on }]'));
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
    const talking = talk(botOf('[{ ask: { text: q, save: n, as: int, error: "{{ a - 1 }}" } }]'));
    talking.then(start);
    expect(talking.then(said('x'))).toEqual(['(error: line 7: "-" needs numbers, not nothing (null))']);
  });
});

describe('wait', () => {
  it('for a time', () => {
    const talking = talk(botOf('[{ wait: 30s }, { say: on }]'));
    expect(talking.then(start)).toEqual(['(waiting)']);
    expect(talking.state().cursor).toEqual({ step: 'scripts.s.steps[0]', waitsFor: 'time', attempts: 0, timeoutMs: 30_000 });
    expect(talking.then(said('hm'))).toEqual(['(unmatched)']);
    expect(talking.then({ kind: 'timeout' })).toEqual(['on']);
  });
  const forMessage = '[{ wait: { for: message, up_to: 1h, on_timeout: [{ say: late }] } }, { say: on }]';
  it.each([said('x'), { kind: 'file' } as const])('for any message: %o', (trigger) => {
    const talking = talk(botOf(forMessage));
    talking.then(start);
    expect(talking.then(trigger)).toEqual(['on']);
  });
  it('for a message in vain', () => {
    const talking = talk(botOf(forMessage));
    talking.then(start);
    expect(talking.then({ kind: 'timeout' })).toEqual(['late']);
  });
});

describe('set and if', () => {
  it('sets one after another, null clears', () => {
    const talking = talk(botOf('[{ set: { n: 2, a: n * 3 } }, { set: { n: null } }]'));
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
    const talking = talk(botOf(`\n      - set: { t: '${t}', n: 7, a: "[1]" }${list}`));
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
      botOf(`[{ set: { t: '"{"', a: '"{ secret.key }}"' } }, { http: { post: "https://a.example/", body: "{{ t }}{{ a }}" } }]`),
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
    const script = botOf('[{ http: { get: "https://a.example/", on_status: { default: [{ say: other }] } } }, { say: on }]');
    const one = talk(script);
    one.then(start);
    expect(one.then(answered(503))).toEqual(['other']);
    const two = talk(script);
    two.then(start);
    expect(two.then({ kind: 'http_result', response: { error: 'connection' } })).toEqual([]);
    expect(two.state().cursor).toBeNull();
  });
  it('a result that nothing waits for is unmatched', () =>
    expect(talk(botOf('[{ say: x }]')).then(answered(200))).toEqual(['(unmatched)']));
  it('runs in on_accepted, and the position stays at the handover', () => {
    const talking = talk(
      botOf(
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
  const script = botOf(
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
    const talking = talk(botOf('[{ close: { on_failed: [{ say: open }] } }]'));
    expect(talking.then(start)).toEqual(['close', '(waiting)']);
    expect(talking.then({ kind: 'close_failed' })).toEqual(['open']);
  });
  it('outcomes that are not named end the script', () => {
    const talking = talk(botOf('[{ close: true }]'));
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
    const script = botOf('[{ mark: m }, { mark: n }]');
    const first = script.steps.get('scripts.s.steps[0]');
    Object.assign(script.steps.get('scripts.s.steps[1]') as object, { next: first?.path });
    const did = talk(script).then(start);
    expect(did.at(-1)).toBe('(error: more than 200 steps for one input; the cycle: scripts.s.steps[0] → scripts.s.steps[1])');
  });
});
