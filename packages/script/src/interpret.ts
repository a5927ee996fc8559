import { EvaluationError, evaluate, type Scope, truthy } from './evaluate.ts';
import type { Script, Step, TextRule } from './model.ts';
import { render, type Template } from './template.ts';
import type { Action, Advance, Cursor, RunMode, ScriptContext, ScriptState, Trace, Trigger, Value } from './types.ts';
import { folded, matchesWords } from './words.ts';

export const initialScriptState = (_script: Script): ScriptState => ({ cursor: null, variables: {}, fallbackStreak: 0, keyboard: null });

/** Steps that one input may run; beyond it the run ends as an error with the cycle named. */
export const maxSteps = 200;

/** Advances a script by one trigger. Pure: the same arguments give the same result, on any machine, in any year. */
export const advance = (script: Script, state: ScriptState, trigger: Trigger, context: ScriptContext, mode: RunMode): Advance => {
  const run = newRun(script, state, context, mode);
  const started = startOf(run, trigger);
  if (started.kind === 'unmatched') return { ...finish(run, 'unmatched'), state };
  if (started.kind === 'asked_again') return finish(run, 'waiting');
  if (trigger.kind === 'text' || trigger.kind === 'button' || trigger.kind === 'file') {
    run.fallbackStreak = started.fallback ? run.fallbackStreak + 1 : 0;
  }
  const kept = trigger.kind === 'handover_accepted' ? state.cursor : null;
  run.cursor = null;
  const outcome = execute(run, started.step);
  // The position stands at the handover: `no_operator` and `returned` know where it was.
  if (kept !== null && outcome !== 'stopped' && run.cursor === null) run.cursor = kept;
  return finish(run, outcome);
};

type Run = {
  readonly script: Script;
  readonly mode: RunMode;
  readonly scope: Scope;
  readonly before: ScriptState;
  cursor: Cursor | null;
  fallbackStreak: number;
  keyboard: ScriptState['keyboard'];
  readonly changed: Record<string, Value>;
  readonly actions: Action[];
  won: string | null;
  readonly lost: { trigger: string; reason: string }[];
  readonly steps: { step: string; line: number; took?: string }[];
  error: string | undefined;
  deliver: 'next_chat' | 'drop' | undefined;
  named: string | undefined;
};

const newRun = (script: Script, state: ScriptState, context: ScriptContext, mode: RunMode): Run => {
  const changed: Record<string, Value> = Object.create(null);
  const read = (name: string): Value => {
    if (Object.hasOwn(changed, name)) return changed[name] ?? null;
    if (Object.hasOwn(state.variables, name)) return state.variables[name] ?? null;
    if (name === 'visitor') return context.visitor;
    if (name === 'chat') return context.chat;
    if (name === 'return') return { cause: context.returnCause };
    return null;
  };
  return {
    script,
    mode,
    scope: { read, now: context.now, timezone: script.timezone },
    before: state,
    cursor: state.cursor,
    fallbackStreak: state.fallbackStreak,
    keyboard: state.keyboard,
    changed,
    actions: [],
    won: null,
    lost: [],
    steps: [],
    error: undefined,
    deliver: undefined,
    named: undefined,
  };
};

const finish = (run: Run, outcome: Advance['outcome']): Advance => {
  const trace: Trace = { won: run.won, lost: run.lost, steps: run.steps };
  const changed = { ...run.changed };
  return {
    state: {
      cursor: run.cursor,
      variables: { ...run.before.variables, ...changed },
      fallbackStreak: run.fallbackStreak,
      keyboard: run.keyboard,
    },
    changed,
    actions: run.actions,
    trace,
    outcome,
    ...(run.error === undefined ? {} : { error: run.error }),
    ...(run.deliver === undefined ? {} : { deliver: run.deliver }),
    ...(run.named === undefined ? {} : { script: run.named }),
  };
};

