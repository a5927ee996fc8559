import type { Message } from '@dialog/contracts/message';
import { describe, expect, it } from 'vitest';
import { forgetful, pusher } from '../kit/bots.ts';
import { aDialog, type TestDialog } from '../kit/dialog.ts';
import { visitorMessage } from '../kit/inputs.ts';
import { anna, boris, botOperator, hour, minute, second } from '../kit/settings.ts';

describe('§5.2 event handlers of a chat that the bot never had', () => {
  it('are recorded, status unseen: no owner, flag or deadline', () => {
    const dialog = aDialog();
    dialog.started();
    dialog.assigned(anna);
    dialog.closed();
    expect(dialog.state()).toMatchObject({ status: 'unseen', closed: true });
    expect(dialog.stream().map((event) => event.metadata.owner)).toEqual(Array.from({ length: 6 }, () => null));
    expect(dialog.of('UnseenChatRecorded').map((seen) => seen.kind)).toEqual(['chat_started', 'chat_assigned', 'chat_closed']);
  });

  it('whatever follows its close is late', () => {
    const dialog = aDialog();
    dialog.closed();
    expect([dialog.newChat(['hello']), dialog.says('hello')]).toEqual([['InputLate'], ['InputLate']]);
    expect(dialog.state().status).toBe('unseen');
  });

  it('a new_chat after chat_started and chat_assigned starts the dialog', () => {
    const dialog = aDialog();
    dialog.started();
    dialog.assigned(botOperator);
    dialog.newChat();
    expect([dialog.owner(), dialog.open()]).toEqual(['bot', ['welcome']]);
  });
});

describe('§5.2 chat_started of a known chat', () => {
  it('is recorded, nothing more', () => {
    const dialog = aDialog().welcomed();
    const epoch = dialog.epoch();
    expect(dialog.started()).toEqual([]);
    expect(dialog.epoch()).toBe(epoch);
  });
});

describe('§5.2 the first new_chat', () => {
  it("starts the dialog: the bot owns, chat_start runs, the visitor's messages in the body are answered, once each", () => {
    const dialog = aDialog();
    const hello = visitorMessage('hello', 'a');
    dialog.newChat([hello, hello, visitorMessage('two', 'b')]);
    dialog.accepts();
    expect(dialog.heard()).toEqual(['welcome', 'hello back', 'one', 'two']);
    expect([dialog.owner(), dialog.live().incomplete, dialog.flag()]).toEqual(['bot', false, null]);
  });

  it('overtaken by a message completes the start: no second greeting, each message once', () => {
    const dialog = aDialog();
    dialog.says('hello', { id: 'a' });
    dialog.accepts();
    dialog.newChat([visitorMessage('hello', 'a'), visitorMessage('two', 'b')]);
    dialog.accepts();
    expect(dialog.heard()).toEqual(['welcome', 'hello back', 'one', 'two']);
    expect([dialog.live().incomplete, dialog.of('ReturnStarted')]).toEqual([false, []]);
  });

  it('overtaken by a message that led to a handover is no proof of the handover', () => {
    const dialog = aDialog({ script: forgetful });
    dialog.says('human', { id: 'a' });
    expect(dialog.head().effect.kind).toBe('redirect');
    dialog.passes(second);
    dialog.newChat([visitorMessage('human', 'a')]);
    expect([dialog.owner(), dialog.open(), dialog.of('FlagSet')]).toEqual(['bot', ['<redirect>'], []]);
    dialog.accepts();
    expect(dialog.owner()).toBe('queue');
  });

  it('overtaken by a message whose handover was accepted does not take the chat back', () => {
    const dialog = aDialog({ script: forgetful });
    dialog.says('human', { id: 'a' });
    dialog.accepts();
    dialog.passes(second);
    expect(dialog.newChat([visitorMessage('human', 'a')])).toEqual(['DialogCompleted', 'InputIgnored']);
    expect([dialog.owner(), dialog.flag() === null]).toEqual(['queue', false]);
  });
});

