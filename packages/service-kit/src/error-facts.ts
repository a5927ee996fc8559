import { codeOf } from '@dialog/contracts/errors';

/** What the log may say of an error. */
export type ErrorFacts = { readonly name: string; readonly code: string | undefined; readonly at: readonly string[] };

const frame = /^ {4}at /;
const keptFrames = 8;

/**
 * Of an error that nobody expected: name, code and the places in the code. Never its message, nor that of a cause: V8 and zod quote in it what they
 * were given to read, which may be what a visitor wrote.
 */
export const errorFacts = (error: unknown): ErrorFacts => ({
  name: error instanceof Error ? error.name : typeof error,
  code: codeOf(error),
  at: error instanceof Error ? framesOf(error) : [],
});

/** The stack repeats the message before its frames; where it has another one by now, the two can't be told apart. */
const framesOf = ({ stack = '', message }: Error): string[] => {
  const at = stack.indexOf(message);
  if (at < 0) return [];
  return stack
    .slice(at + message.length)
    .split('\n')
    .filter((line) => frame.test(line))
    .slice(0, keptFrames)
    .map((line) => line.trim());
};
