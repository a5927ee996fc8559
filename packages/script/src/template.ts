import { asText, evaluate, type Scope } from './evaluate.ts';
import { type Expression, ExpressionError, parseExpression } from './expression.ts';

/** A text with `{{ expression }}` in it, parsed once. */
export type Template = readonly (string | Expression)[];

/** @throws ExpressionError, its place counted in the whole text */
export const parseTemplate = (text: string): Template => {
  const parts: (string | Expression)[] = [];
  let at = 0;
  for (;;) {
    const open = text.indexOf('{{', at);
    if (open < 0) break;
    const close = text.indexOf('}}', open);
    if (close < 0) throw new ExpressionError('"{{" without "}}"', open);
    if (open > at) parts.push(text.slice(at, open));
    try {
      parts.push(parseExpression(text.slice(open + 2, close)));
    } catch (error) {
      throw error instanceof ExpressionError ? new ExpressionError(error.message, open + 2 + error.at) : error;
    }
    at = close + 2;
  }
  if (at < text.length) parts.push(text.slice(at));
  return parts;
};

export const render = (template: Template, scope: Scope): string =>
  template.map((part) => (typeof part === 'string' ? part : asText(evaluate(part, scope)))).join('');
