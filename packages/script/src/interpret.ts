import { EvaluationError } from './evaluate.ts';
import type { Script } from './model.ts';
import { newRun, type Run, stepAtCursor } from './run.ts';
import { startOf } from './start.ts';
import { type Ended, execute } from './steps.ts';
import type { Advance, Cursor, RunMode, ScriptContext, ScriptState, Trigger } from './types.ts';

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
