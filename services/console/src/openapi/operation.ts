import { z } from 'zod';

export type Json = { readonly [key: string]: unknown };
/** By path, by method. */
export type Paths = { readonly [path: string]: Json };

/** JSON Schema of a type, of what goes in or comes out. */
export const schema = (of: z.ZodType, io: 'input' | 'output' = 'output'): Json => {
  const { $schema: _, ...rest } = z.toJSONSchema(of, { io, unrepresentable: 'any' }) as Json & { $schema?: string };
  return rest;
};

/** A parameter for each field. */
export const parameters = (place: 'path' | 'query', of: z.ZodObject): Json[] => {
  const { properties, required } = schema(of, 'input') as { properties: Record<string, Json>; required?: readonly string[] };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || (required ?? []).includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
};

const titles: Record<number, string> = {
  400: 'The request is not valid',
  401: 'Sign in first',
  404: 'Not found',
  409: 'Not as things are now',
  422: 'What was given can’t be read',
  429: 'Too many attempts',
  503: 'The store does not answer now',
};

/** An operation that answers JSON; `errors`: the statuses with which it may refuse. */
export const operation = (
  operationId: string,
  summary: string,
  given: readonly Json[],
  answer: Json,
  errors: readonly number[] = [],
  success = 200,
): Json => ({
  operationId,
  summary,
  ...(given.length === 0 ? {} : { parameters: given }),
  responses: {
    [success]: { description: 'As asked', content: { 'application/json': { schema: answer } } },
    ...Object.fromEntries(errors.map((status) => [status, problem(titles[status] ?? 'Problem')])),
  },
});

/** An answer that refuses. */
export const problem = (description: string): Json => ({
  description,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
});

/** What an operation takes in its body. */
export const takes = (of: z.ZodType): Json => ({
  requestBody: { required: true, content: { 'application/json': { schema: schema(of, 'input') } } },
});
