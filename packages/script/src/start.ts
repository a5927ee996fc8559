import { answerOf } from './answer.ts';
import { fits } from './evaluate.ts';
import { mediaTypeMatches } from './media-type.ts';
import type { FileRule, Script, Step, StepOf, TextRule } from './model.ts';
import { regexMatches } from './regex.ts';
import { change, type Run, say, stepAtCursor } from './run.ts';
import type { Cursor, HttpError, HttpResponse, ScriptContext, Trigger } from './types.ts';
import { folded } from './words.ts';

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

export const startOf = (run: Run, trigger: Trigger): Started => {
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
  const menu = menuBehind(run, id);
  if (menu !== undefined) {
    run.won = `button ${id}`;
    outranked(run, step);
    return { kind: 'step', step: menu.next, takesOver: true };
  }
  run.lost.push({ trigger: `button ${id}`, reason: 'no menu and no script takes it' });
  return label === undefined ? fallback(run) : spoken(run, label);
};

/** The menu that a press goes on behind though the script waits there no more. Of several with such a button the one whose keyboard stands. */
const menuBehind = (run: Run, id: string): StepOf<'menu'> | undefined => {
  const menus = run.script.menusBehind.get(id) ?? [];
  if (menus.length < 2) return menus[0];
  const shown = run.before.keyboard?.map((one) => one.id).join(' ');
  const standing = menus.filter((menu) => idsOf(menu) === shown);
  return standing.length === 1 ? standing[0] : undefined;
};

const idsOf = (menu: StepOf<'menu'>): string =>
  menu.rows
    .flat()
    .map((one) => one.id)
    .join(' ');

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
  return labelled ?? (number === undefined ? undefined : keyboard[number - 1]?.id) ?? likeLabel(keyboard, typed);
};

/** As all texts are compared: `мой счет!` for `Мой счёт`. What is like several labels is none of them. */
const likeLabel = (keyboard: NonNullable<Run['keyboard']>, typed: string): string | undefined => {
  const wanted = folded(typed);
  const alike = wanted === '' ? [] : keyboard.filter((one) => folded(one.label) === wanted);
  return alike.length === 1 ? alike[0]?.id : undefined;
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
