import { returnCauseSchema } from '@dialog/contracts/return-cause';
import type { Verb } from './model.ts';

/**
 * The words of dialog-script/1: every key that a script may have, what it takes and what it means. The parser takes its allowed
 * keys from here, the published JSON Schema and the reference are generated from it: so the three can't differ.
 */
export type Key = {
  readonly takes: Takes;
  readonly means: string;
  readonly required?: boolean;
  /** Where it is left out, in words or as it would be written. */
  readonly fallsBackTo?: string;
};
export type Keys = Readonly<Record<string, Key>>;

/** Kinds of values, each a definition of the schema, or a list of words to choose from. */
export type Takes =
  | 'text'
  | 'label'
  | 'name'
  | 'expression'
  | 'expressions'
  | 'duration'
  | 'count'
  | 'flag'
  | 'steps'
  | 'statuses'
  | 'rows'
  | 'texts'
  | 'variants'
  | 'headers'
  | 'body'
  | 'answer'
  | 'media_types'
  | 'target'
  | 'button_id'
  | 'regexes'
  | 'causes'
  | 'json'
  | { readonly oneOf: readonly string[] };

const outcome = (means: string, fallsBackTo: string): Key => ({ takes: 'steps', means, fallsBackTo });
const id: Key = { takes: 'name', means: 'Names the step for `go: script.id`.' };

export type VerbWords = {
  readonly means: string;
  /** What the verb takes where it is no map. */
  readonly short?: Takes | 'true' | 'queue';
  /** The keys of its map. */
  readonly keys: Keys;
  /** Keys that stand beside the verb in the step. */
  readonly beside?: Keys;
};

