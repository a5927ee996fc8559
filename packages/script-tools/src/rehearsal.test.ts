import { replay } from '@dialog/domain/replay';
import { parseScript, type Script } from '@dialog/script/parse';
import { parseAccounts } from '@dialog/service-kit/accounts';
import { describe, expect, it } from 'vitest';
import type { Given } from './given.ts';
import { defaultStart, type Rehearsal, rehearse } from './rehearsal.ts';
import { rehearsalSettings } from './settings.ts';

const bot = (yaml: string): Script => {
  const parsed = parseScript(`format: dialog-script/1\nbot: test\ntimezone: Europe/Moscow\n${yaml}`);
  if (!parsed.ok) throw new Error(parsed.findings.map((one) => `${one.position.line}: ${one.message}`).join('\n'));
  return parsed.script;
};

const shop = bot(`
vars: { no: { type: text } }
defaults: { handover: { department: people, no_operator_after: 3m }, ask: { attempts: 2, up_to: 10m } }
scripts:
  welcome:
    when: chat_start
    steps:
      - say: "Hello"
      - menu: { text: "What?", buttons: [[{ id: order, text: "Order", go: order }], [{ id: human, text: "Human", go: human }]] }
  order:
    steps:
      - ask: { text: "Number?", save: no, as: { regex: '^[0-9]+$' }, error: "Digits.", on_fail: [{ go: human }], on_timeout: [{ mark: gone }, { say: "Still there?" }] }
      - say: "Order {{ no }}"
      - close: { on_failed: [{ say: "cannot close" }] }
  human:
    steps:
      - handover: { say: "Wait.", on_accepted: [{ mark: accepted }], on_no_operator: [{ say: "Nobody." }], on_failed: [{ say: "Failed." }] }
  back:
    when: { returned: { cause: [operator_redirect, final_close, no_operator] } }
    deliver: drop
    steps: [{ mark: back }, { say: "Back." }]
  other: { when: { fallback: { streak: 1 } }, steps: [{ say: "What?" }] }
`);

const told = (rehearsal: Rehearsal): string[] =>
  rehearsal.transcript().map(
    (line) =>
      `${line.who}: ${line.text}${
        line.buttons
          ?.flat()
          .map((one) => `[${one.text}]`)
          .join('') ?? ''
      }`,
  );
const perform = (given: readonly Given[], script = shop): Rehearsal => {
  const rehearsal = rehearse({ script });
  for (const one of given) rehearsal.take(one);
  return rehearsal;
};
const start: Given = { kind: 'chat_start' };

describe('a rehearsal', () => {
  it('tells what the visitor reads, with the step that said it', () => {
    const rehearsal = perform([start, { kind: 'button', id: 'order' }, { kind: 'text', text: 'x' }, { kind: 'text', text: '12' }]);
    expect(told(rehearsal)).toEqual([
      'webim: a chat begins',
      'bot: Hello',
      'bot: What?',
      'bot: [Order][Human]',
      'visitor: [order]',
      'bot: Number?',
      'visitor: x',
      'bot: Digits.',
      'visitor: 12',
      'bot: Order 12',
      'webim: the bot closes the chat',
    ]);
    expect(rehearsal.transcript().map((line) => line.step?.path ?? null)).toEqual([
      null,
      'scripts.welcome.steps[0]',
      'scripts.welcome.steps[1]',
      'scripts.welcome.steps[1]',
      null,
      'scripts.order.steps[0]',
      null,
      'scripts.order.steps[0]',
      null,
      'scripts.order.steps[1]',
      'scripts.order.steps[2]',
    ]);
  });

  it('is the production engine: its history decided again is itself', () => {
    const rehearsal = perform([
      start,
      { kind: 'button', id: 'human' },
      { kind: 'operator_assigned', operator: '7' },
      { kind: 'later', ms: 60_000 },
      { kind: 'operator_redirect' },
      { kind: 'text', text: 'order' },
      { kind: 'later', ms: 3_600_000 },
      { kind: 'chat_closed' },
    ]);
    const again = replay(rehearsal.history(), { script: () => shop, settings: () => rehearsalSettings }, 'rehearsal');
    expect(again.gap).toBeNull();
    expect(again.events).toEqual(rehearsal.history());
  });

  it('moves the clock only when told, and fires what is due at its own time', () => {
    const rehearsal = perform([start, { kind: 'button', id: 'order' }]);
    expect(rehearsal.now()).toBe(defaultStart);
    rehearsal.take({ kind: 'later', ms: 599_999 });
    expect(told(rehearsal)).not.toContain('bot: Still there?');
    rehearsal.take({ kind: 'later', ms: 30_000 });
    const said = rehearsal.transcript().find((line) => line.text === 'Still there?');
    expect(said?.at).toBe(defaultStart + 600_000);
    expect(rehearsal.now()).toBe(defaultStart + 629_999);
  });

  it('hands over, and Return runs once at the final close', () => {
    const rehearsal = perform([
      start,
      { kind: 'button', id: 'human' },
      { kind: 'operator_assigned', operator: '7' },
      { kind: 'chat_closed' },
      { kind: 'chat_closed' },
    ]);
    const types = rehearsal.history().map((event) => event.type);
    expect(types.filter((type) => type === 'FlagReset')).toHaveLength(1);
    expect(types.filter((type) => type === 'ReturnStarted')).toHaveLength(1);
  });

  it('nobody comes: the bot has the chat back after its wait', () => {
    expect(told(perform([start, { kind: 'button', id: 'human' }, { kind: 'no_operator' }]))).toContain('bot: Nobody.');
  });

  it.each([
    ['handover', [{ kind: 'button', id: 'human' }], 'bot: Failed.'],
    [
      'close',
      [
        { kind: 'button', id: 'order' },
        { kind: 'text', text: '1' },
      ],
      'bot: cannot close',
    ],
  ] as const)('refuses a %s on demand', (what, given, expected) => {
    const rehearsal = perform([start, { kind: 'refuse', what, reason: 'other' }, ...given]);
    expect(told(rehearsal)).toContain(expected);
  });

  it('a refused keyboard comes as numbered text, and the number is a press', () => {
    const rehearsal = perform([{ kind: 'refuse', what: 'menu', reason: 'content' }, start, { kind: 'text', text: '1' }]);
    expect(told(rehearsal)).toContain('bot: 1. Order\n2. Human');
    expect(told(rehearsal).at(-1)).toBe('bot: Number?');
  });

  it('says what makes no sense', () => {
    expect(() => perform([{ kind: 'text', text: 'x' }])).toThrow('chat_start comes first');
    expect(() => perform([start, start])).toThrow('has begun already');
    expect(() => perform([start, { kind: 'http_result', status: 200, body: null }])).toThrow('no http step waits');
  });
});

