import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { lintScript, parseScript } from './parse.ts';
import { renderFinding } from './render-finding.ts';

/** The place is where `»` stands in the source; `«` is only a mark that is taken out too. */
const finding = (source: string, rule: string): void => {
  const at = source.indexOf('»');
  const before = source.slice(0, at);
  const line = before.split('\n').length;
  const column = at - before.lastIndexOf('\n');
  const text = source.replace('»', '');
  const found = lintScript(text).filter((one) => one.rule === rule);
  expect(
    found.map((one) => `${one.position.line}:${one.position.column}`),
    text,
  ).toEqual([`${line}:${column}`]);
};

const vars =
  'vars: { a: { type: json }, n: { type: int }, t: { type: text }, d: { type: date }, c: { type: choice, options: [x, y] }, f: { type: boolean } }';
const rest = `
  any: { when: { fallback: { streak: 1 } }, steps: [{ ask: { text: q, save: t, on_fail: [{ stop: true }] } }, { set: { a: 1, n: 1, f: true } }, { set: { d: '"2026-01-01"', c: '"x"' } }] }
  back: { when: { returned: { cause: [final_close, operator_redirect, no_operator] } }, steps: [{ mark: back }] }`;
/** A whole script around these steps, with nothing else to find. */
const around = (steps: string, more = ''): string =>
  `format: dialog-script/1\nbot: b\n${vars}\nscripts:\n  s:\n    when: chat_start\n    steps:\n${steps}${rest}\n${more}`;
const also = (when: string): string => `  s2: { when: ${when}, steps: [{ mark: m }] }\n`;
/** Read by a script that anything may have come before. */
const later = (step: string): string => around('      - say: hi', `  l: { when: { text: { any_of: [l] } }, steps: [${step}] }\n`);

