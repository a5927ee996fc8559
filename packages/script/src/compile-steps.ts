import { compileHttp } from './compile-http.ts';
import { compileMenu } from './compile-menu.ts';
import {
  type Compile,
  duration,
  expressionOf,
  idInside,
  knownVariable,
  nameStep,
  nonEmpty,
  outcome,
  type StepContext,
  savesTo,
  textTemplate,
} from './compile-step.ts';
import type { AnswerType, Step, StepOf, Verb } from './model.ts';
import { nearest } from './nearest.ts';
import { compileRegex } from './regex.ts';
import type { Source } from './source.ts';
import type { Template } from './template.ts';
import { verbs, verbWords } from './vocabulary.ts';

const maxDepth = 20;

/** Compiles a list of steps; `next` is what follows the last one. @returns the first step's path, or `next` where the list is empty */
export const compileSteps = (context: StepContext, source: Source, path: string, next: string | null, depth = 0): string | null => {
  const { reader } = context;
  if (depth > maxDepth) {
    reader.error(source, 'too-deep', `steps nested deeper than ${maxDepth}`, 'give the inner ones a script of their own and go there');
    return next;
  }
  const items = reader.items(source, 'steps') ?? [];
  const paths = items.map((_, at) => `${path}[${at}]`);
  items.forEach((item, at) => {
    compileStep(context, item, paths[at] as string, paths[at + 1] ?? next, depth);
  });
  return paths[0] ?? next;
};

/** A verb without its value, or without the space behind the colon: YAML reads a text. */
const bareHint = (text: string): string | undefined => {
  const [word = '', value] = text.split(/:(.*)/s);
  if (!Object.hasOwn(verbWords, word)) return undefined;
  if (value !== undefined) return `a space belongs behind "${word}:"`;
  return `write "${word}: ${word === 'handover' ? 'queue' : word === 'stop' || word === 'close' ? 'true' : '…'}"`;
};

const compileStep = (context: StepContext, source: Source, path: string, next: string | null, depth: number): void => {
  const { reader, builder } = context;
  const unread = { path, script: context.script, position: source.position, next };
  const give = (step: Step): void => void builder.steps.set(path, step);
  // A step that can't be read stands as one that does nothing, so that what leads there, and what follows, is checked too.
  give({ ...unread, verb: 'mark', name: 'unreadable' });

  const bare = reader.scalar(source);
  if (typeof bare === 'string') {
    reader.error(source, 'wrong-type', 'a step must be a map of names and values', bareHint(bare));
    return;
  }
  const entries = reader.entries(source, 'a step');
  if (entries === undefined) return;
  const named = entries.filter(([key]) => Object.hasOwn(verbWords, key));
  const [first] = named;
  if (first === undefined) {
    const [key, , at] = entries[0] ?? ['', source, source.position];
    const near = nearest(key, verbs);
    reader.error(
      at,
      'unknown-verb',
      key === '' ? 'a step without a verb' : `"${key}" is no verb`,
      near === undefined ? `a step has one of: ${verbs.join(', ')}` : `did you mean "${near}"?`,
    );
    return;
  }
  const verb = first[0] as Verb;
  const value = first[1];
  const common = { ...unread, position: first[2] };
  const allowed = ['id', verb, ...Object.keys(verbWords[verb].beside ?? {})];
  for (const [key, , at] of entries) {
    if (allowed.includes(key)) continue;
    const second = named.some(([other]) => other === key);
    const inside = Object.hasOwn(verbWords[verb].keys, key);
    const beside = allowed.filter((one) => one !== verb);
    const near = nearest(key, beside);
    reader.error(
      at,
      second ? 'two-verbs' : 'unknown-key',
      second ? `a step has one verb: this one has ${verb} and ${key}` : `a ${verb} step has no "${key}"`,
      second
        ? 'make it two steps'
        : inside
          ? `"${key}" stands inside ${verb}: indent it further`
          : near === undefined
            ? `beside ${verb}: ${beside.join(', ')}`
            : `did you mean "${near}"?`,
    );
  }
  const sibling = (key: string): Source | undefined => entries.find(([name]) => name === key)?.[1];
  const idSource = sibling('id');
  if (idSource !== undefined) nameStep(context, idSource, path);
  const steps: Compile['steps'] = (list, name, then) => compileSteps(context, list, `${path}.${name}`, then, depth + 1);
  compileVerb[verb]({ context, value, common, give, path, steps, sibling });
};