it('its settings are those of an account whose file says nothing', () => {
  const parsed = parseAccounts(
    `accounts:\n  - id: rehearsal\n    webim: { host: shop.webim.ru, token: t, botOperatorId: bot }\n    department: operators\n    webhookTokens: [${'a'.repeat(64)}]\n    script: bot.yaml\n`,
    { file: 'accounts.yaml', env: {} },
  );
  expect(parsed.ok && parsed.accounts[0]?.settings).toEqual(rehearsalSettings);
});

describe('several chats of one person', () => {
  const held = bot(`
vars: { name: { type: text, keep: visitor } }
defaults: { handover: { department: people } }
scripts:
  welcome:
    when: chat_start
    steps: [{ say: "Hello {{ name }}" }]
  call_me: { when: { text: { words: [me] } }, steps: [{ ask: { text: "Name?", save: name, on_fail: [{ stop: true }], on_timeout: [{ stop: true }] } }, { say: "Good" }] }
  human: { when: { text: { words: [human] } }, steps: [{ handover: { on_failed: [{ stop: true }] } }] }
  back:
    when: { returned: { cause: [final_close] } }
    steps: [{ say: "Did it help?" }]
  other: { when: { fallback: { streak: 1 } }, steps: [{ say: "?" }] }
`);
  const closed: readonly Given[] = [start, { kind: 'text', text: 'human' }, { kind: 'chat_closed' }];

  it('a text of a final Return waits for the next chat, and is said there first, once', () => {
    const waiting = perform(closed, held);
    expect(waiting.held()).toEqual(['Did it help?']);
    waiting.take({ kind: 'new_chat' });
    expect(waiting.held()).toEqual([]);
    expect(told(waiting).slice(-2)).toEqual(['bot: Did it help?', 'bot: Hello ']);
    waiting.take({ kind: 'chat_closed' });
    waiting.take({ kind: 'new_chat' });
    expect(told(waiting).filter((line) => line === 'bot: Did it help?')).toHaveLength(2);
  });

  it('a refused one goes back, and one that waits too long is let go', () => {
    const refused = perform([...closed, { kind: 'refuse', what: 'text', reason: 'other' }, { kind: 'new_chat' }], held);
    expect(refused.held()).toEqual(['Did it help?']);
    const late = perform([...closed, { kind: 'later', ms: 31 * 86_400_000 }], held);
    expect(late.held()).toEqual([]);
  });

  it('variables that are the person’s are known in the next chat, and may be given for the first', () => {
    const next = perform(
      [start, { kind: 'text', text: 'me' }, { kind: 'text', text: 'Ann' }, { kind: 'chat_closed' }, { kind: 'new_chat' }],
      held,
    );
    expect(told(next).at(-1)).toBe('bot: Hello Ann');
    expect(told(perform([{ kind: 'chat_start', variables: { name: 'Bob' } }], held))).toContain('bot: Hello Bob');
  });

  it('what Webim knows of the person is `visitor.*`, as texts, in this chat and the next', () => {
    const knowing = bot(`
scripts:
  welcome: { when: chat_start, steps: [{ say: "Hello {{ visitor.name }}, {{ visitor.age }}, {{ visitor.none }}" }] }
  other: { when: { fallback: { streak: 1 } }, steps: [{ say: "?" }] }
`);
    const next = perform(
      [{ kind: 'chat_start', visitor: { name: 'Ann', age: 7, none: null } }, { kind: 'chat_closed' }, { kind: 'new_chat' }],
      knowing,
    );
    expect(told(next).filter((line) => line.startsWith('bot:'))).toEqual(['bot: Hello Ann, 7, ', 'bot: Hello Ann, 7, ']);
    expect(told(perform([start], knowing)).at(-1)).toBe('bot: Hello , , ');
  });
});
