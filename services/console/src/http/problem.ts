import { codeOf, isRetryable } from '@dialog/contracts/errors';
import type { ErrorRequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { z } from 'zod';

/** RFC 9457, `application/problem+json`. */
export const problemSchema = z.object({
  type: z.string().describe('A stable name of the problem, as a relative reference'),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().optional(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
});
export type Problem = z.infer<typeof problemSchema>;

/** An expected bad outcome of a request. */
export class HttpProblem extends Error {
  readonly problem: Problem;
  constructor(status: number, name: string, title: string, more: Pick<Problem, 'detail' | 'errors'> = {}) {
    super(title);
    this.name = 'HttpProblem';
    this.problem = { type: `/problems/${name}`, title, status, ...more };
  }
}

export const notFound = (what: string): HttpProblem => new HttpProblem(404, 'not-found', `${what} was not found`);

/** Each bad field with what is wrong with it. */
export const badRequest = (...errors: readonly { readonly field: string; readonly message: string }[]): HttpProblem =>
  new HttpProblem(400, 'bad-request', 'The request is not valid', { errors: [...errors] });

export const sendProblem = (response: Response, problem: Problem): void => {
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
};

/** @throws HttpProblem 400 that names each bad field. */
export const parsed = <T extends z.ZodType>(schema: T, value: unknown): z.infer<T> => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw badRequest(
    ...result.error.issues.map((issue) => ({
      field: issue.path.join('.'),
      message: issue.code === 'unrecognized_keys' ? `${issue.message}${knownAt(schema, issue.path)}` : issue.message,
    })),
  );
};

const knownAt = (schema: z.core.$ZodType, path: readonly PropertyKey[]): string => {
  const keys = keysAt(schema, path);
  return keys.length === 0 ? '' : `; known: ${keys.join(', ')}`;
};

/** What an object of the schema may hold, at a place within it. */
const keysAt = (schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] => {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return keysAt(schema.unwrap(), path);
  if (schema instanceof z.ZodArray) return path.length === 0 ? [] : keysAt(schema.element, path.slice(1));
  if (!(schema instanceof z.ZodObject)) return [];
  const [first, ...rest] = path;
  if (first === undefined) return Object.keys(schema.shape);
  const inner = schema.shape[String(first)];
  return inner === undefined ? [] : keysAt(inner, rest);
};

export const problemHandler =
  (logger: Logger): ErrorRequestHandler =>
  (error: unknown, _request, response, next) => {
    if (response.headersSent) return next(error);
    if (error instanceof HttpProblem) return sendProblem(response, error.problem);
    const status = (error as { status?: unknown }).status;
    if (typeof status === 'number' && status >= 400 && status < 500) {
      return sendProblem(response, { type: '/problems/bad-request', title: 'The request is not valid', status });
    }
    const code = codeOf(error);
    if (isRetryable(error)) {
      logger.warn({ event: 'api_store_away', code });
      response.set('retry-after', '1');
      return sendProblem(response, { type: '/problems/unavailable', title: 'The store does not answer now', status: 503 });
    }
    // For good, beneath the engine; its row may still stand.
    if (code === 'stream_deleted') return sendProblem(response, notFound('The history').problem);
    logger.error({ event: 'api_failed', code, name: error instanceof Error ? error.name : 'unknown' });
    sendProblem(response, { type: '/problems/internal', title: 'This is a fault of ours', status: 500 });
  };
