import { type Expression, pathsOf } from './expression.ts';
import type { Script, Step } from './model.ts';
import type { Reader } from './source.ts';
import type { Template } from './template.ts';

/** Findings that need the whole script: what is never reached, never set, never ends. */
export const lint = (script: Script, reader: Reader): void => {
  const start = { line: 1, column: 1 };
  if (script.fallbacks.length === 0) {
    reader.warn(start, 'no-fallback', 'no script has "when: fallback"', 'a visitor who is not understood gets no answer');
  }
  const hasHandover = [...script.steps.values()].some((step) => step.verb === 'handover');
  if (hasHandover && script.returned.size === 0) {
    reader.warn(start, 'no-returned', 'the bot hands over but has no "when: returned" script', 'it is what runs when the person is back');
  }
  if (script.chatStart === null) reader.warn(start, 'no-chat-start', 'no script has "when: chat_start"');
  unreachable(script, reader);
  for (const step of script.steps.values()) {
    if (step.verb === 'handover') handover(step, script, reader);
    for (const expression of expressionsOf(step)) reads(expression, step, script, reader);
  }
  loops(script, reader);
};

const handover = (step: Extract<Step, { verb: 'handover' }>, script: Script, reader: Reader): void => {
  if (step.department === null && step.operatorId === null) {
    reader.warn(step.position, 'no-department', 'a handover without a department', "it goes to the account's department, or to the queue");
  }
  if (step.onFailed === undefined) {
    reader.warn(
      step.position,
      'missing-outcome',
      'this handover does not say on_failed',
      'without it the script ends in silence when Webim refuses',
    );
  }
  if (step.onNoOperator === undefined && !script.returned.has('no_operator')) {
    reader.warn(
      step.position,
      'missing-outcome',
      'nothing says what happens when no operator comes',
      'on_no_operator, or a returned script with cause no_operator',
    );
  }
  const speaking = new Set(['say', 'menu', 'file', 'ask', 'wait', 'handover', 'close']);
  for (const path of reachableFrom(script, [step.onAccepted])) {
    const reached = script.steps.get(path) as Step;
    if (speaking.has(reached.verb)) {
      reader.error(
        reached.position,
        'speaks-after-handover',
        `${reached.verb} in on_accepted: the chat is people's by then`,
        'silent steps only: set, if, mark, go, stop',
      );
    }
  }
};

const successors = (step: Step): readonly (string | null | undefined)[] => {
  switch (step.verb) {
    case 'if':
      return [step.then, step.else];
    case 'go':
      return [step.target];
    case 'stop':
      return [];
    case 'ask':
      return [step.next, step.onFail, step.onTimeout];
    case 'wait':
      return [step.next, step.onTimeout];
    case 'handover':
      return [step.onAccepted, step.onNoOperator, step.onFailed];
    case 'close':
      return [step.onFailed];
    case 'menu': {
      const buttons = step.rows.flat();
      return [...buttons.map((button) => button.go), buttons.some((button) => button.goName === null) ? step.next : null];
    }
    default:
      return [step.next];
  }
};

const reachableFrom = (script: Script, from: readonly (string | null | undefined)[]): Set<string> => {
  const seen = new Set<string>();
  const open = [...from];
  while (open.length > 0) {
    const path = open.pop();
    if (path === null || path === undefined || seen.has(path)) continue;
    const step = script.steps.get(path);
    if (step === undefined) continue;
    seen.add(path);
    open.push(...successors(step));
  }
  return seen;
};

const unreachable = (script: Script, reader: Reader): void => {
  const triggered = [
    script.chatStart,
    ...script.textRules.map((one) => one.script),
    ...script.buttonRules.values(),
    ...script.returned.values(),
    ...script.fallbacks.map((one) => one.script),
  ].map((name) => (name === null ? null : script.scripts.get(name)?.first));
  const reached = reachableFrom(script, triggered);
  for (const step of script.steps.values()) {
    if (!reached.has(step.path)) reader.warn(step.position, 'unreachable', `this step is never reached (${step.path})`);
  }
};

const expressionsOf = (step: Step): readonly Expression[] => {
  const of = (template: Template | null): Expression[] => (template ?? []).filter((part) => typeof part !== 'string');
  switch (step.verb) {
    case 'say':
      return of(step.text);
    case 'menu':
      return [...of(step.text), ...step.rows.flat().flatMap((button) => of(button.text))];
    case 'file':
      return [...of(step.url), ...of(step.name), ...of(step.caption)];
    case 'ask':
      return [...of(step.text), ...of(step.error)];
    case 'set':
      return step.values.flatMap((one) => (one.value === null ? [] : [one.value]));
    case 'if':
      return [step.condition];
    case 'handover':
      return [...of(step.say), ...of(step.note)];
    default:
      return [];
  }
};

const given = ['visitor', 'chat', 'return'];

const reads = (expression: Expression, step: Step, script: Script, reader: Reader): void => {
  for (const [name = ''] of pathsOf(expression)) {
    if (given.includes(name)) continue;
    if (!script.variables.has(name)) {
      reader.error(step.position, 'unknown-variable', `the variable "${name}" is not declared`, 'declare it under vars');
    } else if (!settable(script).has(name)) {
      reader.warn(step.position, 'never-set', `the variable "${name}" is read but nothing sets it`);
    }
  }
};

const settables = new WeakMap<Script, Set<string>>();
const settable = (script: Script): Set<string> => {
  let names = settables.get(script);
  if (names === undefined) {
    names = new Set();
    for (const step of script.steps.values()) {
      if (step.verb === 'ask') names.add(step.save);
      if (step.verb === 'set') for (const { name } of step.values) names.add(name);
    }
    settables.set(script, names);
  }
  return names;
};

/** A way through steps none of which waits for anything. */
const loops = (script: Script, reader: Reader): void => {
  const waits = new Set(['ask', 'menu', 'wait', 'handover', 'close', 'stop']);
  const done = new Set<string>();
  for (const first of script.steps.keys()) {
    const way = new Set<string>();
    // Depth first with an explicit stack: null marks the way back.
    const stack: (string | { leave: string })[] = [first];
    while (stack.length > 0) {
      const top = stack.pop();
      if (top === undefined) break;
      if (typeof top === 'object') {
        way.delete(top.leave);
        done.add(top.leave);
        continue;
      }
      if (done.has(top)) continue;
      const step = script.steps.get(top);
      if (step === undefined || waits.has(step.verb)) continue;
      if (way.has(top)) {
        reader.error(step.position, 'endless-loop', `a loop without a wait passes here (${top})`, 'nothing in it waits for the visitor');
        done.add(top);
        continue;
      }
      way.add(top);
      stack.push({ leave: top });
      for (const next of successors(step)) {
        if (typeof next !== 'string') continue;
        if (way.has(next)) {
          const at = script.steps.get(next);
          if (at !== undefined && !done.has(next)) {
            reader.error(at.position, 'endless-loop', `a loop without a wait passes here (${next})`, 'nothing in it waits for the visitor');
            done.add(next);
          }
        } else stack.push(next);
      }
    }
  }
};
