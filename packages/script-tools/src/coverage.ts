import type { DecidedEvent } from '@dialog/domain/decide';
import { evolve } from '@dialog/domain/evolve';
import { type DialogState, initialDialog } from '@dialog/domain/state';
import type { Script, Step } from '@dialog/script/model';
import type { Cursor } from '@dialog/script/types';
import { durationText } from './clock-text.ts';
import { type Outcome, outcomesOf } from './outcomes.ts';

export type Coverage = {
  readonly steps: {
    readonly all: number;
    readonly run: number;
    readonly never: readonly { readonly path: string; readonly line: number }[];
  };
  readonly outcomes: { readonly all: number; readonly taken: number; readonly never: readonly Outcome[] };
};

/** Which steps and outcomes of a script some histories went through. */
export const coverageOf = (script: Script, histories: readonly (readonly DecidedEvent[])[]): Coverage => {
  const run = new Set<string>();
  const taken = new Set<string>();
  for (const history of histories) {
    // A rehearsal may have several chats of one person: each is a dialog of its own.
    const states = new Map<string, DialogState>();
    for (const event of history) {
      const dialog = event.metadata.$correlationId;
      const state = states.get(dialog) ?? initialDialog;
      if (event.type === 'ScriptAdvanced' && state.status === 'live') {
        for (const step of event.data.trace.steps) run.add(step.step);
        for (const key of takenBy(script, state.scriptState.cursor, event.data)) taken.add(key);
      }
      states.set(dialog, evolve(state, event));
    }
  }
  const steps = [...script.steps.values()];
  const outcomes = outcomesOf(script);
  const neverRun = steps.filter((step) => !run.has(step.path));
  const neverTaken = outcomes.filter((outcome) => !taken.has(outcome.key));
  return {
    steps: {
      all: steps.length,
      run: steps.length - neverRun.length,
      never: neverRun.map((step) => ({ path: step.path, line: step.position.line })),
    },
    outcomes: { all: outcomes.length, taken: outcomes.length - neverTaken.length, never: neverTaken },
  };
};

/** `3 of 41 outcomes never taken`. */
export const coverageLine = ({ outcomes, steps }: Coverage): string =>
  `${outcomes.never.length} of ${outcomes.all} outcomes never taken, ${steps.never.length} of ${steps.all} steps never run`;

/** 0 to 100: the smaller share of steps and outcomes, rounded down, so that 100 means all. */
export const coveragePercent = ({ outcomes, steps }: Coverage): number => {
  const share = (done: number, all: number) => (all === 0 ? 100 : Math.floor((done / all) * 100));
  return Math.min(share(outcomes.taken, outcomes.all), share(steps.run, steps.all));
};

type Advanced = Extract<DecidedEvent, { type: 'ScriptAdvanced' }>['data'];

const takenBy = (script: Script, cursor: Cursor | null, advanced: Advanced): string[] => {
  const keys: string[] = [];
  for (const told of advanced.trace.steps) {
    if (script.steps.get(told.step)?.verb === 'if' && told.took !== undefined) keys.push(`${told.step} ${told.took}`);
  }
  if (advanced.outcome === 'unmatched') return keys;
  if (advanced.script !== undefined) keys.push(`scripts.${advanced.script} ${triggerOf(script, advanced)}`);
  const step = cursor === null ? undefined : script.steps.get(cursor.step);
  if (step !== undefined) {
    const way = wayTaken(step, advanced);
    if (way !== undefined) keys.push(`${step.path} ${way}`);
  }
  // A press of a keyboard that stands no more: every menu that has the button leads there.
  if (advanced.trace.won?.startsWith('button ') === true && step?.verb !== 'menu') {
    for (const menu of script.steps.values()) {
      const pressed = menu.verb === 'menu' && menu.rows.flat().some((button) => `button ${button.id}` === advanced.trace.won);
      if (pressed) keys.push(`${menu.path} ${advanced.trace.won}`);
    }
  }
  return keys;
};

const triggerOf = (script: Script, { trigger, trace, script: name = '' }: Advanced): string => {
  const won = trace.won ?? trigger;
  if (won.startsWith('text ')) return 'text';
  if (won.startsWith('file ')) return 'file';
  const silent = /^silence (\d+)$/.exec(won)?.[1];
  if (silent !== undefined) return `silence ${durationText(Number(silent))}`;
  // A cause that no script names is taken by the one of `final_close`.
  const cause = /^returned (.*)$/.exec(won)?.[1];
  if (cause !== undefined && script.returned.get(cause as 'final_close') !== name) return 'returned final_close';
  return won;
};

const wayTaken = (step: Step, { trigger, trace, cursor, variables }: Advanced): string | undefined => {
  const won = trace.won ?? '';
  switch (step.verb) {
    case 'ask':
      if (trigger === 'timeout') return 'on_timeout';
      if (won !== `ask ${step.path}`) return undefined;
      if (trace.steps[0]?.step === step.path && cursor?.step === step.path && trace.steps[0].took?.startsWith('attempt') === true)
        return undefined;
      return Object.hasOwn(variables as object, step.save) ? 'answered' : 'on_fail';
    case 'menu':
      return trigger === 'timeout' ? 'expires' : won.startsWith('button ') ? won : undefined;
    case 'wait':
      if (!step.forMessage) return undefined;
      return trigger === 'timeout' ? 'on_timeout' : won.startsWith('wait ') ? 'message' : undefined;
    case 'http': {
      const answered = /^http (\S+) /.exec(won)?.[1];
      if (answered === undefined || !won.endsWith(` ${step.path}`)) return undefined;
      const success = /^2\d\d$/.test(answered);
      const known = [answered, ...(success ? [] : [`${answered[0]}xx`, 'default'])].find((key) => step.onStatus.has(key));
      if (known !== undefined && /^\d/.test(answered)) return `status ${known}`;
      return success ? 'answered' : 'on_error';
    }
    case 'handover':
    case 'close':
      return won.endsWith(` ${step.path}`) ? won.slice(0, -step.path.length - 1) : undefined;
    default:
      return undefined;
  }
};
