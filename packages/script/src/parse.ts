import { duration, type StepContext } from './compile-step.ts';
import { compileSteps, optionsOf } from './compile-steps.ts';
import { lint } from './lint.ts';
import type { Script, Variable, VariableType } from './model.ts';
import { nearest } from './nearest.ts';
import { readTests } from './parse-tests.ts';
import { builtScript, type Defaults, type ScriptBuilder, scriptBuilder } from './script-builder.ts';
import type { ScriptTest } from './script-test.ts';
import { type Reader, readSource, type Source } from './source.ts';
import { readTriggers } from './triggers.ts';
import type { Finding } from './types.ts';
import { defaultKeys, fileKeys, scriptKeys, variableKeys, variableTypes } from './vocabulary.ts';

export type { Script } from './model.ts';

export type ParsedScript =
  | { readonly ok: true; readonly script: Script; readonly tests: readonly ScriptTest[]; readonly warnings: readonly Finding[] }
  | { readonly ok: false; readonly findings: readonly Finding[] };

/** Parses and checks a script, YAML or JSON; every mistake with its line and column. Never throws. Deterministic. */
export const parseScript = (text: string): ParsedScript => {
  const unread = unreadable(text);
  if (unread !== undefined) return { ok: false, findings: [unread] };
  const reader = readSource(text);
  const compiled = compile(reader);
  const findings = sorted(reader.findings);
  const failed = compiled === undefined || findings.some((finding) => finding.severity === 'error');
  return failed ? { ok: false, findings } : { ok: true, ...compiled, warnings: findings };
};

/**
 * A script that was accepted when it was published, read again for the dialogs that it decides. The linter is not asked: it may know more
 * today, and what it would say now must not stop a dialog that began when it said nothing. Tests are left out.
 * @returns what is wrong with its form, which this version can't run
 */
export const parsePinned = (
  text: string,
): { readonly ok: true; readonly script: Script } | { readonly ok: false; readonly findings: readonly Finding[] } => {
  const reader = readSource(text);
  const compiled = compileForm(reader);
  const errors = reader.findings.filter((finding) => finding.severity === 'error');
  return compiled === undefined || errors.length > 0 ? { ok: false, findings: sorted(errors) } : { ok: true, script: compiled.script };
};

/**
 * A file in another encoding, read as UTF-8: U+FFFD stands in place of each letter that was lost (windows-1251), or a zero behind each
 * (UTF-16). Most such a file is valid YAML, and its bot would say the signs to people. What else is found in it is about the signs.
 */
const unreadable = (text: string): Finding | undefined => {
  const at = text.search(/[\uFFFD\0]/);
  if (at < 0) return undefined;
  const before = text.slice(0, at).split('\n');
  return {
    severity: 'error',
    rule: 'not-utf-8',
    message: 'the file is not UTF-8: a letter here could not be read',
    position: { line: before.length, column: (before.at(-1) ?? '').length + 1 },
    hint: `save it as UTF-8; it looks like ${text.includes('\0') ? 'UTF-16' : 'windows-1251'}`,
  };
};

/** Everything that is wrong or doubtful about a script, errors and warnings, in the order of the file. Never throws. */
export const lintScript = (text: string): readonly Finding[] => {
  const parsed = parseScript(text);
  return parsed.ok ? parsed.warnings : parsed.findings;
};

/** In the order of the file, each once: a default is read by every step that takes it. */
const sorted = (findings: readonly Finding[]): Finding[] => {
  const seen = new Set<string>();
  return [...findings]
    .sort((a, b) => a.position.line - b.position.line || a.position.column - b.position.column)
    .filter(({ rule, message, position }) => {
      const key = `${position.line}:${position.column}:${rule}:${message}`;
      return !seen.has(key) && seen.add(key) !== undefined;
    });
};

const compile = (reader: Reader): { readonly script: Script; readonly tests: readonly ScriptTest[] } | undefined => {
  const form = compileForm(reader);
  if (form === undefined) return undefined;
  lint(form.script, form.builder, reader);
  return { script: form.script, tests: readTests(reader, form.tests, form.script) };
};

type Form = { readonly script: Script; readonly builder: ScriptBuilder; readonly tests: Source | undefined };

const compileForm = (reader: Reader): Form | undefined => {
  const { root } = reader;
  const top = root === undefined ? undefined : reader.fields(root, Object.keys(fileKeys), 'a script file');
  if (root === undefined || top === undefined) return undefined;
  const format = top.get('format');
  if (format === undefined || reader.scalar(format) !== 'dialog-script/1') {
    reader.error(format ?? root, 'format', 'the format is missing or unknown', 'the first line is "format: dialog-script/1"');
  }
  const bot = top.get('bot');
  const name = bot === undefined ? undefined : reader.text(bot, 'bot');
  if (bot === undefined) reader.error(root, 'no-bot', 'the bot has no name', 'add "bot: name"');

  const builder = scriptBuilder();
  builder.timezone = timezoneOf(reader, top.get('timezone'));
  readVariables(reader, top.get('vars'), builder.variables);
  const defaults = readDefaults(reader, top.get('defaults'));
  const scripts = top.get('scripts');
  const entries = scripts === undefined ? undefined : reader.entries(scripts, 'scripts');
  if (scripts === undefined) reader.error(root, 'no-scripts', 'the file has no scripts', 'add "scripts:"');
  for (const [scriptName, source, keyAt] of entries ?? []) {
    if (/^[A-Za-z_]\w*$/.test(scriptName) && scriptName !== 'interrupted') readScript(reader, builder, defaults, scriptName, source);
    else reader.error(keyAt, 'bad-name', `"${scriptName}" is no name for a script`, 'letters, digits and _ only; "interrupted" is taken');
  }
  resolveTargets(reader, builder);
  return { script: builtScript(name ?? '', builder), builder, tests: top.get('tests') };
};

