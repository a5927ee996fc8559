import { type ReturnCause, returnCauseSchema } from '@dialog/contracts/return-cause';
import { compileSteps, type StepContext } from './compile-steps.ts';
import { lint } from './lint.ts';
import type { CompiledScript, Script, TextRule, Variable } from './model.ts';
import { compileRegex } from './regex.ts';
import { type Reader, readSource, type Source } from './source.ts';
import type { Finding } from './types.ts';

export type { Script } from './model.ts';

export type ParsedScript =
  | { readonly ok: true; readonly script: Script; readonly warnings: readonly Finding[] }
  | { readonly ok: false; readonly findings: readonly Finding[] };

const finalCauses: readonly ReturnCause[] = ['final_close', 'auto_close_timeout', 'abandoned'];

/** Parses and checks a script; every mistake with its line and column. Never throws. Deterministic. */
export const parseScript = (text: string): ParsedScript => {
  const reader = readSource(text);
  const script = compile(reader);
  if (script !== undefined) lint(script, reader);
  const findings = [...reader.findings].sort((a, b) => a.position.line - b.position.line || a.position.column - b.position.column);
  const failed = script === undefined || findings.some((finding) => finding.severity === 'error');
  return failed ? { ok: false, findings } : { ok: true, script, warnings: findings };
};

const notYet = 'this version of the engine does not run it yet';

const compile = (reader: Reader): Script | undefined => {
  const top = reader.fields(reader.root, ['format', 'bot', 'timezone', 'vars', 'defaults', 'scripts', 'tests'], 'a script file');
  if (top === undefined) return undefined;
  const format = top.get('format');
  if (format === undefined || reader.scalar(format) !== 'dialog-script/1') {
    reader.error(format ?? reader.root, 'format', 'the first line must be "format: dialog-script/1"');
  }
  const bot = top.get('bot');
  const name = bot === undefined ? undefined : reader.text(bot, 'bot');
  if (bot === undefined) reader.error(reader.root, 'no-bot', 'the bot has no name', 'add "bot: name"');
  const tests = top.get('tests');
  if (tests !== undefined) reader.items(tests, 'tests');

  const builder = scriptBuilder(reader);
  builder.timezone = timezoneOf(reader, top.get('timezone'));
  readVariables(reader, top.get('vars'), builder.variables);
  const defaults = readDefaults(reader, top.get('defaults'));
  const scripts = top.get('scripts');
  const entries = scripts === undefined ? undefined : reader.entries(scripts, 'scripts');
  if (scripts === undefined) reader.error(reader.root, 'no-scripts', 'the file has no scripts');

  for (const [scriptName, source] of entries ?? []) {
    if (!/^[A-Za-z_]\w*$/.test(scriptName)) {
      reader.error(source, 'bad-name', `"${scriptName}" is no name for a script`, 'letters, digits and _ only');
      continue;
    }
    const fields = reader.fields(source, ['when', 'steps', 'deliver'], `the script ${scriptName}`);
    if (fields === undefined) continue;
    const steps = fields.get('steps');
    if (steps === undefined) reader.error(source, 'no-steps', `the script ${scriptName} has no steps`);
    const context: StepContext = { reader, builder, script: scriptName, defaults };
    const first = steps === undefined ? null : compileSteps(context, steps, `scripts.${scriptName}.steps`, null);
    const deliver = deliverOf(reader, fields.get('deliver'));
    builder.scripts.set(scriptName, { name: scriptName, first, deliver: deliver ?? 'next_chat', position: source.position });
    const when = fields.get('when');
    if (when !== undefined) readTriggers(reader, builder, scriptName, when, deliver, source);
  }
  builder.fallbacks.sort((a, b) => a.streak - b.streak);
  resolveTargets(reader, builder);
  return { name: name ?? '', ...builder };
};

type Mutable = {
  timezone: string;
  variables: Map<string, Variable>;
  steps: Map<string, import('./model.ts').Step>;
  scripts: Map<string, CompiledScript>;
  chatStart: string | null;
  textRules: { script: string; rule: TextRule }[];
  buttonRules: Map<string, string>;
  returned: Map<ReturnCause, string>;
  fallbacks: { streak: number; script: string }[];
  menuButtons: Map<string, string>;
  /** Names of steps given by the author: `script.id` to path. */
  ids: Map<string, string>;
  /** Targets of `go` to be resolved once all scripts are known. */
  pending: { readonly target: string; readonly at: Source; readonly set: (path: string | null) => void }[];
};
export type ScriptBuilder = Mutable;

