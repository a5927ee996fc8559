import { answerOf } from './answer.ts';
import { bounded, EvaluationError, evaluate, fits, type Scope, truthy } from './evaluate.ts';
import { requestOf } from './http-request.ts';
import { mediaTypeMatches } from './media-type.ts';
import type { FileRule, Loser, Script, Step, StepOf, TextRule } from './model.ts';
import { regexMatches } from './regex.ts';
import { render, type Template } from './template.ts';
import type { Action, Advance, Cursor, HttpError, HttpResponse, RunMode, ScriptContext, ScriptState, Trigger, Value } from './types.ts';
import { chosenVariant } from './variant.ts';
import { folded } from './words.ts';

export const initialScriptState = (_script: Script): ScriptState => ({ cursor: null, variables: {}, fallbackStreak: 0, keyboard: null });

/** Steps that one input may run; beyond it the run ends as an error with the cycle named. */
export const maxSteps = 200;

/** Advances a script by one trigger. Pure: the same arguments give the same result, on any machine, in any year. */
export const advance = (script: Script, state: ScriptState, trigger: Trigger, context: ScriptContext, mode: RunMode): Advance => {
  const run = newRun(script, state, context, mode);
  const started = guarded(run, 0, () => startOf(run, trigger));
  if (started === undefined) return finish(run, 'error');
  if (started.kind === 'unmatched') return { ...finish(run, 'unmatched'), state };
  if (started.kind === 'asked_again') return finish(run, 'waiting');
  if (trigger.kind === 'text' || trigger.kind === 'button' || trigger.kind === 'file') {
    run.fallbackStreak = started.fallback === true ? run.fallbackStreak + 1 : 0;
  }
  if (trigger.kind === 'chat_start') run.interrupted = null;
  else if (started.takesOver === true) run.interrupted = takenOver(run);
  const kept = handoverKept(run, trigger);
  run.cursor = null;
  const outcome = execute(run, started.step);
  const stands = standsAt(run);
  if (stands === null && outcome !== 'stopped') run.cursor = kept ?? stoodThrough(run, trigger, outcome);
  // An http step elsewhere than in on_accepted itself does not tell which handover it came from.
  if (stands !== null && trigger.kind === 'handover_accepted' && behind(run, stands.step) === undefined) run.interrupted = kept;
  return finish(run, outcome);
};

const standsAt = (run: Run): Cursor | null => run.cursor;

type Run = {
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

const newRun = (script: Script, state: ScriptState, context: ScriptContext, mode: RunMode): Run => {
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

const change = (run: Run, name: string, value: Value): void => {
  run.changed ??= {};
  run.changed[name] = value;
};

/** Triggers that the history names as lost, one input; a script may have hundreds of rules, and the others are counted. */
const maxLost = 12;

/** The rules that lost, those first that would have won without the winner. */
const loseRules = <R extends FileRule | TextRule>(
  run: Run,
  rules: readonly R[],
  winner: R | undefined,
  fitsToo: (rule: R) => boolean,
): void => {
  const { lost } = run;
  const from = lost.length;
  // The first that fits has won: of those before it none does.
  for (let at = winner === undefined ? rules.length : rules.indexOf(winner) + 1; at < rules.length && lost.length < maxLost; at++) {
    const rule = rules[at] as R;
    if (fitsToo(rule)) lost.push(rule.outranked);
  }
  for (let at = 0; at < rules.length && lost.length < maxLost; at++) {
    const rule = rules[at] as R;
    if (rule !== winner && !lost.includes(rule.outranked)) lost.push(rule.noMatch);
  }
  run.lostMore += rules.length - (winner === undefined ? 0 : 1) - (lost.length - from);
};

const finish = (run: Run, outcome: Advance['outcome']): Advance => {
  const { before, changed } = run;
  return {
    state: {
      cursor: run.cursor,
      variables: changed === null ? before.variables : { ...before.variables, ...changed },
      fallbackStreak: run.fallbackStreak,
      keyboard: run.keyboard,
      ...(run.interrupted === undefined ? {} : { interrupted: run.interrupted }),
    },
    changed: changed ?? {},
    actions: run.actions,
    trace: { won: run.won, lost: run.lost, ...(run.lostMore === 0 ? {} : { lostMore: run.lostMore }), steps: run.steps },
    outcome,
    ...(run.reads === null ? {} : { reads: run.reads }),
    ...(run.error === undefined ? {} : { error: run.error }),
    ...(run.deliver === undefined ? {} : { deliver: run.deliver }),
    ...(run.named === undefined ? {} : { script: run.named }),
  };
};

/** A failed operation ends the run as an error that names its line; anything else is a bug and thrown on. */
const guarded = <T>(run: Run, line: number, act: () => T): T | undefined => {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    run.error = `line ${run.steps.at(-1)?.line ?? line}: ${error.message}`;
    return undefined;
  }
};

type Started =
  | { readonly kind: 'unmatched' }
  /** A wrong answer: the error was said, the cursor stands. */
  | { readonly kind: 'asked_again' }
  | {
      readonly kind: 'step';
      readonly step: string | null;
      readonly fallback?: boolean;
      /** A trigger of its own, not what the position waited for. */
      readonly takesOver?: boolean;
    };

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
      return file(run, trigger.mediaType);
    case 'returned':
      return returned(run, trigger.cause);
    case 'silence':
      return silence(run, trigger.afterMs);
    case 'timeout':
      return timeout(run);
    case 'http_result':
      return httpResult(run, trigger.response);
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
  return { kind: 'step', step: compiled.first, takesOver: true };
};