describe('§5.2 a further new_chat', () => {
  it('where people have the chat: bot owns, flag reset, returned runs; only unseen messages answered, no second greeting', () => {
    const dialog = aDialog().withOperator();
    dialog.passes(minute);
    dialog.newChat([visitorMessage('human', 'm-2'), visitorMessage('hello', 'new')]);
    dialog.accepts();
    expect(dialog.heard()).toEqual(['welcome', 'handing over', '<redirect>', 'back again', 'hello back']);
    expect([dialog.owner(), dialog.flag()]).toEqual(['bot', null]);
    expect(dialog.of('FlagReset').map((reset) => reset.cause)).toEqual(['operator_redirect']);
  });

  it('what an operator wrote after is answered: the bot takes up only what came behind his last word', () => {
    const said = (side: 'operator' | 'visitor', id: string, operatorId?: string): Message => ({
      ...visitorMessage('hello', id),
      kind: side,
      side,
      ...(operatorId === undefined ? {} : { operatorId }),
    });
    const talk = [said('visitor', 'one'), said('operator', 'two', anna), said('visitor', 'three'), said('operator', 'four', botOperator)];
    const dialog = aDialog().withOperator();
    dialog.passes(minute);
    dialog.newChat(talk);
    dialog.accepts();
    expect(dialog.heard().slice(3)).toEqual(['back again', 'hello back']);
    expect(dialog.of('MessagesSeenByPeople').at(-1)).toEqual({ hashes: ['id-one'] });

    const unknown = aDialog({ settings: { botOperatorId: null } }).handedOver();
    unknown.assigned(anna);
    unknown.passes(minute);
    unknown.newChat(talk);
    unknown.accepts();
    expect(unknown.heard().slice(3)).toEqual(['back again', 'hello back', 'hello back']);
  });

  it('without message ids: what the bot heard before is not answered again, however long ago, what came since is', () => {
    const dialog = aDialog().welcomed();
    dialog.says('hello', { id: null });
    dialog.accepts();
    dialog.says('human', { id: null });
    dialog.accepts();
    dialog.assigned(anna);
    dialog.passes(hour);
    dialog.newChat(['hello', 'human'], { id: null });
    dialog.accepts();
    // Answered again it would give the chat to people at once.
    expect([dialog.owner(), dialog.heard().slice(4)]).toEqual(['bot', ['back again']]);
    dialog.passes(hour);
    dialog.newChat(['hello', 'human', 'two'], { id: null });
    dialog.accepts();
    expect([dialog.owner(), dialog.heard().slice(5)]).toEqual(['bot', ['one', 'two']]);
  });

  it('without message ids, overtaken by a message: what stands before that is answered all the same', () => {
    const dialog = aDialog();
    dialog.says('hello', { id: null });
    dialog.accepts();
    dialog.passes(minute);
    dialog.newChat(['two', 'hello'], { id: null });
    dialog.accepts();
    expect(dialog.heard()).toEqual(['welcome', 'hello back', 'one', 'two']);
  });

  it('the first of a chat that people had until then: what they answered is not answered again', () => {
    const answered: Message = { ...visitorMessage('good day', 'two'), kind: 'operator', side: 'operator', operatorId: anna };
    const dialog = aDialog();
    dialog.assigned(anna);
    dialog.newChat([visitorMessage('human', 'one'), answered, visitorMessage('hello', 'three')]);
    dialog.accepts();
    expect([dialog.owner(), dialog.heard()]).toEqual(['bot', ['welcome', 'hello back']]);
    expect(dialog.of('MessagesSeenByPeople')).toEqual([{ hashes: ['id-one'] }]);
  });

  it('the repeat of a refused first one, of a chat that people had until then: what they answered is not answered again', () => {
    const answered: Message = { ...visitorMessage('good day', 'two'), kind: 'operator', side: 'operator', operatorId: anna };
    const talk = [visitorMessage('human', 'one'), answered, visitorMessage('hello', 'three')];
    const dialog = aDialog();
    dialog.newChat(talk, { refused: true });
    dialog.newChat(talk);
    dialog.accepts();
    expect([dialog.owner(), dialog.heard()]).toEqual(['bot', ['welcome', 'hello back']]);
  });

  it('the first of a chat that people had until then, overtaken by a message: what they answered is not answered again', () => {
    const answered: Message = { ...visitorMessage('good day', 'two'), kind: 'operator', side: 'operator', operatorId: anna };
    const last = visitorMessage('hello', 'three');
    const dialog = aDialog();
    dialog.says(last);
    dialog.accepts();
    dialog.newChat([visitorMessage('human', 'one'), answered, last]);
    dialog.accepts();
    expect([dialog.owner(), dialog.heard()]).toEqual(['bot', ['welcome', 'hello back']]);
  });

  it('after a close by inference: what people answered before it is not answered again', () => {
    const dialog = aDialog().withOperator();
    while (dialog.owner() !== 'nobody') dialog.untilDeadline();
    const answered: Message = { ...visitorMessage('good day', 'two'), kind: 'operator', side: 'operator', operatorId: anna };
    const before = dialog.heard().length;
    dialog.newChat([visitorMessage('human', 'one'), answered, visitorMessage('hello', 'three')]);
    dialog.accepts();
    expect([dialog.owner(), dialog.heard().slice(before)]).toEqual(['bot', ['hello back']]);
  });

  it('with a body seen before, minutes after an operator took the chat, is no repeat', () => {
    const dialog = aDialog();
    dialog.newChat([], { bodyHash: 'empty' });
    dialog.accepts();
    dialog.passes(20 * second);
    dialog.assigned(anna);
    dialog.passes(minute);
    dialog.newChat([], { bodyHash: 'empty' });
    expect(dialog.owner()).toBe('bot');
  });

  it('where the bot owns: only its unseen visitor messages count', () => {
    const dialog = aDialog().welcomed();
    expect(dialog.newChat()).toEqual(['InputIgnored']);
    dialog.newChat(['hello']);
    dialog.accepts();
    expect(dialog.heard()).toEqual(['welcome', 'hello back']);
  });

  it('with the same body within 5 minutes is a repeat', () => {
    const dialog = aDialog();
    dialog.newChat(['hello'], { id: 'a', bodyHash: 'same' });
    dialog.accepts();
    dialog.passes(4 * minute);
    expect(dialog.newChat(['hello'], { id: 'a', bodyHash: 'same' })).toEqual(['InputRepeated']);
  });
});

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

