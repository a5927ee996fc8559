import { advance } from '@dialog/script/interpret';
import type { Action, Advance, Cursor, RunMode, Trigger } from '@dialog/script/types';
import { type Draft, emit, liveOf } from '../draft.ts';
import { openEffect, openFile, openKeyboard, openText } from '../effects/open.ts';
import { park } from '../ownership/park.ts';
import { isStopped } from '../ownership/stopped.ts';
import { tellVisitor } from './visitor-variables.ts';

type Run = {
  readonly mode?: RunMode;
  /** The visitor's message that it answers, and when that came. */
  readonly message?: { readonly hash: string; readonly at: number };
};

/** What the script would do, without doing it; nothing at all while the bot is stopped. */
export const tryScript = (draft: Draft, trigger: Trigger, mode: RunMode = 'open'): Advance => {
  const state = liveOf(draft);
  if (isStopped(draft))
    return { state: state.scriptState, changed: {}, actions: [], trace: { won: null, lost: [], steps: [] }, outcome: 'stopped' };
  return advance(
    draft.context.script,
    state.scriptState,
    trigger,
    {
      now: draft.at,
      chat: { id: draft.input.chatId, account: draft.input.account },
      visitor: state.visitorFields,
      returnCause: trigger.kind === 'returned' ? trigger.cause : (state.trial?.cause ?? state.returnCause),
    },
    mode,
  );
};

/** Runs the script by one trigger and opens what it asks for. */
export const runScript = (draft: Draft, trigger: Trigger, run: Run = {}): Advance => {
  const result = tryScript(draft, trigger, run.mode);
  applyAdvance(draft, trigger, result, run);
  return result;
};

export const applyAdvance = (draft: Draft, trigger: Trigger, result: Advance, run: Run = {}): void => {
  if (isStopped(draft)) return;
  const before = liveOf(draft);
  emit(draft, {
    type: 'ScriptAdvanced',
    data: {
      trigger: trigger.kind,
      outcome: result.outcome,
      cursor: trigger.kind === 'silence' ? remindedOf(draft, result.state.cursor) : result.state.cursor,
      fallbackStreak: result.state.fallbackStreak,
      keyboard: result.state.keyboard === null ? null : result.state.keyboard.map((button) => ({ ...button })),
      variables: { ...result.changed },
      trace: {
        won: result.trace.won,
        lost: result.trace.lost.map((lost) => ({ ...lost })),
        steps: result.trace.steps.map((step) => ({ ...step })),
      },
      ...(same(liveOf(draft).scriptState.interrupted, result.state.interrupted) ? {} : { interrupted: result.state.interrupted ?? null }),
      ...(result.reads === undefined ? {} : { read: { ...result.reads } }),
      ...(run.message === undefined ? {} : { message: run.message.hash }),
      ...(result.script === undefined ? {} : { script: result.script }),
      ...(result.error === undefined ? {} : { error: result.error }),
    },
  });
  // While Webim has not given the chat back the run may be undone.
  if (before.trial === null) tellVisitor(draft, result.changed);
  const causedAt = run.message?.at ?? draft.at;
  for (const action of result.actions) {
    if (run.mode === 'final' && action.kind === 'text') holdText(draft, action.text, result.deliver);
    else apply(draft, action, causedAt);
  }
  if (result.outcome === 'error') {
    park(draft, 'script_error', draft.input.inputId);
  }
  armScript(draft);
};

/** A reminder leaves the question open for what is left of its time: else each reminder would put off its `on_timeout`. */
const remindedOf = (draft: Draft, cursor: Cursor | null): Cursor | null => {
  const { scriptState, deadlines } = liveOf(draft);
  const ends = deadlines.script;
  if (cursor === null || ends === undefined || !same(scriptState.cursor, cursor)) return cursor;
  return { ...cursor, timeoutMs: Math.max(0, ends.at - draft.at) };
};

/** A text of a final Return: no chat is open to say it in. */
const holdText = (draft: Draft, text: string, deliver: Advance['deliver']): void => {
  if (deliver === 'drop') emit(draft, { type: 'TextDropped', data: { text, reason: 'deliver_drop' } });
  else if (liveOf(draft).visitor === null) emit(draft, { type: 'TextDropped', data: { text, reason: 'visitor_unknown' } });
  else emit(draft, { type: 'TextHeld', data: { text } });
};

const apply = (draft: Draft, action: Action, causedAt: number): void => {
  switch (action.kind) {
    case 'text':
      return openText(draft, action.text, causedAt);
    case 'keyboard':
      return openKeyboard(draft, action.text, action.buttons, causedAt);
    case 'file':
      return openFile(draft, action, causedAt);
    case 'handover': {
      if (action.note !== undefined && action.note !== '') {
        emit(draft, { type: 'NoteRecorded', data: { text: action.note } });
      }
      const department = action.department ?? (action.operatorId === undefined ? draft.context.settings.department : null);
      openEffect(
        draft,
        {
          kind: 'redirect',
          ...(action.operatorId === undefined ? {} : { operatorId: action.operatorId }),
          ...(department === null ? {} : { department }),
        },
        'handover',
        action.noOperatorAfterMs === undefined ? {} : { noOperatorAfterMs: action.noOperatorAfterMs },
      );
      return;
    }
    case 'close':
      openEffect(draft, { kind: 'close' }, 'close');
      return;
    case 'http':
      openEffect(draft, { kind: 'http', ...action.request, headers: { ...action.request.headers } }, 'http');
      return;
    case 'mark':
      emit(draft, { type: 'Marked', data: { name: action.name } });
      return;
    default:
      action satisfies never;
  }
};

/** `ask`, `wait` and `expires` run from the result of the last effect before them, not from the decision. */
export const armScript = (draft: Draft): void => {
  const state = liveOf(draft);
  const { cursor } = state.scriptState;
  const timeoutMs = cursor?.timeoutMs;
  if (state.holder.owner !== 'bot' || state.trial !== null || isStopped(draft)) return;
  if (cursor?.waitsFor === 'http' && state.effects.length === 0 && !state.parked) {
    // Its request was dropped when people got the chat, and no Return took the position up: nothing else will answer.
    runScript(draft, { kind: 'http_result', response: { error: 'in_doubt' } });
    return;
  }
  if (timeoutMs === undefined || state.effects.length > 0 || state.deadlines.script !== undefined) return;
  emit(draft, { type: 'DeadlineSet', data: { name: 'script', at: draft.at + timeoutMs } });
};

const same = (a: Cursor | null | undefined, b: Cursor | null | undefined): boolean =>
  a === b || JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** The script forgets where it stood: at its triggers again, variables kept. */
export const resetCursor = (draft: Draft, trigger: string): void => {
  const state = liveOf(draft).scriptState;
  if (state.cursor === null) return;
  emit(draft, {
    type: 'ScriptAdvanced',
    data: {
      trigger,
      outcome: 'idle',
      cursor: null,
      fallbackStreak: state.fallbackStreak,
      keyboard: null,
      variables: {},
      trace: { won: null, lost: [], steps: [] },
    },
  });
};