const stepAtCursor = (run: Run): Step | undefined =>
  run.before.cursor === null ? undefined : run.script.steps.get(run.before.cursor.step);

/**
 * The position that `go: interrupted` takes up later: where the script stood. Two that are no place to take up leave the former one:
 * a handover with nothing after it, and a wait of the Return script itself, which a second human stretch took over from.
 */
const takenOver = (run: Run): Cursor | null | undefined => {
  const step = stepAtCursor(run);
  if (step === undefined) return run.interrupted;
  if (step.verb === 'http') {
    // Asked under a handover: what is taken up is what comes after the people, not this question.
    const handover = behind(run, step.path);
    if (handover !== undefined) return afterHandover(run, handover);
    if (run.interrupted?.waitsFor === 'handover') return run.interrupted;
  }
  if (step.verb === 'handover' && step.next === null) return run.interrupted;
  if (run.interrupted != null && run.script.scripts.get(step.script)?.isReturn === true) return run.interrupted;
  return run.before.cursor;
};

/** The position stands at the handover while people have the chat: `no_operator` and `returned` know where it was. */
const handoverKept = (run: Run, trigger: Trigger): Cursor | null => {
  const { cursor, interrupted } = run.before;
  if (trigger.kind === 'handover_accepted') return cursor;
  // An http step of on_accepted had the cursor meanwhile.
  if (trigger.kind !== 'http_result' || run.mode !== 'silent' || cursor === null) return null;
  const handover = behind(run, cursor.step);
  if (handover !== undefined) return { step: handover, waitsFor: 'handover', attempts: 0 };
  return interrupted?.waitsFor === 'handover' ? interrupted : null;
};

const afterHandover = (run: Run, handover: string): Cursor | null | undefined =>
  run.script.steps.get(handover)?.next === null ? run.interrupted : { step: handover, waitsFor: 'handover', attempts: 0 };

/** The handover whose on_accepted has this step. */
const behind = (run: Run, path: string): string | undefined => {
  const at = path.lastIndexOf('.on_accepted[');
  return at < 0 || run.script.steps.get(path.slice(0, at))?.verb !== 'handover' ? undefined : path.slice(0, at);
};

/** A `silence` script that neither waits nor stops only reminded: the question it reminded of stays open. */
const stoodThrough = (run: Run, trigger: Trigger, outcome: Ended): Cursor | null => {
  if (trigger.kind !== 'silence' || outcome !== 'idle') return null;
  run.interrupted = run.before.interrupted;
  return run.before.cursor;
};

