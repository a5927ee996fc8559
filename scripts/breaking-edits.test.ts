import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { breakingEdits, type JsonSchema } from './breaking-edits.ts';

const schemaOf = (schema: z.ZodType): JsonSchema => z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;
const edits = (before: z.ZodType, after: z.ZodType): string[] => breakingEdits(schemaOf(before), schemaOf(after));

const owner = z.enum(['bot', 'queue']);
const effect = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('text'), text: z.string() }),
  z.object({ kind: z.literal('close') }),
]);
const released = z.object({ epoch: z.number(), owner, effect, note: z.string().max(10).optional(), list: z.array(owner), any: z.json() });

describe('a released schema may grow', () => {
  it('nothing changed', () => expect(edits(released, released)).toEqual([]));
  it.each<[string, z.ZodType]>([
    ['an optional field', released.extend({ more: z.string().optional() })],
    ['a value of an enumeration', released.extend({ owner: z.enum(['bot', 'queue', 'operator']) })],
    [
      'an option of a union',
      released.extend({ effect: z.discriminatedUnion('kind', [...effect.options, z.object({ kind: z.literal('file') })]) }),
    ],
    ['a second kind of value', released.extend({ epoch: z.union([z.number(), z.string()]) })],
    ['a looser limit', released.extend({ note: z.string().max(20).optional() })],
    ['no limit', released.extend({ note: z.string().optional() })],
  ])('%s', (_name, now) => expect(edits(released, now)).toEqual([]));
});

describe('an edit that breaks is named with its place', () => {
  it.each<[string, z.ZodType, string]>([
    ['a field gone', released.omit({ epoch: true }), 'epoch: is gone'],
    ['a new required field', released.extend({ more: z.string() }), 'more: is required'],
    ['a field required that was optional', released.extend({ note: z.string().max(10) }), 'note: is required'],
    ['a field optional that was required', released.extend({ epoch: z.number().optional() }), 'epoch: was required'],
    ['another type', released.extend({ epoch: z.string() }), 'epoch: was number, is string'],
    ['a value gone', released.extend({ owner: z.enum(['bot']) }), 'owner: the value "queue" is gone'],
    ['a value of a list gone', released.extend({ list: z.array(z.enum(['bot'])) }), 'list.items: the value "queue" is gone'],
    ['a tighter limit', released.extend({ note: z.string().max(5).optional() }), 'note: maxLength 5'],
    ['a limit where none was', released.extend({ epoch: z.number().min(1) }), 'epoch: minimum 1'],
    [
      'an option gone',
      released.extend({ effect: z.discriminatedUnion('kind', [effect.options[0]]) }),
      'effect: nothing takes what was close',
    ],
    [
      'a field of an option gone',
      released.extend({ effect: z.discriminatedUnion('kind', [z.object({ kind: z.literal('text') }), effect.options[1]]) }),
      'effect.text.text: is gone',
    ],
    ['personal no more', released.extend({ note: z.string().max(10).optional() }), 'note: is personal no more'],
    ['null not taken any more', released, 'epoch: was number,null, is number'],
    ['closed to other fields', z.strictObject(released.shape), 'the whole: takes no other fields now'],
  ])('%s', (name, now, edit) => {
    const before =
      name === 'personal no more'
        ? released.extend({ note: z.string().max(10).optional().meta({ personal: true }) })
        : name.startsWith('null')
          ? released.extend({ epoch: z.number().nullable() })
          : released;
    const found = edits(before, now);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(edit);
  });
});

it('what is released covers every event, input and outbox record of that version', () => {
  const schemas = JSON.parse(readFileSync(new URL('../schemas/released/0.1.0.json', import.meta.url), 'utf8')) as Record<string, unknown>;
  expect(Object.keys(schemas)).toEqual(
    expect.arrayContaining(['events/InputRecorded.v1', 'inbox/new_chat', 'outbox/effect', 'dialog-settings']),
  );
});