export const verbWords: Readonly<Record<Verb, VerbWords>> = {
  say: {
    means: 'Says a text. `{{ expression }}` in it is filled in. An empty one, once filled in, is not said.',
    short: 'text',
    keys: {
      text: { takes: 'text', means: 'The text.' },
      variants: {
        takes: 'variants',
        means: 'Texts of which one is said. The chat and the step decide which: the same chat hears the same at any replay.',
      },
    },
  },
  menu: {
    means:
      'Offers buttons and waits for a press. A label typed, or its number, counts as a press; without inline buttons the menu is a numbered text.',
    keys: {
      id,
      text: { takes: 'text', means: 'Said above the buttons.' },
      buttons: { takes: 'rows', means: 'Rows of buttons, at most 10.', required: true },
      expires: {
        takes: 'duration',
        means: 'After it the menu waits no longer and the script ends; its buttons can still be pressed.',
        fallsBackTo: 'defaults.menu, else it waits without end',
      },
    },
  },
  file: {
    means: 'Sends a file by its address. Where Webim refuses it, the link is sent as text.',
    keys: {
      url: { takes: 'text', means: 'Where the file is; Webim fetches it.', required: true },
      name: { takes: 'text', means: 'How it is called.', fallsBackTo: 'the address' },
      media_type: { takes: 'name', means: 'e.g. `application/pdf`.', fallsBackTo: 'application/octet-stream' },
      caption: { takes: 'text', means: 'Said before the file.' },
    },
  },
  ask: {
    means: 'Asks, waits for an answer that fits and saves it.',
    keys: {
      id,
      text: { takes: 'text', means: 'The question.', required: true },
      save: { takes: 'name', means: 'The variable that gets the answer.', required: true },
      as: {
        takes: 'answer',
        means:
          'What fits: `text`, `int`, `number` (comma or point), both also in groups of three digits (`1 000`), `date` (`2026-12-31` or `31.12.2026`, saved as the former), `email`, `phone` (10 to 15 digits), `{ choice: [...] }` (the text or its number; bare `choice` takes the options of the variable) or `{ regex: … }`.',
        fallsBackTo: 'text',
      },
      error: { takes: 'text', means: 'Said when the answer does not fit.', fallsBackTo: 'defaults.ask, else the question again' },
      attempts: { takes: 'count', means: 'How often it may be answered before `on_fail`.', fallsBackTo: 'defaults.ask, else 3' },
      up_to: {
        takes: 'duration',
        means: 'How long it waits, from the delivery of the question.',
        fallsBackTo: 'defaults.ask, else without end',
      },
      on_fail: outcome('After the last wrong answer.', 'the script ends'),
      on_timeout: outcome('Nothing came within `up_to`, or the question could not be delivered.', 'the script ends'),
    },
  },
  wait: {
    means: 'Waits for a time (`30s`), or for any message of the visitor. What he writes during a plain wait goes to the triggers.',
    short: 'duration',
    keys: {
      for: { takes: { oneOf: ['message'] }, means: 'Any message or file, whatever it is.', required: true },
      up_to: { takes: 'duration', means: 'How long.', fallsBackTo: 'without end' },
      on_timeout: outcome('Nothing came.', 'the next step'),
    },
  },
  set: { means: 'Gives variables the values of expressions; `null` clears.', short: 'expressions', keys: {} },
  if: {
    means: 'Goes one of two ways. null, false, 0, an empty text and an empty list count as no. After either the next step follows.',
    short: 'expression',
    keys: {},
    beside: {
      then: { takes: 'steps', means: 'Where it holds.', required: true },
      else: { takes: 'steps', means: 'Where it does not.', fallsBackTo: 'the next step' },
    },
  },
  http: {
    means:
      'Asks another system; the answer comes back as an input. In `url`, `headers` and `body`, and only there, `{{ secret.name }}` stands for a secret of the configuration, which neither the script nor the history ever holds. What expressions give is percent-encoded in `url`.',
    keys: {
      get: { takes: 'text', means: 'The address, scheme and host written out.' },
      post: { takes: 'text', means: 'The address, scheme and host written out.' },
      put: { takes: 'text', means: 'The address, scheme and host written out.' },
      patch: { takes: 'text', means: 'The address, scheme and host written out.' },
      delete: { takes: 'text', means: 'The address, scheme and host written out.' },
      headers: { takes: 'headers', means: 'Names and texts.' },
      body: {
        takes: 'body',
        means:
          'A text is sent as it is, anything else as JSON. Texts in it are filled in; one that is a single `{{ expression }}` keeps the type of its value.',
      },
      timeout: { takes: 'duration', means: 'How long an attempt may take, 100ms to 60s.', fallsBackTo: 'defaults.http, else 10s' },
      retry: { takes: 'count', means: 'Attempts after the first, 0 to 5.', fallsBackTo: 'defaults.http, else 0' },
      save: { takes: 'name', means: 'The variable that gets the body of a 2xx answer: JSON where it is JSON, else a text.' },
      on_status: {
        takes: 'statuses',
        means:
          'What follows a status: the exact one (`404`), else its class (`4xx`), else `default`. Classes and `default` mean no 2xx, which goes to the next step unless named exactly.',
        fallsBackTo: 'on_error',
      },
      on_error: outcome('No answer, or a status that `on_status` does not name.', 'the script ends'),
    },
  },
  handover: {
    means:
      'Gives the chat to people. The position is kept: `go: interrupted` in a `returned` script goes on with the step behind the handover.',
    short: 'queue',
    keys: {
      department: {
        takes: 'name',
        means: 'Key of the department.',
        fallsBackTo: "defaults.handover, else the account's, else Webim's queue",
      },
      operator: { takes: 'name', means: 'Id of an operator, instead of a department.' },
      say: { takes: 'text', means: 'Said before, and acknowledged before the chat goes.' },
      note: {
        takes: 'text',
        means: 'For people: stands in the history and in the console. Webim is sent nothing, it has no method for it.',
      },
      no_operator_after: {
        takes: 'duration',
        means: 'How long nobody may take it.',
        fallsBackTo: "defaults.handover, else the account's",
      },
      on_accepted: outcome('Webim agreed. The chat is no more the bot’s: silent steps only.', 'nothing happens'),
      on_no_operator: outcome('Nobody took it in time and the bot has the chat again.', 'a `returned` script with cause no_operator'),
      on_failed: outcome('Webim refused.', 'the script ends'),
    },
  },
  close: {
    means: 'Closes the chat. What was said before is acknowledged first.',
    short: 'true',
    keys: { on_failed: outcome('Webim refused.', 'the script ends') },
  },
  go: {
    means:
      'Goes to a script, to a step (`script.step_id`), or to `interrupted`: where the script stood when people or a trigger took over. What was asked there is asked again, failed answers count on. It is taken up once; with nothing to take up the next step follows.',
    short: 'target',
    keys: {},
  },
  stop: { means: 'Ends the script: it waits for its triggers.', short: 'true', keys: {} },
  mark: { means: 'A label for analytics, an event of its own. 1 to 64 characters.', short: 'name', keys: {} },
};

export const verbs = Object.keys(verbWords) as readonly Verb[];

export const httpMethods = ['get', 'post', 'put', 'patch', 'delete'] as const;

export const buttonKeys: Keys = {
  id: { takes: 'button_id', means: 'What Webim reports when it is pressed: 1 to 64 ASCII characters without spaces.', required: true },
  text: { takes: 'label', means: 'The label, at most 80 characters.', required: true },
  go: {
    takes: 'target',
    means: 'Where a press leads.',
    fallsBackTo: 'the script with `when: { button: id }`, else the step after the menu, also where the script waits there no more',
  },
};

