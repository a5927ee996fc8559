import { describe, expect, it } from 'vitest';
import { aDialog, type TestDialog } from '../kit/dialog.ts';
import { anna, minute, second } from '../kit/settings.ts';

describe('§5.2 a refused webhook', () => {
  it('recorded, no script; the bot owned the chat: queue, flag', () => {
    const dialog = aDialog().welcomed();
    expect(dialog.says('hello', { refused: true })).not.toContain('ScriptAdvanced');
    expect([dialog.owner(), dialog.flag()?.cause, dialog.open()]).toEqual(['queue', 'webhook_refused', []]);
  });

  it("of a new chat: the dialog is people's from its start", () => {
    const dialog = aDialog();
    dialog.newChat(['hello'], { refused: true });
    expect([dialog.owner(), dialog.flag()?.cause, dialog.of('ScriptAdvanced')]).toEqual(['queue', 'webhook_refused', []]);
  });

  it('its repeat answered 200: the bot owns, flag reset without Return, the input is decided', () => {
    const dialog = aDialog().welcomed();
    dialog.says('hello', { id: 'a', refused: true });
    dialog.passes(2 * second);
    dialog.says('hello', { id: 'a' });
    dialog.accepts();
    expect([dialog.owner(), dialog.flag(), dialog.heard()]).toEqual(['bot', null, ['welcome', 'hello back']]);
    expect([dialog.of('FlagReset').map((reset) => reset.cause), dialog.of('ReturnStarted')]).toEqual([['webhook_repeated'], []]);
  });

  describe('while a redirect is on its way, which Webim accepts', () => {
    const crossed = () => {
      const dialog = aDialog().welcomed();
      dialog.passes(minute);
      dialog.says('mute human');
      const redirect = dialog.head();
      dialog.passes(second);
      dialog.says('hello?', { id: 'a', refused: true });
      dialog.passes(second);
      return {
        dialog,
        accepted: () => dialog.answerTo(redirect, { outcome: 'accepted' }),
        repeated: () => dialog.says('hello?', { id: 'a' }),
      };
    };
    const stays = (dialog: TestDialog): void => {
      expect([dialog.owner(), dialog.flag()?.cause, dialog.open()]).toEqual(['queue', 'handover', []]);
      dialog.passes(minute);
      dialog.closed();
      expect([dialog.of('ReturnStarted').length, dialog.flag()]).toEqual([1, null]);
    };

    it('the repeat takes nothing back: people have the chat', () => {
      const { dialog, accepted, repeated } = crossed();
      accepted();
      repeated();
      stays(dialog);
    });

    it('after the repeat: they have it all the same', () => {
      const { dialog, accepted, repeated } = crossed();
      repeated();
      expect(dialog.owner()).toBe('bot');
      accepted();
      stays(dialog);
    });

    it('after it had come back meanwhile: the bot keeps it', () => {
      const { dialog, accepted } = crossed();
      dialog.newChat();
      accepted();
      expect([dialog.owner(), dialog.flag()]).toEqual(['bot', null]);
    });
  });

  it('the repeat of a new chat is greeted and answered, once', () => {
    const dialog = aDialog();
    dialog.newChat(['hello'], { id: 'a', refused: true });
    dialog.newChat(['hello'], { id: 'a' });
    dialog.accepts();
    expect(dialog.heard()).toEqual(['welcome', 'hello back']);
  });

  it('answered 503 after it had landed: taken to people; its repeat is answered once', () => {
    const dialog = aDialog().welcomed();
    dialog.says('hello', { id: 'a' });
    const reply = dialog.head();
    dialog.refusedAfterAll();
    expect(dialog.owner()).toBe('queue');
    dialog.answerTo(reply, { outcome: 'suppressed' });
    dialog.says('hello', { id: 'a' });
    dialog.accepts();
    expect(dialog.heard()).toEqual(['welcome', 'hello back']);
  });

  it('answered 503 after its answer had gone out: its repeat is not answered again', () => {
    const dialog = aDialog().welcomed();
    dialog.passes(second);
    dialog.says('hello', { id: 'a' });
    const mark = dialog.live().recentWebhooks.at(-1)?.inputId;
    dialog.passes(second);
    dialog.accepts();
    dialog.refusedAfterAll(mark);
    dialog.says('hello', { id: 'a' });
    expect([dialog.owner(), dialog.open(), dialog.heard()]).toEqual(['bot', [], ['welcome', 'hello back']]);
  });

  it('its repeat after an overdue close arms the auto-close deadline anew', () => {
    const dialog = aDialog().welcomed();
    dialog.says('hello', { id: 'a', refused: true });
    for (let wakes = 0; wakes < 5 && dialog.of('CloseOverdue').length === 0; wakes++) {
      dialog.untilDeadline();
      if (dialog.live().effects.length > 0) dialog.answer('refused', { reason: 'not_bots_chat' });
    }
    expect(dialog.of('CloseOverdue')).toHaveLength(1);
    dialog.says('hello', { id: 'a' });
    expect([dialog.owner(), dialog.deadlines().auto_close !== undefined]).toEqual(['bot', true]);
  });

  it('answered 503 after it had landed, its mark slower than its repeat: the bot keeps the chat and its answer', () => {
    const dialog = aDialog().welcomed();
    dialog.says('hello', { id: 'a' });
    const landed = dialog.live().recentWebhooks.at(-1)?.inputId;
    dialog.says('hello', { id: 'a' });
    dialog.refusedAfterAll(landed);
    dialog.accepts();
    expect([dialog.owner(), dialog.flag(), dialog.heard()]).toEqual(['bot', null, ['welcome', 'hello back']]);
  });

  it('never landed: its mark alone takes the chat to people, and an operator who got it at once counts', () => {
    const dialog = aDialog().welcomed();
    dialog.passes(second);
    dialog.refusedAfterAll('away');
    expect([dialog.owner(), dialog.flag()?.cause]).toEqual(['queue', 'webhook_refused']);
    dialog.assigned(anna);
    expect([dialog.owner(), dialog.flag()?.cause]).toEqual(['operator', 'webhook_refused']);
  });

  it('never landed, and Webim asked again: its repeat takes that back and is answered', () => {
    const dialog = aDialog().welcomed();
    dialog.passes(second);
    dialog.refusedAfterAll('away', ['id-a']);
    dialog.says('hello', { id: 'a' });
    dialog.accepts();
    expect([dialog.owner(), dialog.flag(), dialog.heard()]).toEqual(['bot', null, ['welcome', 'hello back']]);
  });

  it('never landed, its mark slower than a later webhook: the bot has the chat', () => {
    const dialog = aDialog().welcomed();
    const refusedAt = dialog.now();
    dialog.passes(second);
    dialog.says('hello', { id: 'a' });
    expect(dialog.refusedAfterAll('away', [], refusedAt)).toEqual(['InputIgnored']);
    dialog.accepts();
    expect([dialog.owner(), dialog.flag(), dialog.heard()]).toEqual(['bot', null, ['welcome', 'hello back']]);
  });

  it('answered 503 while only one before it was answered: its repeat is answered', () => {
    const dialog = aDialog().welcomed();
    dialog.says('two', { id: 'before' });
    dialog.says('hello', { id: 'a' });
    const landed = dialog.live().recentWebhooks.at(-1)?.inputId;
    dialog.passes(second);
    dialog.answer('accepted');
    dialog.answer('accepted');
    const answer = dialog.head();
    dialog.refusedAfterAll(landed);
    dialog.answerTo(answer, { outcome: 'suppressed' });
    dialog.says('hello', { id: 'a' });
    dialog.accepts();
    expect([dialog.owner(), dialog.heard()]).toEqual(['bot', ['welcome', 'one', 'two', 'hello back']]);
  });

  it('answered 503 while its answer was on its way, which crossed: its repeat is not answered again', () => {
    const dialog = aDialog().welcomed();
    dialog.says('hello', { id: 'a' });
    const answer = dialog.head();
    dialog.refusedAfterAll();
    dialog.answerTo(answer, { outcome: 'accepted', crossed: true });
    dialog.says('hello', { id: 'a' });
    expect([dialog.owner(), dialog.open(), dialog.heard()]).toEqual(['bot', [], ['welcome', 'hello back']]);
  });

  it('two of them, repeated in their order: both are answered', () => {
    const dialog = aDialog().welcomed();
    dialog.says('hello', { id: 'a', refused: true });
    dialog.says('two', { id: 'b', refused: true });
    dialog.says('hello', { id: 'a' });
    dialog.says('two', { id: 'b' });
    dialog.accepts();
    expect(dialog.heard()).toEqual(['welcome', 'hello back', 'one', 'two']);
  });

  it('its repeat does not take the chat from an operator', () => {
    const dialog = aDialog().welcomed();
    dialog.says('hello', { id: 'a', refused: true });
    dialog.assigned(anna);
    dialog.says('hello', { id: 'a' });
    expect([dialog.owner(), dialog.flag() === null]).toEqual(['operator', false]);
  });

  it('its repeat does not take back a handover that Webim accepted', () => {
    const dialog = aDialog().handedOver();
    dialog.says('wait', { id: 'a', refused: true });
    dialog.passes(2 * second);
    dialog.says('wait', { id: 'a' });
    expect([dialog.owner(), dialog.flag()?.cause]).toEqual(['queue', 'handover']);
  });

  it('long over, it does not swallow the new_chat of an operator who gives the chat back', () => {
    const dialog = aDialog().welcomed();
    dialog.says('hello', { id: 'a', refused: true });
    dialog.assigned(anna);
    dialog.passes(minute);
    dialog.newChat();
    expect([dialog.owner(), dialog.flag(), dialog.open()]).toEqual(['bot', null, ['back again']]);
  });

  it('its repeat after a close by inference reopens', () => {
    const dialog = aDialog({ settings: { closeAuthority: 'engine' } }).welcomed();
    dialog.passes(minute);
    dialog.assigned(anna);
    dialog.untilDeadline();
    dialog.untilDeadline();
    expect(dialog.owner()).toBe('nobody');
    dialog.says('hello', { id: 'a', refused: true });
    dialog.says('hello', { id: 'a' });
    dialog.accepts();
    expect([dialog.owner(), dialog.heard().at(-1)]).toEqual(['bot', 'hello back']);
  });
});