type Started =
  | { readonly kind: 'unmatched' }
  /** A wrong answer: the error was said, the cursor stands. */
  | { readonly kind: 'asked_again' }
  | { readonly kind: 'step'; readonly step: string | null; readonly fallback?: boolean };

const unmatched: Started = { kind: 'unmatched' };

const startOf = (run: Run, trigger: Trigger): Started => {
  switch (trigger.kind) {
    case 'chat_start':
      return script(run, run.script.chatStart, 'chat_start');
    case 'text':
      return text(run, trigger.text);
    case 'button':
      return button(run, trigger.id, trigger.label);
    case 'file':
      return file(run);
    case 'returned':
      return returned(run, trigger.cause);
    case 'timeout':
      return timeout(run);
    case 'handover_accepted':
      return outcomeAt(run, 'handover', 'on_accepted', (step) => step.onAccepted);
    case 'handover_failed':
      return endOr(
        run,
        outcomeAt(run, 'handover', 'on_failed', (step) => step.onFailed),
      );
    case 'close_failed':
      return endOr(
        run,
        outcomeAt(run, 'close', 'on_failed', (step) => step.onFailed),
      );
    case 'http_result':
    case 'silence':
      return unmatched;
    case 'no_operator': {
      const own = outcomeAt(run, 'handover', 'on_no_operator', (step) => step.onNoOperator);
      return own.kind === 'unmatched' ? returned(run, 'no_operator') : own;
    }
  }
};

const script = (run: Run, name: string | null | undefined, why: string): Started => {
  if (name === null || name === undefined) return unmatched;
  const compiled = run.script.scripts.get(name);
  if (compiled === undefined) return unmatched;
  run.won = why;
  run.named = name;
  run.deliver = compiled.deliver;
  return { kind: 'step', step: compiled.first };
};

const stepAtCursor = (run: Run): Step | undefined =>
  run.before.cursor === null ? undefined : run.script.steps.get(run.before.cursor.step);

const outcomeAt = <V extends 'handover' | 'close'>(
  run: Run,
  verb: V,
  name: string,
  pick: (step: Extract<Step, { verb: V }>) => string | null | undefined,
): Started => {
  const step = stepAtCursor(run);
  if (step?.verb !== verb) return unmatched;
  const first = pick(step as Extract<Step, { verb: V }>);
  if (first === undefined) return unmatched;
  run.won = `${name} ${step.path}`;
  return { kind: 'step', step: first };
};

/** An outcome that is not named ends the script: at its triggers. */
const endOr = (run: Run, started: Started): Started => {
  if (started.kind !== 'unmatched' || run.before.cursor === null) return started;
  return { kind: 'step', step: null };
};

const returned = (run: Run, cause: Extract<Trigger, { kind: 'returned' }>['cause']): Started => {
  const own = run.script.returned.get(cause);
  const general = cause === 'auto_close_timeout' || cause === 'abandoned' ? run.script.returned.get('final_close') : undefined;
  return script(run, own ?? general, `returned ${cause}`);
};

const timeout = (run: Run): Started => {
  const step = stepAtCursor(run);
  if (step === undefined) return unmatched;
  run.won = `timeout ${step.path}`;
  switch (step.verb) {
    case 'ask':
      return { kind: 'step', step: step.onTimeout ?? null };
    case 'wait':
      return { kind: 'step', step: step.onTimeout === undefined ? step.next : step.onTimeout };
    case 'menu':
      run.keyboard = null;
      return { kind: 'step', step: null };
    default:
      return unmatched;
  }
};