describe('each finding, with its place', () => {
  it('nothing else is found', () => {
    expect(lintScript(around('      - say: hi'))).toEqual([]);
    expect(lintScript(later('{ say: "{{ t }}" }'))).toEqual([]);
  });

  it.each<[string, string]>([
    ['yaml', 'format: dialog-script/1\nbot: [x\n»'],
    ['format', '»bot: b\nscripts: {}'],
    ['format', 'format: »dialog-script/2\nbot: b\nscripts: {}'],
    ['no-bot', '»format: dialog-script/1\nscripts: {}'],
    ['no-scripts', '»format: dialog-script/1\nbot: b'],
    ['unknown-key', 'format: dialog-script/1\nbot: b\n»script: {}\nscripts: {}'],
    ['bad-timezone', 'format: dialog-script/1\nbot: b\ntimezone: »Moon\nscripts: {}'],
    ['bad-name', 'format: dialog-script/1\nbot: b\nvars: { »visitor: { type: text } }\nscripts: {}'],
    ['bad-name', 'format: dialog-script/1\nbot: b\nscripts:\n  »interrupted: { steps: [] }'],
    ['bad-type', 'format: dialog-script/1\nbot: b\nvars: { x: { type: »txet } }\nscripts: {}'],
    ['bad-keep', 'format: dialog-script/1\nbot: b\nvars: { x: { keep: »ever } }\nscripts: {}'],
    ['wrong-type', 'format: dialog-script/1\nbot: b\nvars: { x: { pii: »yes } }\nscripts: {}'],
    ['bad-choice', 'format: dialog-script/1\nbot: b\nvars: { x: { type: text, options: »[a] } }\nscripts: {}'],
    ['bad-duration', 'format: dialog-script/1\nbot: b\ndefaults: { ask: { up_to: »soon } }\nscripts: {}'],
    ['unknown-key', 'format: dialog-script/1\nbot: b\ndefaults: { ask: { »upto: 5m } }\nscripts: {}'],
    ['no-steps', 'format: dialog-script/1\nbot: b\nscripts:\n  s: »{ when: chat_start }'],
    ['no-fallback', '»format: dialog-script/1\nbot: b\nscripts: {}'],
    ['no-returned', '»format: dialog-script/1\nbot: b\nscripts: {}'],
    ['no-chat-start', '»format: dialog-script/1\nbot: b\nscripts: {}'],
  ])('%s: the file', (rule, source) => finding(source, rule));

  it.each<[string, string]>([
    ['unknown-verb', '      - »sya: hi'],
    ['unknown-verb', '      - »{}'],
    ['wrong-type', '      - »hi'],
    ['two-verbs', '      - say: hi\n        »mark: m'],
    ['unknown-key', '      - mark: m\n        »text: x'],
    ['duplicate-key', '      - mark: m\n        »mark: n'],
    ['duplicate-key', '      - set: { x: 1, »"x": 2 }'],
    ['unknown-key', '      - wait: { for: message, »upto: 5m }'],
    ['bad-say', '      - say: »{ }'],
    ['bad-say', '      - say: { variants: »[] }'],
    ['empty-text', '      - say: »""'],
    ['text-too-long', `      - say: »"${'x'.repeat(2001)}"`],
    ['bad-expression', '      - say: "a {{ 1 »+* 2 }}"'.replace('»+*', '+ »*')],
    ['bad-expression', "      - say: 'a »{{ b'"],
    ['no-buttons', '      - menu: »{ text: x }'],
    ['bad-button', '      - menu: { buttons: [[»{ id: x }]] }'],
    ['bad-button-id', '      - menu: { buttons: [[{ id: »да, text: x, go: s }]] }'],
    ['label-too-long', `      - menu: { buttons: [[{ id: x, text: »${'x'.repeat(81)}, go: s }]] }`],
    ['duplicate-button', '      - menu: { buttons: [[{ id: x, text: x, go: s }, { id: »x, text: y, go: s }]] }'],
    ['button-nowhere', '      - menu: { buttons: [[{ id: »x, text: x }]] }'],
    [
      'too-many-rows',
      `      - menu: { buttons: »[${Array.from({ length: 11 }, (_, at) => `[{ id: b${at}, text: x, go: s }]`).join(', ')}] }`,
    ],
    ['no-url', '      - file: »{ name: x }'],
    ['no-text', '      - ask: »{ save: t, on_fail: [] }'],
    ['no-save', '      - ask: »{ text: x, on_fail: [] }'],
    ['bad-attempts', '      - ask: { text: x, save: t, attempts: »0, on_fail: [{ stop: true }] }'],
    ['bad-answer-type', '      - ask: { text: x, save: t, as: »fone, on_fail: [{ stop: true }] }'],
    ['bad-answer-type', '      - ask: { text: x, save: t, as: »choice, on_fail: [{ stop: true }] }'],
    ['regex-refused', "      - ask: { text: x, save: t, as: { regex: »'(?=x)' }, on_fail: [{ stop: true }] }"],
    ['regex-refused', `      - ask: { text: x, save: t, as: { regex: »'${'x'.repeat(501)}' }, on_fail: [{ stop: true }] }`],
    [
      'regex-refused',
      "      - ask: { text: x, save: t, as: { regex: »'(?:[a-z]{0,900}){1}[0-9]{0,900}[a-f]{0,900}' }, on_fail: [{ stop: true }] }",
    ],
    ['bad-choice', '      - ask: { text: x, save: t, as: { choice: »[] }, on_fail: [{ stop: true }] }'],
    ['bad-wait', '      - wait: { for: »godot }'],
    ['bad-duration', '      - wait: »soon'],
    ['unknown-variable', '      - set: { »x: 1 }'],
    ['unknown-variable', '      - ask: { text: x, save: »x, on_fail: [{ stop: true }] }'],
    ['unknown-variable', '      - if: n > 0 and »x\n        then: []'],
    ['no-then', '      - if: »n > 0'],
    ['unknown-field', '      - say: "{{ »chat.nmae }}"'],
    ['bad-method', '      - http: »{ on_error: [] }'],
    ['bad-method', '      - http: { get: "https://a.b/", post: »"https://a.b/", on_error: [] }'],
    ['bad-url', '      - http: { get: »"{{ t }}", on_error: [] }'],
    ['bad-url', '      - http: { get: »"https://crm.example{{ t }}", on_error: [] }'],
    ['bad-url', '      - http: { get: »"https://user@crm.example/", on_error: [] }'],
    ['bad-body', '      - http: { get: "https://a.b/", body: »x, on_error: [] }'],
    ['bad-header', '      - http: { get: "https://a.b/", headers: { »Host: x }, on_error: [] }'],
    ['bad-timeout', '      - http: { get: "https://a.b/", timeout: »2m, on_error: [] }'],
    ['bad-retry', '      - http: { get: "https://a.b/", retry: »9, on_error: [] }'],
    ['bad-status', '      - http: { get: "https://a.b/", on_status: { »302: [] }, on_error: [] }'],
    ['two-targets', '      - handover: »{ department: d, operator: 7, on_failed: [{ stop: true }] }'],
    ['go-nowhere', '      - go: »nowhere'],
    ['go-nowhere', '      - menu: { buttons: [[{ id: x, text: x, go: »nowhere }]] }'],
    ['bad-stop', '      - stop: »now'],
    ['bad-mark', `      - mark: »${'m'.repeat(65)}`],
    ['bad-name', '      - mark: m\n        id: »a-b'],
    ['duplicate-id', '      - { mark: m, id: x }\n      - { mark: m, id: »x }'],
    ['missing-outcome', '      - »ask: { text: q, save: t }'],
    ['missing-outcome', '      - »ask: { text: q, save: t, up_to: 5m, on_fail: [{ stop: true }] }'],
    ['missing-outcome', '      - »http: { get: "https://a.b/" }'],
    ['missing-outcome', '      - »handover: { department: d }'],
    ['no-department', '      - »handover: { on_failed: [{ stop: true }] }'],
    ['speaks-after-handover', '      - handover: { department: d, on_accepted: [{ mark: m }, { »say: x }], on_failed: [{ stop: true }] }'],
    ['speaks-after-handover', '      - handover: { department: d, on_accepted: [{ »go: any }], on_failed: [{ stop: true }] }'],
    ['unreachable', '      - stop: true\n      - »say: x\n      - say: y'],
    ['unreachable', '      - handover: { department: d, on_failed: [{ stop: true }] }\n      - »say: x'],
    ['endless-loop', '      - { id: x, »mark: m }\n      - go: s.x'],
    ['endless-loop', '      - »http: { get: "https://a.b/", on_error: [{ go: s }] }'],
    ['endless-loop', '      - »handover: { department: d, on_failed: [{ go: s }] }'],
    ['secret-outside-http', '      - say: "{{ »secret.key }}"'],
    ['secret-outside-http', '      - http: { post: "https://a.b/", body: { x: "{{ lower(»secret.key) }}" }, on_error: [] }'],
    ['used-before-set', '      - say: "{{ »t }}"\n      - ask: { text: q, save: t, on_fail: [{ stop: true }] }'],
  ])('%s: %s', (rule, steps) => finding(around(steps), rule));

  it.each<[string, string]>([
    ['bad-trigger', '»chat_strat'],
    ['unknown-key', '{ »txt: {} }'],
    ['duplicate-trigger', '»chat_start'],
    ['duplicate-trigger', '{ fallback: { streak: »1 } }'],
    ['duplicate-trigger', '{ returned: { cause: [»no_operator] } }'],
    ['duplicate-trigger', '[{ silence: 5m }, { silence: »5m }]'],
    ['duplicate-trigger', '[{ button: x }, { button: »x }]'],
    ['empty-trigger', '{ text: »{} }'],
    ['empty-trigger', '{ text: { words: [»"!"] } }'],
    ['empty-trigger', '{ file: »{} }'],
    ['bad-media-type', '{ file: »pictures }'],
    ['no-cause', '{ returned: »{} }'],
    ['bad-cause', '{ returned: { cause: [»later] } }'],
    ['bad-duration', '{ silence: »long }'],
    ['bad-streak', '{ fallback: { streak: »0 } }'],
    ['regex-refused', "{ text: { regex: »'(a)\\1' } }"],
  ])('%s: when: %s', (rule, when) => finding(around('      - say: hi', also(when)), rule));

  it.each<[string, string]>([
    ['n »== "5"', 'never equal'],
    ['c »== "z"', 'the choice'],
    ['d »< "1.2.2026"', 'no date'],
    ['d »> 5', 'two numbers'],
    ['t »* 2 > 1', 'needs numbers'],
    ['f »< 1', 'order'],
    ['1 »in n', 'in'],
    ['»matches_words(t, "x")', 'list'],
    ['»working_hours("always")', 'working_hours'],
    ['»length(n) > 1', 'length'],
  ])('type-mismatch: if %s', (condition) => finding(later(`{ if: '${condition}', then: [{ mark: m }] }`), 'type-mismatch'));
  it.each<[string]>([
    [`{ set: { n: »'"x"' } }`],
    ['{ set: { n: »0.5 } }'],
    [`{ set: { c: »'"z"' } }`],
    [`{ set: { d: »'"soon"' } }`],
    ['{ set: { f: »1 } }'],
    ['{ ask: { text: q, save: »n, as: email, on_fail: [{ stop: true }] } }'],
    ['{ http: { get: "https://a.b/", save: »n, on_error: [{ stop: true }] } }'],
  ])('type-mismatch: %s', (step) => finding(later(step), 'type-mismatch'));
  it.each<[string]>([
    ['n == 5 and n > 0.5 and t == "x" and d >= "2026-01-01"'],
    ['a.b == 5 or a > "x" or empty(n) or n in [1, 2] or lower(t) in "abc"'],
    ['c == "x" and return.cause == "no_operator" and visitor.age > 5'],
  ])('fits: %s', (condition) => expect(lintScript(later(`{ if: '${condition}', then: [{ mark: m }] }`))).toEqual([]));

  it('never-set', () =>
    finding(
      'format: dialog-script/1\nbot: b\nvars: { x: { type: text } }\nscripts: { s: { when: chat_start, steps: [{ say: "{{ »x }}" }] } }',
      'never-set',
    ));
  it('answer-after-close: at the step, or where the Return leaves for it', () => {
    const script = (steps: string) =>
      `format: dialog-script/1\nbot: b\nscripts:\n  s: { when: [chat_start, { fallback: { streak: 1 } }], steps: [{ menu: { buttons: [[{ id: x, text: x, go: s }]] } }] }\n  back: { when: { returned: { cause: [final_close, no_operator] } }, steps: [${steps}] }`;
    finding(script('{ say: x }, { »wait: 5m }'), 'answer-after-close');
    finding(script('{ say: x }, { »go: s }'), 'answer-after-close');
    expect(lintScript(script('{ if: return.cause == "no_operator", then: [{ go: s }], else: [{ mark: m }] }'))).toEqual([]);
  });
  it.each<[string]>([
    ['»- { given: [], expect: [{ owner: bot }] }'.replace('»- ', '- »').replace('given: []', 'given: [{ text: x }]')],
    ['- { name: x, given: »[], expect: [{ owner: bot }] }'],
    ['- { name: x, given: [{ »txet: x }], expect: [{ owner: bot }] }'],
    ['- { name: x, given: [{ text: x, »button: y }], expect: [{ owner: bot }] }'],
    ['- { name: x, given: [{ chat_start: { at: »noon } }], expect: [{ owner: bot }] }'],
    ['- { name: x, given: [{ http_result: »{} }], expect: [{ owner: bot }] }'],
    ['- { name: x, given: [{ refuse: »all }], expect: [{ owner: bot }] }'],
    ['- { name: x, given: [text: x], expect: [{ owner: »cat }] }'],
    ['- { name: x, given: [text: x], expect: [{ marked: »nothing }] }'],
    ['- { name: x, given: [text: x], expect: [{ script_ran: { »nothing: 1 } }] }'],
    ['- { name: x, given: [text: x], expect: [{ variable: { »nothing: 1 } }] }'],
    ['- { name: x, given: [text: x], expect: [{ waits_at: »nothing }] }'],
    ['- { name: x, given: [text: x], expect: [{ flag_reset: »often }] }'.replace('often', '-1')],
    ['- { name: x, given: [text: x], expect: [{ requested: »all }] }'],
  ])('bad-test: %s', (test) => finding(`${around('      - say: hi')}tests:\n  ${test}\n`, 'bad-test'));
});

