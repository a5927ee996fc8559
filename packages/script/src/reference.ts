import { factWords, givenWords, type TestWords } from './test-words.ts';
import {
  buttonKeys,
  defaultKeys,
  fileKeys,
  type Key,
  type Keys,
  scriptKeys,
  type Takes,
  triggerWords,
  variableKeys,
  verbWords,
} from './vocabulary.ts';

const takesText = (takes: Takes | 'true' | 'queue' | 'time' | 'number' | 'values'): string => {
  if (typeof takes === 'object') return takes.oneOf.map((one) => `\`${one}\``).join(', ');
  return names[takes] ?? takes.replaceAll('_', ' ');
};
const names: Readonly<Record<string, string>> = {
  true: '`true`',
  queue: '`queue`',
  flag: '`true` or `false`',
  count: 'a whole number',
  number: 'a whole number, `true` for once',
  expressions: 'variables and expressions',
  steps: 'a list of steps',
  statuses: 'statuses, each with a list of steps',
  rows: 'rows of buttons',
  texts: 'a text or a list',
  variants: 'a list of texts',
  regexes: 'a pattern or a list',
  causes: 'causes',
  headers: 'names and texts',
  body: 'a text or any JSON',
  answer: 'a type',
  media_types: '`true`, a media type or a list',
  target: 'a target',
  button_id: 'an id',
  json: 'any JSON',
  name: 'a name',
  text: 'a text',
  label: 'a text',
  duration: 'a duration (`30s`, `5m`, `2h`)',
  expression: 'an expression',
};

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const table = (keys: Keys): string =>
  [
    '| key | takes | meaning | left out |',
    '|---|---|---|---|',
    ...Object.entries(keys).map(
      ([name, key]: [string, Key]) =>
        `| \`${name}\` | ${cell(takesText(key.takes))} | ${cell(key.means)} | ${key.required === true ? '**required**' : cell(key.fallsBackTo ?? '–')} |`,
    ),
  ].join('\n');

const section = (level: string, name: string, means: string, short: Takes | 'true' | 'queue' | undefined, keys: Keys): string =>
  [
    `${level} \`${name}\``,
    means,
    ...(short === undefined ? [] : [`Short form: \`${name}:\` ${takesText(short)}.`]),
    ...(Object.keys(keys).length === 0 ? [] : [table(keys)]),
  ].join('\n\n');

const testTable = (words: Readonly<Record<string, TestWords>>): string =>
  [
    '| key | takes | meaning |',
    '|---|---|---|',
    ...Object.entries(words).map(([name, { one, keys = {}, bare, means }]) => {
      const inner = Object.entries(keys).map(
        ([key, value]) => `\`${key}\`: ${value.means}${value.fallsBackTo === undefined ? '' : ` Left out: ${value.fallsBackTo}.`}`,
      );
      const map = Object.keys(keys).length === 0 ? [] : [`{ ${Object.keys(keys).join(', ')} }`];
      const values = name === 'script_ran' ? ['scripts and numbers'] : name === 'variable' ? ['variables and values'] : [];
      const takes = [
        ...(one === undefined ? [] : [takesText(one as Takes)]),
        ...map,
        ...values,
        ...(bare === true ? ['nothing'] : []),
      ].join(', or ');
      return `| \`${name}\` | ${cell(takes)} | ${cell([means, ...inner].join(' '))} |`;
    }),
  ].join('\n');

/** `docs/script-reference.md`: every word of the format, from the tables that the parser reads by. */
export const scriptReference = (): string =>
  [
    '# Reference: dialog-script/1',
    'Generated from the words that the parser knows; the same stand in `schemas/dialog-script-1.json`.',
    '## In an editor',
    'With the extension *YAML* (`redhat.vscode-yaml`) VS Code completes and checks a script as it is written. Either begin the file with',
    '```yaml\n# yaml-language-server: $schema=../schemas/dialog-script-1.json\n```',
    '(the path from the script to the schema, or its address), or name the files once in `.vscode/settings.json`:',
    '```json\n{ "yaml.schemas": { "./schemas/dialog-script-1.json": ["bots/*.yaml"] } }\n```',
    'Editors on the same language server (Neovim, Helix, Zed, JetBrains by its own YAML support) read the first form too. The schema knows shapes; `dialogctl script check` finds the rest: targets, outcomes, types, loops.',
    '## The file',
    table(fileKeys),
    '### A variable',
    'Under `vars`, by its name.',
    table(variableKeys),
    '### Defaults',
    ...Object.entries(defaultKeys).flatMap(([verb, keys]) => [`\`defaults.${verb}\``, table(keys)]),
    '### A script',
    'Under `scripts`, by its name: letters, digits and `_`.',
    table(scriptKeys),
    '## Triggers',
    'Priority: pressed button, answer to the open `ask`, `text` and `file` rules in the order of the file, `fallback`. A trigger that takes over from an open `ask`, `menu` or `wait` leaves that position to `go: interrupted`.',
    ...Object.entries(triggerWords).map(([name, { means, short, keys }]) => section('###', name, means, short, keys)),
    '## Verbs',
    'A step is one verb. An `id` beside it names the step for `go: script.id`. After the last step of an outcome the script ends.',
    ...Object.entries(verbWords).map(([verb, { means, short, keys, beside = {} }]) =>
      [
        section('###', verb, means, short, keys),
        ...(Object.keys(beside).length === 0 ? [] : ['Beside it in the step:', table(beside)]),
        ...(verb === 'menu' ? ['A button:', table(buttonKeys)] : []),
      ].join('\n\n'),
    ),
    '## Expressions',
    'Numbers, texts in quotes, `true`, `false`, `null`, lists `[a, b]`; paths such as `order.items.0.name`. From weakest to strongest: `or`; `and`; `not`; `==` `!=` `<` `<=` `>` `>=` `in`; `+` `-`; `*` `/`. `+` joins where one side is a text. A date is a text `YYYY-MM-DD` and compares as such.',
    'Read without being set: `null`. An operation that its operands do not allow, or a value over 200,000 characters, is an error with its line: the dialog is parked.',
    [
      '| function | gives |',
      '|---|---|',
      '| `empty(x)` | whether x is null, an empty text, list or map |',
      '| `lower(x)` | the text in lower case |',
      '| `length(x)` | characters of a text, entries of a list |',
      '| `matches_words(x, ["…"])` | whether the text has one of the words or phrases: whole words, case folded, ё = е |',
      '| `working_hours("Mon-Fri 09:00-18:00, Sat 10:00-14:00")` | whether it is such a time, by the time of the input, in the zone of the bot. `Fri 22:00-06:00` goes on past midnight |',
    ].join('\n'),
    '| path | is |\n|---|---|\n| `name`, `name.key` | a variable |\n| `visitor.*` | what Webim sent of the person with the chat, as texts: `name`, `phone`, `email` and the account’s own fields; null where it sent none |\n| `chat.id`, `chat.account` | the chat |\n| `return.cause` | why the person is back; null elsewhere |\n| `secret.name` | a secret of the configuration, in a request of `http` only, alone in its `{{ }}` |',
    '## Tests',
    'Each has a `name`, a list `given` of inputs and a list `expect` of facts. Each input and each fact has one key.',
    '### Inputs',
    testTable(givenWords),
    '### Facts',
    testTable(factWords),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
