import { bounded, EvaluationError, evaluate, truthy } from './evaluate.ts';
import { requestOf } from './http-request.ts';
import type { Step, StepOf } from './model.ts';
import { change, type Run, say } from './run.ts';
import { render, type Template } from './template.ts';
import type { Cursor } from './types.ts';
import { chosenVariant } from './variant.ts';

/** Steps that one input may run; beyond it the run ends as an error with the cycle named. */
export const maxSteps = 200;

export type Ended = 'waiting' | 'idle' | 'stopped' | 'needs_chat' | 'needs_answer' | 'error';

const needsAnswer = new Set(['menu', 'ask', 'wait', 'handover', 'close']);

const silentVerbs = new Set(['set', 'if', 'mark', 'http', 'go', 'stop']);

export const execute = (run: Run, first: string | null): Ended => {
  let path = first;
  for (let count = 0; path !== null; count++) {
    const step = run.script.steps.get(path);
    if (step === undefined) return 'idle';
    if (count >= maxSteps) {
      run.error = `more than ${maxSteps} steps for one input; the cycle: ${cycleOf(run)}`;
      return 'error';
    }
    if (run.mode === 'silent' && !silentVerbs.has(step.verb)) return 'needs_chat';
    if (run.mode === 'final' && needsAnswer.has(step.verb)) return 'needs_answer';
    if (run.mode === 'final' && step.verb === 'file') return 'needs_chat';
    const trace: Run['steps'][number] = { step: step.path, line: step.position.line };
    run.steps.push(trace);
    const went = attempt(run, step, trace);
    if (went === undefined) return 'error';
    if (went.kind === 'end') return went.as;
    path = went.step;
  }
  return 'idle';
};

const attempt = (run: Run, step: Step, trace: { line: number; took?: string }): Went | undefined => {
  try {
    return perform(run, step, trace);
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    run.error = `line ${trace.line}: ${error.message}`;
    return undefined;
  }
};

const cycleOf = (run: Run): string => {
  const last = run.steps.slice(-maxSteps).map((one) => one.step);
  const cycle = [...new Set(last)].filter((step) => last.filter((one) => one === step).length > 1);
  return cycle.slice(0, 10).join(' → ');
};

type Went = { readonly kind: 'on'; readonly step: string | null } | { readonly kind: 'end'; readonly as: Ended };

const on = (step: string | null): Went => ({ kind: 'on', step });

const waitAt = (run: Run, step: Step, waitsFor: Cursor['waitsFor'], timeoutMs: number | null): Went => {
  const attempts = run.resumed?.step === step.path ? run.resumed.attempts : 0;
  run.cursor = timeoutMs === null ? { step: step.path, waitsFor, attempts } : { step: step.path, waitsFor, attempts, timeoutMs };
  return { kind: 'end', as: 'waiting' };
};

const perform = (run: Run, step: Step, trace: { line: number; took?: string }): Went => {
  switch (step.verb) {
    case 'say': {
      const { variants } = step;
      const { account, id } = run.context.chat;
      const chosen = variants.length === 1 ? 0 : chosenVariant(variants.length, account, id, step.path);
      if (variants.length > 1) trace.took = `variant ${chosen + 1}`;
      say(run, variants[chosen] as Template);
      return on(step.next);
    }
    case 'menu': {
      const buttons = step.rows.map((row) => row.map((one) => ({ id: one.id, text: render(one.text, run.scope) })));
      run.keyboard = step.rows.flatMap((row, at) =>
        row.map((one, column) => ({
          id: one.id,
          label: buttons[at]?.[column]?.text ?? '',
          ...(one.goName === null ? {} : { go: one.goName }),
        })),
      );
      run.actions.push({ kind: 'keyboard', text: step.text === null ? '' : render(step.text, run.scope), buttons });
      return waitAt(run, step, 'press', step.expiresMs);
    }
    case 'file':
      run.actions.push({
        kind: 'file',
        url: render(step.url, run.scope),
        name: render(step.name, run.scope),
        mediaType: step.mediaType,
        ...(step.caption === null ? {} : { caption: render(step.caption, run.scope) }),
      });
      return on(step.next);
    case 'ask':
      run.keyboard = null;
      say(run, step.text);
      return waitAt(run, step, 'answer', step.upToMs);
    case 'wait':
      return waitAt(run, step, step.forMessage ? 'message' : 'time', step.ms);
    case 'set':
      for (const { name, value, line } of step.values) {
        trace.line = line;
        change(run, name, value === null ? null : bounded(evaluate(value, run.scope)));
      }
      trace.line = step.position.line;
      return on(step.next);
    case 'if': {
      const yes = truthy(evaluate(step.condition, run.scope));
      trace.took = yes ? 'then' : 'else';
      return on(yes ? step.then : step.else);
    }
    case 'http':
      run.actions.push({ kind: 'http', request: requestOf(step, run.scope) });
      return waitAt(run, step, 'http', null);
    case 'handover':
      if (step.say !== null) say(run, step.say);
      run.actions.push({
        kind: 'handover',
        ...(step.department === null ? {} : { department: step.department }),
        ...(step.operatorId === null ? {} : { operatorId: step.operatorId }),
        ...(step.note === null ? {} : { note: render(step.note, run.scope) }),
        ...(step.noOperatorAfterMs === null ? {} : { noOperatorAfterMs: step.noOperatorAfterMs }),
      });
      return waitAt(run, step, 'handover', null);
    case 'close':
      run.actions.push({ kind: 'close' });
      return waitAt(run, step, 'close', null);
    case 'go':
      trace.took = step.targetName;
      return on(step.interrupted ? takeUp(run, step, trace) : step.target);
    case 'stop':
      return { kind: 'end', as: 'stopped' };
    case 'mark':
      run.actions.push({ kind: 'mark', name: step.name });
      return on(step.next);
  }
};

/** The step that asks again, after a handover the step behind it. With nothing taken over, what follows the `go`. */
const takeUp = (run: Run, go: StepOf<'go'>, trace: { took?: string }): string | null => {
  const position = run.interrupted ?? null;
  const step = position === null ? undefined : run.script.steps.get(position.step);
  run.interrupted = null;
  if (step === undefined) {
    trace.took = 'interrupted: nothing';
    return go.next;
  }
  trace.took = `interrupted: ${step.path}`;
  run.resumed = position;
  return step.verb === 'handover' ? step.next : step.path;
};