const readScript = (reader: Reader, builder: ScriptBuilder, defaults: Defaults, name: string, source: Source): void => {
  const fields = reader.fields(source, Object.keys(scriptKeys), `the script ${name}`);
  if (fields === undefined) return;
  const steps = fields.get('steps');
  if (steps === undefined) reader.error(source, 'no-steps', `the script ${name} has no steps`, 'add "steps:"');
  const context: StepContext = { reader, builder, script: name, defaults };
  const first = steps === undefined ? null : compileSteps(context, steps, `scripts.${name}.steps`, null);
  const when = fields.get('when');
  const found = reader.findings.length;
  if (when !== undefined) readTriggers(reader, builder, name, when);
  if (reader.findings.length > found) builder.untriggered.add(name);
  const isReturn = [...builder.returned.values()].includes(name);
  const deliver = fields.get('deliver');
  if (deliver !== undefined && !isReturn) {
    reader.warn(deliver, 'bad-deliver', 'deliver counts only in a script with "when: returned"', 'leave it out');
  }
  builder.scripts.set(name, { name, first, deliver: deliverOf(reader, deliver), isReturn, position: source.position });
};

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

/** What paths begin with that are no variables. */
const given = ['visitor', 'chat', 'return', 'secret', 'true', 'false', 'null', 'and', 'or', 'not', 'in'];

const readVariables = (reader: Reader, source: Source | undefined, into: Map<string, Variable>): void => {
  for (const [name, at, keyAt] of source === undefined ? [] : (reader.entries(source, 'vars') ?? [])) {
    if (!/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name) || given.includes(name)) {
      reader.error(keyAt, 'bad-name', `"${name}" is no name for a variable`, 'letters, digits and _, and no word of the format');
      continue;
    }
    const fields = reader.fields(at, Object.keys(variableKeys), `the variable ${name}`);
    if (fields === undefined) continue;
    const type = fields.get('type');
    const typeName = type === undefined ? 'text' : reader.text(type, 'type');
    const known = variableTypes.find((one) => one === typeName);
    if (type !== undefined && typeName !== undefined && known === undefined) {
      const near = nearest(typeName, variableTypes);
      const hint = near === undefined ? `one of ${variableTypes.join(', ')}` : `did you mean "${near}"?`;
      reader.error(type, 'bad-type', `"${typeName}" is no type`, hint);
    }
    const options = fields.get('options');
    if (options !== undefined && known !== 'choice') reader.error(options, 'bad-choice', 'options belong to the type choice');
    into.set(name, {
      type: (known ?? 'text') satisfies VariableType,
      keep: keptBy(reader, fields.get('keep')),
      pii: flagOf(reader, fields.get('pii'), 'pii'),
      options: options === undefined ? [] : optionsOf(reader, options),
    });
  }
};

const keptBy = (reader: Reader, source: Source | undefined): Variable['keep'] => {
  const kept = source === undefined ? 'chat' : reader.text(source, 'keep');
  if (source !== undefined && kept !== undefined && kept !== 'chat' && kept !== 'visitor')
    reader.error(source, 'bad-keep', 'keep is chat or visitor');
  return kept === 'visitor' ? 'visitor' : 'chat';
};

const flagOf = (reader: Reader, source: Source | undefined, what: string): boolean => {
  const value = source === undefined ? false : reader.scalar(source);
  if (source !== undefined && typeof value !== 'boolean') reader.error(source, 'wrong-type', `${what} is true or false`);
  return value === true;
};

const readDefaults = (reader: Reader, source: Source | undefined): Defaults => {
  const fields = source === undefined ? undefined : reader.fields(source, Object.keys(defaultKeys), 'defaults');
  const of = (verb: string): ReadonlyMap<string, Source> => {
    const at = fields?.get(verb);
    const found = at === undefined ? undefined : reader.fields(at, Object.keys(defaultKeys[verb] ?? {}), `defaults.${verb}`);
    return found ?? new Map<string, Source>();
  };
  const defaults: Defaults = { handover: of('handover'), ask: of('ask'), menu: of('menu'), http: of('http') };
  // A default that no step takes is checked all the same.
  duration({ reader }, defaults.handover.get('no_operator_after'), 'no_operator_after');
  duration({ reader }, defaults.ask.get('up_to'), 'up_to');
  duration({ reader }, defaults.menu.get('expires'), 'expires');
  duration({ reader }, defaults.http.get('timeout'), 'timeout');
  return defaults;
};

const deliverOf = (reader: Reader, source: Source | undefined): 'next_chat' | 'drop' => {
  const value = source === undefined ? 'next_chat' : reader.text(source, 'deliver');
  if (source !== undefined && value !== undefined && value !== 'drop' && value !== 'next_chat')
    reader.error(source, 'bad-deliver', 'deliver is next_chat or drop');
  return value === 'drop' ? 'drop' : 'next_chat';
};

const resolveTargets = (reader: Reader, builder: ScriptBuilder): void => {
  const names = [...builder.scripts.keys(), ...builder.ids.keys()];
  for (const { target, at, set } of builder.pending) {
    const script = builder.scripts.get(target);
    const path = script !== undefined ? script.first : builder.ids.get(target);
    if (path === undefined) reader.error(at, 'go-nowhere', `there is no script or step "${target}"`, hintFor(target, names));
    else set(path);
  }
};

const hintFor = (target: string, names: readonly string[]): string => {
  const close = names.find((name) => name.toLowerCase() === target.toLowerCase() || name.endsWith(`.${target}`)) ?? nearest(target, names);
  return close === undefined ? 'a target is "script", "script.step_id" or "interrupted"' : `did you mean "${close}"?`;
};
