import type { Expression } from './expression.ts';
import type { Value } from './types.ts';
import { matchesWords } from './words.ts';
import { inWorkingHours } from './working-hours.ts';

export type Scope = {
  /** The first part of a path: a variable, `visitor`, `chat`, `return`. */
  readonly read: (name: string) => Value;
  /** Told of every path that was read, with its value. */
  readonly onRead?: (path: string, value: Value) => void;
  readonly now: number;
  readonly timezone: string;
};

/** An operation that its operands do not allow, e.g. a text times a number. A failed read is null, no error. */
export class EvaluationError extends Error {}

/** @throws EvaluationError */
export const evaluate = (expression: Expression, scope: Scope): Value => {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'path': {
      const value = readPath(expression.path, scope);
      scope.onRead?.(expression.name, value);
      return value;
    }
    case 'list':
      return expression.items.map((item) => evaluate(item, scope));
    case 'not':
      return !truthy(evaluate(expression.of, scope));
    case 'minus':
      return finite(-number(evaluate(expression.of, scope), '-'));
    case 'binary':
      return binary(expression, scope);
    case 'call':
      return call(expression, scope);
  }
};

/** null, false, 0, '' and [] are no. */
export const truthy = (value: Value): boolean =>
  Array.isArray(value) ? value.length > 0 : value !== null && value !== false && value !== 0 && value !== '';

/** What a value may weigh: characters of its texts and keys. Without a bound `set: { x: x + x }` doubles at each step. */
const maxCharacters = 200_000;
/** Its lists, maps and their entries. */
const maxNodes = 20_000;

/** @throws EvaluationError where the value is larger than what a dialog may keep */
export const bounded = (value: Value): Value => {
  if (fits(value)) return value;
  throw new EvaluationError(`the value is larger than ${maxNodes} entries or ${maxCharacters} characters`);
};

/** Whether a dialog may keep the value. Looks at no more of it than that takes. */
export const fits = (value: Value): boolean => {
  if (typeof value === 'string') return value.length <= maxCharacters;
  if (typeof value !== 'object' || value === null) return true;
  let characters = 0;
  let nodes = 0;
  const open: { readonly value: Value; readonly depth: number }[] = [{ value, depth: 0 }];
  for (let top = open.pop(); top !== undefined; top = open.pop()) {
    nodes += 1;
    if (typeof top.value === 'string') characters += top.value.length;
    if (nodes > maxNodes || characters > maxCharacters || top.depth > maxNesting) return false;
    if (typeof top.value !== 'object' || top.value === null) continue;
    const depth = top.depth + 1;
    for (const [key, inner] of Object.entries(top.value)) {
      characters += key.length;
      if (open.length > maxNodes) return false;
      open.push({ value: inner as Value, depth });
    }
  }
  return true;
};
/** Beyond it what walks a value recursively could run out of stack. */
const maxNesting = 100;

export const asText = (value: Value): string => {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(bounded(value)) : String(value);
};

const readPath = (path: readonly string[], scope: Scope): Value => {
  let value: Value = scope.read(path[0] as string);
  for (let at = 1; at < path.length; at++) {
    const part = path[at] as string;
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, part)) return null;
    if (Array.isArray(value) && part === 'length') return null;
    value = (value as { readonly [key: string]: Value })[part] ?? null;
  }
  return value;
};

const number = (value: Value, op: string): number => {
  if (typeof value !== 'number') throw new EvaluationError(`"${op}" needs numbers, not ${kindOf(value)}`);
  return value;
};

const kindOf = (value: Value): string =>
  value === null ? 'nothing (null)' : Array.isArray(value) ? 'a list' : typeof value === 'string' ? 'a text' : `a ${typeof value}`;

const binary = (expression: Extract<Expression, { kind: 'binary' }>, scope: Scope): Value => {
  const { op } = expression;
  const left = evaluate(expression.left, scope);
  if (op === 'and') return truthy(left) && truthy(evaluate(expression.right, scope));
  if (op === 'or') return truthy(left) || truthy(evaluate(expression.right, scope));
  const right = evaluate(expression.right, scope);
  switch (op) {
    case '==':
      return equal(left, right, 0);
    case '!=':
      return !equal(left, right, 0);
    case 'in':
      return contains(right, left);
    case '+':
      return typeof left === 'string' || typeof right === 'string'
        ? bounded(asText(left) + asText(right))
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

/** -0 has no JSON: a state read back would differ. */
const finite = (value: number): number => {
  if (!Number.isFinite(value)) throw new EvaluationError('the result is no finite number');
  return value === 0 ? 0 : value;
};

const equal = (left: Value, right: Value, depth: number): boolean => {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null || depth > maxNesting) return false;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  const [a, b] = [left as Record<string, Value>, right as Record<string, Value>];
  return keys.every((key) => Object.hasOwn(b, key) && equal(a[key] ?? null, b[key] ?? null, depth + 1));
};

const contains = (where: Value, what: Value): boolean => {
  if (where === null) return false;
  if (typeof where === 'string') return typeof what === 'string' && where.includes(what);
  if (Array.isArray(where)) return where.some((item: Value) => equal(item, what, 0));
  throw new EvaluationError('"in" needs a list or a text on its right');
};

/** Dates are texts `YYYY-MM-DD`, so they compare as texts do. */
const compare = (op: '<' | '<=' | '>' | '>=', left: Value, right: Value): boolean => {
  if (left === null || right === null) return false;
  if (typeof left !== typeof right || (typeof left !== 'number' && typeof left !== 'string')) {
    throw new EvaluationError(`"${op}" needs two numbers, two dates or two texts, not ${kindOf(left)} and ${kindOf(right)}`);
  }
  const [a, b] = [left, right as typeof left];
  return op === '<' ? a < b : op === '<=' ? a <= b : op === '>' ? a > b : a >= b;
};

const call = (expression: Extract<Expression, { kind: 'call' }>, scope: Scope): Value => {
  const first = evaluate(expression.args[0] as Expression, scope);
  switch (expression.name) {
    case 'empty':
      return first === null || first === '' || (typeof first === 'object' && Object.keys(first).length === 0);
    case 'lower':
      return asText(first).toLowerCase();
    case 'length':
      return Array.isArray(first) ? first.length : codePoints(asText(first));
    case 'matches_words': {
      const second = evaluate(expression.args[1] as Expression, scope);
      if (!Array.isArray(second)) throw new EvaluationError('matches_words needs a list of words');
      return matchesWords(asText(first), second.map(asText));
    }
    case 'working_hours':
      return inWorkingHours(asText(first), scope.now, scope.timezone);
  }
};

const codePoints = (text: string): number => {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
};