/** Pressed button → answer to the open ask → text rules in file order → fallback. */
const button = (run: Run, id: string, label: string | undefined): Started => {
  const step = stepAtCursor(run);
  if (step?.verb === 'menu') {
    const pressed = step.rows.flat().find((one) => one.id === id);
    if (pressed !== undefined) {
      run.won = `button ${id}`;
      if (pressed.go !== null) return { kind: 'step', step: pressed.go };
      const ruled = script(run, run.script.buttonRules.get(id), `button ${id}`);
      return ruled.kind === 'unmatched' ? { kind: 'step', step: step.next } : ruled;
    }
  }
  const go = run.script.menuButtons.get(id);
  if (go !== undefined) {
    run.won = `button ${id}`;
    return { kind: 'step', step: go };
  }
  const ruled = script(run, run.script.buttonRules.get(id), `button ${id}`);
  if (ruled.kind !== 'unmatched') return ruled;
  run.lost.push({ trigger: `button ${id}`, reason: 'no menu and no script takes it' });
  return label === undefined ? fallback(run) : spoken(run, label);
};

const text = (run: Run, said: string): Started => {
  const id = typedButton(run, said);
  return id === undefined ? spoken(run, said) : button(run, id, undefined);
};

/** A label or number of the last keyboard, typed. An open ask comes first: its answer may well be a number. */
const typedButton = (run: Run, said: string): string | undefined => {
  if (run.before.keyboard === null || run.before.cursor?.waitsFor === 'answer') return undefined;
  const typed = said.trim();
  const number = /^\d{1,3}[.)]?$/.test(typed) ? Number.parseInt(typed, 10) : undefined;
  if (number !== undefined) return run.before.keyboard[number - 1]?.id;
  const wanted = typed.toLowerCase();
  return run.before.keyboard.find((one) => one.label.trim().toLowerCase() === wanted)?.id;
};

const spoken = (run: Run, said: string): Started => {
  const step = stepAtCursor(run);
  if (step?.verb === 'wait' && step.forMessage) {
    run.won = `wait ${step.path}`;
    return { kind: 'step', step: step.next };
  }
  if (step?.verb === 'ask') {
    const answer = answerOf(step, said);
    if (answer !== undefined) {
      run.won = `ask ${step.path}`;
      run.changed[step.save] = answer;
      return { kind: 'step', step: step.next };
    }
    run.lost.push({ trigger: `ask ${step.path}`, reason: 'the answer does not fit' });
    const ruled = textRule(run, said);
    return ruled.kind === 'unmatched' ? wrongAnswer(run, step) : ruled;
  }
  const ruled = textRule(run, said);
  return ruled.kind === 'unmatched' ? fallback(run) : ruled;
};

const file = (run: Run): Started => {
  const step = stepAtCursor(run);
  if (step?.verb === 'wait' && step.forMessage) {
    run.won = `wait ${step.path}`;
    return { kind: 'step', step: step.next };
  }
  if (step?.verb === 'ask') {
    run.lost.push({ trigger: `ask ${step.path}`, reason: 'a file is no answer' });
    return wrongAnswer(run, step);
  }
  return fallback(run);
};

const answerOf = (step: Extract<Step, { verb: 'ask' }>, said: string): Value | undefined => {
  const trimmed = said.trim();
  switch (step.as.kind) {
    case 'text':
      return trimmed === '' ? undefined : trimmed;
    case 'int':
      return /^[+-]?\d{1,15}$/.test(trimmed) ? Number(trimmed) : undefined;
    case 'phone': {
      if (!/^\+?[\d\s().-]+$/.test(trimmed)) return undefined;
      const digits = trimmed.replace(/\D/g, '');
      return digits.length >= 10 && digits.length <= 15 ? (trimmed.startsWith('+') ? `+${digits}` : digits) : undefined;
    }
    case 'regex':
      return step.as.regex.matcher(trimmed.slice(0, 10_000)).find() ? trimmed : undefined;
  }
};

const wrongAnswer = (run: Run, step: Extract<Step, { verb: 'ask' }>): Started => {
  const attempts = (run.before.cursor?.attempts ?? 0) + 1;
  run.won = `ask ${step.path}`;
  if (attempts >= step.attempts) return { kind: 'step', step: step.onFail ?? null };
  run.steps.push({ step: step.path, line: step.position.line, took: `attempt ${attempts + 1}` });
  say(run, step.error ?? step.text);
  run.cursor = { ...(run.before.cursor as Cursor), attempts };
  return { kind: 'asked_again' };
};