const outcomeAt = <V extends 'handover' | 'close'>(
  run: Run,
  verb: V,
  name: string,
  pick: (step: StepOf<V>) => string | null | undefined,
): Started => {
  const step = stepAtCursor(run);
  if (step?.verb !== verb) return unmatched;
  const first = pick(step as StepOf<V>);
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

const silence = (run: Run, afterMs: number): Started => {
  const rule = run.script.silences.find((one) => one.afterMs === afterMs);
  return script(run, rule?.script, `silence ${afterMs}`);
};

const timeout = (run: Run): Started => {
  const step = stepAtCursor(run);
  if (step === undefined) return unmatched;
  switch (step.verb) {
    case 'ask':
      run.won = `timeout ${step.path}`;
      return { kind: 'step', step: step.onTimeout ?? null };
    case 'wait':
      run.won = `timeout ${step.path}`;
      return { kind: 'step', step: step.onTimeout === undefined ? step.next : step.onTimeout };
    case 'menu':
      run.won = `timeout ${step.path}`;
      run.keyboard = null;
      return { kind: 'step', step: null };
    default:
      return unmatched;
  }
};

/**
 * 2xx is saved, then its own entry of `on_status` or the next step follows. Any other status goes to its entry: `404`, else `4xx`,
 * else `default`; without one it is an error like no answer at all. An `on_error` that is not named ends the script.
 */
const httpResult = (run: Run, response: HttpResponse | { readonly error: HttpError }): Started => {
  const step = stepAtCursor(run);
  if (step?.verb !== 'http') return unmatched;
  // What follows belongs to the Return that asked, long after its trigger.
  if (run.mode === 'final' && run.context.returnCause !== null) run.deliver = deliverOf(run, run.context.returnCause);
  const failed = (why: string): Started => {
    run.won = `http ${why} ${step.path}`;
    return { kind: 'step', step: step.onError ?? null };
  };
  if ('error' in response) return failed(response.error);
  const { status, body } = response;
  const success = status >= 200 && status < 300;
  if (success && !fits(body)) return failed('too_large');
  if (success && step.save !== null) change(run, step.save, body);
  const named = [String(status), ...(success ? [] : [`${Math.floor(status / 100)}xx`, 'default'])].find((key) => step.onStatus.has(key));
  if (named === undefined && !success) return failed(String(status));
  run.won = `http ${status} ${step.path}`;
  return { kind: 'step', step: named === undefined ? step.next : (step.onStatus.get(named) ?? null) };
};

const deliverOf = (run: Run, cause: NonNullable<ScriptContext['returnCause']>): 'next_chat' | 'drop' => {
  const name = run.script.returned.get(cause) ?? run.script.returned.get('final_close');
  return (name === undefined ? undefined : run.script.scripts.get(name)?.deliver) ?? 'next_chat';
};

/** Pressed button → answer to the open ask → text rules in file order → fallback. */
const button = (run: Run, id: string, label: string | undefined): Started => {
  const step = stepAtCursor(run);
  if (step?.verb === 'menu') {
    for (const row of step.rows) {
      for (const pressed of row) {
        if (pressed.id !== id) continue;
        run.won = `button ${id}`;
        if (pressed.go !== null) return { kind: 'step', step: pressed.go };
        // The menu waited for just this press: nothing is taken over.
        const ruled = script(run, run.script.buttonRules.get(id), `button ${id}`);
        return { kind: 'step', step: ruled.kind === 'step' ? ruled.step : step.next };
      }
    }
  }
  const go = run.script.menuButtons.get(id);
  if (go !== undefined) {
    run.won = `button ${id}`;
    outranked(run, step);
    return { kind: 'step', step: go, takesOver: true };
  }
  const ruled = script(run, run.script.buttonRules.get(id), `button ${id}`);
  if (ruled.kind !== 'unmatched') {
    outranked(run, step);
    return ruled;
  }
  run.lost.push({ trigger: `button ${id}`, reason: 'no menu and no script takes it' });
  return label === undefined ? fallback(run) : spoken(run, label);
};

/** What the script waited for when something of higher priority came. */
const outranked = (run: Run, step: Step | undefined): void => {
  if (step === undefined) return;
  run.lost.push({ trigger: `${step.verb} ${step.path}`, reason: 'a pressed button comes first' });
};

const text = (run: Run, said: string): Started => {
  const id = typedButton(run, said);
  return id === undefined ? spoken(run, said) : button(run, id, undefined);
};

/** A label or number of the last keyboard, typed. An open ask comes first: its answer may well be a number. */
const typedButton = (run: Run, said: string): string | undefined => {
  const { keyboard, cursor } = run.before;
  if (keyboard === null || cursor?.waitsFor === 'answer') return undefined;
  const typed = said.trim();
  const number = /^\d{1,3}[.)]?$/.test(typed) ? Number.parseInt(typed, 10) : undefined;
  const wanted = typed.toLowerCase();
  const labelled = keyboard.find((one) => one.label.trim().toLowerCase() === wanted)?.id;
  return labelled ?? (number === undefined ? undefined : keyboard[number - 1]?.id);
};

