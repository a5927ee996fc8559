import { readdirSync, readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020.js';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { scriptJsonSchema } from '../src/json-schema.ts';
import { lintScript } from '../src/parse.ts';
import { scriptReference } from '../src/reference.ts';
import { factWords, givenWords } from '../src/test-words.ts';
import { triggerWords, verbs } from '../src/vocabulary.ts';

const check = new Ajv2020.default({ strict: false, allErrors: true }).compile(scriptJsonSchema());
const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const errorsOf = (source: string): readonly unknown[] => (check(JSON.parse(JSON.stringify(load(source)))) ? [] : (check.errors ?? []));
const bots = '../../../services/standalone/bots/';
const good: readonly [string, string][] = [
  ['the example of the format', read('./support.yaml')],
  ['a script that uses every word', read('./kit/everything.yaml')],
  ...readdirSync(new URL(bots, import.meta.url))
    .filter((name) => name.endsWith('.yaml'))
    .map((name): [string, string] => [name, read(`${bots}${name}`)]),
];

describe('the published schema', () => {
  it.each(good)('takes what the parser takes: %s', (_, source) => {
    expect(lintScript(source).filter((found) => found.severity === 'error')).toEqual([]);
    expect(errorsOf(source)).toEqual([]);
  });

  it('a script that uses every word has no finding', () => expect(lintScript(read('./kit/everything.yaml'))).toEqual([]));

  const head = 'format: dialog-script/1\nbot: b\n';
  const step = (text: string): string => `${head}scripts: { s: { when: chat_start, steps: [${text}] } }`;
  it.each([
    'format: dialog-script/2\nbot: b\nscripts: {}',
    `${head}script: {}`,
    `${head}vars: { x: { type: txet } }\nscripts: {}`,
    `${head}defaults: { say: {} }\nscripts: {}`,
    `${head}scripts: { s: { when: chat_strat, steps: [] } }`,
    `${head}scripts: { s: { when: { returned: {} }, steps: [] } }`,
    `${head}scripts: { s: { when: { returned: { cause: [later] } }, steps: [] } }`,
    `${head}scripts: { "a-b": { steps: [] } }`,
    step('{ sya: x }'),
    step('{ say: x, mark: m }'),
    step('{ say: { } }'),
    step('{ say: { text: x, variants: [y] } }'),
    step('{ ask: { text: x } }'),
    step('{ ask: { text: x, save: y, as: fone } }'),
    step('{ if: "true" }'),
    step('{ wait: soon }'),
    step('{ http: { on_error: [] } }'),
    step('{ http: { get: "https://a.b/", post: "https://a.b/" } }'),
    step('{ http: { get: "https://a.b/", on_status: { 302: [] } } }'),
    step('{ menu: { text: x } }'),
    step(`{ menu: { buttons: [[{ id: "a b", text: x }]] } }`),
    step('{ stop: false }'),
    step(`{ say: "${'x'.repeat(2001)}" }`),
    `${step('{ say: x }')}\ntests: [{ name: x, given: [{ txet: y }], expect: [{ owner: bot }] }]`,
    `${step('{ say: x }')}\ntests: [{ name: x, given: [{ text: y }], expect: [{ owner: cat }] }]`,
    `${step('{ say: x }')}\ntests: [{ name: x, given: [], expect: [{ owner: bot }] }]`,
  ])('refuses what the parser refuses: %s', (source) => {
    expect(lintScript(source).some((found) => found.severity === 'error')).toBe(true);
    expect(errorsOf(source)).not.toEqual([]);
  });

  it('describes every key that it knows', () => {
    const bare: string[] = [];
    const walk = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null) return;
      const { properties, ...rest } = value as Record<string, unknown>;
      for (const [name, inner] of Object.entries((properties ?? {}) as Record<string, Record<string, unknown>>)) {
        if (typeof inner['description'] !== 'string') bare.push(`${path}.${name}`);
      }
      for (const [key, inner] of Object.entries({ ...rest, ...(properties as object) })) walk(inner, `${path}.${key}`);
    };
    walk(scriptJsonSchema(), '');
    // The word itself says it all.
    expect(bare.filter((path) => !/\.(regex|choice|handover|ask|menu|http)$/.test(path))).toEqual([]);
  });
});

it('the reference has every verb, trigger, input and fact', () => {
  const text = scriptReference();
  for (const word of [...verbs, ...Object.keys(triggerWords)]) expect(text).toContain(`### \`${word}\``);
  for (const word of [...Object.keys(givenWords), ...Object.keys(factWords)]) expect(text).toContain(`| \`${word}\` |`);
});