it('used-before-set follows the ways through the script', () => {
  // Another trigger may have come first.
  expect(lintScript(later('{ say: "{{ t }}" }, { set: { t: null } }'))).toEqual([]);
  // Whatever came before, it comes first.
  const after = '{ http: { get: "https://a.b/", save: x, on_error: [{ stop: true }] } }';
  const script = (steps: string) =>
    `format: dialog-script/1\nbot: b\nvars: { x: { type: json } }\nscripts:\n  s: { when: { fallback: {} }, steps: [${steps}] }`;
  finding(script(`{ say: "{{ »x.b }}" }, ${after}`), 'used-before-set');
  finding(script('{ set: { x: »x + 1 } }'), 'used-before-set');
  const fine = (steps: string) => expect(lintScript(script(steps)).map((one) => one.rule)).not.toContain('used-before-set');
  fine(`${after}, { say: "{{ x.b }}" }`);
  fine(`{ if: chat.id == "1", then: [${after}] }, { say: "{{ x.b }}" }`);
  fine('{ set: { x: 1 } }, { set: { x: x + 1 } }');
  // One way sets it, that is enough.
  expect(lintScript(around('      - if: visitor.vip\n        then: [{ set: { n: 2 } }]\n      - say: "{{ n }}"'))).toEqual([]);
});

