import type { Expression } from './expression.ts';
import type { Value } from './types.ts';
import { matchesWords } from './words.ts';
import { inWorkingHours } from './working-hours.ts';

export type Scope = {
  /** The first part of a path: a variable, `visitor`, `chat`, `return`. */
  readonly read: (name: string) => Value;
  readonly now: number;
  readonly timezone: string;
};

/** An operation that its operands do not allow, e.g. a text times a number. A failed read is null, no error. */
export class EvaluationError extends Error {}

export const evaluate = (expression: Expression, scope: Scope): Value => {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'path':
      return readPath(expression.path, scope);
    case 'list':
      return expression.items.map((item) => evaluate(item, scope));
    case 'not':
      return !truthy(evaluate(expression.of, scope));
    case 'minus':
      return -number(evaluate(expression.of, scope), '-');
    case 'binary':
      return binary(expression, scope);
    case 'call':
      return call(expression, scope);
  }
};

/** null, false, 0, '' and [] are no. */
export const truthy = (value: Value): boolean =>
  Array.isArray(value) ? value.length > 0 : value !== null && value !== false && value !== 0 && value !== '';

export const asText = (value: Value): string => (value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value));

const readPath = (path: readonly string[], scope: Scope): Value => {
  let value: Value = scope.read(path[0] as string);
  for (const part of path.slice(1)) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, part)) return null;
    value = (value as { readonly [key: string]: Value })[part] ?? null;
  }
  return value;
};

const number = (value: Value, op: string): number => {
  if (typeof value !== 'number') throw new EvaluationError(`"${op}" needs numbers`);
  return value;
};

const binary = (expression: Extract<Expression, { kind: 'binary' }>, scope: Scope): Value => {
  const { op } = expression;
  const left = evaluate(expression.left, scope);
  if (op === 'and') return truthy(left) && truthy(evaluate(expression.right, scope));
  if (op === 'or') return truthy(left) || truthy(evaluate(expression.right, scope));
  const right = evaluate(expression.right, scope);
  switch (op) {
    case '==':
      return equal(left, right);
    case '!=':
      return !equal(left, right);
    case 'in':
      return contains(right, left);
    case '+':
      return typeof left === 'string' || typeof right === 'string'
        ? asText(left) + asText(right)
        : finite(number(left, op) + number(right, op));
    case '-':
      return finite(number(left, op) - number(right, op));
    case '*':
      return finite(number(left, op) * number(right, op));
    case '/':
      return finite(number(left, op) / number(right, op));
    default:
      return compare(op, left, right);
  }
};

const finite = (value: number): number => {
  if (!Number.isFinite(value)) throw new EvaluationError('the result is no finite number');
  return value;
};

const equal = (left: Value, right: Value): boolean =>
  left === right || (typeof left === 'object' && typeof right === 'object' && JSON.stringify(left) === JSON.stringify(right));

const contains = (where: Value, what: Value): boolean => {
  if (where === null) return false;
  if (typeof where === 'string') return typeof what === 'string' && where.includes(what);
  if (Array.isArray(where)) return where.some((item: Value) => equal(item, what));
  throw new EvaluationError('"in" needs a list or a text');
};

const compare = (op: '<' | '<=' | '>' | '>=', left: Value, right: Value): boolean => {
  if (left === null || right === null) return false;
  if (typeof left !== typeof right || (typeof left !== 'number' && typeof left !== 'string')) {
    throw new EvaluationError(`"${op}" needs two numbers or two texts`);
  }
  const [a, b] = [left, right as typeof left];
  return op === '<' ? a < b : op === '<=' ? a <= b : op === '>' ? a > b : a >= b;
};

const call = (expression: Extract<Expression, { kind: 'call' }>, scope: Scope): Value => {
  const [first = null, second = null] = expression.args.map((arg) => evaluate(arg, scope));
  switch (expression.name) {
    case 'empty':
      return first === null || first === '' || (Array.isArray(first) && first.length === 0);
    case 'lower':
      return asText(first).toLowerCase();
    case 'length':
      return Array.isArray(first) ? first.length : [...asText(first)].length;
    case 'matches_words':
      if (!Array.isArray(second)) throw new EvaluationError('matches_words needs a list of words');
      return matchesWords(asText(first), second.map(asText));
    case 'working_hours':
      return inWorkingHours(asText(first), scope.now, scope.timezone);
  }
};
