import { parseDuration } from './duration.ts';
import { type Expression, ExpressionError, parseExpression } from './expression.ts';
import type { AnswerType, Step, Verb } from './model.ts';
import { nearest } from './nearest.ts';
import type { Defaults, ScriptBuilder } from './parse.ts';
import { compileRegex } from './regex.ts';
import type { Reader, Source } from './source.ts';
import { parseTemplate, type Template } from './template.ts';

export type StepContext = {
  readonly reader: Reader;
  readonly builder: ScriptBuilder;
  readonly script: string;
  readonly defaults: Defaults;
};

const verbs: readonly Verb[] = ['say', 'menu', 'file', 'ask', 'wait', 'set', 'if', 'handover', 'close', 'go', 'stop', 'mark'];
const notYetVerbs = ['http'];
/** Keys that stand beside a verb in a step. */
const beside: Partial<Record<Verb, readonly string[]>> = { if: ['then', 'else'] };

const maxDepth = 20;

/** Compiles a list of steps; `next` is what follows the last one. @returns the first step's path, or `next` where the list is empty */
export const compileSteps = (context: StepContext, source: Source, path: string, next: string | null, depth = 0): string | null => {
  const { reader } = context;
  if (depth > maxDepth) {
    reader.error(source, 'too-deep', `steps nested deeper than ${maxDepth}`);
    return next;
  }
  const items = reader.items(source, 'steps') ?? [];
  const paths = items.map((_, at) => `${path}[${at}]`);
  items.forEach((item, at) => {
    compileStep(context, item, paths[at] as string, paths[at + 1] ?? next, depth);
  });
  return paths[0] ?? next;
};

const compileStep = (context: StepContext, source: Source, path: string, next: string | null, depth: number): void => {
  const { reader, builder } = context;
  // A step that can't be read stands as a stop, so that whatever leads there is found too.
  const common = { path, script: context.script, position: source.position, next };
  const give = (step: Step): void => void builder.steps.set(path, step);
  give({ ...common, verb: 'stop' });

  const entries = reader.entries(source, 'a step');
  if (entries === undefined) return;
  const named = entries.filter(([key]) => (verbs as readonly string[]).includes(key));
  const later = entries.find(([key]) => notYetVerbs.includes(key));
  if (later !== undefined) {
    reader.error(later[2], 'not-yet', `the verb ${later[0]}: this version of the engine does not run it yet`);
    return;
  }
  const [first] = named;
  if (first === undefined) {
    const [key, , at] = entries[0] ?? ['', source, source.position];
    const near = nearest(key, verbs);
    reader.error(
      at,
      'unknown-verb',
      `"${key}" is no verb`,
      near === undefined ? `a step has one of: ${verbs.join(', ')}` : `did you mean "${near}"?`,
    );
    return;
  }
  const verb = first[0] as Verb;
  const value = first[1];
  const allowed = ['id', verb, ...(beside[verb] ?? [])];
  for (const [key, , at] of entries) {
    if (!allowed.includes(key)) {
      reader.error(
        at,
        named.some(([other]) => other === key) ? 'two-verbs' : 'unknown-key',
        `a ${verb} step has no "${key}"`,
        'one verb per step',
      );
    }
  }
  const idSource = entries.find(([key]) => key === 'id')?.[1];
  if (idSource !== undefined) nameStep(context, idSource, path);
  const sibling = (key: string): Source | undefined => entries.find(([name]) => name === key)?.[1];
  compileVerb[verb]({ context, value, common, give, path, depth, sibling });
};

type Compile = {
  readonly context: StepContext;
  readonly value: Source;
  readonly common: { readonly path: string; readonly script: string; readonly position: Source['position']; readonly next: string | null };
  readonly give: (step: Step) => void;
  readonly path: string;
  readonly depth: number;
  readonly sibling: (key: string) => Source | undefined;
};

const nameStep = ({ reader, builder, script }: StepContext, source: Source, path: string): void => {
  const id = reader.text(source, 'id');
  if (id === undefined) return;
  const name = `${script}.${id}`;
  if (!/^[A-Za-z_]\w*$/.test(id)) reader.error(source, 'bad-name', `"${id}" is no id for a step`);
  else if (builder.ids.has(name)) reader.error(source, 'duplicate-id', `the step ${name} exists already`);
  else builder.ids.set(name, path);
};

