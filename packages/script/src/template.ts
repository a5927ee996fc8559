import { asText, EvaluationError, evaluate, type Scope } from './evaluate.ts';
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
    parts.push(parseExpression(text.slice(open + 2, close), open + 2));
    at = close + 2;
  }
  if (at < text.length) parts.push(text.slice(at));
  return parts;
};

/** What a rendered text may have, characters: far beyond any message, and below what a record takes. */
const maxRendered = 100_000;

/**
 * @param escaped applied to what expressions give, not to the author's own text
 * @throws EvaluationError
 */
export const render = (template: Template, scope: Scope, escaped?: (text: string) => string): string => {
  const [only] = template;
  if (template.length === 1 && typeof only === 'string') return only;
  let text = '';
  for (const part of template) {
    if (typeof part === 'string') text += part;
    else {
      const value = asText(evaluate(part, scope));
      text += escaped === undefined ? value : escaped(value);
    }
    if (text.length > maxRendered) throw new EvaluationError(`the text has over ${maxRendered} characters`);
  }
  return text;
};
