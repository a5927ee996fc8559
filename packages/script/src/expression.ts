import { nearest } from './nearest.ts';
import type { Value } from './types.ts';

/** An expression, parsed once. Pure and bounded: no loops, no calls but the built-in functions. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: Value }
  /** `name`: the path as it is written; `at`: where, as in ExpressionError. */
  | { readonly kind: 'path'; readonly path: readonly string[]; readonly name: string; readonly at: number }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'not' | 'minus'; readonly of: Expression }
  | { readonly kind: 'binary'; readonly op: BinaryOp; readonly left: Expression; readonly right: Expression; readonly at: number }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly args: readonly Expression[]; readonly at: number };

export type BinaryOp = 'and' | 'or' | '==' | '!=' | '<' | '<=' | '>' | '>=' | '+' | '-' | '*' | '/' | 'in';
const functionArity = { empty: 1, lower: 1, length: 1, matches_words: 2, working_hours: 1 } as const;
export type FunctionName = keyof typeof functionArity;

/** @property at 0-based place in the source of the expression. */
export class ExpressionError extends Error {
  readonly at: number;
  readonly hint: string | undefined;
  constructor(message: string, at: number, hint?: string) {
    super(message);
    this.at = at;
    this.hint = hint;
  }
}

/** Signs of other languages, and what stands for them here. */
const foreign: Readonly<Record<string, string>> = {
  '=': 'write "==" to compare',
  '&': 'write "and"',
  '|': 'write "or"',
  '!': 'write "not"',
  '“': 'texts stand in straight quotes',
  '«': 'texts stand in straight quotes',
};

type Token = { readonly kind: 'number' | 'string' | 'name' | 'op' | 'end'; readonly text: string; readonly at: number };

const maxLength = 2000;
const maxDepth = 50;
const operators = ['==', '!=', '<=', '>=', '<', '>', '+', '-', '*', '/', '(', ')', '[', ']', ',', '.'];

const numberAt = /\d+(\.\d+)?/y;
const nameAt = /[\p{L}_][\p{L}\p{N}_]*/uy;

const tokens = (source: string, base: number): Token[] => {
  if (source.length > maxLength) throw new ExpressionError(`an expression of over ${maxLength} characters`, base);
  const found: Token[] = [];
  let at = 0;
  while (at < source.length) {
    const char = source[at] as string;
    if (/\s/.test(char)) {
      at += 1;
      continue;
    }
    numberAt.lastIndex = at;
    nameAt.lastIndex = at;
    const number = numberAt.exec(source);
    const name = nameAt.exec(source);
    if (number !== null) found.push({ kind: 'number', text: number[0], at: at + base });
    else if (name !== null) found.push({ kind: 'name', text: name[0], at: at + base });
    else if (char === '"' || char === "'") {
      const end = closingQuote(source, at, base);
      found.push({ kind: 'string', text: unescaped(source.slice(at + 1, end)), at: at + base });
      at = end + 1;
      continue;
    } else {
      const op = operators.find((candidate) => source.startsWith(candidate, at));
      if (op === undefined) throw new ExpressionError(`unexpected "${char}"`, at + base, foreign[char]);
      found.push({ kind: 'op', text: op, at: at + base });
    }
    at += (found.at(-1) as Token).text.length;
  }
  found.push({ kind: 'end', text: 'the end', at: source.length + base });
  return found;
};

const closingQuote = (source: string, open: number, base: number): number => {
  for (let at = open + 1; at < source.length; at++) {
    if (source[at] === '\\') at += 1;
    else if (source[at] === source[open]) return at;
  }
  throw new ExpressionError('a text without its closing quote', open + base);
};

const unescaped = (text: string): string =>
  text.replace(/\\(.)/gs, (_all, char: string) => (char === 'n' ? '\n' : char === 't' ? '\t' : char));

/**
 * @param base where the source begins in the text that places are counted in
 * @throws ExpressionError with its place
 */
