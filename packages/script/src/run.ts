import { fits, type Scope } from './evaluate.ts';
import type { Loser, Script, Step } from './model.ts';
import { render, type Template } from './template.ts';
import type { Action, Cursor, RunMode, ScriptContext, ScriptState, Value } from './types.ts';

export type Run = {
  readonly script: Script;
  readonly mode: RunMode;
  readonly scope: Scope;
  readonly context: ScriptContext;
  readonly before: ScriptState;
  cursor: Cursor | null;
  fallbackStreak: number;
  keyboard: ScriptState['keyboard'];
  interrupted: Cursor | null | undefined;
  /** `go: interrupted` took this position up: its failed answers count on. */
  resumed: Cursor | null;
  changed: Record<string, Value> | null;
  reads: Record<string, Value> | null;
  readonly actions: Action[];
  won: string | null;
  readonly lost: Loser[];
  /** Those that lost beyond what `lost` may hold. */
  lostMore: number;
  readonly steps: { step: string; line: number; took?: string }[];
  error: string | undefined;
  deliver: 'next_chat' | 'drop' | undefined;
  named: string | undefined;
};

export const newRun = (script: Script, state: ScriptState, context: ScriptContext, mode: RunMode): Run => {
  const read = (name: string): Value => {
    if (run.changed !== null && Object.hasOwn(run.changed, name)) return run.changed[name] ?? null;
    if (Object.hasOwn(state.variables, name)) return state.variables[name] ?? null;
    if (name === 'visitor') return context.visitor;
    if (name === 'chat') return context.chat;
    if (name === 'return') return { cause: context.returnCause };
    return null;
  };
  const onRead = (path: string, value: Value): void => {
    run.reads ??= {};
    run.reads[path] = recorded(value);
  };
  const run: Run = {
    script,
    mode,
    scope: { read, onRead, now: context.now, timezone: script.timezone },
    context,
    before: state,
    cursor: state.cursor,
    fallbackStreak: state.fallbackStreak,
    keyboard: state.keyboard,
    interrupted: state.interrupted,
    resumed: null,
    changed: null,
    reads: null,
    actions: [],
    won: null,
    lost: [],
    lostMore: 0,
    steps: [],
    error: undefined,
    deliver: undefined,
    named: undefined,
  };
  return run;
};

/** What the history keeps of a value that was read, characters: it says why, it is no second copy of an answer of 100 KB. */
const maxRecorded = 500;

const cut = (text: string): string => (text.length > maxRecorded ? `${text.slice(0, maxRecorded)}…` : text);

const recorded = (value: Value): Value => {
  if (typeof value === 'string') return cut(value);
  if (typeof value !== 'object' || value === null) return value;
  if (!fits(value)) return '…';
  const json = JSON.stringify(value);
  return json.length > maxRecorded ? cut(json) : value;
};

export const change = (run: Run, name: string, value: Value): void => {
  run.changed ??= {};
  run.changed[name] = value;
};

export const stepAtCursor = (run: Run): Step | undefined =>
  run.before.cursor === null ? undefined : run.script.steps.get(run.before.cursor.step);

export const say = (run: Run, template: Template): void => {
  const said = render(template, run.scope);
  if (said.trim() !== '') run.actions.push({ kind: 'text', text: said });
};
