import type { Finding } from '@dialog/script/types';
import { HttpProblem } from '../http/problem.ts';

/** Each mistake of a script with its place, `line:column`. */
export const scriptErrors = (findings: readonly Finding[]): HttpProblem =>
  new HttpProblem(422, 'script-errors', 'The script has errors', {
    errors: findings
      .filter(({ severity }) => severity === 'error')
      .map(({ position, message }) => ({ field: `${position.line}:${position.column}`, message })),
  });