export const parseExpression = (source: string, base = 0): Expression => {
  const list = tokens(source, base);
  let at = 0;
  let depth = 0;

  const peek = (): Token => list[at] as Token;
  const isOp = (text: string): boolean => peek().kind === 'op' && peek().text === text;
  const isName = (text: string): boolean => peek().kind === 'name' && peek().text === text;
  const take = (): Token => list[at++] as Token;
  const expect = (text: string): void => {
    if (!isOp(text)) throw new ExpressionError(`expected "${text}", found ${peek().text}`, peek().at);
    at += 1;
  };
  const deeper = <T>(parse: () => T): T => {
    depth += 1;
    if (depth > maxDepth) throw new ExpressionError('an expression nested too deeply', peek().at);
    const result = parse();
    depth -= 1;
    return result;
  };

  const binary = (next: () => Expression, ops: readonly BinaryOp[], once = false): Expression => {
    let left = next();
    for (;;) {
      const token = peek();
      const op = ops.find((candidate) => (token.kind === 'op' || token.kind === 'name') && token.text === candidate);
      if (op === undefined) return left;
      at += 1;
      left = { kind: 'binary', op, left, right: next(), at: token.at };
      if (once) return left;
    }
  };

  const or = (): Expression => binary(and, ['or']);
  const and = (): Expression => binary(not, ['and']);
  const not = (): Expression => {
    if (!isName('not')) return comparison();
    at += 1;
    return deeper(() => ({ kind: 'not', of: not() }));
  };
  const comparison = (): Expression => binary(sum, ['==', '!=', '<=', '>=', '<', '>', 'in'], true);
  const sum = (): Expression => binary(product, ['+', '-']);
  const product = (): Expression => binary(unary, ['*', '/']);
  const unary = (): Expression => {
    if (!isOp('-')) return primary();
    at += 1;
    return deeper(() => ({ kind: 'minus', of: unary() }));
  };

  const items = (close: string): Expression[] => {
    const found: Expression[] = [];
    while (!isOp(close)) {
      found.push(or());
      if (!isOp(close)) expect(',');
    }
    expect(close);
    return found;
  };

  const primary = (): Expression =>
    deeper((): Expression => {
      const token = take();
      if (token.kind === 'number') return { kind: 'literal', value: Number(token.text) };
      if (token.kind === 'string') return { kind: 'literal', value: token.text };
      if (token.kind === 'op' && token.text === '(') {
        const inner = or();
        expect(')');
        return inner;
      }
      if (token.kind === 'op' && token.text === '[') return { kind: 'list', items: items(']') };
      if (token.kind !== 'name') throw new ExpressionError(`expected a value, found ${token.text}`, token.at);
      if (token.text === 'true' || token.text === 'false') return { kind: 'literal', value: token.text === 'true' };
      if (token.text === 'null') return { kind: 'literal', value: null };
      if (isOp('(')) return call(token);
      const path = [token.text];
      while (isOp('.')) {
        at += 1;
        const part = take();
        if (part.kind !== 'name' && part.kind !== 'number')
          throw new ExpressionError(`expected a name after ".", found ${part.text}`, part.at);
        // `items.0.1` reads as a number with a fraction.
        path.push(...part.text.split('.'));
      }
      return { kind: 'path', path, name: path.join('.'), at: token.at };
    });

  const call = (token: Token): Expression => {
    if (!Object.hasOwn(functionArity, token.text)) {
      const near = nearest(token.text, Object.keys(functionArity));
      const hint = near === undefined ? `one of ${Object.keys(functionArity).join(', ')}` : `did you mean "${near}"?`;
      throw new ExpressionError(`unknown function "${token.text}"`, token.at, hint);
    }
    const name = token.text as FunctionName;
    expect('(');
    const args = items(')');
    if (args.length !== functionArity[name]) {
      throw new ExpressionError(`${name} takes ${functionArity[name]} argument(s), not ${args.length}`, token.at);
    }
    return { kind: 'call', name, args, at: token.at };
  };

  const parsed = or();
  if (peek().kind !== 'end') throw new ExpressionError(`unexpected ${peek().text}`, peek().at);
  return parsed;
};

/** Every path that an expression reads, with its place. */
export const pathsOf = (expression: Expression): readonly Extract<Expression, { kind: 'path' }>[] => {
  switch (expression.kind) {
    case 'literal':
      return [];
    case 'path':
      return [expression];
    case 'list':
      return expression.items.flatMap(pathsOf);
    case 'not':
    case 'minus':
      return pathsOf(expression.of);
    case 'binary':
      return [...pathsOf(expression.left), ...pathsOf(expression.right)];
    case 'call':
      return expression.args.flatMap(pathsOf);
  }
};