describe('a file in another encoding is refused: its bot would say what is left of the letters', () => {
  const source = 'format: dialog-script/1\nbot: b\nscripts:\n  s: { when: chat_start, steps: [{ say: "Hi" }] }\n';
  it.each<[string, Buffer, object]>([
    [
      'windows-1251',
      Buffer.from(source.replace('Hi', '\xcf\xf0\xe8\xe2\xe5\xf2'), 'latin1'),
      { position: { line: 4, column: 42 }, hint: 'save it as UTF-8; it looks like windows-1251' },
    ],
    [
      'UTF-16, as the Windows notepad writes it',
      Buffer.from(`\uFEFF${source}`, 'utf16le'),
      { position: { line: 1, column: 1 }, hint: 'save it as UTF-8; it looks like UTF-16' },
    ],
  ])('%s', (_, bytes, found) => expect(lintScript(bytes.toString('utf8'))).toMatchObject([{ rule: 'not-utf-8', ...found }]));
});

describe('a file that is no YAML: one finding, where the author can mend it', () => {
  it.each<[string, string, object]>([
    [
      'a quote without end',
      '      - say: "hi\n      - stop: true',
      { position: { line: 8, column: 14 }, message: 'the quote that begins here is not closed' },
    ],
    ['one of several quotes', '      - { set: { t: "x }, say: "y" }', { hint: 'one of the quotes in line 8 is not closed' }],
    [
      'a bracket without end',
      '      - menu: { buttons: [[{ id: a, text: "A" }] }',
      { hint: 'a "[" or "{" before this is not closed, or a comma is missing' },
    ],
    ['a colon in a text', '      - say: Сумма: 5', { position: { line: 8, column: 19 }, hint: 'a text with ": " in it stands in quotes' }],
    ['a text that begins with braces', '      - say: {{ t }} рублей', { hint: 'a text that begins with "{{" stands in quotes' }],
    ['a text that begins with a sign', '      - say: @shop', { hint: 'a text that begins with "@" stands in quotes' }],
    [
      'a quote in quotes',
      '      - say: "a "b" c"',
      { hint: `behind the closing quote the text is over; inside, \\" stands for a quote in "…", '' in '…'` },
    ],
    ['a step that stands askew', '      - say: hi\n     - stop: true', { hint: 'keys and steps of one level stand in the same column' }],
    ['a tab', '\t- say: hi', { hint: 'indent with spaces' }],
  ])('%s', (_, steps, found) => expect(lintScript(around(steps))).toMatchObject([{ rule: 'yaml', ...found }]));
});