const spoken = (run: Run, said: string): Started => {
  const step = stepAtCursor(run);
  const whole = folded(said);
  const winner = matchingRule(run.script, said, whole);
  if (step?.verb === 'wait' && step.forMessage) {
    run.won = `wait ${step.path}`;
    loseAll(run, winner, 'what the script waited for comes first');
    return { kind: 'step', step: step.next };
  }
  if (step?.verb === 'ask') {
    const answer = answerOf(step.as, said);
    if (answer !== undefined) {
      run.won = `ask ${step.path}`;
      change(run, step.save, answer);
      loseAll(run, winner, 'the answer to the open ask comes first');
      return { kind: 'step', step: step.next };
    }
    run.lost.push({ trigger: `ask ${step.path}`, reason: 'the answer does not fit' });
  }
  const padded = ` ${whole} `;
  loseRules(run, run.script.textRules, winner, (rule) => matches(rule, said, whole, padded));
  if (winner !== undefined) return script(run, winner.script, winner.name);
  return step?.verb === 'ask' ? wrongAnswer(run, step) : fallback(run);
};

const file = (run: Run, mediaType: string | undefined): Started => {
  const step = stepAtCursor(run);
  if (step?.verb === 'wait' && step.forMessage) {
    run.won = `wait ${step.path}`;
    return { kind: 'step', step: step.next };
  }
  if (step?.verb === 'ask') run.lost.push({ trigger: `ask ${step.path}`, reason: 'a file is no answer' });
  const taken = (rule: FileRule): boolean => mediaTypeMatches(rule.mediaTypes, mediaType);
  const winner = run.script.fileRules.find(taken);
  loseRules(run, run.script.fileRules, winner, taken);
  if (winner !== undefined) return script(run, winner.script, winner.name);
  return step?.verb === 'ask' ? wrongAnswer(run, step) : fallback(run);
};

const wrongAnswer = (run: Run, step: StepOf<'ask'>): Started => {
  const attempts = (run.before.cursor?.attempts ?? 0) + 1;
  run.won = `ask ${step.path}`;
  if (attempts >= step.attempts) return { kind: 'step', step: step.onFail ?? null };
  run.steps.push({ step: step.path, line: step.position.line, took: `attempt ${attempts + 1}` });
  say(run, step.error ?? step.text);
  run.cursor = { ...(run.before.cursor as Cursor), attempts };
  return { kind: 'asked_again' };
};

const matchingRule = (of: Script, said: string, whole: string): TextRule | undefined => {
  const padded = ` ${whole} `;
  return of.textRules.find((rule) => matches(rule, said, whole, padded));
};

const matches = (rule: TextRule, said: string, whole: string, padded: string): boolean => {
  if (whole !== '' && rule.anyOf.has(whole)) return true;
  for (const word of rule.words) if (padded.includes(word)) return true;
  for (const part of rule.contains) if (whole.includes(part)) return true;
  for (const regex of rule.regex) if (regexMatches(regex, said)) return true;
  return false;
};

/** Something above the rules won: the one that would have been theirs. */
const loseAll = (run: Run, wouldWin: TextRule | undefined, reason: string): void => {
  if (wouldWin !== undefined) run.lost.push({ trigger: wouldWin.name, reason });
};

/** The n-th time in a row; beyond the highest streak that is named, that one. */
const fallback = (run: Run): Started => {
  const streak = run.before.fallbackStreak + 1;
  let named: Script['fallbacks'][number] | undefined;
  for (const one of run.script.fallbacks) if (one.streak <= streak) named = one;
  const started = script(run, named?.script, `fallback ${named?.streak}`);
  return started.kind === 'step' ? { ...started, fallback: true } : started;
};

const say = (run: Run, template: Template): void => {
  const said = render(template, run.scope);
  if (said.trim() !== '') run.actions.push({ kind: 'text', text: said });
};

type Ended = 'waiting' | 'idle' | 'stopped' | 'needs_chat' | 'needs_answer' | 'error';

const needsAnswer = new Set(['menu', 'ask', 'wait', 'handover', 'close']);
const silentVerbs = new Set(['set', 'if', 'mark', 'http', 'go', 'stop']);

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