const scriptBuilder = (_reader: Reader): Mutable => ({
  timezone: 'UTC',
  variables: new Map(),
  steps: new Map(),
  scripts: new Map(),
  chatStart: null,
  textRules: [],
  buttonRules: new Map(),
  returned: new Map(),
  fallbacks: [],
  menuButtons: new Map(),
  ids: new Map(),
  pending: [],
});

const timezoneOf = (reader: Reader, source: Source | undefined): string => {
  const zone = source === undefined ? undefined : reader.text(source, 'timezone');
  if (zone === undefined || source === undefined) return 'UTC';
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone });
    return zone;
  } catch {
    reader.error(source, 'bad-timezone', `"${zone}" is no time zone`, 'e.g. Europe/Moscow');
    return 'UTC';
  }
};

const variableTypes = ['text', 'int', 'number', 'date', 'email', 'phone', 'choice', 'json', 'boolean'];

const readVariables = (reader: Reader, source: Source | undefined, into: Map<string, Variable>): void => {
  for (const [name, at] of source === undefined ? [] : (reader.entries(source, 'vars') ?? [])) {
    if (!/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name) || ['visitor', 'chat', 'return'].includes(name)) {
      reader.error(at, 'bad-name', `"${name}" is no name for a variable`);
      continue;
    }
    const fields = reader.fields(at, ['type', 'keep', 'pii'], `the variable ${name}`);
    if (fields === undefined) continue;
    const type = fields.get('type');
    const typeName = type === undefined ? 'text' : reader.text(type, 'type');
    if (type !== undefined && typeName !== undefined && !variableTypes.includes(typeName)) {
      reader.error(type, 'bad-type', `"${typeName}" is no type`, `one of ${variableTypes.join(', ')}`);
    }
    const keep = fields.get('keep');
    const kept = keep === undefined ? 'chat' : reader.text(keep, 'keep');
    if (keep !== undefined && kept === 'visitor') reader.error(keep, 'not-yet', `keep: visitor: ${notYet}`, 'write keep: chat');
    else if (keep !== undefined && kept !== 'chat') reader.error(keep, 'bad-keep', 'keep is chat or visitor');
    const pii = fields.get('pii');
    if (pii !== undefined && typeof reader.scalar(pii) !== 'boolean') reader.error(pii, 'wrong-type', 'pii is true or false');
    into.set(name, { type: typeName ?? 'text', pii: pii !== undefined && reader.scalar(pii) === true });
  }
};

export type Defaults = { readonly handover: ReadonlyMap<string, Source>; readonly ask: ReadonlyMap<string, Source> };

const readDefaults = (reader: Reader, source: Source | undefined): Defaults => {
  const none = new Map<string, Source>();
  const fields = source === undefined ? undefined : reader.fields(source, ['handover', 'ask'], 'defaults');
  const handover = fields?.get('handover');
  const ask = fields?.get('ask');
  return {
    handover: (handover && reader.fields(handover, ['department', 'operator', 'no_operator_after'], 'defaults.handover')) ?? none,
    ask: (ask && reader.fields(ask, ['attempts', 'up_to', 'error'], 'defaults.ask')) ?? none,
  };
};

const deliverOf = (reader: Reader, source: Source | undefined): 'next_chat' | 'drop' | undefined => {
  if (source === undefined) return undefined;
  const value = reader.text(source, 'deliver');
  if (value === 'drop' || value === 'next_chat') return value;
  if (value !== undefined) reader.error(source, 'bad-deliver', 'deliver is next_chat or drop');
  return 'drop';
};

const triggerNames = ['chat_start', 'text', 'button', 'file', 'returned', 'silence', 'fallback'];

const readTriggers = (
  reader: Reader,
  builder: Mutable,
  script: string,
  when: Source,
  deliver: 'next_chat' | 'drop' | undefined,
  at: Source,
): void => {
  const list = reader.isList(when) ? (reader.items(when, 'when') ?? []) : [when];
  for (const trigger of list) {
    if (reader.scalar(trigger) === 'chat_start') {
      startTrigger(reader, builder, script, trigger);
      continue;
    }
    const fields = reader.fields(trigger, triggerNames, 'a trigger');
    for (const [name, value] of fields ?? []) {
      switch (name) {
        case 'chat_start':
          startTrigger(reader, builder, script, value);
          break;
        case 'text':
          textTrigger(reader, builder, script, value);
          break;
        case 'button': {
          const id = reader.text(value, 'button');
          if (id !== undefined && builder.buttonRules.has(id))
            reader.error(value, 'duplicate-trigger', `the button "${id}" has a script already`);
          else if (id !== undefined) builder.buttonRules.set(id, script);
          break;
        }
        case 'returned':
          returnedTrigger(reader, builder, script, value, deliver, at);
          break;
        case 'fallback':
          fallbackTrigger(reader, builder, script, value);
          break;
        default:
          reader.error(value, 'not-yet', `the trigger ${name}: ${notYet}`);
      }
    }
  }
};

