import { describe, expect, it } from 'vitest';
import { stamp } from '../../src/state.ts';
import { bot } from '../kit/bots.ts';
import { aDialog } from '../kit/dialog.ts';
import { anna, minute } from '../kit/settings.ts';

/** Fails at a word. */
const failing = bot(`
defaults: { handover: { department: operators } }
vars: { n: { type: int }, none: { type: int } }
scripts:
  round:
    when: { text: { any_of: [round] } }
    steps:
      - set: { none: '0' }
      - set: { n: 1 / none }
  what:
    when: { fallback: { streak: 1 } }
    steps: [{ say: what? }]
`);

const parkedByScript = () => {
  const dialog = aDialog({ script: failing });
  dialog.newChat();
  dialog.says('round');
  expect(dialog.live().parked).toBe(true);
  return dialog;
};

describe('§6.7 a dialog that its own script or a send in doubt stops', () => {
  it('a script that fails is parked with its line named, and people get the chat', () => {
    const dialog = parkedByScript();
    expect(dialog.of('ScriptAdvanced').at(-1)?.error).toContain('line 11');
    expect([dialog.open(), dialog.live().effects[0]?.purpose]).toEqual([['<redirect>'], 'parked']);
  });

  it('what was on its way before is not let through: the head is its own redirect', () => {
    const dialog = aDialog({ settings: { inDoubt: 'park' } }).welcomed();
    dialog.passes(minute);
    dialog.says('two');
    dialog.answer('in_doubt');
    expect(stamp(dialog.state()).head?.number).toBe(dialog.live().effects.at(-1)?.number);
  });

  it('an operator who has the chat keeps it: no redirect', () => {
    const dialog = aDialog({ script: failing });
    dialog.newChat();
    dialog.passes(minute);
    dialog.assigned(anna);
    dialog.passes(minute);
    dialog.says('round');
    expect(dialog.open()).toEqual([]);
  });

  it('released, its timers are armed anew and it is heard again', () => {
    const dialog = parkedByScript();
    dialog.answer('refused', { reason: 'other' });
    dialog.released();
    expect([dialog.live().parked, dialog.owner(), dialog.open()]).toEqual([false, 'bot', []]);
    expect(dialog.deadlines().auto_close).toBeDefined();
    dialog.says('hello');
    expect(dialog.open()).toEqual(['what?']);
  });

  it('its history replays, once', () => {
    const dialog = parkedByScript();
    dialog.released();
    expect(dialog.replayed().events).toEqual(dialog.stream());
  });
});