it('a script whose trigger is refused is not called unreachable too', () => {
  const found = (when: string) => lintScript(around('      - say: hi', also(when))).map(({ rule, hint }) => [rule, hint]);
  expect(found('falback')).toEqual([['bad-trigger', 'did you mean "fallback"?']]);
  expect(found('{ silence: 5 }')).toEqual([['bad-duration', 'like 30s, 5m, 2h']]);
  expect(found('chat_start').map(([rule]) => rule)).toEqual(['duplicate-trigger']);
});

it('what authors bring along from other languages, and slips of the pen, are told what stands for them', () => {
  const hints = (step: string) => lintScript(later(step)).flatMap(({ hint }) => hint ?? []);
  const then = 'then: [{ stop: true }]';
  expect(hints(`{ if: n = 5, ${then} }`)).toEqual(['write "==" to compare']);
  expect(hints(`{ if: n == 5 && f, ${then} }`)).toEqual(['write "and"']);
  expect(hints(`{ if: n == 5 || f, ${then} }`)).toEqual(['write "or"']);
  expect(hints(`{ if: '!f', ${then} }`)).toEqual(['write "not"']);
  expect(hints(`{ if: t == «да», ${then} }`)).toEqual(['texts stand in straight quotes']);
  expect(hints(`{ if: emty(t), ${then} }`)).toEqual(['did you mean "empty"?']);
  expect(hints('{ if: f, thn: [{ stop: true }] }')).toContain('did you mean "then"?');
});

