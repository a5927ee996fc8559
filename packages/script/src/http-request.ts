import { EvaluationError, evaluate, type Scope } from './evaluate.ts';
import type { Expression } from './expression.ts';
import type { StepOf } from './model.ts';
import { render, type Template } from './template.ts';
import type { HttpRequest, Value } from './types.ts';

/** A body as it is written: texts are templates; one that is a single `{{ }}` keeps the type of its value. */
export type BodyTemplate =
  | { readonly kind: 'text'; readonly text: Template }
  | { readonly kind: 'value'; readonly value: Expression }
  | { readonly kind: 'literal'; readonly value: null | boolean | number }
  | { readonly kind: 'list'; readonly items: readonly BodyTemplate[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [string, BodyTemplate])[] };

/**
 * The request of a step. What an expression gives is made harmless: it can neither leave its place in the address nor name a
 * secret, for outbound fills in whatever reads `{{ secret.name }}`, and a visitor may have written just that.
 * @throws EvaluationError
 */
export const requestOf = (step: StepOf<'http'>, scope: Scope): HttpRequest => ({
  method: step.method,
  url: render(step.url, scope, inAddress),
  headers: Object.fromEntries(step.headers.map(({ name, value }) => [name, render(value, scope, inHeader)])),
  ...(step.body === null ? {} : { body: bodyOf(step.body, scope) }),
  timeoutMs: step.timeoutMs,
  retries: step.retries,
});

const inAddress = (text: string): string => {
  try {
    return encodeURIComponent(text);
  } catch {
    throw new EvaluationError('a text that no address can hold');
  }
};

/** One line, no secret named. */
const inHeader = (text: string): string => noSecret(text.replace(/\p{Cc}+/gu, ' '));

/** A brace at the end could meet another one. */
const noSecret = (text: string): string => (text.includes('{') ? text.replaceAll(/\{(?=\{|$)/g, '{ ') : text);

const bodyOf = (body: BodyTemplate, scope: Scope): Value => {
  switch (body.kind) {
    case 'text':
      return render(body.text, scope, noSecret);
    case 'value':
      return noSecretIn(evaluate(body.value, scope));
    case 'literal':
      return body.value;
    case 'list':
      return body.items.map((item) => bodyOf(item, scope));
    case 'map':
      return Object.fromEntries(body.entries.map(([key, value]) => [key, bodyOf(value, scope)]));
  }
};

const noSecretIn = (value: Value): Value => {
  if (typeof value === 'string') return noSecret(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(noSecretIn);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [noSecret(key), noSecretIn(inner as Value)]));
};
