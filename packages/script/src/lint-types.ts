import { isDate } from './answer.ts';
import type { Expression } from './expression.ts';
import type { AnswerType, Script, VariableType } from './model.ts';
import type { ScriptBuilder, Use } from './script-builder.ts';
import type { Reader } from './source.ts';
import { workingHoursProblem } from './working-hours.ts';

/** What the linter knows of a value; `any`: nothing. */
type Known = {
  readonly type: VariableType | 'null' | 'list' | 'any';
  /** Its value, where it is written out. */
  readonly literal?: string | number;
  /** type `choice`: what it may be. */
  readonly options?: readonly string[];
};

type Check = { readonly script: Script; readonly report: (at: number, message: string, hint?: string) => void };

/** Types, where they are declared: operations, comparisons, what is saved into what. */
export const lintTypes = (script: Script, builder: ScriptBuilder, reader: Reader): void => {
  for (const use of builder.uses) {
    const report: Check['report'] = (at, message, hint) => reader.error(reader.placeIn(use.source, at), 'type-mismatch', message, hint);
    const known = typeOf(use.expression, { script, report });
    if (use.sets !== undefined) assigned(script, reader, use, known);
  }
  for (const { step: path, name, at } of builder.saves) {
    const step = script.steps.get(path);
    const variable = script.variables.get(name);
    if (variable === undefined) continue;
    if (step?.verb === 'ask' && !answerFits(step.as, variable.type)) {
      reader.error(
        at,
        'type-mismatch',
        `an answer as ${step.as.kind} does not fit the variable "${name}" of type ${variable.type}`,
        `as: ${variable.type}, or another type of the variable`,
      );
    }
    if (step?.verb === 'http' && variable.type !== 'json' && variable.type !== 'text') {
      reader.error(at, 'type-mismatch', `an answer of http does not fit the variable "${name}" of type ${variable.type}`, 'type: json');
    }
  }
};

const answerFits = (as: AnswerType, into: VariableType): boolean => {
  if (into === 'json' || as.kind === into) return true;
  if (as.kind === 'int') return into === 'number';
  if (as.kind === 'number') return false;
  // An expression of the author's own says what a telephone is here.
  if (as.kind === 'regex') return into !== 'int' && into !== 'number' && into !== 'boolean' && into !== 'date';
  return into === 'text';
};

const assigned = (script: Script, reader: Reader, use: Use, known: Known): void => {
  const variable = script.variables.get(use.sets as string);
  if (variable === undefined || fits(known, variable.type, variable.options)) return;
  reader.error(
    use.source,
    'type-mismatch',
    `${spoken(known)} does not fit the variable "${use.sets}" of type ${variable.type}`,
    typeof known.literal === 'string' && variable.type === 'choice' ? `one of: ${variable.options.join(', ')}` : undefined,
  );
};

const fits = (known: Known, into: VariableType, options: readonly string[]): boolean => {
  if (known.type === 'any' || known.type === 'null' || into === 'json') return true;
  if (into === 'choice' && options.length > 0 && typeof known.literal === 'string') return options.includes(known.literal);
  if (into === 'date' && typeof known.literal === 'string') return isDate(known.literal);
  if (known.type === into) return true;
  if (isText(known)) return into === 'text' || (known.type === 'text' && ['email', 'phone', 'choice', 'date'].includes(into));
  if (known.type === 'int') return into === 'number';
  // A division, say, may well come out whole.
  return known.type === 'number' && into === 'int' && known.literal === undefined;
};

const texts: ReadonlySet<string> = new Set(['text', 'date', 'email', 'phone', 'choice']);
const isText = (known: Known): boolean => texts.has(known.type);
const isNumber = (known: Known): boolean => known.type === 'int' || known.type === 'number';
const isOpen = (known: Known): boolean => known.type === 'any' || known.type === 'json' || known.type === 'null';

const spoken = (known: Known): string =>
  known.literal !== undefined
    ? JSON.stringify(known.literal)
    : known.type === 'null'
      ? 'null'
      : known.type === 'int'
        ? 'an int'
        : `a ${known.type}`;

const typeOf = (expression: Expression, check: Check): Known => {
  switch (expression.kind) {
    case 'literal':
      return literalType(expression.value);
    case 'path':
      return pathType(expression.path, check.script);
    case 'list':
      for (const item of expression.items) typeOf(item, check);
      return { type: 'list' };
    case 'not':
      typeOf(expression.of, check);
      return { type: 'boolean' };
    case 'minus': {
      const of = typeOf(expression.of, check);
      return isNumber(of) ? { type: of.type } : { type: 'number' };
    }
    case 'binary':
      return binaryType(expression, check);
    case 'call':
      return callType(expression, check);
  }
};

const literalType = (value: unknown): Known => {
  if (value === null) return { type: 'null' };
  if (typeof value === 'boolean') return { type: 'boolean' };
  if (typeof value === 'number') return { type: Number.isInteger(value) ? 'int' : 'number', literal: value };
  return { type: 'text', literal: String(value) };
};