it('a step that YAML reads as a text: what is missing', () => {
  const hint = (step: string) => lintScript(around(`      - ${step}`)).find(({ rule }) => rule === 'wrong-type')?.hint;
  expect(hint('say:"hi"')).toBe('a space belongs behind "say:"');
  expect(hint('stop')).toBe('write "stop: true"');
  expect(hint('handover')).toBe('write "handover: queue"');
});

it('every finding says what to do, or is plain by itself', () => {
  const plain = new Set([
    'empty-text',
    'yaml',
    'wrong-type',
    'bad-attempts',
    'bad-button-id',
    'label-too-long',
    'bad-mark',
    'duplicate-button',
    'duplicate-trigger',
  ]);
  const found = lintScript(
    'format: x\nbto: b\nscripts: { s: { steps: [{ sya: x }, { go: y }, { ask: { } }, { http: {} }, { menu: {} }, { handover: {} }, { say: "{{ z }}" }, { wait: x }] } }',
  );
  expect(found.length).toBeGreaterThan(10);
  for (const one of found) if (!plain.has(one.rule)) expect(one.hint, one.rule).toBeDefined();
});

it('a finding is shown with its line, a caret and what to do', () => {
  const source = 'format: dialog-script/1\nbot: b\nscripts:\n  s:\n    when: chat_start\n    steps:\n      - sya: "Привет"\n';
  const found = lintScript(source).find((one) => one.rule === 'unknown-verb');
  expect(renderFinding(source, found as NonNullable<typeof found>, 'bot.yaml')).toBe(
    [
      'bot.yaml:7:9 error unknown-verb: "sya" is no verb',
      '  7 |       - sya: "Привет"',
      '    |         ^',
      '    = did you mean "say"?',
    ].join('\n'),
  );
});

it('the example of the format parses without a finding, its tests readable', () => {
  const parsed = parseScript(readFileSync(new URL('../test/support.yaml', import.meta.url), 'utf8'));
  expect(parsed).toMatchObject({ ok: true, warnings: [] });
  if (!parsed.ok) return;
  expect(parsed.tests.map((test) => test.name)).toEqual(['wrong number, then right', 'final close after a handover runs Return once']);
  expect(parsed.tests[0]?.given.map((one) => one.kind)).toEqual(['chat_start', 'button', 'text', 'text', 'http_result']);
  expect(parsed.tests[0]?.given[0]).toMatchObject({ at: Date.UTC(2026, 2, 2, 7), position: { column: 9 } });
  expect(parsed.tests[1]?.expect).toMatchObject([
    { kind: 'flag_reset', times: 1 },
    { kind: 'script_ran', scripts: { came_back: 1 } },
  ]);
});

it('JSON is read as YAML is', () => {
  const json = { format: 'dialog-script/1', bot: 'b', scripts: { s: { when: 'chat_start', steps: [{ say: 'hi' }, { stop: true }] } } };
  expect(parseScript(JSON.stringify(json, null, 2)).ok).toBe(true);
});

it.each<[string, string]>([
  ['nothing', ''],
  ['a list', '[]'],
  ['nested 20,000 deep', '['.repeat(20_000)],
  ['maps nested deep', '{a: '.repeat(5_000)],
  ['an alias of itself', 'format: dialog-script/1\nbot: b\nscripts: &x\n  s: *x\n'],
  [
    'aliases that grow without bound',
    `a: &a [x, x]\n${'bcdefghij'
      .split('')
      .map((name, at) => `${name}: &${name} [*${'abcdefghij'[at]}, *${'abcdefghij'[at]}, *${'abcdefghij'[at]}]`)
      .join('\n')}\nscripts: { s: { steps: *j } }`,
  ],
  [
    'a key that is no name',
    '? [a]\n: b\n__proto__: c\nconstructor: d\nscripts: { __proto__: {}, s: { steps: [{ __proto__: x }, { constructor: x }, { toString: x }] } }',
  ],
  ['2 MB', 'x'.repeat(2_000_000)],
])('%s is findings, never a crash', (_, text) => {
  const found = lintScript(text);
  expect(found.some((one) => one.severity === 'error')).toBe(true);
});
