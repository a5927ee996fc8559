import { expect, it } from 'vitest';
import { errorFacts } from './error-facts.ts';

it('a message, its cause’s, and what looks like a frame within one stay out', () => {
  const secret = 'Мой номер\n    at 4012 8888';
  const parsing = (): unknown => {
    try {
      return JSON.parse(secret);
    } catch (error) {
      return error;
    }
  };
  const error = new Error(secret, { cause: parsing() });
  for (const one of [error, parsing(), secret, { message: secret }, null, undefined]) {
    expect(JSON.stringify(errorFacts(one))).not.toMatch(/номер|4012/);
  }
  expect(errorFacts(error)).toMatchObject({ name: 'Error', code: undefined });
  expect(errorFacts(error).at[0]).toMatch(/error-facts\.test\.ts/);
  expect(errorFacts(Object.assign(new TypeError('x'), { code: 'ENOSPC' }))).toMatchObject({ name: 'TypeError', code: 'ENOSPC' });
});

it('a message that was changed since leaves no frames: where it ends in the stack is not known', () => {
  const error = new Error('first\n    at the visitor’s words');
  // V8 writes it down when it is first asked for.
  expect(error.stack).toContain('first');
  error.message = 'second';
  expect(errorFacts(error).at).toEqual([]);
});
