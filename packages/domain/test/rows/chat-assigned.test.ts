import { describe, expect, it } from 'vitest';
import { aDialog } from '../kit/dialog.ts';
import { anna, boris, botOperator, minute, second } from '../kit/settings.ts';

describe('§5.2 chat_assigned', () => {
  it('another operator: operator, flag set if it is not; several in a row are one stretch', () => {
    const dialog = aDialog().welcomed();
    dialog.passes(minute);
    dialog.assigned(anna);
    dialog.assigned(boris);
    expect(dialog.assigned(boris)).toEqual(['InputRepeated']);
    expect(dialog.of('OwnerChanged').map((change) => change.operatorId)).toEqual([undefined, anna, boris]);
    expect(dialog.of('FlagSet')).toHaveLength(1);
  });

  it('within 6 s after the owner became bot, without a later time of its own: late', () => {
    const dialog = aDialog().withOperator();
    dialog.passes(minute);
    dialog.newChat();
    dialog.passes(6 * second);
    expect(dialog.assigned(anna)).toEqual(['InputLate']);
    expect(dialog.owner()).toBe('bot');
  });

  it('within 6 s with a later time of its own, or after them: it counts', () => {
    const told = aDialog();
    told.newChat([], { webimAt: 1_000 });
    told.passes(second);
    told.assigned(anna, 2_000);
    const later = aDialog().welcomed();
    later.passes(6 * second + 1);
    later.assigned(anna);
    expect([told.owner(), later.owner()]).toEqual(['operator', 'operator']);
  });

  it('of a second operator, delivered after he gave the chat back by a webhook that shows no time: late', () => {
    const dialog = aDialog().handedOver();
    dialog.passes(minute);
    dialog.assigned(anna, dialog.now());
    dialog.passes(minute);
    const took = dialog.now();
    dialog.passes(2 * second);
    dialog.newChat();
    dialog.passes(3 * second);
    expect(dialog.assigned(boris, took)).toEqual(['InputLate']);
    expect([dialog.owner(), dialog.open()]).toEqual(['bot', ['back again']]);
  });

  it('received before the last proof that the bot has the chat, and held up since: late', () => {
    const backAgain = aDialog().withOperator();
    const received = backAgain.now();
    backAgain.passes(minute);
    backAgain.newChat();
    backAgain.passes(minute);
    expect(backAgain.assigned(anna, undefined, received)).toEqual(['InputLate']);

    // The bot kept the chat all the time, as the engine saw it: the operator came and went while the log was away.
    const unnoticed = aDialog().welcomed();
    unnoticed.passes(minute);
    const then = unnoticed.now();
    unnoticed.passes(minute);
    unnoticed.says('human');
    unnoticed.passes(10 * second);
    // A redirect that is at Webim now proves nothing of an assignment that was received before it.
    expect(unnoticed.assigned(anna, then + 1, then)).toEqual(['InputLate']);
    expect([backAgain.owner(), unnoticed.owner()]).toEqual(['bot', 'bot']);
  });

  it('held up, but nothing since has shown that the bot has the chat: it counts', () => {
    const dialog = aDialog().welcomed();
    dialog.passes(minute);
    const received = dialog.now();
    dialog.passes(minute);
    dialog.assigned(anna, undefined, received);
    expect(dialog.owner()).toBe('operator');
  });

  it('in queue it always counts', () => {
    const dialog = aDialog().handedOver();
    dialog.assigned(anna, 1);
    expect(dialog.owner()).toBe('operator');
  });

  it("the bot's own operator, newer by Webim's own time: as a further new_chat", () => {
    const dialog = aDialog();
    dialog.newChat([], { webimAt: 1_000 });
    dialog.accepts();
    dialog.passes(minute);
    dialog.assigned(anna, 2_000);
    dialog.passes(minute);
    dialog.assigned(botOperator, 3_000);
    expect([dialog.owner(), dialog.flag(), dialog.open()]).toEqual(['bot', null, ['back again']]);
  });

  it("the bot's own operator, not newer or without a time: recorded", () => {
    const dialog = aDialog();
    dialog.newChat([], { webimAt: 1_000 });
    dialog.accepts();
    dialog.passes(minute);
    dialog.assigned(anna, 2_000);
    expect([dialog.assigned(botOperator, 2_000), dialog.assigned(botOperator)]).toEqual([['InputIgnored'], ['InputIgnored']]);
    expect(dialog.owner()).toBe('operator');
  });

  it('no bot operator configured: in bot recorded and offered, in queue it counts', () => {
    const dialog = aDialog({ settings: { botOperatorId: null } }).welcomed();
    dialog.passes(minute);
    expect(dialog.assigned('unknown-1')).toEqual(['LikelyBotOperator', 'InputIgnored']);
    dialog.says('mute human');
    dialog.accepts();
    dialog.assigned(anna);
    expect(dialog.owner()).toBe('operator');
  });
});
