import { anyMediaType } from './media-type.ts';
import { factWords, givenWords, type TestWords } from './test-words.ts';
import {
  buttonKeys,
  causes,
  defaultKeys,
  fileKeys,
  httpMethods,
  type Key,
  type Keys,
  scriptKeys,
  type Takes,
  triggerWords,
  variableKeys,
  verbs,
  verbWords,
} from './vocabulary.ts';

type Schema = { readonly [key: string]: unknown };

const ref = (name: string): Schema => ({ $ref: `#/$defs/${name}` });
const scalar: Schema = { type: ['string', 'number', 'boolean'] };
const oneOrMany = (items: Schema): Schema => ({ anyOf: [items, { type: 'array', items, minItems: 1 }] });
const nameOf = (text: string): string => `^${text}$`;

/** What each kind of value is. Numbers and booleans stand for their text where a text is wanted, as YAML writers expect. */
const kinds: Readonly<Record<Extract<Takes, string>, Schema>> = {
  text: { type: ['string', 'number', 'boolean'], maxLength: 2000, description: 'A text; `{{ expression }}` in it is filled in.' },
  label: { type: ['string', 'number', 'boolean'], maxLength: 80 },
  name: { ...scalar },
  expression: {
    type: ['string', 'number', 'boolean'],
    maxLength: 2000,
    description:
      'Comparison, `and` `or` `not`, `+ - * /`, `in`, `empty(x)`, `lower(x)`, `length(x)`, `matches_words(x, [...])`, `working_hours("Mon-Fri 09:00-18:00")`, paths such as `order.state`, `visitor.name`, `chat.id`, `return.cause`. Texts stand in quotes of their own.',
  },
  expressions: {
    type: 'object',
    additionalProperties: { anyOf: [ref('expression'), { type: 'null', description: 'Clears the variable.' }] },
  },
  duration: { type: 'string', pattern: '^\\s*\\d{1,9}(\\.\\d{1,3})?\\s*(ms|s|m|h|d)\\s*$', examples: ['30s', '5m', '2h', '1d'] },
  count: { type: 'integer', minimum: 0 },
  flag: { type: 'boolean' },
  steps: { type: 'array', items: ref('step') },
  statuses: { type: 'object', propertyNames: { pattern: '^([245][0-9][0-9]|[45]xx|default)$' }, additionalProperties: ref('steps') },
  rows: { type: 'array', minItems: 1, maxItems: 10, items: oneOrMany(ref('button')) },
  texts: oneOrMany(scalar),
  variants: { type: 'array', minItems: 1, items: ref('text') },
  headers: { type: 'object', additionalProperties: ref('text') },
  body: { description: 'A text, or whatever JSON can hold; texts in it are filled in.' },
  answer: {
    anyOf: [
      { enum: ['text', 'int', 'number', 'date', 'email', 'phone', 'choice'] },
      { type: 'object', properties: { regex: ref('regex') }, required: ['regex'], additionalProperties: false },
      {
        type: 'object',
        properties: { choice: { type: 'array', items: scalar, minItems: 1, maxItems: 100 } },
        required: ['choice'],
        additionalProperties: false,
      },
    ],
  },
  media_types: { anyOf: [{ const: true }, oneOrMany({ type: 'string', examples: ['image/*', 'application/pdf', anyMediaType] })] },
  target: { type: 'string', examples: ['main_menu', 'order_status.ask_no', 'interrupted'] },
  button_id: { type: ['string', 'number'], pattern: '^[!-~]{1,64}$' },
  regexes: oneOrMany(ref('regex')),
  causes: oneOrMany({ enum: causes }),
  json: {},
};

const schemaOfKind = (takes: Takes): Schema => (typeof takes === 'object' ? { enum: takes.oneOf } : ref(takes));

const described = (key: Key): Schema => ({
  ...schemaOfKind(key.takes),
  description: key.fallsBackTo === undefined ? key.means : `${key.means} Left out: ${key.fallsBackTo}.`,
});

const object = (keys: Keys, more: Schema = {}): Schema => {
  const required = Object.entries(keys).flatMap(([name, key]) => (key.required === true ? [name] : []));
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, described(key)])),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
    ...more,
  };
};

const shortOf = (short: Takes | 'true' | 'queue' | undefined): readonly Schema[] => {
  if (short === undefined) return [];
  if (short === 'true') return [{ const: true }];
  return short === 'queue' ? [{ const: 'queue' }] : [schemaOfKind(short)];
};

/** Where one of several keys has to stand. */
const exactlyOne = (names: readonly string[]): Schema => ({ oneOf: names.map((name) => ({ required: [name] })) });
const furtherRules: Readonly<Record<string, Schema>> = { say: exactlyOne(['text', 'variants']), http: exactlyOne(httpMethods) };

const anyOf = (schemas: readonly Schema[], description: string): Schema => {
  const [only] = schemas;
  return schemas.length === 1 && only !== undefined ? { ...only, description } : { anyOf: schemas, description };
};

