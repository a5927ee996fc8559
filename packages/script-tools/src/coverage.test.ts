import { parseScript } from '@dialog/script/parse';
import { describe, expect, it } from 'vitest';
import { coverageLine, coverageOf, coveragePercent } from './coverage.ts';
import type { Given } from './given.ts';
import { outcomesOf } from './outcomes.ts';
import { rehearse } from './rehearsal.ts';

const parsed = parseScript(`format: dialog-script/1
bot: test
vars: { no: { type: text } }
defaults: { handover: { department: people } }
scripts:
  welcome:
    when: chat_start
    steps:
      - menu: { text: "What?", expires: 5m, buttons: [[{ id: order, text: "Order", go: order }, { id: human, text: "Human", go: human }]] }
  order:
    when: { text: { words: [parcel] } }
    steps:
      - ask: { text: "Number?", save: no, as: { regex: '^[0-9]+$' }, attempts: 2, up_to: 1m, on_fail: [{ mark: failed }], on_timeout: [{ mark: late }] }
      - if: no == "1"
        then: [{ say: "One" }]
        else: [{ say: "Other" }]
      - wait: { for: message, up_to: 1m, on_timeout: [{ mark: silent }] }
      - close: { on_failed: [{ say: "Still here" }] }
  human:
    steps:
      - handover: { on_accepted: [{ mark: accepted }], on_no_operator: [{ say: "Nobody" }], on_failed: [{ say: "Failed" }] }
  back:
    when: { returned: { cause: [final_close, operator_redirect, no_operator] } }
    deliver: drop
    steps: [{ say: "Back" }]
  other: { when: { fallback: { streak: 1 } }, steps: [{ say: "?" }] }
`);
if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings));
const { script } = parsed;

const went = (...given: Given[]) => {
  const rehearsal = rehearse({ script });
  for (const one of [{ kind: 'chat_start' } as const, ...given]) rehearsal.take(one);
  return rehearsal.history();
};
const text = (said: string): Given => ({ kind: 'text', text: said });
const press = (id: string): Given => ({ kind: 'button', id });
const later = (ms: number): Given => ({ kind: 'later', ms });

/** What a history took beside the start of the chat. */
const taken = (...given: Given[]): string[] => {
  const never = new Set(coverageOf(script, [went(...given)]).outcomes.never.map((outcome) => outcome.key));
  return outcomesOf(script)
    .map((outcome) => outcome.key)
    .filter((key) => !never.has(key) && key !== 'scripts.welcome chat_start');
};

describe('coverage', () => {
  it('names every trigger and every way that the author wrote, once', () => {
    const keys = outcomesOf(script).map((outcome) => outcome.key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys).toEqual([
      'scripts.welcome chat_start',
      'scripts.welcome.steps[0] button order',
      'scripts.welcome.steps[0] button human',
      'scripts.welcome.steps[0] expires',
      'scripts.order text',
      'scripts.order.steps[0] answered',
      'scripts.order.steps[0] on_fail',
      'scripts.order.steps[0] on_timeout',
      'scripts.order.steps[1] then',
      'scripts.order.steps[1] else',
      'scripts.order.steps[2] message',
      'scripts.order.steps[2] on_timeout',
      'scripts.order.steps[3] on_failed',
      'scripts.human.steps[0] on_accepted',
      'scripts.human.steps[0] on_no_operator',
      'scripts.human.steps[0] on_failed',
      'scripts.back returned final_close',
      'scripts.back returned operator_redirect',
      'scripts.back returned no_operator',
      'scripts.other fallback 1',
    ]);
  });

  it.each<[string, Given[], string[]]>([
    ['a press', [press('order')], ['scripts.welcome.steps[0] button order']],
    ['a menu that expires', [later(300_000)], ['scripts.welcome.steps[0] expires']],
    ['a text rule', [text('parcel')], ['scripts.order text']],
    ['fallback', [text('abc')], ['scripts.other fallback 1']],
    [
      'an answer, then',
      [text('parcel'), text('1')],
      ['scripts.order text', 'scripts.order.steps[0] answered', 'scripts.order.steps[1] then'],
    ],
    [
      'an answer, else, a message waited for',
      [text('parcel'), text('2'), text('ok')],
      ['scripts.order text', 'scripts.order.steps[0] answered', 'scripts.order.steps[1] else', 'scripts.order.steps[2] message'],
    ],
    ['one wrong answer is no outcome', [text('parcel'), text('x')], ['scripts.order text']],
    ['all attempts wrong', [text('parcel'), text('x'), text('x')], ['scripts.order text', 'scripts.order.steps[0] on_fail']],
    ['no answer in time', [text('parcel'), later(60_000)], ['scripts.order text', 'scripts.order.steps[0] on_timeout']],
    [
      'a refused close',
      [{ kind: 'refuse', what: 'close', reason: 'other' }, text('parcel'), text('1'), text('ok')],
      [
        'scripts.order text',
        'scripts.order.steps[0] answered',
        'scripts.order.steps[1] then',
        'scripts.order.steps[2] message',
        'scripts.order.steps[3] on_failed',
      ],
    ],
    ['a handover', [press('human')], ['scripts.welcome.steps[0] button human', 'scripts.human.steps[0] on_accepted']],
    [
      'nobody takes it',
      [press('human'), { kind: 'no_operator' }],
      ['scripts.welcome.steps[0] button human', 'scripts.human.steps[0] on_accepted', 'scripts.human.steps[0] on_no_operator'],
    ],
    [
      'a refused handover',
      [{ kind: 'refuse', what: 'handover', reason: 'other' }, press('human')],
      ['scripts.welcome.steps[0] button human', 'scripts.human.steps[0] on_failed'],
    ],
    [
      'a Return for a cause that only final_close takes',
      [press('human'), { kind: 'chat_closed', by: 'inactivity' }],
      ['scripts.welcome.steps[0] button human', 'scripts.human.steps[0] on_accepted', 'scripts.back returned final_close'],
    ],
  ])('counts %s', (_name, given, expected) => {
    expect(taken(...given)).toEqual(expected);
  });

  it('says it in a line and in per cent', () => {
    const coverage = coverageOf(script, [went(press('order'))]);
    expect(coverageLine(coverage)).toBe('18 of 20 outcomes never taken, 15 of 17 steps never run');
    expect(coveragePercent(coverage)).toBe(10);
    expect(coveragePercent(coverageOf(script, []))).toBe(0);
  });
});
