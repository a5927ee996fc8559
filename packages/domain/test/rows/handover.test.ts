import { describe, expect, it } from 'vitest';
import { forgetful } from '../kit/bots.ts';
import { aDialog } from '../kit/dialog.ts';
import { anna, botOperator, minute, second } from '../kit/settings.ts';

describe('§5.2 handover', () => {
  const asking = () => {
    const dialog = aDialog().welcomed();
    dialog.passes(minute);
    dialog.says('mute human');
    return dialog;
  };

  it('the redirect is an open effect, after what is said before it', () => {
    const dialog = aDialog().welcomed();
    dialog.says('human');
    expect([dialog.owner(), dialog.open()]).toEqual(['bot', ['handing over', '<redirect>']]);
    expect(dialog.of('EffectOpened').at(-1)?.effect).toEqual({ kind: 'redirect', department: 'operators' });
  });

  it('accepted: queue, flag, episode, silent steps', () => {
    const dialog = asking();
    dialog.answer('accepted');
    expect([dialog.owner(), dialog.flag()]).toEqual(['queue', { episode: 2, cause: 'handover' }]);
    expect(dialog.marks()).toEqual(['handed_over']);
  });

  it("refused as not the bot's chat: queue, flag with cause lost", () => {
    const dialog = asking();
    dialog.answer('refused', { reason: 'not_bots_chat' });
    expect([dialog.owner(), dialog.flag()?.cause]).toEqual(['queue', 'lost']);
  });

  it('refused as closed: owner and flag stay', () => {
    const dialog = asking();
    dialog.answer('refused', { reason: 'chat_closed' });
    expect([dialog.owner(), dialog.flag(), dialog.open()]).toEqual(['bot', null, []]);
  });

  it('refused for another reason: on_failed', () => {
    const dialog = asking();
    dialog.answer('refused', { reason: 'other' });
    expect([dialog.owner(), dialog.flag(), dialog.marks()]).toEqual(['bot', null, ['not_handed_over']]);
  });

  it('while it is open, chat_assigned of another operator proves it: settled first, then that row', () => {
    const dialog = asking();
    const redirect = dialog.head();
    dialog.assigned(anna);
    expect([dialog.owner(), dialog.flag()?.cause, dialog.marks()]).toEqual(['operator', 'handover', ['handed_over']]);
    expect(dialog.of('EffectSettled').at(-1)).toMatchObject({ number: redirect.number, outcome: 'accepted', by: 'evidence' });
    expect(dialog.answerTo(redirect, { outcome: 'accepted' })).toEqual(['InputLate']);
  });

  it('while it is open, chat_assigned of another operator proves it also right after the bot got the chat', () => {
    const dialog = aDialog({ script: forgetful });
    dialog.newChat(['human']);
    dialog.passes(2 * second);
    dialog.assigned(anna);
    expect(dialog.owner()).toBe('operator');
  });

  it('while it is open, a further new_chat proves it: it came back, returned runs', () => {
    const dialog = asking();
    dialog.newChat();
    expect([dialog.owner(), dialog.flag(), dialog.open()]).toEqual(['bot', null, ['back again']]);
    expect(dialog.of('FlagReset')).toEqual([{ episode: 2, cause: 'operator_redirect' }]);
  });

  it('behind a message that is still on its way it proves nothing', () => {
    const dialog = aDialog().welcomed();
    dialog.passes(minute);
    dialog.says('human');
    dialog.newChat();
    expect([dialog.owner(), dialog.open(), dialog.of('FlagSet')]).toEqual(['bot', ['handing over', '<redirect>'], []]);
  });

  it('"not the bot\'s chat" after an attempt in doubt counts as accepted', () => {
    const dialog = asking();
    dialog.answer('in_doubt');
    dialog.untilDeadline();
    dialog.answer('refused', { reason: 'not_bots_chat' });
    expect([dialog.owner(), dialog.flag()?.cause, dialog.marks()]).toEqual(['queue', 'handover', ['handed_over']]);
  });
});

describe('§5.2 noOperatorAfter passes in queue', () => {
  it("noOperatorAfter of the handover and 6 s: a trial, its probe a redirect to the bot's own operator", () => {
    const dialog = aDialog().handedOver();
    const since = dialog.live().ownerSince;
    dialog.untilDeadline();
    expect(dialog.now() - since).toBe(3 * minute + 6 * second);
    expect(dialog.of('TrialStarted')).toEqual([{ cause: 'no_operator' }]);
    expect(dialog.head().effect).toEqual({ kind: 'redirect', operatorId: botOperator });
    expect([dialog.owner(), dialog.open()]).toEqual(['queue', ['<redirect>', 'nobody came']]);
  });

  it('without a bot operator the probe is the first effect of on_no_operator', () => {
    const dialog = aDialog({ settings: { botOperatorId: null } }).handedOver();
    dialog.untilDeadline();
    expect(dialog.open()).toEqual(['nobody came']);
    dialog.accepts();
    expect([dialog.owner(), dialog.of('FlagReset').map((reset) => reset.cause)]).toEqual(['bot', ['no_operator']]);
  });

  it('refused: the owner stays queue', () => {
    const dialog = aDialog().handedOver();
    dialog.untilDeadline();
    dialog.answer('refused', { reason: 'not_bots_chat' });
    expect([dialog.owner(), dialog.flag()?.cause, dialog.open()]).toEqual(['queue', 'handover', []]);
  });

  it('an operator in the same instant: exactly one wins, the other is recorded', () => {
    const dialog = aDialog().handedOver();
    dialog.untilDeadline();
    const probe = dialog.head();
    dialog.assigned(anna);
    expect(dialog.answerTo(probe, { outcome: 'accepted' })).toEqual(['EffectSettled']);
    expect([dialog.owner(), dialog.of('ReturnStarted')]).toEqual(['operator', []]);
  });
});
