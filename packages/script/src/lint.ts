import type { ReturnCause } from '@dialog/contracts/return-cause';
import { evaluate, truthy } from './evaluate.ts';
import { pathsOf } from './expression.ts';
import { entries, reachableFrom, successors, withoutWait } from './graph.ts';
import { lintTypes } from './lint-types.ts';
import { lintVariables } from './lint-variables.ts';
import type { Script, Step, StepOf } from './model.ts';
import type { ScriptBuilder } from './script-builder.ts';
import type { Reader } from './source.ts';

/** Findings that need the whole script: what is never reached, never set, never ends. */
export const lint = (script: Script, builder: ScriptBuilder, reader: Reader): void => {
  const start = { line: 1, column: 1 };
  if (script.fallbacks.length === 0) {
    reader.warn(
      start,
      'no-fallback',
      'no script has "when: fallback"',
      'without it a visitor who is not understood gets no answer: when: { fallback: { streak: 1 } }',
    );
  }
  if (script.returned.size === 0) {
    reader.warn(
      start,
      'no-returned',
      'no script has "when: returned"',
      'it is what runs when people give the person back: when: { returned: { cause: [final_close, operator_redirect, no_operator] } }',
    );
  }
  if (script.chatStart === null)
    reader.warn(start, 'no-chat-start', 'no script has "when: chat_start"', 'without it the bot greets nobody');
  unreachable(script, builder, reader);
  outcomes(script, builder, reader);
  acceptedSilently(script, reader);
  finalReturns(script, reader);
  loops(script, reader);
  lintVariables(script, builder, reader);
  lintTypes(script, builder, reader);
};

/** The first step of each stretch that nothing leads to: what follows it is no news. */
const unreachable = (script: Script, builder: ScriptBuilder, reader: Reader): void => {
  const { once, again } = entries(script);
  const meant = [...builder.untriggered].flatMap((name) => script.scripts.get(name)?.first ?? []);
  const reached = reachableFrom(script, [...once, ...again, ...meant]);
  if (reached.size === script.steps.size) return;
  const lost = [...script.steps.values()].filter((step) => !reached.has(step.path));
  const led = new Set(lost.flatMap((step) => successors(step, script).filter((next) => next !== step.path)));
  const behindHandover = new Set([...script.steps.values()].flatMap((step) => (step.verb === 'handover' ? (step.next ?? []) : [])));
  for (const step of lost) {
    if (led.has(step.path)) continue;
    reader.warn(
      step.position,
      'unreachable',
      `this step is never reached (${step.path})`,
      behindHandover.has(step.path)
        ? 'what stands behind a handover runs by "go: interrupted" in a returned script'
        : step.path === script.scripts.get(step.script)?.first
          ? `the script ${step.script} has no "when" and no "go" leads to it`
          : 'the step before it leads elsewhere',
    );
  }
};

const outcomes = (script: Script, builder: ScriptBuilder, reader: Reader): void => {
  const missing = (step: Step, name: string, what: string, hint: string): void =>
    reader.warn(step.position, 'missing-outcome', `this ${step.verb} does not say ${name}`, `${what}; ${hint}`);
  for (const step of script.steps.values()) {
    if (step.verb === 'ask') {
      if (step.onFail === undefined) missing(step, 'on_fail', 'after the last wrong answer the script ends in silence', 'on_fail: [ … ]');
      if (step.upToMs !== null && step.onTimeout === undefined)
        missing(step, 'on_timeout', 'when no answer comes the script ends in silence', 'on_timeout: [ … ]');
    }
    if (step.verb === 'http' && step.onError === undefined)
      missing(step, 'on_error', 'without an answer the script ends in silence', 'on_error: [ … ]');
    if (step.verb === 'handover') {
      if (step.department === null && step.operatorId === null) {
        reader.warn(
          step.position,
          'no-department',
          'a handover without a department',
          "it goes to the account's department, or to Webim's queue; name one here or under defaults.handover",
        );
      }
      if (step.onFailed === undefined) missing(step, 'on_failed', 'when Webim refuses the script ends in silence', 'on_failed: [ … ]');
      if (step.onNoOperator === undefined && !script.returned.has('no_operator')) {
        missing(
          step,
          'on_no_operator',
          'nothing says what happens when no operator comes',
          'on_no_operator: [ … ], or a returned script with the cause no_operator',
        );
      }
    }
  }
  for (const { step, id, at, leads } of builder.buttons) {
    const menu = script.steps.get(step);
    if (leads || script.buttonRules.has(id) || menu?.verb !== 'menu' || menu.next !== null) continue;
    reader.warn(at, 'button-nowhere', `nothing follows a press of "${id}"`, `add go: …, or a script with "when: { button: ${id} }"`);
  }
};

const speaking: ReadonlySet<string> = new Set(['say', 'menu', 'file', 'ask', 'wait', 'handover', 'close']);

