import { describe, expect, it } from 'vitest';
import { aDialog } from '../kit/dialog.ts';
import { hour, second } from '../kit/settings.ts';

describe('§5.2 new_message', () => {
  it('where the bot owns: the script advances', () => {
    const dialog = aDialog().welcomed();
    expect(dialog.says('hello')).toEqual(['ScriptAdvanced', 'EffectOpened']);
  });

  it('of an unknown chat: the dialog starts from it, marked incomplete', () => {
    const dialog = aDialog();
    dialog.says('hello');
    expect([dialog.owner(), dialog.live().incomplete]).toEqual(['bot', true]);
    dialog.accepts();
    expect(dialog.heard()).toEqual(['welcome', 'hello back']);
  });

  it('known by its id is a repeat, however late', () => {
    const dialog = aDialog().welcomed();
    dialog.says('hello', { id: 'a' });
    dialog.accepts();
    dialog.passes(hour);
    expect(dialog.says('hello', { id: 'a' })).toEqual(['InputRepeated']);
  });

  it('without an id: the same within 10 s is a repeat, later or across a reply of ours it is not', () => {
    const dialog = aDialog().welcomed();
    dialog.says('quiet', { id: null });
    dialog.passes(9 * second);
    expect(dialog.says('quiet', { id: null })).toEqual(['InputRepeated']);
    dialog.passes(11 * second);
    expect(dialog.says('quiet', { id: null })).not.toContain('InputRepeated');
    dialog.says('hello', { id: null });
    dialog.accepts();
    dialog.passes(second);
    expect(dialog.says('hello', { id: null })).not.toContain('InputRepeated');
  });

  for (const [where, dialogThere] of [
    ['queue', () => aDialog().handedOver()],
    ['operator', () => aDialog().withOperator()],
  ] as const) {
    it(`in ${where} within handbackGrace is recorded only`, () => {
      const dialog = dialogThere();
      dialog.passes(10 * second);
      expect(dialog.says('hello')).toEqual(['InputIgnored']);
      expect(dialog.owner()).toBe(where);
    });

    it(`in ${where} later is a trial: returned starts, the message waits`, () => {
      const dialog = dialogThere();
      dialog.passes(10 * second + 1);
      dialog.says('hello');
      expect(dialog.of('TrialStarted')).toEqual([{ cause: 'operator_redirect' }]);
      expect([dialog.open(), dialog.live().waiting.length, dialog.owner()]).toEqual([['back again'], 1, where]);
    });
  }
});
