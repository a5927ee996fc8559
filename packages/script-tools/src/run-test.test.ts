import { parseScript } from '@dialog/script/parse';
import { describe, expect, it } from 'vitest';
import { runTest } from './run-test.ts';

const source = `format: dialog-script/1
bot: test
vars: { no: { type: text }, order: { type: json }, n: { type: number } }
defaults: { handover: { department: people } }
scripts:
  welcome:
    when: chat_start
    steps:
      - say: "Hello"
      - menu: { text: "What?", buttons: [[{ id: order, text: "Order", go: order }, { id: human, text: "Human", go: human }]] }
  order:
    steps:
      - ask: { id: which, text: "Number?", save: no, as: { regex: '^[0-9]+$' }, error: "Digits.", on_fail: [{ stop: true }], on_timeout: [{ stop: true }] }
      - http: { get: "https://crm.example/{{ no }}", save: order, on_error: [{ say: "Down" }] }
      - say: "It is {{ order.state }}"
      - file: { url: "https://files.example/a.pdf", name: "a.pdf" }
      - mark: answered
      - go: order.which
  human:
    steps:
      - handover: { note: "about {{ no }}", on_accepted: [{ mark: accepted }], on_no_operator: [{ say: "Nobody" }], on_failed: [{ say: "Failed" }] }
  divide:
    when: { text: { any_of: [divide] } }
    steps: [{ set: { n: 1 / 0 } }, { say: "{{ n }}" }]
  bye:
    when: { text: { any_of: [bye] } }
    steps: [{ close: true }]
  back:
    when: { returned: { cause: [final_close] } }
    deliver: drop
    steps: [{ say: "Bye" }]
  other: { when: { fallback: { streak: 1 } }, steps: [{ say: "?" }] }
`;

/** The failures of one test, as `expected | actual`. */
const failures = (given: string, expect: string): string[] => {
  const parsed = parseScript(`${source}tests: [{ name: t, given: ${given}, expect: ${expect} }]\n`);
  if (!parsed.ok) throw new Error(parsed.findings.map((one) => `${one.position.line}: ${one.message} ${one.hint}`).join('\n'));
  const [test] = parsed.tests;
  if (test === undefined) throw new Error('no test');
  return runTest(parsed.script, test).failures.map((one) => `${one.expected} | ${one.actual}`);
};

const order = '[chat_start, { button: order }, { text: x }, { text: "7" }, { http_result: { status: 200, body: { state: sent } } }]';
const human = '[chat_start, { button: human }, operator_assigned, chat_closed, chat_closed]';

describe('facts that hold', () => {
  it.each([
    [order, '[{ said: "Digits." }, { said: "It is sent" }, { said: { contains: "Number" } }]'],
    [order, '[{ not_said: "Down" }, { offered: [order, human] }, { sent_file: a.pdf }, { marked: answered }, { not_marked: accepted }]'],
    [order, '[{ owner: bot }, { flag: false }, { closed: false }, { requested: "GET https://crm.example/7" }]'],
    [order, '[{ variable: { no: "7", order: { state: sent }, n: null } }, { waits_at: order.which }, { waits_at: order }]'],
    [order, '[{ script_ran: { welcome: 1, order: 2, human: 0 } }]'],
    [human, '[{ handed_over: 1 }, { handed_over: { department: people } }, { noted: "about " }, { flag_reset: 1 }, { dropped: "Bye" }]'],
    [human, '[{ script_ran: { back: 1 } }, { closed: true }, { owner: nobody }, { waits_at: null }]'],
  ])('%s: %s', (given, expected) => {
    expect(failures(given, expected)).toEqual([]);
  });
});

describe('facts that do not hold say what was there instead', () => {
  it.each([
    ['[{ said: "It is lost" }]', 'said: "It is lost" | said: "It is sent"'],
    ['[{ said: "It is sent" }, { said: "Digits." }]', 'said: "Digits." | it was said before "It is sent", not after it'],
    ['[{ said: { contains: "lost" } }]', 'said, containing: "lost" | said: "Number?"'],
    ['[{ not_said: "Digits." }]', 'not said: "Digits." | it was said'],
    ['[{ offered: [order] }]', 'offered: order | offered: order, human'],
    ['[{ sent_file: b.pdf }]', 'sent_file: b.pdf | sent: a.pdf'],
    ['[{ marked: accepted }]', 'marked: accepted | marks: answered'],
    ['[{ not_marked: answered }]', 'not_marked: answered | marks: answered'],
    ['[{ owner: queue }]', 'owner: queue | owner: bot'],
    ['[{ flag: true }]', 'flag: true | flag: false'],
    ['[{ flag_reset: { times: 2, cause: final_close } }]', 'flag_reset: 2 by final_close | flag_reset: 0 by final_close, causes none'],
    ['[{ script_ran: { order: 1 } }]', 'script_ran: order: 1 | script_ran: order: 2'],
    ['[{ variable: { no: "8" } }]', 'variable: no = "8" | variable: no = "7"'],
    ['[{ closed: true }]', 'closed: true | closed: false'],
    ['[{ handed_over: 1 }]', 'handed_over: 1 | handed_over: 0, in all to none'],
    ['[{ held: "Bye" }]', 'held: "Bye" | held: none'],
    ['[{ dropped: "Bye" }]', 'dropped: "Bye" | dropped: none'],
    ['[{ requested: "GET https://crm.example/8" }]', 'requested: GET https://crm.example/8 | requested: GET https://crm.example/7'],
    ['[{ noted: "x" }]', 'noted: "x" | notes: none'],
    ['[{ waits_at: welcome }]', 'waits_at: welcome | waits_at: scripts.order.steps[0]'],
  ])('%s', (expected, failure) => {
    expect(failures(order, expected)).toEqual([failure]);
  });
});

it('a close step asks Webim, whose word that it is done is an input of its own', () => {
  expect(failures('[chat_start, { text: bye }]', '[{ closed: true }]')).toEqual([
    'closed: true | closed: false; the bot asked for it, and that Webim did it is an input: chat_closed',
  ]);
  expect(failures('[chat_start, { text: bye }, chat_closed]', '[{ closed: true }]')).toEqual([]);
});

it('what makes no sense is a failure with its place, and so is a script that fails', () => {
  expect(failures('[chat_start, { http_result: { status: 200 } }]', '[{ owner: bot }]')).toEqual([
    'http_result makes sense here | no http step waits for an answer here',
  ]);
  expect(failures('[{ text: hello }]', '[{ closed: false }]')).toEqual([
    'text makes sense here | the chat has not begun: chat_start comes first',
  ]);
  expect(failures('[chat_start, { text: divide }]', '[{ said: "Hello" }]')).toEqual([
    expect.stringMatching(/^the script runs \| it failed, and the dialog was parked: line \d+: /),
  ]);
});
