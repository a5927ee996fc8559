import type { Message } from '@dialog/contracts/message';
import { describe, expect, it } from 'vitest';
import { forgetful } from '../kit/bots.ts';
import { aDialog } from '../kit/dialog.ts';
import { visitorMessage } from '../kit/inputs.ts';
import { anna, botOperator, hour, minute, second } from '../kit/settings.ts';

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
