import { pathsOf } from './expression.ts';
import { dominance, entries, reachableFrom, successors } from './graph.ts';
import type { Script } from './model.ts';
import { nearest } from './nearest.ts';
import type { ScriptBuilder } from './script-builder.ts';
import type { Reader } from './source.ts';

const given = ['visitor', 'chat', 'return'];
const chatFields = ['id', 'account'];

/** What is read: declared, set by something, and not before anything can have set it. */
export const lintVariables = (script: Script, builder: ScriptBuilder, reader: Reader): void => {
  const setters = settersOf(script);
  let dominates: ReturnType<typeof dominance> | undefined;
  const order = (): ReturnType<typeof dominance> => {
    dominates ??= dominance(script);
    return dominates;
  };
  let recurring: Set<string> | undefined;
  const comesAgain = (step: string): boolean => {
    recurring ??= reachableFrom(script, [...entries(script).again, ...pressable(script)]);
    return recurring.has(step);
  };

  for (const use of builder.uses) {
    const { expression, source, step } = use;
    for (const path of pathsOf(expression)) {
      const [name = ''] = path.path;
      const at = reader.placeIn(source, path.at);
      if (name === 'secret') {
        const whole = use.http === true && expression === path && path.path.length === 2;
        if (!whole)
          reader.error(
            at,
            'secret-outside-http',
            use.http === true
              ? 'a secret stands alone: {{ secret.name }}'
              : 'a secret stands only in the url, the headers or the body of http',
            'it is filled in where the request is sent; nothing else may hold it',
          );
        continue;
      }
      if (given.includes(name)) {
        const known = name === 'chat' ? chatFields : name === 'return' ? ['cause'] : undefined;
        const field = path.path[1];
        if (known !== undefined && field !== undefined && !known.includes(field)) {
          reader.error(at, 'unknown-field', `${name} has no "${field}"`, `it has: ${known.join(', ')}`);
        }
        continue;
      }
      if (!script.variables.has(name)) {
        const near = nearest(name, [...script.variables.keys(), ...given]);
        reader.error(
          at,
          'unknown-variable',
          `the variable "${name}" is not declared`,
          near === undefined ? 'declare it under vars; texts stand in quotes' : `did you mean "${near}"?`,
        );
        continue;
      }
      // Another chat of the same person may have set it.
      if (script.visitorVariables.has(name)) continue;
      const by = setters.get(name);
      if (by === undefined) {
        reader.warn(at, 'never-set', `the variable "${name}" is read but nothing sets it`, 'ask, set or http sets it');
        continue;
      }
      if (setJustBefore(script, step, name, use.sets)) continue;
      const comesBefore = (setter: string): boolean => setter !== step && !order()(step, setter);
      const possible = comesAgain(step)
        ? by.some(comesBefore)
        : reachableFrom(
            script,
            by.filter(comesBefore).flatMap((setter) => after(script, setter)),
          ).has(step);
      if (!possible) {
        reader.warn(
          at,
          'used-before-set',
          `the variable "${name}" is read before anything can have set it`,
          'the first time it is null here: set it before, or test empty() first',
        );
      }
    }
  }
};

/** Values of one `set` are given in order: a later one may read an earlier. */
const setJustBefore = (script: Script, path: string, name: string, sets: string | undefined): boolean => {
  const step = script.steps.get(path);
  if (step?.verb !== 'set' || sets === undefined) return false;
  const names = step.values.map((one) => one.name);
  const at = names.indexOf(name);
  return at >= 0 && at < names.indexOf(sets) && step.values[at]?.value !== null;
};

const after = (script: Script, path: string): readonly (string | null | undefined)[] => {
  const step = script.steps.get(path);
  return step === undefined ? [] : successors(step, script);
};

/** Steps that give a variable a value. */
const settersOf = (script: Script): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>();
  const add = (name: string, path: string): void => {
    const paths = found.get(name);
    if (paths === undefined) found.set(name, [path]);
    else paths.push(path);
  };
  for (const step of script.steps.values()) {
    if (step.verb === 'ask' || (step.verb === 'http' && step.save !== null)) add(step.save as string, step.path);
    if (step.verb === 'set') for (const { name, value } of step.values) if (value !== null) add(name, step.path);
  }
  return found;
};

/** An old keyboard can be pressed at any time. */
const pressable = (script: Script): readonly (string | null)[] => [
  ...script.menuButtons.values(),
  ...[...script.menusBehind.values()].flat().map((menu) => menu.next),
];
