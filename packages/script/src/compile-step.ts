import { parseDuration } from './duration.ts';
import { type Expression, ExpressionError, parseExpression } from './expression.ts';
import type { Step } from './model.ts';
import type { Defaults, ScriptBuilder, Use } from './script-builder.ts';
import type { Reader, Source } from './source.ts';
import { parseTemplate, type Template } from './template.ts';

export type StepContext = {
  readonly reader: Reader;
  readonly builder: ScriptBuilder;
  readonly script: string;
  readonly defaults: Defaults;
};

/** What the compiler of one verb gets. */
export type Compile = {
  readonly context: StepContext;
  readonly value: Source;
  readonly common: Pick<Step, 'path' | 'script' | 'position' | 'next'>;
  readonly give: (step: Step) => void;
  readonly path: string;
  /** Compiles steps inside this one: what leads to the first, `then` after the last. */
  readonly steps: (list: Source, name: string, then: string | null) => string | null;
  readonly sibling: (key: string) => Source | undefined;
};

export const nonEmpty = <T>(list: readonly T[]): boolean => list.length > 0;

export const nameStep = ({ reader, builder, script }: StepContext, source: Source, path: string): void => {
  const id = reader.text(source, 'id');
  if (id === undefined) return;
  const name = `${script}.${id}`;
  if (!/^[A-Za-z_]\w*$/.test(id)) reader.error(source, 'bad-name', `"${id}" is no id for a step`, 'letters, digits and _ only');
  else if (builder.ids.has(name)) reader.error(source, 'duplicate-id', `the step ${name} exists already`, 'ids are unique within a script');
  else builder.ids.set(name, path);
};

/** `ask` and `menu` may carry their id inside. */
export const idInside = (context: StepContext, fields: ReadonlyMap<string, Source>, path: string): void => {
  const id = fields.get('id');
  if (id !== undefined) nameStep(context, id, path);
};

/** An outcome's own steps; after its last one the script ends. undefined: not named. */
export const outcome = ({ steps }: Compile, fields: ReadonlyMap<string, Source>, name: string): string | null | undefined => {
  const source = fields.get(name);
  return source === undefined ? undefined : steps(source, name, null);
};

const maxTextLength = 2000;

/** A text with its expressions; where they stand is remembered for the linter. */
export const textTemplate = (
  { context: { reader, builder }, path }: Compile,
  source: Source,
  what: string,
  use: Pick<Use, 'http'> = {},
): Template | undefined => {
  const text = reader.text(source, what);
  if (text === undefined) return undefined;
  if (text.trim() === '') reader.error(source, 'empty-text', `${what} is empty`);
  if (text.length > maxTextLength)
    reader.error(source, 'text-too-long', `${what} has over ${maxTextLength} characters`, 'split it into several');
  try {
    const template = parseTemplate(text);
    for (const part of template)
      if (typeof part !== 'string') builder.uses.push({ expression: part, step: path, source, as: 'text', ...use });
    return template;
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    reader.error(reader.placeIn(source, error.at), 'bad-expression', `${what}: ${error.message}`, error.hint);
    return undefined;
  }
};

export const expressionOf = (
  { context: { reader, builder }, path }: Compile,
  source: Source,
  what: string,
  use: Pick<Use, 'as' | 'sets'>,
): Expression | undefined => {
  const text = reader.text(source, what);
  if (text === undefined) return undefined;
  try {
    const expression = parseExpression(text);
    builder.uses.push({ expression, step: path, source, ...use });
    return expression;
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    reader.error(reader.placeIn(source, error.at), 'bad-expression', `${what}: ${error.message}`, error.hint);
    return undefined;
  }
};

export const duration = ({ reader }: Pick<StepContext, 'reader'>, source: Source | undefined, what: string): number | null => {
  const text = source === undefined ? undefined : reader.text(source, what);
  if (source === undefined || text === undefined) return null;
  const ms = parseDuration(text);
  if (ms === undefined || ms <= 0) {
    reader.error(source, 'bad-duration', `${what}: "${text}" is no duration`, 'like 30s, 5m, 2h');
    return null;
  }
  if (ms > maxDurationMs) reader.error(source, 'bad-duration', `${what}: longer than 365 days`);
  return ms;
};
const maxDurationMs = 365 * 86_400_000;

export const knownVariable = ({ reader, builder }: StepContext, source: Source, name: string): void => {
  if (!builder.variables.has(name))
    reader.error(source, 'unknown-variable', `the variable "${name}" is not declared`, 'declare it under vars');
};

/** The variable of `save`. */
export const savesTo = ({ context, path }: Compile, fields: ReadonlyMap<string, Source>): string | undefined => {
  const save = fields.get('save');
  const name = save === undefined ? undefined : context.reader.text(save, 'save');
  if (save === undefined || name === undefined) return undefined;
  knownVariable(context, save, name);
  context.builder.saves.push({ step: path, name, at: save });
  return name;
};