const pathType = (path: readonly string[], script: Script): Known => {
  const [name = ''] = path;
  const variable = script.variables.get(name);
  if (path.length === 1 && variable !== undefined) return { type: variable.type, options: variable.options };
  if (variable !== undefined && variable.type !== 'json') return { type: 'null' };
  if (name === 'chat' || name === 'return') return { type: path.length === 1 ? 'json' : 'text' };
  return { type: 'any' };
};

const binaryType = (expression: Extract<Expression, { kind: 'binary' }>, check: Check): Known => {
  const { op, at } = expression;
  const left = typeOf(expression.left, check);
  const right = typeOf(expression.right, check);
  switch (op) {
    case 'and':
    case 'or':
      return { type: 'boolean' };
    case 'in':
      if (isNumber(right) || right.type === 'boolean') check.report(at, `"in" needs a list or a text on its right, not ${spoken(right)}`);
      return { type: 'boolean' };
    case '==':
    case '!=':
      equalTypes(left, right, at, check);
      return { type: 'boolean' };
    case '<':
    case '<=':
    case '>':
    case '>=':
      orderedTypes(left, right, at, op, check);
      return { type: 'boolean' };
    case '+':
      if (isText(left) || isText(right)) return { type: 'text' };
      return sumType(left, right, at, op, check, isOpen(left) || isOpen(right) ? 'any' : 'number');
    default:
      return sumType(left, right, at, op, check, 'number');
  }
};

const sumType = (left: Known, right: Known, at: number, op: string, check: Check, otherwise: Known['type']): Known => {
  for (const side of [left, right]) {
    if (isNumber(side) || side.type === 'any' || side.type === 'json') continue;
    check.report(at, `"${op}" needs numbers, not ${spoken(side)}`, isText(side) ? 'declare the variable as int or number' : undefined);
    return { type: 'any' };
  }
  if (left.type === 'int' && right.type === 'int' && op !== '/') return { type: 'int' };
  return { type: otherwise };
};

const equalTypes = (left: Known, right: Known, at: number, check: Check): void => {
  if (isOpen(left) || isOpen(right)) return;
  const same = left.type === right.type || (isText(left) && isText(right)) || (isNumber(left) && isNumber(right));
  if (!same)
    return check.report(at, `${spoken(left)} is never equal to ${spoken(right)}`, 'one is a text, the other is not: mind the quotes');
  for (const [one, other] of [
    [left, right],
    [right, left],
  ] as const) {
    if (typeof other.literal !== 'string') continue;
    if (one.type === 'choice' && one.options !== undefined && one.options.length > 0 && !one.options.includes(other.literal))
      check.report(at, `the choice is never "${other.literal}"`, `one of: ${one.options.join(', ')}`);
    if (one.type === 'date' && !isDate(other.literal)) check.report(at, `"${other.literal}" is no date`, 'dates are written "2026-12-31"');
  }
};

const orderedTypes = (left: Known, right: Known, at: number, op: string, check: Check): void => {
  for (const side of [left, right]) {
    if (side.type === 'boolean' || side.type === 'list') return check.report(at, `"${op}" does not order ${spoken(side)}`);
  }
  if (isOpen(left) || isOpen(right)) return;
  if (isText(left) !== isText(right))
    return check.report(
      at,
      `"${op}" needs two numbers, two dates or two texts, not ${spoken(left)} and ${spoken(right)}`,
      'mind the quotes',
    );
  for (const [one, other] of [
    [left, right],
    [right, left],
  ] as const) {
    if (one.type === 'date' && typeof other.literal === 'string' && !isDate(other.literal))
      check.report(at, `"${other.literal}" is no date`, 'dates are written "2026-12-31"');
  }
};

const callType = (expression: Extract<Expression, { kind: 'call' }>, check: Check): Known => {
  const { name, args, at } = expression;
  const [first, second] = args.map((arg) => typeOf(arg, check));
  switch (name) {
    case 'lower':
      return { type: 'text' };
    case 'length':
      if (first !== undefined && (isNumber(first) || first.type === 'boolean'))
        check.report(at, `length needs a text or a list, not ${spoken(first)}`);
      return { type: 'int' };
    case 'matches_words':
      if (second !== undefined && second.type !== 'list' && !isOpen(second))
        check.report(at, 'matches_words needs a list of words', 'matches_words(x, ["one", "two"])');
      return { type: 'boolean' };
    case 'working_hours': {
      const problem = typeof first?.literal === 'string' ? workingHoursProblem(first.literal) : undefined;
      if (problem !== undefined) check.report(at, `working_hours: ${problem}`, 'Mon-Fri 09:00-18:00, Sat 10:00-16:00');
      return { type: 'boolean' };
    }
    case 'empty':
      return { type: 'boolean' };
  }
};
