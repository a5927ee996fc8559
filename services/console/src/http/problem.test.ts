import { EventStoreError } from '@dialog/event-store/port';
import type { Response } from 'express';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { HttpProblem, parsed, problemHandler } from './problem.ts';

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

it.each([
  ['unavailable', 503],
  ['stream_deleted', 404],
  ['unknown', 500],
] as const)('what the store says, %s, is told as %i', (code, status) => {
  const told: number[] = [];
  const response = {
    headersSent: false,
    set: () => response,
    type: () => response,
    send: () => response,
    status: (one: number) => {
      told.push(one);
      return response;
    },
  };
  const error = new EventStoreError(code, 'the stream is deleted');
  problemHandler(pino({ level: 'silent' }))(error, undefined as never, response as unknown as Response, () => undefined);
  expect(told).toEqual([status]);
});