const verbSchema = (verb: (typeof verbs)[number]): Schema => {
  const { short, keys, beside = {}, means } = verbWords[verb];
  const map = Object.keys(keys).length === 0 ? [] : [object(keys, furtherRules[verb])];
  const value = anyOf([...shortOf(short), ...map], means);
  const siblings = object({ id: { takes: 'name', means: 'Names the step for `go: script.id`.' }, ...beside });
  return {
    type: 'object',
    title: verb,
    description: means,
    properties: { [verb]: value, ...(siblings['properties'] as Schema) },
    required: [verb, ...((siblings['required'] as readonly string[] | undefined) ?? [])],
    additionalProperties: false,
  };
};

/** All verbs as one object: what an editor completes before a verb stands there. */
const step = (): Schema => ({
  type: 'object',
  description: 'One verb, and for `if` its `then` and `else`.',
  properties: Object.fromEntries(
    verbs.flatMap((verb) => [
      [verb, { description: verbWords[verb].means }],
      ...Object.entries(verbWords[verb].beside ?? {}).map(([name, key]) => [name, { description: key.means }]),
    ]),
  ),
  oneOf: verbs.map((verb) => ref(`${verb}_step`)),
});

const trigger = (): Schema => ({
  anyOf: [
    { enum: ['chat_start', 'fallback'] },
    {
      type: 'object',
      minProperties: 1,
      additionalProperties: false,
      properties: Object.fromEntries(
        Object.entries(triggerWords).map(([name, { short, keys, means }]) => {
          const map = Object.keys(keys).length === 0 ? [] : [object(keys, name === 'text' ? { minProperties: 1 } : {})];
          const many = name === 'button' ? [oneOrMany(ref('button_id'))] : shortOf(short);
          return [name, anyOf([...many, ...map], means)];
        }),
      ),
    },
  ],
});

const testValue = ({ one, keys, bare }: TestWords, means: string): Schema => {
  const single = one === undefined ? [] : [one === 'number' ? { type: ['integer', 'boolean'], minimum: 0 } : schemaOfKind(one as Takes)];
  const map = keys === undefined ? [] : [Object.keys(keys).length === 0 ? { type: 'object' } : object(keys)];
  const none = bare === true ? [{ type: 'null' }, ...(keys === undefined ? [{ type: 'object', maxProperties: 0 }] : [])] : [];
  return anyOf([...single, ...map, ...none], means);
};

const oneOf = (words: Readonly<Record<string, TestWords>>): Schema => {
  const bare = Object.entries(words).flatMap(([name, word]) => (word.bare === true ? [name] : []));
  const map: Schema = {
    type: 'object',
    minProperties: 1,
    maxProperties: 1,
    additionalProperties: false,
    properties: Object.fromEntries(Object.entries(words).map(([name, word]) => [name, nullable(name, testValue(word, word.means))])),
  };
  return bare.length === 0 ? map : { anyOf: [map, { enum: bare }] };
};

/** `waits_at: null` is a fact too. */
const nullable = (name: string, schema: Schema): Schema =>
  name === 'waits_at' ? { anyOf: [schema, { type: 'null' }], description: schema['description'] } : schema;

/** The published schema of dialog-script/1 (2020-12): what editors complete and check by. The linter checks more. */
export const scriptJsonSchema = (): Schema => {
  const script = object(scriptKeys);
  const file = object(fileKeys);
  const properties = file['properties'] as Record<string, Schema>;
  const nested: Record<string, Schema> = {
    vars: { type: 'object', additionalProperties: anyOf([object(variableKeys)], 'A variable.') },
    defaults: {
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(Object.entries(defaultKeys).map(([verb, keys]) => [verb, object(keys)])),
    },
    scripts: { type: 'object', propertyNames: { pattern: nameOf('[A-Za-z_]\\w*') }, additionalProperties: ref('script') },
    tests: { type: 'array', items: ref('test') },
  };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'dialog-script/1',
    description: 'A bot for Webim: its scripts, what starts them, and their tests.',
    ...file,
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, schema]) => [
        name,
        nested[name] === undefined ? schema : { ...nested[name], description: schema['description'] },
      ]),
    ),
    $defs: {
      ...kinds,
      regex: { type: ['string', 'number'], maxLength: 500, description: 'RE2 syntax, case ignored: no look-around, no back-references.' },
      script: {
        ...script,
        properties: {
          ...(script['properties'] as Schema),
          when: { ...oneOrMany(ref('trigger')), description: scriptKeys['when']?.means },
        },
      },
      trigger: trigger(),
      button: object(buttonKeys),
      step: step(),
      ...Object.fromEntries(verbs.map((verb) => [`${verb}_step`, verbSchema(verb)])),
      test: {
        type: 'object',
        required: ['name', 'given', 'expect'],
        additionalProperties: false,
        properties: {
          name: { ...scalar, description: 'What it shows.' },
          given: { type: 'array', minItems: 1, items: ref('given'), description: 'Inputs, in order. Time moves only when told.' },
          expect: { type: 'array', minItems: 1, items: ref('fact'), description: 'What must be true after the last input.' },
        },
      },
      given: oneOf(givenWords),
      fact: oneOf(factWords),
    },
  };
};
