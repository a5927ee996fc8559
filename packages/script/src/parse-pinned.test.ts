import { describe, expect, it } from 'vitest';
import { parsePinned, parseScript } from './parse.ts';

const bot = (steps: string): string => `format: dialog-script/1
bot: test
scripts:
  hello:
    when: chat_start
    steps: ${steps}
  what:
    when: { fallback: { streak: 1 } }
    steps: [ { say: "?" } ]
`;

describe('a script that a history names', () => {
  it('is read though the linter refuses it now: the dialog that it decides goes on', () => {
    const lint = bot('[ { say: "{{ never_declared }}" } ]');
    expect(parseScript(lint).ok).toBe(false);
    const pinned = parsePinned(lint);
    expect(pinned.ok && pinned.script.steps.size).toBe(2);
  });

  it('is refused where its form is one that this version can not run, with the place', () => {
    const parsed = parsePinned(bot('[ { shout: "hello" } ]'));
    expect(parsed).toMatchObject({ ok: false, findings: [{ rule: 'unknown-verb', severity: 'error', position: { line: 6, column: 16 } }] });
  });

  it('is the same script as when it was published', () => {
    const text = bot('[ { say: "hello" } ]');
    const published = parseScript(text);
    const pinned = parsePinned(text);
    expect(pinned.ok && published.ok && [...pinned.script.steps]).toEqual(published.ok ? [...published.script.steps] : undefined);
  });
});
