import { describe, expect, it } from 'vitest';
import { pusher } from '../kit/bots.ts';
import { aDialog } from '../kit/dialog.ts';
import { anna, minute } from '../kit/settings.ts';

describe('§5.2 the script says close', () => {
  const closing = () => {
    const dialog = aDialog().welcomed();
    dialog.says('mute bye');
    return dialog;
  };

  it('accepted: the script ends, the owner stays bot until chat_closed, a message in between is a normal one', () => {
    const dialog = closing();
    dialog.answer('accepted');
    expect([dialog.owner(), dialog.live().scriptState.cursor]).toEqual(['bot', null]);
    dialog.says('hello');
    dialog.accepts();
    expect(dialog.heard().at(-1)).toBe('hello back');
    dialog.closed();
    expect(dialog.owner()).toBe('nobody');
  });

  it('accepted under engine: nobody', () => {
    const dialog = aDialog({ settings: { closeAuthority: 'engine' } }).welcomed();
    dialog.says('mute bye');
    dialog.answer('accepted');
    expect(dialog.live().holder).toMatchObject({ owner: 'nobody', final: false });
  });

  it('accepted under engine while a message waits: it reopens and is answered', () => {
    const dialog = aDialog({ settings: { closeAuthority: 'engine' } }).welcomed();
    dialog.says('mute bye');
    dialog.says('hello');
    dialog.answer('accepted');
    dialog.accepts();
    expect([dialog.of('DialogClosed').length, dialog.owner(), dialog.heard().at(-1)]).toEqual([1, 'bot', 'hello back']);
  });

  it('refused: on_failed', () => {
    const dialog = closing();
    dialog.answer('refused', { reason: 'other' });
    expect(dialog.open()).toEqual(['not closed']);
  });
});

describe('§5.2 chat_closed', () => {
  it('without the flag: nobody, no Return', () => {
    const dialog = aDialog().welcomed();
    expect(dialog.closed()).toEqual(['DialogClosed']);
    expect([dialog.owner(), dialog.of('ReturnStarted')]).toEqual(['nobody', []]);
  });

  it('with the flag: flag reset, then the Return script runs', () => {
    const dialog = aDialog().withOperator();
    expect(dialog.closed()).toEqual(['DialogClosed', 'FlagReset', 'ReturnStarted', 'ScriptAdvanced', 'Marked', 'TextDropped']);
    expect(dialog.flag()).toBeNull();
  });

  for (const outcome of ['accepted', 'in_doubt'] as const) {
    it(`a redirect still open at it, then ${outcome}: the flag is set and reset and Return runs`, () => {
      const dialog = aDialog().welcomed();
      dialog.says('mute human');
      const redirect = dialog.head();
      dialog.closed();
      expect(dialog.of('ReturnStarted')).toEqual([]);
      dialog.answerTo(redirect, { outcome });
      expect([dialog.of('FlagSet').length, dialog.of('FlagReset').length]).toEqual([1, 1]);
      expect(dialog.of('ReturnStarted').map((run) => run.cause)).toEqual(['final_close']);
      expect(dialog.owner()).toBe('nobody');
    });
  }

  it('a redirect still open at it: Return carries the cause of that close', () => {
    const dialog = aDialog({ script: pusher });
    dialog.newChat();
    dialog.accepts();
    dialog.says('human');
    const redirect = dialog.head();
    dialog.closed('inactivity_timer');
    dialog.answerTo(redirect, { outcome: 'accepted' });
    expect(dialog.of('ReturnStarted').map((run) => run.cause)).toEqual(['auto_close_timeout']);
    expect(dialog.marks()).toEqual(['after_timeout']);
  });

  it('a redirect still open at it, then any other result: it is settled only', () => {
    const dialog = aDialog().welcomed();
    dialog.says('mute human');
    const redirect = dialog.head();
    dialog.closed();
    expect(dialog.answerTo(redirect, { outcome: 'suppressed' })).toEqual(['EffectSettled']);
  });

  it('a redirect that was in doubt before it keeps the episode: Return runs at the close', () => {
    const dialog = aDialog().welcomed();
    dialog.says('mute human');
    dialog.answer('in_doubt');
    dialog.closed();
    expect(dialog.of('ReturnStarted').map((run) => run.cause)).toEqual(['final_close']);
    expect([dialog.flag(), dialog.open()]).toEqual([null, []]);
  });

  it('a redirect in doubt, on its way again at the close and then suppressed, keeps the episode', () => {
    const dialog = aDialog().welcomed();
    dialog.says('mute human');
    dialog.answer('in_doubt');
    dialog.untilDeadline();
    const again = dialog.head();
    dialog.closed();
    dialog.answerTo(again, { outcome: 'suppressed' });
    expect(dialog.of('ReturnStarted')).toHaveLength(1);
  });

  it('a redirect still open at it in a trial: the Return that ran at that close is the only one', () => {
    const dialog = aDialog({ script: pusher });
    dialog.newChat();
    dialog.accepts();
    dialog.says('human');
    dialog.accepts();
    dialog.passes(minute / 2);
    dialog.says('anybody?');
    const redirect = dialog.head();
    dialog.closed();
    dialog.answerTo(redirect, { outcome: 'accepted' });
    expect(dialog.of('ReturnStarted').map((run) => run.cause)).toEqual(['final_close']);
  });

  it('anything after it is late and reopens nothing', () => {
    const dialog = aDialog().withOperator();
    dialog.closed();
    const after = [dialog.says('hello'), dialog.newChat(['hello']), dialog.assigned(anna), dialog.closed()];
    expect(after).toEqual([['InputLate'], ['InputLate'], ['InputLate'], ['InputLate']]);
    expect([dialog.owner(), dialog.of('ReturnStarted').length]).toEqual(['nobody', 1]);
  });
});
