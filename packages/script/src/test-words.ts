import { causes, type Key, type Keys } from './vocabulary.ts';

/** What an input or a fact of a test takes: nothing, one value, or a map of keys; `one` and `keys` together: either. */
export type TestWords = {
  readonly means: string;
  readonly one?: Key['takes'] | 'time' | 'number' | 'values';
  readonly keys?: Keys;
  readonly bare?: true;
};

const time: Key = {
  takes: 'name',
  means: 'When, with its offset: `2026-03-02T10:00:00+03:00`.',
  fallsBackTo: 'a fixed time: 2026-01-05T12:00:00Z, a Monday',
};

export const httpErrors = [
  'timeout',
  'connection',
  'refused_host',
  'redirect',
  'too_large',
  'secret_missing',
  'in_doubt',
  'unsupported',
  'account_removed',
] as const;
export const refusedKinds = ['text', 'menu', 'file', 'handover', 'close'] as const;
export const refusedReasons = ['other', 'content', 'chat_closed', 'not_bots_chat'] as const;
export const closedBy = ['visitor', 'operator', 'inactivity'] as const;
export const owners = ['bot', 'queue', 'operator', 'nobody'] as const;

/** The inputs of a test, each a map of one key. */
export const givenWords: Readonly<Record<string, TestWords>> = {
  chat_start: {
    means: 'The chat begins on the bot.',
    bare: true,
    keys: {
      at: time,
      visitor: { takes: 'json', means: 'What Webim knows of the person, as texts: `visitor.*`, in this chat and the next ones.' },
      variables: { takes: 'json', means: 'Variables `keep: visitor`, as an earlier chat left them.' },
    },
  },
  text: { means: 'The visitor writes.', one: 'text' },
  button: { means: 'The visitor presses the button with this id.', one: 'button_id' },
  file: {
    means: 'The visitor sends a file.',
    bare: true,
    keys: {
      media_type: { takes: 'name', means: 'e.g. `image/png`.', fallsBackTo: 'Webim does not tell it' },
      name: { takes: 'name', means: 'How it is called.' },
    },
  },
  http_result: {
    means: 'What comes of the `http` step that waits: an answer, or why there is none.',
    keys: {
      status: { takes: 'count', means: 'An answer of this status.' },
      body: { takes: 'json', means: 'Its body.', fallsBackTo: 'null' },
      error: { takes: { oneOf: httpErrors }, means: 'No answer.' },
    },
  },
  operator_assigned: {
    means: 'An operator takes the chat: from the queue, or from the bot.',
    bare: true,
    keys: { operator: { takes: 'name', means: 'His id.', fallsBackTo: 'any that is not the bot’s' } },
  },
  operator_redirect: { means: 'The operator redirects the open chat to the bot.', bare: true },
  chat_closed: {
    means: 'The chat is closed for good.',
    bare: true,
    keys: { by: { takes: { oneOf: closedBy }, means: '`inactivity`: Webim’s timer closed it: cause `auto_close_timeout`.' } },
  },
  later: { means: 'Time passes; every deadline in between fires.', one: 'duration' },
  new_chat: { means: 'The same person’s next chat; what follows goes there.', bare: true, keys: { at: time } },
  no_operator: { means: 'Nobody takes the handover: time moves to its `no_operator_after`.', bare: true },
  refuse: {
    means: 'Webim refuses the next request of this kind; else it accepts whatever is asked, at once.',
    one: { oneOf: refusedKinds },
    keys: {
      next: { takes: { oneOf: refusedKinds }, means: 'What it refuses.', required: true },
      reason: { takes: { oneOf: refusedReasons }, means: 'Why.', fallsBackTo: 'other' },
    },
  },
};

/** The facts of a test, each a map of one key. */
export const factWords: Readonly<Record<string, TestWords>> = {
  said: {
    means: 'Said to the visitor, word for word, menus’ texts and captions included. Several come in this order.',
    one: 'text',
    keys: { contains: { takes: 'text', means: 'A part of it.', required: true } },
  },
  not_said: { means: 'Never said.', one: 'text' },
  offered: { means: 'The last keyboard has exactly these buttons, by id.', one: 'texts' },
  sent_file: { means: 'A file of this name or address was sent.', one: 'text' },
  marked: { means: 'This mark was set.', one: 'name' },
  not_marked: { means: 'This mark was not set.', one: 'name' },
  owner: { means: 'Who has the chat at the end.', one: { oneOf: owners } },
  flag: { means: 'Whether the flag "handed to operator" is set at the end.', one: 'flag' },
  flag_reset: {
    means: 'How often the flag was reset.',
    one: 'number',
    keys: {
      times: { takes: 'count', means: 'How often.', fallsBackTo: '1' },
      cause: { takes: { oneOf: causes }, means: 'Count those with this cause alone.' },
    },
  },
  script_ran: { means: 'How often each script was entered, by a trigger or by `go`. A name alone: once.', one: 'name', keys: {} },
  variable: { means: 'Variables at the end; null: not set.', keys: {} },
  closed: {
    means: 'Whether the chat is closed at the end. After a `close` step too that takes the input `chat_closed`, Webim’s word.',
    one: 'flag',
  },
  handed_over: {
    means: 'How often the chat was handed over. `true`: once.',
    one: 'number',
    keys: {
      times: { takes: 'count', means: 'How often.', fallsBackTo: '1' },
      department: { takes: 'name', means: 'Count those to this department alone.' },
      operator: { takes: 'name', means: 'Count those to this operator alone.' },
    },
  },
  held: { means: 'A text that waits at the end for the visitor’s next chat.', one: 'text' },
  dropped: { means: 'A text of a final Return that nobody gets.', one: 'text' },
  requested: { means: 'An `http` request was made: `GET https://…`.', one: 'text' },
  noted: { means: 'The note of a handover.', one: 'text' },
  waits_at: { means: 'Where the script waits at the end: `script.step_id`, a script’s name, or null: at its triggers.', one: 'target' },
};
