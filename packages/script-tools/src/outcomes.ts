import type { Script, Step } from '@dialog/script/model';
import { durationText } from './clock-text.ts';

/** One way that a dialog can go at a step, or one trigger that starts a script. */
export type Outcome = {
  /** Names it within its version of the script: `scripts.order.steps[0] on_fail`, `scripts.order text`. */
  readonly key: string;
  /** The step's path; null: a trigger. */
  readonly step: string | null;
  readonly script: string;
  readonly name: string;
  readonly line: number;
  /** The step that it leads to; null: the script ends. */
  readonly to: string | null;
};

type Way = { readonly name: string; readonly to: string | null };

const named = (name: string, to: string | null | undefined): Way[] => (to === undefined ? [] : [{ name, to }]);

/** The ways out of a step, as far as the author named them; a step that only goes on has one without a name. */
export const waysOf = (step: Step, script: Script): readonly Way[] => {
  switch (step.verb) {
    case 'if':
      return [
        { name: 'then', to: step.then },
        { name: 'else', to: step.else },
      ];
    case 'go':
      return [{ name: '', to: step.target }];
    case 'stop':
      return [{ name: '', to: null }];
    case 'ask':
      return [{ name: 'answered', to: step.next }, ...named('on_fail', step.onFail), ...named('on_timeout', step.onTimeout)];
    case 'wait':
      if (!step.forMessage) return [{ name: '', to: step.onTimeout === undefined ? step.next : step.onTimeout }];
      return [{ name: 'message', to: step.next }, ...named('on_timeout', step.onTimeout)];
    case 'handover':
      return [
        ...named('on_accepted', step.onAccepted),
        ...named('on_no_operator', step.onNoOperator),
        ...named('on_failed', step.onFailed),
      ];
    case 'close':
      return named('on_failed', step.onFailed);
    case 'menu':
      return [
        ...step.rows.flat().map((button) => ({ name: `button ${button.id}`, to: pressed(button, step.next, script) })),
        ...(step.expiresMs === null ? [] : [{ name: 'expires', to: null }]),
      ];
    case 'http':
      return [
        { name: 'answered', to: step.next },
        ...[...step.onStatus].map(([status, to]) => ({ name: `status ${status}`, to })),
        ...named('on_error', step.onError),
      ];
    case 'say':
    case 'file':
    case 'set':
    case 'mark':
      return [{ name: '', to: step.next }];
    default:
      step satisfies never;
      return [];
  }
};

/** A button without a `go` of its own has a script, or goes on behind the menu. */
const pressed = (button: { id: string; go: string | null; goName: string | null }, next: string | null, script: Script): string | null => {
  if (button.goName !== null) return button.go;
  const ruled = script.buttonRules.get(button.id);
  return ruled === undefined ? next : (script.scripts.get(ruled)?.first ?? null);
};

/** Every trigger and every named way out of every step, in the order of the file. */
export const outcomesOf = (script: Script): readonly Outcome[] => {
  const outcomes: Outcome[] = triggersOf(script).map(({ script: name, trigger, to, line }) => ({
    key: `scripts.${name} ${trigger}`,
    step: null,
    script: name,
    name: trigger,
    line,
    to,
  }));
  for (const step of script.steps.values()) {
    for (const way of waysOf(step, script)) {
      if (way.name === '') continue;
      outcomes.push({
        key: `${step.path} ${way.name}`,
        step: step.path,
        script: step.script,
        name: way.name,
        line: step.position.line,
        to: way.to,
      });
    }
  }
  return outcomes.sort((a, b) => a.line - b.line);
};

export type TriggerOf = { readonly script: string; readonly trigger: string; readonly to: string | null; readonly line: number };

/** The triggers of a script file, one for each script and kind. */
export const triggersOf = (script: Script): readonly TriggerOf[] => {
  const found = new Map<string, TriggerOf>();
  const add = (name: string | null, trigger: string): void => {
    const compiled = name === null ? undefined : script.scripts.get(name);
    if (name === null || compiled === undefined) return;
    found.set(`${name} ${trigger}`, { script: name, trigger, to: compiled.first, line: compiled.position.line });
  };
  add(script.chatStart, 'chat_start');
  for (const rule of script.textRules) add(rule.script, 'text');
  for (const rule of script.fileRules) add(rule.script, 'file');
  for (const [id, name] of script.buttonRules) add(name, `button ${id}`);
  for (const [cause, name] of script.returned) add(name, `returned ${cause}`);
  for (const { streak, script: name } of script.fallbacks) add(name, `fallback ${streak}`);
  for (const { afterMs, script: name } of script.silences) add(name, `silence ${durationText(afterMs)}`);
  return [...found.values()];
};