const compileVerb: Record<Verb, (compile: Compile) => void> = {
  say: ({ context, value, common, give }) => {
    const text = textTemplate(context, value, 'say');
    if (text !== undefined) give({ ...common, verb: 'say', text });
  },

  menu: ({ context, value, common, give }) => {
    const { reader, builder } = context;
    const fields = reader.fields(value, ['id', 'text', 'buttons', 'expires'], 'menu');
    if (fields === undefined) return;
    idInside(context, fields, common.path);
    const rows: { id: string; text: Template; go: string | null; goName: string | null }[][] = [];
    const buttons = fields.get('buttons');
    if (buttons === undefined) reader.error(value, 'no-buttons', 'a menu needs buttons');
    for (const rowSource of buttons === undefined ? [] : (reader.items(buttons, 'buttons') ?? [])) {
      const row: (typeof rows)[number] = [];
      for (const source of reader.isList(rowSource) ? (reader.items(rowSource, 'a row') ?? []) : [rowSource]) {
        const button = compileButton(context, source);
        if (button === undefined) continue;
        row.push(button);
        const { goName } = button;
        if (goName !== null) {
          builder.pending.push({
            target: goName,
            at: source,
            set: (target) => {
              button.go = target;
              if (target !== null && !builder.menuButtons.has(button.id)) builder.menuButtons.set(button.id, target);
            },
          });
        }
      }
      if (row.length > 0) rows.push(row);
    }
    if (rows.length > 10) reader.error(buttons ?? value, 'too-many-rows', 'Webim takes at most 10 rows of buttons');
    const text = fields.get('text');
    give({
      ...common,
      verb: 'menu',
      text: text === undefined ? null : (textTemplate(context, text, 'text') ?? null),
      rows,
      expiresMs: duration(context, fields.get('expires'), 'expires'),
    });
  },

  file: ({ context, value, common, give }) => {
    const { reader } = context;
    const fields = reader.fields(value, ['url', 'name', 'media_type', 'caption'], 'file');
    if (fields === undefined) return;
    const url = fields.get('url');
    if (url === undefined) reader.error(value, 'no-url', 'a file needs its url');
    const address = url === undefined ? undefined : textTemplate(context, url, 'url');
    const name = fields.get('name');
    const mediaType = fields.get('media_type');
    const caption = fields.get('caption');
    if (address === undefined) return;
    give({
      ...common,
      verb: 'file',
      url: address,
      name: (name && textTemplate(context, name, 'name')) ?? address,
      mediaType: (mediaType && reader.text(mediaType, 'media_type')) ?? 'application/octet-stream',
      caption: (caption && textTemplate(context, caption, 'caption')) ?? null,
    });
  },

  ask: (compile) => {
    const { context, value, common, give } = compile;
    const { reader, defaults } = context;
    const fields = reader.fields(value, ['id', 'text', 'save', 'as', 'error', 'attempts', 'up_to', 'on_fail', 'on_timeout'], 'ask');
    if (fields === undefined) return;
    idInside(context, fields, common.path);
    const text = fields.get('text');
    const save = fields.get('save');
    if (text === undefined) reader.error(value, 'no-text', 'an ask needs its text');
    if (save === undefined) reader.error(value, 'no-save', 'an ask needs the variable to save to');
    const question = text === undefined ? undefined : textTemplate(context, text, 'text');
    const variable = save === undefined ? undefined : reader.text(save, 'save');
    if (save !== undefined && variable !== undefined) knownVariable(context, save, variable);
    if (question === undefined || variable === undefined) return;
    const as = fields.get('as');
    const attempts = fields.get('attempts') ?? defaults.ask.get('attempts');
    const error = fields.get('error') ?? defaults.ask.get('error');
    const count = attempts === undefined ? 3 : reader.number(attempts, 'attempts');
    if (attempts !== undefined && count !== undefined && (!Number.isInteger(count) || count < 1 || count > 20)) {
      reader.error(attempts, 'bad-attempts', 'attempts is a whole number from 1 to 20');
    }
    give({
      ...common,
      verb: 'ask',
      text: question,
      save: variable,
      as: as === undefined ? { kind: 'text' } : answerType(context, as),
      error: (error && textTemplate(context, error, 'error')) ?? null,
      attempts: count ?? 3,
      upToMs: duration(context, fields.get('up_to') ?? defaults.ask.get('up_to'), 'up_to'),
      onFail: outcome(compile, fields, 'on_fail'),
      onTimeout: outcome(compile, fields, 'on_timeout'),
    });
  },

  wait: (compile) => {
    const { context, value, common, give } = compile;
    const { reader } = context;
    if (!reader.isMap(value)) {
      const ms = duration(context, value, 'wait');
      if (ms !== null) give({ ...common, verb: 'wait', ms, forMessage: false, onTimeout: undefined });
      return;
    }
    const fields = reader.fields(value, ['for', 'up_to', 'on_timeout'], 'wait');
    if (fields === undefined) return;
    const what = fields.get('for');
    if (what === undefined || reader.scalar(what) !== 'message') {
      reader.error(what ?? value, 'bad-wait', 'wait is a duration or { for: message, up_to: … }');
      return;
    }
    give({
      ...common,
      verb: 'wait',
      ms: duration(context, fields.get('up_to'), 'up_to'),
      forMessage: true,
      onTimeout: outcome(compile, fields, 'on_timeout'),
    });
  },

  set: ({ context, value, common, give }) => {
    const { reader } = context;
    const values = (reader.entries(value, 'set') ?? []).flatMap(([name, at]): { name: string; value: Expression | null }[] => {
      knownVariable(context, at, name);
      if (at.node === null || reader.scalar(at) === null) return [{ name, value: null }];
      const expression = expressionOf(context, at, `the value of ${name}`);
      return expression === undefined ? [] : [{ name, value: expression }];
    });
    give({ ...common, verb: 'set', values });
  },

  if: (compile) => {
    const { context, value, common, give, path, depth, sibling } = compile;
    const condition = expressionOf(context, value, 'if');
    const then = sibling('then');
    const otherwise = sibling('else');
    if (then === undefined) context.reader.error(value, 'no-then', 'an if needs its then');
    if (condition === undefined) return;
    give({
      ...common,
      verb: 'if',
      condition,
      then: then === undefined ? common.next : compileSteps(context, then, `${path}.then`, common.next, depth + 1),
      else: otherwise === undefined ? common.next : compileSteps(context, otherwise, `${path}.else`, common.next, depth + 1),
    });
  },

  handover: (compile) => {
    const { context, value, common, give } = compile;
    const { reader, defaults } = context;
    const short = reader.scalar(value) === 'queue';
    const allowed = ['department', 'operator', 'say', 'note', 'no_operator_after', 'on_accepted', 'on_no_operator', 'on_failed'];
    const fields = short ? new Map<string, Source>() : reader.fields(value, allowed, 'handover');
    if (fields === undefined) return;
    const operator = fields.get('operator') ?? defaults.handover.get('operator');
    const department = fields.get('department') ?? (operator === undefined ? defaults.handover.get('department') : undefined);
    if (fields.has('department') && fields.has('operator')) {
      reader.error(value, 'two-targets', 'a handover goes to a department or to an operator, not to both');
    }
    const say = fields.get('say');
    const note = fields.get('note');
    give({
      ...common,
      verb: 'handover',
      say: (say && textTemplate(context, say, 'say')) ?? null,
      note: (note && textTemplate(context, note, 'note')) ?? null,
      department: (department && reader.text(department, 'department')) ?? null,
      operatorId: (operator && reader.text(operator, 'operator')) ?? null,
      noOperatorAfterMs: duration(
        context,
        fields.get('no_operator_after') ?? defaults.handover.get('no_operator_after'),
        'no_operator_after',
      ),
      onAccepted: outcome(compile, fields, 'on_accepted'),
      onNoOperator: outcome(compile, fields, 'on_no_operator'),
      onFailed: outcome(compile, fields, 'on_failed'),
    });
  },

  close: (compile) => {
    const { context, value, common, give } = compile;
    if (context.reader.scalar(value) === true) {
      give({ ...common, verb: 'close', onFailed: undefined });
      return;
    }
    const fields = context.reader.fields(value, ['on_failed'], 'close');
    if (fields !== undefined) give({ ...common, verb: 'close', onFailed: outcome(compile, fields, 'on_failed') });
  },

  go: ({ context, value, common, give }) => {
    const target = context.reader.text(value, 'go');
    if (target === undefined) return;
    const step: Step & { verb: 'go' } = { ...common, verb: 'go', target: null, targetName: target };
    give(step);
    context.builder.pending.push({ target, at: value, set: (path) => Object.assign(step, { target: path }) });
  },

  stop: ({ context, value }) => {
    if (context.reader.scalar(value) !== true) context.reader.error(value, 'bad-stop', 'write "stop: true"');
  },

  mark: ({ context, value, common, give }) => {
    const name = context.reader.text(value, 'mark');
    if (name === undefined) return;
    if (name === '' || name.length > 64) context.reader.error(value, 'bad-mark', 'a mark is a name of 1 to 64 characters');
    give({ ...common, verb: 'mark', name });
  },
};