const compileVerb: Record<Verb, (compile: Compile) => void> = {
  say: (compile) => {
    const { context, value, common, give } = compile;
    const { reader } = context;
    if (!reader.isMap(value)) {
      const text = textTemplate(compile, value, 'say');
      if (text !== undefined) give({ ...common, verb: 'say', variants: [text] });
      return;
    }
    const fields = reader.fields(value, Object.keys(verbWords.say.keys), 'say');
    if (fields === undefined) return;
    const text = fields.get('text');
    const list = fields.get('variants');
    if ((text === undefined) === (list === undefined)) {
      reader.error(value, 'bad-say', 'say has a text or its variants', 'say: { variants: ["…", "…"] }');
      return;
    }
    const sources = list === undefined ? [text as Source] : (reader.items(list, 'variants') ?? []);
    if (list !== undefined && sources.length === 0) reader.error(list, 'bad-say', 'variants is empty', 'give at least one text');
    const variants = sources.flatMap((source): Template[] => {
      const variant = textTemplate(compile, source, list === undefined ? 'text' : 'a variant');
      return variant === undefined ? [] : [variant];
    });
    if (nonEmpty(variants)) give({ ...common, verb: 'say', variants });
  },

  menu: compileMenu,

  file: (compile) => {
    const { context, value, common, give } = compile;
    const { reader } = context;
    const fields = reader.fields(value, Object.keys(verbWords.file.keys), 'file');
    if (fields === undefined) return;
    const url = fields.get('url');
    if (url === undefined) reader.error(value, 'no-url', 'a file needs its url', 'add url: "https://…"');
    const address = url === undefined ? undefined : textTemplate(compile, url, 'url');
    const name = fields.get('name');
    const mediaType = fields.get('media_type');
    const caption = fields.get('caption');
    if (address === undefined) return;
    give({
      ...common,
      verb: 'file',
      url: address,
      name: (name && textTemplate(compile, name, 'name')) ?? address,
      mediaType: (mediaType && reader.text(mediaType, 'media_type')) ?? 'application/octet-stream',
      caption: (caption && textTemplate(compile, caption, 'caption')) ?? null,
    });
  },

  ask: (compile) => {
    const { context, value, common, give } = compile;
    const { reader, defaults } = context;
    const fields = reader.fields(value, Object.keys(verbWords.ask.keys), 'ask');
    if (fields === undefined) return;
    idInside(context, fields, common.path);
    const text = fields.get('text');
    if (text === undefined) reader.error(value, 'no-text', 'an ask needs its text', 'add text: "…"');
    const question = text === undefined ? undefined : textTemplate(compile, text, 'text');
    const variable = savesTo(compile, fields);
    if (!fields.has('save')) reader.error(value, 'no-save', 'an ask needs the variable to save to', 'add save: name, declared under vars');
    const as = fields.get('as');
    const attempts = fields.get('attempts') ?? defaults.ask.get('attempts');
    const error = fields.get('error') ?? defaults.ask.get('error');
    const count = attempts === undefined ? 3 : reader.number(attempts, 'attempts');
    if (attempts !== undefined && count !== undefined && (!Number.isInteger(count) || count < 1 || count > 20)) {
      reader.error(attempts, 'bad-attempts', 'attempts is a whole number from 1 to 20');
    }
    const step: StepOf<'ask'> = {
      ...common,
      verb: 'ask',
      text: question ?? [],
      save: variable ?? '',
      as: as === undefined ? { kind: 'text' } : answerType(context, as, variable),
      error: (error && textTemplate(compile, error, 'error')) ?? null,
      attempts: count ?? 3,
      upToMs: duration(context, fields.get('up_to') ?? defaults.ask.get('up_to'), 'up_to'),
      onFail: outcome(compile, fields, 'on_fail'),
      onTimeout: outcome(compile, fields, 'on_timeout'),
    };
    if (question !== undefined && variable !== undefined) give(step);
  },

  wait: (compile) => {
    const { context, value, common, give } = compile;
    const { reader } = context;
    if (!reader.isMap(value)) {
      const ms = duration(context, value, 'wait');
      if (ms !== null) give({ ...common, verb: 'wait', ms, forMessage: false, onTimeout: undefined });
      return;
    }
    const fields = reader.fields(value, Object.keys(verbWords.wait.keys), 'wait');
    if (fields === undefined) return;
    const what = fields.get('for');
    if (what === undefined || reader.scalar(what) !== 'message') {
      reader.error(what ?? value, 'bad-wait', 'wait is a duration or { for: message, up_to: … }', 'wait: 30s');
      return;
    }
    const upTo = fields.get('up_to');
    if (upTo === undefined && fields.has('on_timeout')) {
      reader.error(fields.get('on_timeout') as Source, 'bad-wait', 'on_timeout without up_to', 'add up_to: 10m');
    }
    give({
      ...common,
      verb: 'wait',
      ms: duration(context, upTo, 'up_to'),
      forMessage: true,
      onTimeout: outcome(compile, fields, 'on_timeout'),
    });
  },

  set: (compile) => {
    const { context, value, common, give } = compile;
    const { reader } = context;
    const values = (reader.entries(value, 'set') ?? []).flatMap(([name, at, keyAt]): StepOf<'set'>['values'] => {
      knownVariable(context, { ...at, position: keyAt }, name);
      const { line } = keyAt;
      if (at.node === null || reader.scalar(at) === null) return [{ name, value: null, line }];
      const expression = expressionOf(compile, at, `the value of ${name}`, { as: 'value', sets: name });
      return expression === undefined ? [] : [{ name, value: expression, line }];
    });
    give({ ...common, verb: 'set', values });
  },

  if: (compile) => {
    const { context, value, common, give, steps, sibling } = compile;
    const condition = expressionOf(compile, value, 'if', { as: 'condition' });
    const then = sibling('then');
    const otherwise = sibling('else');
    if (then === undefined) context.reader.error(value, 'no-then', 'an if needs its then', 'then: [ … ] stands beside if, not inside');
    const yes = then === undefined ? common.next : steps(then, 'then', common.next);
    const no = otherwise === undefined ? common.next : steps(otherwise, 'else', common.next);
    // With a condition that can't be read both ways stay reachable.
    give({ ...common, verb: 'if', condition: condition ?? { kind: 'literal', value: null }, then: yes, else: no });
  },

  http: compileHttp,

  handover: (compile) => {
    const { context, value, common, give } = compile;
    const { reader, defaults } = context;
    const short = reader.scalar(value) === 'queue';
    const fields = short ? new Map<string, Source>() : reader.fields(value, Object.keys(verbWords.handover.keys), 'handover');
    if (fields === undefined) return;
    const operator = fields.get('operator') ?? (fields.has('department') ? undefined : defaults.handover.get('operator'));
    const department = fields.get('department') ?? (operator === undefined ? defaults.handover.get('department') : undefined);
    if (fields.has('department') && fields.has('operator')) {
      reader.error(value, 'two-targets', 'a handover goes to a department or to an operator, not to both', 'leave one out');
    }
    const say = fields.get('say');
    const note = fields.get('note');
    give({
      ...common,
      verb: 'handover',
      say: (say && textTemplate(compile, say, 'say')) ?? null,
      note: (note && textTemplate(compile, note, 'note')) ?? null,
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
    const fields = context.reader.fields(value, Object.keys(verbWords.close.keys), 'close');
    if (fields !== undefined) give({ ...common, verb: 'close', onFailed: outcome(compile, fields, 'on_failed') });
  },

  go: ({ context, value, common, give }) => {
    const target = context.reader.text(value, 'go');
    if (target === undefined) return;
    const step: StepOf<'go'> = { ...common, verb: 'go', target: null, targetName: target, interrupted: target === 'interrupted' };
    give(step);
    if (!step.interrupted) context.builder.pending.push({ target, at: value, set: (path) => Object.assign(step, { target: path }) });
  },

  stop: ({ context, value, common, give }) => {
    if (context.reader.scalar(value) !== true) context.reader.error(value, 'bad-stop', 'stop takes nothing', 'write "stop: true"');
    give({ ...common, verb: 'stop' });
  },

  mark: ({ context, value, common, give }) => {
    const name = context.reader.text(value, 'mark');
    if (name === undefined) return;
    if (name === '' || name.length > 64) context.reader.error(value, 'bad-mark', 'a mark is a name of 1 to 64 characters');
    give({ ...common, verb: 'mark', name });
  },
};

const answerTypes = ['text', 'int', 'number', 'date', 'email', 'phone', 'choice'] as const;

const answerType = ({ reader, builder }: StepContext, source: Source, variable: string | undefined): AnswerType => {
  const text: AnswerType = { kind: 'text' };
  if (reader.isMap(source)) {
    const fields = reader.fields(source, ['regex', 'choice'], 'as');
    const [at, choice] = [fields?.get('regex'), fields?.get('choice')];
    if (fields !== undefined && (at === undefined) === (choice === undefined)) {
      reader.error(source, 'bad-answer-type', 'as is a word, { regex: … } or { choice: [...] }');
    }
    if (choice !== undefined) return { kind: 'choice', options: optionsOf(reader, choice) };
    const pattern = at === undefined ? undefined : reader.text(at, 'regex');
    const regex = at === undefined || pattern === undefined ? undefined : compileRegex(reader, at, pattern);
    return regex === undefined ? text : { kind: 'regex', regex };
  }
  const name = reader.text(source, 'as');
  const known = answerTypes.find((one) => one === name);
  if (name !== undefined && known === undefined) {
    const near = nearest(name, answerTypes);
    reader.error(
      source,
      'bad-answer-type',
      `"${name}" is no type of answer`,
      near === undefined ? `one of ${answerTypes.join(', ')}, { regex: … }, { choice: [...] }` : `did you mean "${near}"?`,
    );
  }
  if (known !== 'choice') return known === undefined ? text : { kind: known };
  const options = variable === undefined ? [] : (builder.variables.get(variable)?.options ?? []);
  if (options.length === 0) {
    reader.error(source, 'bad-answer-type', 'a choice of what?', 'as: { choice: ["…", "…"] }, or options beside the type of the variable');
  }
  return { kind: 'choice', options };
};

/** The options of a choice. */
export const optionsOf = (reader: StepContext['reader'], source: Source): string[] => {
  const options = (reader.items(source, 'choice') ?? []).flatMap((item) => reader.text(item, 'an option') ?? []);
  if (options.length === 0 || options.length > 100) reader.error(source, 'bad-choice', 'a choice has 1 to 100 options');
  return options;
};
