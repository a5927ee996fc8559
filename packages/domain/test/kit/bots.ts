import { parseScript, type Script } from '@dialog/script/parse';

/** A script that must parse: a test's bot. */
export const bot = (yaml: string): Script => {
  const parsed = parseScript(`format: dialog-script/1\nbot: test\n${yaml}`);
  if (!parsed.ok)
    throw new Error(
      parsed.findings
        .filter((found) => found.severity === 'error')
        .map((found) => `${found.position.line}: ${found.message}`)
        .join('\n'),
    );
  return parsed.script;
};

/** Says one thing for each thing that a script can do. */
export const talkerSource = `
vars:
  order_no: { type: text, pii: true }
defaults:
  handover: { department: operators, no_operator_after: 3m }
scripts:
  welcome:
    when: chat_start
    steps: [{ say: welcome }]
  hello:
    when: { text: { any_of: [hello] } }
    steps: [{ say: hello back }]
  who:
    when: { text: { any_of: [who] } }
    steps: [{ say: "you are {{ visitor.name }}" }]
  two:
    when: { text: { any_of: [two] } }
    steps: [{ say: one }, { say: two }]
  quiet:
    when: { text: { any_of: [quiet] } }
    steps: [{ mark: quiet }]
  order:
    when: { text: { any_of: [order] } }
    steps:
      - ask:
          text: which number?
          save: order_no
          as: { regex: '^[0-9]+$' }
          attempts: 2
          up_to: 10m
          on_fail: [{ say: no number }]
          on_timeout: [{ mark: asked_in_vain }]
      - say: "order {{ order_no }}"
  human:
    when: { text: { any_of: [human] } }
    steps:
      - handover:
          say: handing over
          on_accepted: [{ mark: handed_over }]
          on_no_operator: [{ say: nobody came }]
          on_failed: [{ say: not handed over }]
  mute_human:
    when: { text: { any_of: [mute human] } }
    steps:
      - handover: { on_accepted: [{ mark: handed_over }], on_failed: [{ mark: not_handed_over }] }
  menu:
    when: { text: { any_of: [menu] } }
    steps:
      - menu:
          text: choose
          expires: 5m
          buttons: [[{ id: greet, text: Greet, go: hello }, { id: person, text: Person, go: human }]]
  price:
    when: { text: { any_of: [price] } }
    steps:
      - file: { url: 'https://files.example/price.pdf', name: price.pdf, media_type: application/pdf, caption: our prices }
  bye:
    when: { text: { any_of: [bye] } }
    steps: [{ say: good bye }, { close: { on_failed: [{ say: not closed }] } }]
  mute_bye:
    when: { text: { any_of: [mute bye] } }
    steps: [{ close: { on_failed: [{ say: not closed }] } }]
  patience:
    when: { text: { any_of: [later] } }
    steps: [{ say: a moment }, { wait: 30s }, { say: now }]
  back:
    when: { returned: { cause: [operator_redirect, no_operator] } }
    steps: [{ set: { order_no: null } }, { say: back again }]
  after:
    when: { returned: { cause: [final_close] } }
    deliver: drop
    steps: [{ mark: after_close }, { say: good luck }]
  what:
    when: { fallback: { streak: 1 } }
    steps: [{ say: what? }]
`;
export const talker = bot(talkerSource);

/** Has no Return script at all. */
export const forgetful = bot(`
defaults:
  handover: { department: operators }
scripts:
  human:
    when: { text: { any_of: [human] } }
    steps: [{ handover: { on_failed: [{ stop: true }] } }]
  order:
    when: { text: { any_of: [order] } }
    steps:
      - ask: { text: which number?, save: no, as: text, up_to: 10m, on_timeout: [{ mark: asked_in_vain }], on_fail: [{ stop: true }] }
      - say: noted
  what:
    when: { fallback: { streak: 1 } }
    steps: [{ say: what? }]
vars:
  no: { type: text }
`);

/** Gives the person to people at once when he comes back; its other causes name themselves. */
export const pusher = bot(`
defaults:
  handover: { department: operators, no_operator_after: 1m }
scripts:
  welcome:
    when: chat_start
    steps: [{ menu: { text: welcome, buttons: [[{ id: person, text: Person, go: human }]] } }]
  human:
    when: { text: { any_of: [human] } }
    steps: [{ handover: { on_accepted: [{ mark: handed_over }], on_failed: [{ mark: not_handed_over }] } }]
  back:
    when: { returned: { cause: [operator_redirect, no_operator] } }
    steps: [{ handover: { on_failed: [{ mark: not_handed_over }] } }]
  after:
    when: { returned: { cause: [final_close] } }
    deliver: drop
    steps: [{ mark: after_final }]
  timed_out:
    when: { returned: { cause: [auto_close_timeout] } }
    deliver: drop
    steps: [{ mark: after_timeout }]
  left:
    when: { returned: { cause: [abandoned] } }
    deliver: drop
    steps: [{ mark: after_abandoned }, { say: somebody left }, { ask: { text: are you there?, save: there, as: text, on_fail: [{ stop: true }], on_timeout: [{ stop: true }] } }]
  what:
    when: { fallback: { streak: 1 } }
    steps: [{ say: what? }, { say: once more }]
vars:
  there: { type: text }
`);

/** Asks another system, reminds who is silent, and goes on where people took over. */
export const asker = bot(`
vars:
  order_no: { type: text, pii: true }
  order: { type: json }
defaults:
  handover: { department: operators, no_operator_after: 1m }
scripts:
  welcome:
    when: chat_start
    steps: [{ say: welcome }]
  order:
    when: { text: { any_of: [order] } }
    steps:
      - ask: { text: which number?, save: order_no, as: text, up_to: 10m, on_fail: [{ stop: true }], on_timeout: [{ say: another time }] }
      - http:
          get: 'https://crm.example/orders/{{ order_no }}'
          timeout: 5s
          retry: 1
          save: order
          on_status: { 404: [{ say: no such order }, { go: order }] }
          on_error: [{ say: no answer }]
      - if: order.state == "delivered"
        then: [{ say: delivered }]
        else: [{ say: 'on its way, {{ order.eta }}' }]
  pay:
    when: { text: { any_of: [pay] } }
    steps:
      - say: paying
      - http: { post: 'https://pay.example/', body: { amount: 7 }, retry: 1, on_error: [{ say: not paid }] }
      - say: paid
  human:
    when: { text: { any_of: [human] } }
    steps:
      - handover:
          on_accepted: [{ http: { post: 'https://crm.example/handed', on_error: [{ mark: not_told }] } }, { mark: told }]
          on_failed: [{ say: not handed over }]
      - say: we talked
      - mark: after_people
  pause:
    when: { text: { any_of: [pause] } }
    steps: [{ wait: 30m }, { say: there I am }]
  bye:
    when: { text: { any_of: [bye] } }
    steps: [{ close: { on_failed: [{ say: not closed }] } }]
  nudge:
    when: { silence: 2m }
    steps: [{ say: are you there? }]
  last_nudge:
    when: { silence: 5m }
    steps: [{ say: still there? }, { mark: silent }]
  back:
    when: { returned: { cause: [operator_redirect, no_operator] } }
    steps: [{ say: back again }, { go: interrupted }, { mark: nothing_interrupted }]
  after:
    when: { returned: { cause: [final_close] } }
    deliver: drop
    steps: [{ http: { post: 'https://crm.example/closed', on_error: [{ mark: crm_not_told }] } }, { mark: crm_told }, { say: good luck }]
  what:
    when: { fallback: { streak: 1 } }
    steps: [{ say: what? }]
`);
