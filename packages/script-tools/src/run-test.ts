import type { DecidedEvent } from '@dialog/domain/decide';
import type { Script } from '@dialog/script/model';
import type { ScriptTest } from '@dialog/script/script-test';
import type { Position } from '@dialog/script/types';
import { factChecker, type Unmet } from './facts.ts';
import { RehearsalError, rehearse } from './rehearsal.ts';
import type { TranscriptLine } from './transcript.ts';

export type TestFailure = Unmet & {
  /** Of the given or the fact in the script's file. */
  readonly position: Position;
};

export type TestReport = {
  readonly name: string;
  readonly position: Position;
  readonly failures: readonly TestFailure[];
  readonly transcript: readonly TranscriptLine[];
  /** What coverage is counted from. */
  readonly history: readonly DecidedEvent[];
};

/** Rehearses one test and looks its facts up. Pure; a test that makes no sense is a failure with its place. */
export const runTest = (script: Script, test: ScriptTest): TestReport => {
  const rehearsal = rehearse({ script });
  const failures: TestFailure[] = [];
  for (const given of test.given) {
    try {
      const events = rehearsal.take(given);
      const error = events.find((event) => event.type === 'ScriptAdvanced' && event.data.outcome === 'error');
      if (error?.type === 'ScriptAdvanced') failures.push(scriptFailed(error, given.position));
    } catch (error) {
      if (!(error instanceof RehearsalError)) throw error;
      failures.push({ position: given.position, expected: `${given.kind} makes sense here`, actual: error.message });
      break;
    }
  }
  const check = factChecker({
    script,
    history: rehearsal.history(),
    transcript: rehearsal.transcript(),
    state: rehearsal.state(),
    held: rehearsal.held(),
  });
  for (const fact of test.expect) {
    const found = check(fact);
    if (found !== undefined) failures.push({ ...found, position: fact.position });
  }
  return {
    name: test.name,
    position: test.position,
    failures,
    transcript: rehearsal.transcript(),
    history: rehearsal.history(),
  };
};

const scriptFailed = (event: Extract<DecidedEvent, { type: 'ScriptAdvanced' }>, position: Position): TestFailure => {
  const last = event.data.trace.steps.at(-1);
  return {
    position,
    expected: 'the script runs',
    actual: `it failed, and the dialog was parked: ${event.data.error ?? 'no reason given'}`,
    ...(last === undefined ? {} : { step: { path: last.step, line: last.line } }),
  };
};