const textRule = (run: Run, said: string): Started => {
  for (const { script: name, rule } of run.script.textRules) {
    if (matches(rule, said)) return script(run, name, `text scripts.${name}`);
    run.lost.push({ trigger: `text scripts.${name}`, reason: 'no match' });
  }
  return unmatched;
};

const matches = (rule: TextRule, said: string): boolean => {
  const whole = folded(said);
  return (
    rule.anyOf.some((one) => folded(one) === whole && whole !== '') ||
    (rule.words.length > 0 && matchesWords(said, rule.words)) ||
    rule.contains.some((one) => folded(one) !== '' && whole.includes(folded(one))) ||
    rule.regex.some((regex) => regex.matcher(said.slice(0, 10_000)).find())
  );
};

/** The n-th time in a row; beyond the highest streak that is named, that one. */
const fallback = (run: Run): Started => {
  const streak = run.before.fallbackStreak + 1;
  const named = run.script.fallbacks.filter((one) => one.streak <= streak).at(-1);
  const started = script(run, named?.script, `fallback ${named?.streak}`);
  return started.kind === 'step' ? { ...started, fallback: true } : started;
};

const say = (run: Run, template: Template): void => {
  const said = render(template, run.scope);
  if (said.trim() !== '') run.actions.push({ kind: 'text', text: said });
};

type Ended = 'waiting' | 'idle' | 'stopped' | 'needs_chat' | 'needs_answer' | 'error';

const needsAnswer = new Set(['menu', 'ask', 'wait', 'handover', 'close']);
const silentVerbs = new Set(['set', 'if', 'mark', 'go', 'stop']);

const execute = (run: Run, first: string | null): Ended => {
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
    try {
      const went = perform(run, step, trace);
      if (went.kind === 'end') return went.as;
      path = went.step;
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      run.error = `line ${step.position.line}: ${error.message}`;
      return 'error';
    }
  }
  return 'idle';
};

const cycleOf = (run: Run): string => {
  const last = run.steps.slice(-maxSteps).map((one) => one.step);
  const cycle = [...new Set(last)].filter((step) => last.filter((one) => one === step).length > 1);
  return cycle.slice(0, 10).join(' → ');
};

type Went = { readonly kind: 'on'; readonly step: string | null } | { readonly kind: 'end'; readonly as: Ended };

const on = (step: string | null): Went => ({ kind: 'on', step });

const waitAt = (run: Run, step: Step, waitsFor: Cursor['waitsFor'], timeoutMs: number | null): Went => {
  run.cursor = { step: step.path, waitsFor, attempts: 0, ...(timeoutMs === null ? {} : { timeoutMs }) };
  return { kind: 'end', as: 'waiting' };
};

const perform = (run: Run, step: Step, trace: { took?: string }): Went => {
  switch (step.verb) {
    case 'say':
      say(run, step.text);
      return on(step.next);
    case 'menu': {
      const buttons = step.rows.map((row) => row.map((one) => ({ id: one.id, text: render(one.text, run.scope) })));
      run.keyboard = step.rows.flat().map((one) => ({
        id: one.id,
        label: render(one.text, run.scope),
        ...(one.goName === null ? {} : { go: one.goName }),
      }));
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
      for (const { name, value } of step.values) run.changed[name] = value === null ? null : evaluate(value, run.scope);
      return on(step.next);
    case 'if': {
      const yes = truthy(evaluate(step.condition, run.scope));
      trace.took = yes ? 'then' : 'else';
      return on(yes ? step.then : step.else);
    }
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
      return on(step.target);
    case 'stop':
      return { kind: 'end', as: 'stopped' };
    case 'mark':
      run.actions.push({ kind: 'mark', name: step.name });
      return on(step.next);
  }
};