/** `ask` and `menu` may carry their id inside. */
const idInside = (context: StepContext, fields: ReadonlyMap<string, Source>, path: string): void => {
  const id = fields.get('id');
  if (id !== undefined) nameStep(context, id, path);
};

/** An outcome's own steps; after its last one the script ends. undefined: not named. */
const outcome = ({ context, path, depth }: Compile, fields: ReadonlyMap<string, Source>, name: string): string | null | undefined => {
  const source = fields.get(name);
  return source === undefined ? undefined : compileSteps(context, source, `${path}.${name}`, null, depth + 1);
};

const maxTextLength = 2000;

const textTemplate = ({ reader }: StepContext, source: Source, what: string): Template | undefined => {
  const text = reader.text(source, what);
  if (text === undefined) return undefined;
  if (text.trim() === '') reader.error(source, 'empty-text', `${what} is empty`);
  if (text.length > maxTextLength)
    reader.error(source, 'text-too-long', `${what} has over ${maxTextLength} characters`, 'split it into several');
  try {
    return parseTemplate(text);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    reader.error(source, 'bad-expression', `${what}: ${error.message}`);
    return undefined;
  }
};

const expressionOf = ({ reader }: StepContext, source: Source, what: string): Expression | undefined => {
  const text = reader.text(source, what);
  if (text === undefined) return undefined;
  try {
    return parseExpression(text);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const { line, column } = source.position;
    reader.error({ line, column: column + error.at }, 'bad-expression', `${what}: ${error.message}`);
    return undefined;
  }
};

