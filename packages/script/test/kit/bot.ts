import { advance } from '../../src/interpret.ts';
import { parseScript, type Script } from '../../src/parse.ts';
import { type Advance, initialScriptState, type RunMode, type ScriptContext, type ScriptState, type Trigger } from '../../src/types.ts';

/** Monday, 12:00 in UTC. */
export const noon = Date.UTC(2026, 0, 5, 12);

export const context = (overrides: Partial<ScriptContext> = {}): ScriptContext => ({
  now: noon,
  chat: { id: '42', account: 'shop' },
  visitor: { name: 'Анна' },
  returnCause: null,
  ...overrides,
});

/** A script that must parse. Format and bot stand before it. */
export const bot = (yaml: string): Script => {
  const parsed = parseScript(`format: dialog-script/1\nbot: test\n${yaml}`);
  if (parsed.ok) return parsed.script;
  throw new Error(parsed.findings.map((found) => `${found.position.line}: ${found.rule} ${found.message}`).join('\n'));
};

/** A bot that runs these steps when the chat starts, with a variable of each of some types; `more`: other scripts. */
export const botOf = (steps: string, more = ''): Script =>
  bot(`vars: { a: { type: json }, b: { type: json }, n: { type: int }, t: { type: text } }
scripts:
  s:
    when: chat_start
    steps: ${steps}
${more}`);

export const start: Trigger = { kind: 'chat_start' };
export const said = (text: string): Trigger => ({ kind: 'text', text });
export const pressed = (id: string): Trigger => ({ kind: 'button', id });
export const answered = (status: number, body: string | null = null): Trigger => ({ kind: 'http_result', response: { status, body } });

export type Talk = {
  readonly state: () => ScriptState;
  /** The last advance. */
  readonly last: () => Advance;
  /** @returns what it did, a line each */
  readonly then: (trigger: Trigger, mode?: RunMode) => readonly string[];
};

/** A dialog with a script, step by step; between two inputs the state goes through JSON, as a store would have it. */
export const talk = (script: Script, overrides: Partial<ScriptContext> = {}): Talk => {
  let state = initialScriptState;
  let last: Advance | undefined;
  return {
    state: () => state,
    last: () => last as Advance,
    then: (trigger, mode = 'open') => {
      const returnCause = trigger.kind === 'returned' ? trigger.cause : (overrides.returnCause ?? null);
      last = advance(script, JSON.parse(JSON.stringify(state)) as ScriptState, trigger, context({ ...overrides, returnCause }), mode);
      state = last.state;
      return lines(last);
    },
  };
};

const lines = (result: Advance): readonly string[] => {
  const did = result.actions.map((action): string => {
    switch (action.kind) {
      case 'text':
        return action.text;
      case 'keyboard':
        return `${action.text} ${action.buttons.map((row) => `[${row.map((one) => `${one.id}:${one.text}`).join(' ')}]`).join('')}`;
      case 'file':
        return `file ${action.name} ${action.url} ${action.mediaType}${action.caption === undefined ? '' : ` ${action.caption}`}`;
      case 'handover':
        return `handover ${JSON.stringify({ ...action, kind: undefined })}`;
      case 'close':
        return 'close';
      case 'http':
        return `http ${JSON.stringify(action.request)}`;
      case 'mark':
        return `mark ${action.name}`;
      default:
        return action satisfies never;
    }
  });
  const ended = result.outcome === 'error' ? `(error: ${result.error})` : result.outcome === 'idle' ? [] : `(${result.outcome})`;
  return [...did, ...[ended].flat()];
};