export const fileKeys: Keys = {
  format: { takes: { oneOf: ['dialog-script/1'] }, means: 'The version of the format.', required: true },
  bot: { takes: 'name', means: 'The name of the bot.', required: true },
  timezone: { takes: 'name', means: 'The zone of `working_hours`, e.g. `Europe/Moscow`.', fallsBackTo: 'UTC' },
  vars: { takes: 'json', means: 'The variables, by name.' },
  defaults: { takes: 'json', means: 'Values for steps that do not name them.' },
  scripts: { takes: 'json', means: 'The scripts, by name: what starts each and its steps.', required: true },
  tests: { takes: 'json', means: 'Tests: inputs and what must follow.' },
};

export const variableTypes = ['text', 'int', 'number', 'date', 'email', 'phone', 'choice', 'json', 'boolean'] as const;

export const variableKeys: Keys = {
  type: { takes: { oneOf: variableTypes }, means: 'What it holds. A date is a text `YYYY-MM-DD`.', fallsBackTo: 'text' },
  keep: {
    takes: { oneOf: ['chat', 'visitor'] },
    means: '`chat`: for this chat. `visitor`: for the person, in all chats.',
    fallsBackTo: 'chat',
  },
  pii: {
    takes: 'flag',
    means:
      'Personal: masked on the pages of the console. Logs have no values at all; an export has it as it is, named as personal, an anonymised one a pseudonym.',
    fallsBackTo: 'false',
  },
  options: { takes: 'texts', means: 'type `choice` only: what may be chosen.' },
};

const pick = (keys: Keys, names: readonly string[]): Keys =>
  Object.fromEntries(names.map((name) => [name, { ...(keys[name] as Key), required: false }]));

export const defaultKeys: Readonly<Record<string, Keys>> = {
  handover: pick(verbWords.handover.keys, ['department', 'operator', 'no_operator_after']),
  ask: pick(verbWords.ask.keys, ['attempts', 'up_to', 'error']),
  menu: pick(verbWords.menu.keys, ['expires']),
  http: pick(verbWords.http.keys, ['timeout', 'retry']),
};

export const scriptKeys: Keys = {
  when: { takes: 'json', means: 'What starts it: one trigger or a list.', fallsBackTo: 'only `go` leads here' },
  steps: { takes: 'steps', means: 'What it does.', required: true },
  deliver: {
    takes: { oneOf: ['next_chat', 'drop'] },
    means:
      'A `returned` script after a final close: its texts wait for the visitor’s next chat, before `chat_start`, or are dropped. In an open chat they are said at once.',
    fallsBackTo: 'next_chat',
  },
};

export const causes = returnCauseSchema.options;

export type TriggerWords = { readonly means: string; readonly short?: Takes | 'true'; readonly keys: Keys };

export const triggerWords: Readonly<Record<string, TriggerWords>> = {
  chat_start: { means: 'A chat begins on the bot. Written `when: chat_start`.', short: 'true', keys: {} },
  text: {
    means: 'A visitor’s text. Rules are tried in the order of the file; within one any of its keys is enough.',
    keys: {
      any_of: { takes: 'texts', means: 'The whole text, case and punctuation aside, ё = е.' },
      words: { takes: 'texts', means: 'Whole words, or phrases of them, anywhere in the text.' },
      contains: { takes: 'texts', means: 'A part of the text.' },
      regex: { takes: 'regexes', means: 'RE2 syntax, case ignored: no look-around, no back-references, at most 500 characters.' },
    },
  },
  button: { means: 'A press of the button with this id; its label, typed, counts too.', short: 'button_id', keys: {} },
  file: {
    means: 'A visitor’s file. `true`: any; else by media type.',
    short: 'media_types',
    keys: { media_type: { takes: 'media_types', means: 'e.g. `image/*`.', required: true } },
  },
  returned: {
    means: 'The person is back with the bot: the Return script.',
    keys: {
      cause: {
        takes: 'causes',
        means: '`final_close` also takes `auto_close_timeout` and `abandoned` where no script names them.',
        required: true,
      },
    },
  },
  silence: {
    means:
      'Nothing from the visitor for so long while the bot owns the chat. A script that neither waits nor stops leaves the open question as it was.',
    short: 'duration',
    keys: {},
  },
  fallback: {
    means: 'Nothing else matched.',
    short: 'true',
    keys: { streak: { takes: 'count', means: 'For the n-th time in a row; the highest one named takes all after it.', fallsBackTo: '1' } },
  },
};