describe("§5.2 an effect refused as not the bot's or as closed", () => {
  const said = () => {
    const dialog = aDialog().welcomed();
    dialog.passes(minute);
    dialog.says('two');
    return dialog;
  };

  it("not the bot's: the rest is dropped; queue, flag (lost), auto-close armed", () => {
    const dialog = said();
    dialog.answer('refused', { reason: 'not_bots_chat' });
    expect([dialog.owner(), dialog.flag()?.cause, dialog.open()]).toEqual(['queue', 'lost', []]);
    expect(dialog.deadlines().auto_close).toBeDefined();
  });

  it('closed: the rest is dropped, the deadline armed, owner and flag stay', () => {
    const dialog = said();
    dialog.answer('refused', { reason: 'chat_closed' });
    expect([dialog.owner(), dialog.flag(), dialog.open()]).toEqual(['bot', null, []]);
    expect(dialog.deadlines().auto_close?.at).toBe(dialog.now() + 30 * minute + 30 * second);
  });

  it('closed: what waited behind it is taken, and whoever writes later is heard', () => {
    const dialog = said();
    dialog.says('hello');
    dialog.answer('refused', { reason: 'chat_closed' });
    expect(dialog.open()).toEqual(['hello back']);
    dialog.accepts();
    dialog.says('quiet');
    expect(dialog.marks()).toEqual(['quiet']);
  });
});

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