const duration = ({ reader }: StepContext, source: Source | undefined, what: string): number | null => {
  const text = source === undefined ? undefined : reader.text(source, what);
  if (source === undefined || text === undefined) return null;
  const ms = parseDuration(text);
  if (ms === undefined || ms <= 0) {
    reader.error(source, 'bad-duration', `${what}: "${text}" is no duration`, 'like 30s, 5m, 2h');
    return null;
  }
  return ms;
};

const knownVariable = ({ reader, builder }: StepContext, source: Source, name: string): void => {
  if (!builder.variables.has(name))
    reader.error(source, 'unknown-variable', `the variable "${name}" is not declared`, 'declare it under vars');
};

const answerTypes = ['text', 'int', 'phone'];
const laterAnswerTypes = ['number', 'date', 'email', 'choice'];

const answerType = ({ reader }: StepContext, source: Source): AnswerType => {
  if (reader.isMap(source)) {
    const at = reader.fields(source, ['regex'], 'as')?.get('regex');
    const pattern = at === undefined ? undefined : reader.text(at, 'regex');
    const regex = at === undefined || pattern === undefined ? undefined : compileRegex(reader, at, pattern);
    return regex === undefined ? { kind: 'text' } : { kind: 'regex', regex };
  }
  const name = reader.text(source, 'as');
  if (name !== undefined && laterAnswerTypes.includes(name)) {
    reader.error(source, 'not-yet', `as: ${name}: this version of the engine does not run it yet`);
  } else if (name !== undefined && !answerTypes.includes(name)) {
    reader.error(source, 'bad-answer-type', `"${name}" is no type of answer`, `one of ${answerTypes.join(', ')}, { regex: … }`);
  }
  return name === 'int' || name === 'phone' ? { kind: name } : { kind: 'text' };
};

const compileButton = (
  context: StepContext,
  source: Source,
): { id: string; text: Template; go: string | null; goName: string | null } | undefined => {
  const { reader } = context;
  const fields = reader.fields(source, ['id', 'text', 'go'], 'a button');
  if (fields === undefined) return undefined;
  const id = fields.get('id');
  const text = fields.get('text');
  const go = fields.get('go');
  if (id === undefined || text === undefined) {
    reader.error(source, 'bad-button', 'a button needs id and text');
    return undefined;
  }
  const name = reader.text(id, 'id');
  const label = textTemplate(context, text, 'text');
  if (name === undefined || label === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,64}$/.test(name)) reader.error(id, 'bad-button-id', 'a button id is 1 to 64 ASCII characters without spaces');
  if ((reader.text(text, 'text') ?? '').length > 80) reader.error(text, 'label-too-long', 'a label has at most 80 characters');
  return { id: name, text: label, go: null, goName: (go && reader.text(go, 'go')) ?? null };
};