/** Where the walk left the list that it began in: there the author can change something, in a script shared with others he can't. */
type Walked = { readonly step: Step; readonly left: Step | undefined };

/** Steps up to the first that `stops`, each with the `go` that left `home`. */
const walk = (
  script: Script,
  first: string | null | undefined,
  home: string,
  next: (step: Step) => readonly (string | null | undefined)[],
): Walked[] => {
  const found: Walked[] = [];
  const seen = new Set<string>();
  const open: { readonly path: string | null | undefined; readonly left: Step | undefined }[] = [{ path: first, left: undefined }];
  for (let top = open.pop(); top !== undefined; top = open.pop()) {
    const step = top.path == null || seen.has(top.path) ? undefined : script.steps.get(top.path);
    if (step === undefined) continue;
    seen.add(step.path);
    found.push({ step, left: top.left });
    for (const path of next(step)) {
      const left = top.left ?? (path != null && !path.startsWith(home) ? step : undefined);
      open.push({ path, left });
    }
  }
  return found;
};

/** The chat is people's once they accepted it. */
const acceptedSilently = (script: Script, reader: Reader): void => {
  for (const step of script.steps.values()) {
    if (step.verb !== 'handover' || step.onAccepted === undefined) continue;
    const beyond = (from: Step): readonly (string | null | undefined)[] => (speaking.has(from.verb) ? [] : successors(from, script));
    for (const { step: reached, left } of walk(script, step.onAccepted, `${step.path}.on_accepted`, beyond)) {
      if (!speaking.has(reached.verb)) continue;
      reader.error(
        (left ?? reached).position,
        'speaks-after-handover',
        `${reached.verb} in on_accepted${left === undefined ? '' : ` (line ${reached.position.line})`}: the chat is people's by then`,
        'silent steps only: set, if, mark, http, go, stop; use the say of the handover',
      );
    }
  }
};

const finalCauses: readonly ReturnCause[] = ['final_close', 'auto_close_timeout', 'abandoned'];
const unheard: ReadonlySet<string> = new Set(['menu', 'ask', 'wait', 'handover', 'close', 'file']);

/** After a final close nobody is there to answer; the branches that another cause takes don't count. */
const finalReturns = (script: Script, reader: Reader): void => {
  for (const cause of finalCauses) {
    const name = script.returned.get(cause) ?? script.returned.get('final_close');
    const first = name === undefined ? undefined : script.scripts.get(name)?.first;
    const next = (step: Step): readonly (string | null | undefined)[] => {
      if (unheard.has(step.verb)) return [];
      return step.verb === 'if' ? branches(step, cause) : withoutWait(step);
    };
    for (const { step, left } of walk(script, first, `scripts.${name}.`, next)) {
      if (!unheard.has(step.verb)) continue;
      reader.warn(
        (left ?? step).position,
        'answer-after-close',
        `after a final close this ends at ${step.verb}${left === undefined ? '' : ` (line ${step.position.line})`}: no chat is open`,
        'split by return.cause, or give the final causes a script of their own',
      );
    }
  }
};

/** The way that an `if` takes for this cause, where it asks for nothing else. */
const branches = (step: StepOf<'if'>, cause: ReturnCause): readonly (string | null)[] => {
  const paths = pathsOf(step.condition);
  if (paths.length === 0 || paths.some((path) => path.name !== 'return.cause')) return [step.then, step.else];
  try {
    return [truthy(evaluate(step.condition, { read: () => ({ cause }), now: 0, timezone: 'UTC' })) ? step.then : step.else];
  } catch {
    return [step.then, step.else];
  }
};

/** A circle of steps none of which waits for anything. */
const loops = (script: Script, reader: Reader): void => {
  const done = new Set<string>();
  for (const first of script.steps.keys()) {
    const way: string[] = [];
    const on = new Set<string>();
    const stack: { readonly path: string; readonly next: readonly (string | null | undefined)[]; at: number }[] = [];
    const visit = (path: string | null | undefined): void => {
      const step = path == null || done.has(path) ? undefined : script.steps.get(path);
      if (path == null || step === undefined) return;
      if (on.has(path)) {
        const circle = way.slice(way.indexOf(path));
        const asks = circle.some((one) => script.steps.get(one)?.verb === 'http');
        reader.error(
          step.position,
          'endless-loop',
          `a loop without a wait: ${circle.slice(0, 6).join(' → ')}${circle.length > 6 ? ' → …' : ''} → ${path}`,
          asks ? 'put a wait into it: an http step alone would ask without end' : 'nothing in it waits for the visitor: ask, menu or wait',
        );
        return;
      }
      on.add(path);
      way.push(path);
      stack.push({ path, next: withoutWait(step), at: 0 });
    };
    visit(first);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      if (top.at < top.next.length) visit(top.next[top.at++]);
      else {
        stack.pop();
        way.pop();
        on.delete(top.path);
        done.add(top.path);
      }
    }
  }
};
