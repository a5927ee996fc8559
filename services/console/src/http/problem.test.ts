import { expect, it } from 'vitest';
import { z } from 'zod';
import { HttpProblem, parsed } from './problem.ts';

const refusedFields = (schema: z.ZodType, value: unknown): unknown => {
  try {
    parsed(schema, value);
  } catch (error) {
    return error instanceof HttpProblem ? error.problem.errors : error;
  }
};

it.each([
  ['at the top', z.strictObject({ a: z.string() }), { a: '', b: 1 }, { field: '', message: 'Unrecognized key: "b"; known: a' }],
  [
    'within a list',
    z.strictObject({ edits: z.array(z.strictObject({ place: z.string() })).optional() }),
    { edits: [{ place: '', b: 1 }] },
    { field: 'edits.0', message: 'Unrecognized key: "b"; known: place' },
  ],
  [
    'where nobody can tell the names that are known',
    z.union([z.string(), z.strictObject({ a: z.string() })]).transform((one) => one),
    { a: '', b: 1 },
    { field: '', message: 'Unrecognized key: "b"' },
  ],
])('names what is known beside an unknown name: %s', (_where, schema, value, problem) => {
  expect(refusedFields(schema, value)).toEqual([problem]);
});