const startTrigger = (reader: Reader, builder: Mutable, script: string, at: Source): void => {
  if (builder.chatStart !== null) reader.error(at, 'duplicate-trigger', `chat_start has a script already: ${builder.chatStart}`);
  else builder.chatStart = script;
};

const listOfTexts = (reader: Reader, source: Source | undefined, what: string): { text: string; at: Source }[] => {
  if (source === undefined) return [];
  const sources = reader.isList(source) ? (reader.items(source, what) ?? []) : [source];
  return sources.flatMap((at) => {
    const text = reader.text(at, what);
    return text === undefined ? [] : [{ text, at }];
  });
};

const textTrigger = (reader: Reader, builder: Mutable, script: string, source: Source): void => {
  const fields = reader.fields(source, ['any_of', 'words', 'contains', 'regex'], 'text');
  if (fields === undefined) return;
  if (fields.size === 0) reader.error(source, 'empty-trigger', 'a text trigger needs any_of, words, contains or regex');
  const texts = (key: string): string[] => listOfTexts(reader, fields.get(key), key).map((one) => one.text);
  builder.textRules.push({
    script,
    rule: {
      anyOf: texts('any_of'),
      words: texts('words'),
      contains: texts('contains'),
      regex: listOfTexts(reader, fields.get('regex'), 'regex').flatMap(({ text, at }) => compileRegex(reader, at, text) ?? []),
    },
  });
};

const returnedTrigger = (
  reader: Reader,
  builder: Mutable,
  script: string,
  source: Source,
  deliver: 'next_chat' | 'drop' | undefined,
  at: Source,
): void => {
  const fields = reader.fields(source, ['cause'], 'returned');
  const cause = fields?.get('cause');
  if (fields !== undefined && cause === undefined)
    reader.error(source, 'no-cause', 'returned needs its causes', `cause: [${returnCauseSchema.options.join(', ')}]`);
  for (const { text, at: causeAt } of listOfTexts(reader, cause, 'cause')) {
    const parsed = returnCauseSchema.safeParse(text);
    if (!parsed.success) {
      reader.error(causeAt, 'bad-cause', `"${text}" is no cause of a return`, `one of ${returnCauseSchema.options.join(', ')}`);
      continue;
    }
    if (builder.returned.has(parsed.data)) {
      reader.error(causeAt, 'duplicate-trigger', `the cause ${text} has a script already: ${builder.returned.get(parsed.data)}`);
      continue;
    }
    builder.returned.set(parsed.data, script);
    if (finalCauses.includes(parsed.data) && deliver !== 'drop') {
      reader.error(
        at,
        'not-yet',
        `after ${text} no chat is open, and holding texts for the next chat (deliver: next_chat): ${notYet}`,
        'write deliver: drop',
      );
    }
  }
};

const fallbackTrigger = (reader: Reader, builder: Mutable, script: string, source: Source): void => {
  const fields = reader.isMap(source) ? reader.fields(source, ['streak'], 'fallback') : new Map<string, Source>();
  const at = fields?.get('streak');
  const streak = at === undefined ? 1 : reader.number(at, 'streak');
  if (streak === undefined) return;
  if (!Number.isInteger(streak) || streak < 1 || streak > 100)
    reader.error(at ?? source, 'bad-streak', 'streak is a whole number from 1 to 100');
  else if (builder.fallbacks.some((one) => one.streak === streak))
    reader.error(at ?? source, 'duplicate-trigger', `fallback ${streak} has a script already`);
  else builder.fallbacks.push({ streak, script });
};

const resolveTargets = (reader: Reader, builder: Mutable): void => {
  const names = [...builder.scripts.keys(), ...builder.ids.keys()];
  for (const { target, at, set } of builder.pending) {
    const script = builder.scripts.get(target);
    const path = script !== undefined ? script.first : builder.ids.get(target);
    if (target === 'interrupted') reader.error(at, 'not-yet', `go: interrupted: ${notYet}`);
    else if (path === undefined) reader.error(at, 'go-nowhere', `there is no script or step "${target}"`, hintFor(target, names));
    else set(path);
  }
};

const hintFor = (target: string, names: readonly string[]): string => {
  const close = names.find((name) => name.toLowerCase() === target.toLowerCase() || name.endsWith(`.${target}`));
  return close === undefined ? 'a target is "script" or "script.step_id"' : `did you mean "${close}"?`;
};
