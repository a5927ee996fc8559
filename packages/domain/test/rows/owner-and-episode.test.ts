import { describe, expect, it } from 'vitest';
import { pusher } from '../kit/bots.ts';
import { aDialog } from '../kit/dialog.ts';
import { anna, boris, botOperator, minute, second } from '../kit/settings.ts';

describe('§5.1 owner and epoch', () => {
  it('every change of owner raises the epoch', () => {
    const dialog = aDialog();
    const epochs: number[] = [];
    const note = () => epochs.push(dialog.epoch());
    dialog.welcomed();
    note();
    dialog.says('mute human');
    dialog.answer('accepted');
    note();
    dialog.assigned(anna);
    note();
    dialog.assigned(boris);
    note();
    dialog.passes(minute);
    dialog.newChat();
    note();
    dialog.closed();
    note();
    expect(epochs).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('each event carries epoch, owner, flag and head as they are after it', () => {
    const dialog = aDialog().welcomed();
    dialog.says('mute human');
    dialog.answer('accepted');
    const shown = dialog.stream().slice(-8);
    const after = (type: string) => shown.find((event) => event.type === type)?.metadata;
    expect(after('EffectOpened')).toMatchObject({ epoch: 1, owner: 'bot', flag: false, head: { number: 2, attempt: 1 } });
    expect(after('EffectSettled')).toMatchObject({ epoch: 1, owner: 'bot', flag: false, head: null });
    expect(after('OwnerChanged')).toMatchObject({ epoch: 2, owner: 'queue', flag: false });
    expect(after('FlagSet')).toMatchObject({ epoch: 2, owner: 'queue', flag: true });
  });
});

describe('§5.1 the flag and its episode', () => {
  it('an accepted redirect sets it with the epoch that names the episode', () => {
    const dialog = aDialog().handedOver();
    expect(dialog.flag()).toEqual({ episode: dialog.epoch(), cause: 'handover' });
  });

  it('chat_assigned of another operator sets it', () => {
    const dialog = aDialog().welcomed();
    dialog.passes(minute);
    dialog.assigned(anna);
    expect(dialog.flag()).toEqual({ episode: dialog.epoch(), cause: 'operator_assigned' });
  });

  it('a refusal "not the bot\'s chat" sets it', () => {
    const dialog = aDialog().welcomed();
    dialog.says('hello');
    dialog.answer('refused', { reason: 'not_bots_chat' });
    expect(dialog.flag()).toEqual({ episode: dialog.epoch(), cause: 'lost' });
  });

  it('a refused webhook sets it', () => {
    const dialog = aDialog().welcomed();
    dialog.says('hello', { refused: true });
    expect(dialog.flag()).toEqual({ episode: dialog.epoch(), cause: 'webhook_refused' });
  });

  it('one already set stays, with its episode', () => {
    const dialog = aDialog().handedOver();
    const episode = dialog.flag();
    dialog.assigned(anna);
    dialog.assigned(boris);
    expect(dialog.flag()).toEqual(episode);
    expect(dialog.of('FlagSet')).toHaveLength(1);
  });

  it('Return runs once per episode, and again for the next', () => {
    const dialog = aDialog().withOperator();
    dialog.passes(minute);
    dialog.newChat();
    dialog.accepts();
    dialog.says('mute human');
    dialog.accepts();
    dialog.closed();
    dialog.closed();
    expect(dialog.of('ReturnStarted').map((run) => run.cause)).toEqual(['operator_redirect', 'final_close']);
    expect(dialog.of('FlagReset').map((reset) => reset.episode)).toEqual(dialog.of('FlagSet').map((set) => set.episode));
  });
});

describe('§5.1 a trial', () => {
  /** Somebody writes while an operator has the chat: the bot asks. */
  const onTrial = () => {
    const dialog = aDialog().withOperator();
    dialog.passes(minute);
    dialog.says('hello');
    return dialog;
  };

  it('raises the epoch; owner and flag stay', () => {
    const dialog = aDialog().withOperator();
    const [epoch, flag] = [dialog.epoch(), dialog.flag()];
    dialog.passes(minute);
    dialog.says('hello');
    expect([dialog.epoch(), dialog.owner(), dialog.flag()]).toEqual([epoch + 1, 'operator', flag]);
  });

  it('further inputs wait', () => {
    const dialog = onTrial();
    dialog.says('menu');
    expect(dialog.live().waiting.map((one) => one.message.text)).toEqual(['hello', 'menu']);
    expect(dialog.open()).toEqual(['back again']);
  });

  it("its first effect accepted: the bot owns in the trial's epoch, flag reset with its cause, the Return counts, the queue goes on", () => {
    const dialog = onTrial();
    const epoch = dialog.epoch();
    dialog.answer('accepted');
    expect([dialog.owner(), dialog.epoch(), dialog.flag()]).toEqual(['bot', epoch, null]);
    expect(dialog.of('FlagReset').map((reset) => reset.cause)).toEqual(['operator_redirect']);
    expect(dialog.of('ReturnStarted')).toEqual([{ episode: 2, cause: 'operator_redirect', script: 'back' }]);
    expect(dialog.open()).toEqual(['hello back']);
  });

  it('new_chat accepts it', () => {
    const dialog = onTrial();
    const epoch = dialog.epoch();
    dialog.newChat();
    expect([dialog.owner(), dialog.epoch(), dialog.flag()]).toEqual(['bot', epoch, null]);
    dialog.accepts();
    expect(dialog.heard().slice(-2)).toEqual(['back again', 'hello back']);
    expect(dialog.of('ReturnStarted')).toHaveLength(1);
  });

  it("chat_assigned of the bot's own operator accepts it", () => {
    const dialog = onTrial();
    dialog.assigned(botOperator);
    expect([dialog.owner(), dialog.flag()]).toEqual(['bot', null]);
  });

  for (const [word, answer] of [
    ['refused', { outcome: 'refused', reason: 'not_bots_chat' }],
    ['expired', { outcome: 'expired' }],
    ['suppressed', { outcome: 'suppressed' }],
  ] as const) {
    it(`${word}: cursor and variables as before, the queue dropped, waiting messages seen by people`, () => {
      const dialog = aDialog().welcomed();
      dialog.says('order');
      dialog.accepts();
      dialog.says('12');
      dialog.accepts();
      dialog.says('human');
      dialog.accepts();
      dialog.assigned(anna);
      const before = dialog.live().scriptState;
      expect(before.variables).toEqual({ order_no: '12' });
      dialog.passes(minute);
      dialog.says('hello');
      expect(dialog.live().scriptState.variables).toEqual({ order_no: null });
      dialog.answerTo(dialog.head(), answer);
      expect(dialog.live().scriptState).toEqual(before);
      expect([dialog.owner(), dialog.open(), dialog.live().waiting]).toEqual(['operator', [], []]);
      expect(dialog.of('MessagesSeenByPeople')).toHaveLength(1);
      expect(dialog.of('ReturnStarted')).toEqual([]);
    });
  }

  it('another change of owner ends it', () => {
    const dialog = onTrial();
    const flag = dialog.flag();
    dialog.assigned(boris);
    expect(dialog.of('TrialEnded')).toEqual([{ outcome: 'overtaken' }]);
    expect([dialog.owner(), dialog.flag(), dialog.live().waiting]).toEqual(['operator', flag, []]);
    dialog.answer('suppressed');
    expect(dialog.owner()).toBe('operator');
  });

  it('a refused trial leaves the wait for an operator armed', () => {
    const dialog = aDialog().handedOver();
    const due = dialog.deadlines().no_operator?.at;
    dialog.passes(20 * second);
    dialog.says('hello');
    dialog.answer('refused', { reason: 'not_bots_chat' });
    expect(due).toBeDefined();
    expect(dialog.deadlines().no_operator?.at).toBe(due);
  });

  it('a message whose trial refused after new_chat proved it does not undo it', () => {
    const dialog = aDialog().handedOver();
    dialog.untilDeadline();
    expect(dialog.head().purpose).toBe('ask_back');
    const asked = dialog.head();
    dialog.newChat(['hello']);
    dialog.answerTo(asked, { outcome: 'refused', reason: 'other' });
    dialog.accepts();
    expect(dialog.owner()).toBe('bot');
    expect(dialog.heard().slice(-2)).toEqual(['nobody came', 'hello back']);
    expect(dialog.of('TrialEnded')).toEqual([{ outcome: 'accepted' }]);
  });

  it('a handover as its first effect: accepted, the Return counts and a new episode begins', () => {
    const dialog = aDialog({ script: pusher });
    dialog.newChat();
    dialog.accepts();
    dialog.says('human');
    dialog.accepts();
    dialog.assigned(anna);
    dialog.passes(minute);
    dialog.says('anybody?');
    dialog.answer('accepted');
    expect([dialog.owner(), dialog.flag()?.episode]).toEqual(['queue', dialog.epoch()]);
    expect(dialog.of('ReturnStarted')).toHaveLength(1);
    expect(dialog.of('FlagSet')).toHaveLength(2);
  });

  it('a handover as its first effect: refused, the operator keeps the chat', () => {
    const dialog = aDialog({ script: pusher });
    dialog.newChat();
    dialog.accepts();
    dialog.says('human');
    dialog.accepts();
    dialog.assigned(anna);
    dialog.passes(minute);
    dialog.says('anybody?');
    dialog.answer('refused', { reason: 'not_bots_chat' });
    expect([dialog.owner(), dialog.of('TrialEnded')]).toEqual(['operator', [{ outcome: 'refused' }]]);
  });
});
