import { describe, expect, it } from 'vitest';
import { asker } from '../kit/bots.ts';
import { aDialog } from '../kit/dialog.ts';
import { anna, minute, second } from '../kit/settings.ts';

const welcomed = (settings = {}) => aDialog({ script: asker, settings }).welcomed();
const silentFor = (dialog: ReturnType<typeof aDialog>, ms: number) => {
  dialog.passes(ms);
  dialog.timerDue();
  dialog.accepts();
};

describe('`silence`: nothing from the visitor for so long while the bot has the chat', () => {
  it('runs from the delivery of the last thing said, not from the decision', () => {
    const dialog = aDialog({ script: asker });
    dialog.newChat();
    expect(dialog.deadlines().silence).toBeUndefined();
    dialog.passes(30 * second);
    dialog.accepts();
    expect(dialog.deadlines().silence?.at).toBe(dialog.now() + 2 * minute);
  });
  it('fires the rules in order, each once, each counted from the same silence', () => {
    const dialog = welcomed();
    const said = dialog.now();
    silentFor(dialog, 2 * minute);
    expect(dialog.deadlines().silence?.at).toBe(said + 5 * minute);
    silentFor(dialog, 3 * minute);
    expect([dialog.heard(), dialog.marks()]).toEqual([['welcome', 'are you there?', 'still there?'], ['silent']]);
    expect(dialog.deadlines().silence).toBeUndefined();
  });
  it('a message begins anew, also one that makes the bot say nothing', () => {
    const dialog = welcomed();
    silentFor(dialog, 2 * minute);
    dialog.passes(minute);
    dialog.says('nonsense');
    expect(dialog.deadlines().silence).toBeUndefined();
    dialog.accepts();
    silentFor(dialog, 2 * minute);
    expect(dialog.heard()).toEqual(['welcome', 'are you there?', 'what?', 'are you there?']);
  });
  it('of two rules that are due at once, after the engine was away, the second keeps its distance', () => {
    const dialog = welcomed();
    dialog.passes(60 * minute);
    dialog.doorsOpenedAt(dialog.now() - 2 * minute);
    dialog.timerDue();
    dialog.accepts();
    expect(dialog.heard()).toEqual(['welcome', 'are you there?']);
    expect(dialog.deadlines().silence?.at).toBe(dialog.now() + 3 * minute);
  });
  it('could have been met by writing: not due while the doors are closed, nor within a minute after', () => {
    const dialog = welcomed();
    dialog.passes(10 * minute);
    dialog.doorsOpenedAt(null);
    expect(dialog.timerDue()).toEqual([]);
    dialog.doorsOpenedAt(dialog.now());
    dialog.passes(59 * second);
    expect(dialog.timerDue()).toEqual([]);
    dialog.passes(second);
    dialog.timerDue();
    expect(dialog.open()).toEqual(['are you there?']);
  });
  it('reminds of an open question, which stays open with its own deadline', () => {
    const dialog = welcomed();
    dialog.says('order');
    dialog.accepts();
    const asked = dialog.now();
    silentFor(dialog, 2 * minute);
    expect(dialog.live().scriptState.cursor?.waitsFor).toBe('answer');
    silentFor(dialog, 3 * minute);
    // Two reminders, and it ends when it would have ended without them.
    expect(dialog.deadlines().script?.at).toBe(asked + 10 * minute);
    dialog.untilDeadline();
    expect(dialog.open()).toEqual(['another time']);
    dialog.accepts();
    // Both rules have fired in this silence.
    expect(dialog.deadlines().silence).toBeUndefined();
  });
  it('not while the script waits by itself: the next word is the bot’s', () => {
    const dialog = welcomed();
    dialog.says('pause');
    expect(dialog.deadlines().silence).toBeUndefined();
    dialog.untilDeadline();
    expect(dialog.open()).toEqual(['there I am']);
    dialog.accepts();
    expect(dialog.deadlines().silence?.at).toBe(dialog.now() + 2 * minute);
  });
  it('not while people have the chat; anew when the bot gets it back', () => {
    const dialog = welcomed();
    silentFor(dialog, 2 * minute);
    dialog.assigned(anna);
    expect(dialog.deadlines().silence).toBeUndefined();
    dialog.passes(10 * minute);
    dialog.newChat();
    dialog.accepts();
    expect(dialog.deadlines().silence?.at).toBe(dialog.now() + 2 * minute);
  });
  it('not after the bot’s own close, which Webim took; a message in between is a normal one', () => {
    const dialog = welcomed();
    dialog.says('bye');
    dialog.accepts();
    expect(dialog.deadlines().silence).toBeUndefined();
    dialog.says('one more thing');
    dialog.accepts();
    expect(dialog.deadlines().silence).toBeDefined();
  });
  it('a script without such rules has no such deadline', () => {
    const dialog = aDialog().welcomed();
    expect(dialog.of('DeadlineSet').map((one) => one.name)).toEqual(['auto_close']);
  });
});
