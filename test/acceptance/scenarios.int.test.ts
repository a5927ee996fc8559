import { scaledClock } from '@dialog/contracts/clock';
import { type AccountId, type ChatId, sendsStream } from '@dialog/contracts/ids';
import { topics } from '@dialog/contracts/topics';
import { fold } from '@dialog/domain/evolve';
import { replay } from '@dialog/domain/replay';
import { initialDialog } from '@dialog/domain/state';
import { stateHash } from '@dialog/domain/state-hash';
import { pinned } from '@dialog/projector/pins';
import { expect, it } from 'vitest';
import { isCluster, scenarios, shorter } from './cluster.ts';
import type { History } from './history.ts';
import { anna, boris, bot, ends, onStage, type Stage } from './stage.ts';

const idOf = (stage: Stage, chatId: number) => ({ account: stage.world.accountId as AccountId, chatId: String(chatId) as ChatId });
const isMessage = ({ input }: { input: { type: string } }): boolean => input.type === 'new_message';
const botCalls = (stage: Stage, chatId: number) =>
  stage.world.simulator.journal().filter((entry) => entry.kind === 'bot_api' && entry.chatId === chatId);

scenarios('the life of a dialog, through the doors', () => {
  it('1: the bot alone talks, the chat closes finally: no flag, no Return', async () => {
    const stage = await onStage();
    const chatId = await stage.welcomed();
    stage.webim.closeFinally(chatId);
    const history = await stage.until(chatId, (now) => now.owner() === 'nobody');
    expect(history.of('FlagSet')).toEqual([]);
    expect(history.of('ReturnStarted')).toEqual([]);
    expect(history.of('DialogClosed')).toMatchObject([{ cause: 'webim', final: true }]);
  });

  it('2: the operator closes softly, the visitor writes within the window: same chat, flag set, bot silent', async () => {
    const stage = await onStage();
    const chatId = await stage.withOperator();
    stage.webim.close(chatId);
    expect(stage.webim.say(chatId, 'ещё вопрос').id).toBe(chatId);
    const said = stage.heard(chatId).length;
    await stage.passes(30_000);
    const history = await stage.history(chatId);
    expect([history.owner(), history.flag()]).toEqual(['operator', true]);
    expect(stage.heard(chatId)).toHaveLength(said);
  });

  it('3: soft close, final close, chat_closed twice: flag reset once with its cause, Return exactly once', async () => {
    const stage = await onStage();
    const chatId = await stage.withOperator();
    stage.webim.close(chatId);
    await stage.until(chatId, (now) => now.owner() === 'nobody');
    stage.webim.sendHandler(chatId, 'chat_closed');
    const history = await stage.until(chatId, (now) => now.of('InputLate').length > 0);
    expect(history.of('FlagReset').map((one) => one.cause)).toEqual(['final_close']);
    expect(history.of('ReturnStarted').map((one) => [one.cause, one.script])).toEqual([['final_close', 'after_close']]);
    expect(history.of('TextHeld')).toHaveLength(1);
  });

  it('4: chat_closed overtakes the last message: late, the owner stays nobody, nothing is sent', async () => {
    const stage = await onStage();
    const chatId = await stage.withOperator();
    stage.webim.closeFinally(chatId);
    await stage.until(chatId, (now) => now.owner() === 'nobody');
    const calls = botCalls(stage, chatId).length;
    stage.webim.sendNewMessage(chatId, { id: 'late-1', kind: 'visitor', text: 'спасибо' });
    const history = await stage.until(chatId, (now) => now.of('InputLate').length > 0);
    expect(history.owner()).toBe('nobody');
    expect(history.of('ReturnStarted')).toHaveLength(1);
    expect(botCalls(stage, chatId)).toHaveLength(calls);
  });

  it('5: the operator redirects the open chat to the bot: Return, no second greeting, only unseen messages answered', async () => {
    const stage = await onStage();
    const chatId = await stage.withOperator();
    stage.webim.say(chatId, 'прайс');
    stage.webim.redirectToBot(chatId);
    const history = await stage.until(
      chatId,
      (now) => now.owner() === 'bot' && now.events.at(-1)?.metadata.head === null && now.of('ReturnStarted').length > 0,
    );
    expect(history.of('FlagReset').map((one) => one.cause)).toEqual(['operator_redirect']);
    expect(stage.heard(chatId).filter((text) => text.includes('Здравствуйте!'))).toHaveLength(1);
    expect(stage.heard(chatId).filter((text) => text.includes('Снова на связи'))).toHaveLength(1);
    const files = stage.webim.chat(chatId).messages.filter((message) => message.kind === 'file_operator');
    expect(files).toHaveLength(1);
  });

  it('5, where Webim sends no message ids: the talk that comes with the chat is not answered from its beginning', async () => {
    const stage = await onStage({ simulator: { knobs: { messagesWithoutId: true } } });
    const chatId = await stage.welcomed();
    const files = () => stage.webim.chat(chatId).messages.filter((message) => message.kind === 'file_operator').length;
    stage.webim.say(chatId, 'прайс');
    await stage.until(chatId, () => files() === 1);
    await stage.quiet(chatId);
    stage.webim.say(chatId, 'оператор');
    await stage.until(chatId, (now) => now.owner() === 'queue');
    stage.webim.take(chatId, anna);
    await stage.until(chatId, (now) => now.owner() === 'operator');
    // The same content so soon would be a repeat in any case.
    await stage.passes(15_000);
    stage.webim.say(chatId, '204512');
    stage.webim.redirectToBot(chatId);
    await stage.until(chatId, (now) => now.of('ReturnStarted').length > 0);
    const history = await stage.quiet(chatId);
    expect([history.owner(), history.flag(), files()]).toEqual(['bot', false, 1]);
    expect(history.of('FlagSet')).toHaveLength(1);
    const taken = history.of('ScriptAdvanced').filter(({ message }) => message !== undefined);
    // The price, the operator, and what was written to him.
    expect(taken).toHaveLength(3);
  });

  it('6: chat_assigned several times, operator to operator: one stretch, each owner recorded', async () => {
    const stage = await onStage();
    const chatId = await stage.withOperator();
    stage.webim.redirectToOperator(chatId, boris);
    const second = await stage.until(chatId, (now) => now.of('OwnerChanged').some((one) => one.operatorId === String(boris)));
    expect(second.of('FlagSet')).toHaveLength(1);
    expect(second.of('OwnerChanged').flatMap((one) => one.operatorId ?? [])).toEqual([String(anna), String(boris)]);
  });

  it('7: a reply not yet sent when the operator takes over is suppressed, recorded, never sent', async () => {
    const stage = await onStage();
    const chatId = await stage.welcomed();
    // Within 6 s of the start a chat_assigned without a time of its own would speak of the time before.
    await stage.passes(8_000);
    stage.world.simulator.failNext('send_message', { kind: 'slow', ms: 20_000 });
    stage.webim.press(chatId, 'price');
    await stage.until(chatId, (now) => now.events.at(-1)?.metadata.head !== null);
    stage.webim.take(chatId, anna);
    const history = await stage.until(chatId, (now) => now.owner() === 'operator' && now.events.at(-1)?.metadata.head === null);
    const outcomes = Object.values(ends(history));
    expect(outcomes).toContain('suppressed');
    expect(outcomes).not.toContain('open');
    expect(stage.webim.chat(chatId).messages.some((message) => message.kind === 'file_operator')).toBe(false);
  });

  it('9a: nobody takes the handover: the bot asks for the chat and speaks once Webim has agreed', async () => {
    const stage = await onStage({ settings: { noOperatorAfterMs: 20_000 } });
    const chatId = await stage.inQueue();
    const history = await stage.until(chatId, (now) => now.owner() === 'bot' && now.of('TrialEnded').length > 0);
    expect(history.of('TrialEnded')).toEqual([{ outcome: 'accepted' }]);
    expect(history.of('FlagReset').map((one) => one.cause)).toEqual(['no_operator']);
    await stage.quiet(chatId);
    expect(stage.heard(chatId).join()).toContain('Все операторы заняты');
  });

  it('9b: the operator accepts at the same instant: exactly one of the two wins', async () => {
    const stage = await onStage({ settings: { noOperatorAfterMs: 20_000 } });
    const chatId = await stage.inQueue();
    stage.world.simulator.failNext('redirect_chat', { kind: 'slow', ms: 8_000 });
    await stage.until(chatId, (now) => now.of('TrialStarted').length > 0);
    stage.webim.take(chatId, anna);
    const history = await stage.until(chatId, (now) => now.of('TrialEnded').length > 0 && now.events.at(-1)?.metadata.head === null);
    expect(history.owner()).toBe('operator');
    expect(history.flag()).toBe(true);
    expect(history.of('TrialEnded')).toEqual([{ outcome: 'overtaken' }]);
    expect(stage.heard(chatId).join()).not.toContain('Все операторы заняты');
  });

  it('9c: Webim refuses to give the chat back: the owner stays queue, the refusal is recorded', async () => {
    const stage = await onStage({ settings: { noOperatorAfterMs: 20_000 }, simulator: { knobs: { botMayTakeFromQueue: false } } });
    const chatId = await stage.inQueue();
    const history = await stage.until(chatId, (now) => now.of('TrialEnded').length > 0);
    expect(history.owner()).toBe('queue');
    expect(history.flag()).toBe(true);
    expect(history.of('TrialEnded')).toEqual([{ outcome: 'refused' }]);
    expect(history.of('EffectSettled').flatMap(({ outcome, code }) => (outcome === 'refused' ? [code] : []))).toEqual(['chat-not-owned']);
    expect(stage.heard(chatId).join()).not.toContain('Все операторы заняты');
  });

  it("10: Webim refuses a reply because the chat is closed: not repeated, recorded with Webim's own code", async () => {
    const stage = await onStage();
    const chatId = await stage.welcomed();
    stage.world.simulator.failNext('send_message', { kind: 'error', code: 'chat-closed' });
    const before = botCalls(stage, chatId).length;
    stage.webim.press(chatId, 'price');
    const history = await stage.until(chatId, (now) => now.of('EffectSettled').some((one) => one.reason === 'chat_closed'));
    expect(history.of('EffectSettled').find((one) => one.reason === 'chat_closed')?.code).toBe('chat-closed');
    await stage.passes(20_000);
    expect(botCalls(stage, chatId)).toHaveLength(before + 1);
    expect(Object.values(ends(await stage.history(chatId)))).not.toContain('open');
  });

  it('12: a recorded stream decided again gives that stream and the same state hash', async () => {
    const stage = await onStage();
    const chatId = await stage.withOperator();
    stage.webim.redirectToBot(chatId);
    await stage.until(chatId, (now) => now.owner() === 'bot' && now.events.at(-1)?.metadata.head === null);
    stage.webim.closeFinally(chatId);
    const history = await stage.until(chatId, (now) => now.owner() === 'nobody');
    const { store } = stage.world.engine();
    const recorded = pinned(store);
    const toWebim = stage.world.simulator.journal().filter((entry) => entry.direction === 'in').length;
    const written = async (): Promise<unknown> => [
      await store.read(sendsStream(idOf(stage, chatId)), { maxCount: 1_000 }),
      (await stage.history(chatId)).events,
    ];
    const before = await written();
    const start = history.events.find((event) => event.type === 'DialogStarted');
    const input = history.events[0];
    if (start?.type !== 'DialogStarted' || input?.type !== 'InputRecorded') throw new Error('no start');
    const script = await recorded.script(start.data.script);
    const settings = await recorded.settings(input.data.settings);
    const again = replay(history.events, { script: () => script, settings: () => settings }, 'dev');
    expect(again.events.map(({ type, data }) => ({ type, data: JSON.parse(JSON.stringify(data)) }))).toEqual(
      history.events.map(({ type, data }) => ({ type, data })),
    );
    expect(stateHash(again.state)).toBe(stateHash(fold(history.events, initialDialog)));
    // It has no executor: nothing was asked of Webim, nothing was written.
    expect(stage.world.simulator.journal().filter((entry) => entry.direction === 'in')).toHaveLength(toWebim);
    expect(await written()).toEqual(before);
  });

  it('14: one visitor has two chats at once: flags and variables do not mix', async () => {
    const stage = await onStage();
    const visitor = stage.webim.newVisitor();
    const first = stage.webim.open(visitor.id).id;
    const second = stage.webim.open(visitor.id).id;
    await stage.quiet(first);
    await stage.quiet(second);
    stage.webim.press(first, 'human');
    stage.webim.press(second, 'order');
    const a = await stage.until(first, (now) => now.owner() === 'queue');
    const b = await stage.quiet(second);
    expect([a.flag(), b.flag(), b.owner()]).toEqual([true, false, 'bot']);
  });

  it('15: chat_closed never comes: CloseOverdue with its likely cause; engine authority closes, resets and returns', async () => {
    const quick = { autoCloseAfterMs: 60_000, abandonAfterMs: 240_000, webimTimerGridMs: 5_000, noOperatorAfterMs: 900_000 };
    const stage = await onStage({ settings: quick, simulator: { knobs: { sendsClosed: false } } });
    const chatId = await stage.withOperator();
    const overdue = await stage.until(chatId, (now) => now.of('CloseOverdue').length > 0);
    expect(overdue.of('CloseOverdue')[0]?.cause).toBe('close_handler_or_category');
    expect([overdue.owner(), overdue.flag()]).toEqual(['operator', true]);
    const abandoned = await stage.until(chatId, (now) => now.owner() === 'nobody');
    expect(abandoned.of('FlagReset').map((one) => one.cause)).toEqual(['abandoned']);

    const engine = await onStage({ settings: { ...quick, closeAuthority: 'engine' }, simulator: { knobs: { sendsClosed: false } } });
    const other = await engine.withOperator();
    const closed = await engine.until(other, (now) => now.owner() === 'nobody');
    expect(closed.of('DialogClosed')).toMatchObject([{ cause: 'engine', final: false }]);
    expect(closed.of('FlagReset').map((one) => one.cause)).toEqual(['auto_close_timeout']);
    expect(closed.of('ReturnStarted')).toHaveLength(1);
  });

  it('16: the auto-close deadline passes while a message waits in the log: the message first, the deadline is armed anew', async () => {
    const stage = await onStage({ settings: { autoCloseAfterMs: 200_000, webimTimerGridMs: 5_000 } });
    const chatId = await stage.welcomed();
    await stage.passes(150_000);
    const projector = stage.world.engine().services.find((one) => one.name === 'projector');
    await projector?.service.stop();
    stage.webim.say(chatId, 'прайс');
    await stage.world.simulator.idle();
    await stage.passes(70_000);
    await stage.world.stopEngine();
    await stage.world.startEngine();
    const rearmed = (now: History) =>
      now.events
        .slice(now.events.findIndex((event) => event.type === 'InputRecorded' && event.data.input.type === 'new_message'))
        .flatMap((event) => (event.type === 'DeadlineSet' && event.data.name === 'auto_close' ? [event.data.at] : []));
    const history = await stage.until(chatId, (now) => now.of('InputRecorded').some(isMessage) && rearmed(now).length > 0);
    const kinds = history.of('InputRecorded').map((one) => one.input.type);
    expect(kinds.indexOf('timer_due')).toBeGreaterThan(kinds.indexOf('new_message'));
    // Armed anew from the message; it did not fire.
    expect(history.of('CloseOverdue')).toEqual([]);
    expect(history.of('DeadlineFired').filter((one) => one.name === 'auto_close')).toEqual([]);
    const said = history.events.find((event) => event.type === 'InputRecorded' && isMessage(event.data))?.metadata.at ?? 0;
    expect(rearmed(history)[0]).toBeGreaterThan(said + 200_000 / (isCluster ? shorter : 1));
  });

  it('18: ids as numbers, then as strings; no messages, no message ids, unknown kinds and fields: accepted, nothing lost', async () => {
    const idTypes = (stage: Stage, chatId: number): Set<string> =>
      new Set(botCalls(stage, chatId).map((entry) => typeof (entry.request as { chat_id: unknown }).chat_id));
    const stage = await onStage({ simulator: { knobs: { newChatWithoutMessages: true, messagesWithoutId: true } } });
    const chatId = await stage.welcomed();
    stage.webim.press(chatId, 'price');
    await stage.until(chatId, (now) => now.of('EffectOpened').some((one) => one.effect.kind === 'file'));
    await stage.quiet(chatId);
    expect(await stage.posts({ event: 'new_message', chat_id: chatId, message: { kind: 'hologram', glow: 1 }, extra: {} })).toBe(200);
    await stage.until(chatId, (now) => now.of('InputIgnored').some((one) => one.reason === 'not_a_visitor'));
    // The same chat by its number as text, with fields that nobody knows; then a handler that names it so.
    const files = () => stage.webim.chat(chatId).messages.filter((message) => message.kind === 'file_operator').length;
    const sent = files();
    const odd = { kind: 'visitor', text: 'прайс', id: null, mood: { level: 7 } };
    expect(await stage.posts({ event: 'new_message', chat_id: String(chatId), message: odd, chat: null, visitor: null, sign: 'x' })).toBe(
      200,
    );
    await stage.until(chatId, () => files() === sent + 1);
    await stage.quiet(chatId);
    expect(idTypes(stage, chatId)).toEqual(new Set(['number']));
    expect(await stage.posts({ chat: { id: String(chatId), messages: null, tags: [] } }, 'chat_closed')).toBe(200);
    const history = await stage.until(chatId, (now) => now.owner() === 'nobody');
    const heardOf = history.of('InputRecorded').flatMap(({ input }) => (input.type === 'new_message' ? [input.message] : []));
    expect(heardOf.map(({ kind, text, button }) => [kind, button?.id ?? text])).toEqual([
      ['keyboard_response', 'price'],
      ['hologram', undefined],
      ['visitor', 'прайс'],
    ]);

    const text = await onStage({ simulator: { knobs: { chatIdForm: 'string' } } });
    const other = await text.inQueue();
    expect(idTypes(text, other)).toEqual(new Set(['string']));
    expect(botCalls(text, other).map(({ name }) => name)).toContain('redirect_chat');
  });

  it('20: slow, 429 with Retry-After, 500, 200 with an error, HTML, a cut connection: each as its class says, in order', async () => {
    const stage = await onStage({ settings: { replyTtlMs: 600_000 } });
    const chatId = await stage.welcomed();
    const { simulator } = stage.world;
    simulator.failNext('send_message', { kind: 'status', status: 429, retryAfter: '3' });
    simulator.failNext('send_message', { kind: 'status', status: 500 });
    simulator.failNext('send_message', { kind: 'status', status: 503 });
    simulator.failNext('send_message', { kind: 'slow', ms: 3_000 });
    stage.webim.press(chatId, 'price');
    await stage.until(chatId, (now) => now.of('EffectOpened').some((one) => one.effect.kind === 'file'));
    const retried = await stage.quiet(chatId);
    expect(new Set(Object.values(ends(retried)))).toEqual(new Set(['accepted']));
    expect(retried.of('EffectRetried').map((one) => one.why)).toEqual(['deferred', 'deferred', 'deferred']);
    const sent = stage.webim
      .chat(chatId)
      .messages.filter((message) => message.operatorId === 240001)
      .map((message) => message.kind);
    expect(sent.slice(-4)).toEqual(['operator', 'file_operator', 'operator', 'keyboard']);

    simulator.failNext('send_message', { kind: 'cut_after' });
    stage.webim.say(chatId, 'меню');
    await stage.until(chatId, (now) => now.of('EffectRetried').some((one) => one.why === 'in_doubt'));
    await stage.quiet(chatId);
    expect(stage.heard(chatId).slice(-2)).toEqual(['Чем помочь?', 'Чем помочь?']);

    // An error under 200 is none of these successes: this one message is dropped, with its group, and the next is answered.
    const before = botCalls(stage, chatId).length;
    simulator.failNext('send_message', { kind: 'error', code: 'max_message-LENGTH_exceeded' });
    stage.webim.say(chatId, 'меню');
    await stage.until(chatId, (now) => now.of('EffectSettled').some((one) => one.reason === 'content'));
    const dropped = await stage.quiet(chatId);
    expect(dropped.of('EffectSettled').find((one) => one.reason === 'content')?.code).toBe('max_message-LENGTH_exceeded');
    expect(botCalls(stage, chatId)).toHaveLength(before + 1);
    expect(dropped.owner()).toBe('bot');

    // One that asks for patience, in a spelling of its own; then a page under 200, which may or may not stand for a success: sent once more.
    simulator.failNext('send_message', { kind: 'error', code: 'Server_Not-Ready' });
    simulator.failNext('send_message', { kind: 'html' });
    stage.webim.say(chatId, 'меню');
    const doubts = (now: History) =>
      now
        .of('EffectRetried')
        .filter((one) => one.why === 'in_doubt')
        .map((one) => one.code);
    await stage.until(chatId, (now) => doubts(now).length === 2);
    const last = await stage.quiet(chatId);
    expect(doubts(last)).toEqual(['reset', 'not_json']);
    expect(last.of('EffectRetried').at(-2)).toMatchObject({ why: 'deferred', code: 'Server_Not-Ready' });
    expect(stage.heard(chatId).at(-1)).toBe('Чем помочь?');
    expect(Object.values(ends(last))).not.toContain('open');
  });

  it('21: a message on the wire when the redirect was made: recorded, the bot stays silent, Return after chat_closed', async () => {
    // Room enough for a loaded machine: the message is on the wire as long as the grace says.
    const stage = await onStage({ settings: { handbackGraceMs: 60_000 } });
    const chatId = await stage.inQueue();
    const calls = botCalls(stage, chatId).length;
    stage.webim.sendNewMessage(chatId, { id: 'on-the-wire', kind: 'visitor', text: 'и ещё' });
    const waiting = await stage.until(chatId, (now) => now.of('InputIgnored').some((one) => one.reason === 'within_handback_grace'));
    expect([waiting.owner(), waiting.flag()]).toEqual(['queue', true]);
    stage.webim.take(chatId, anna);
    await stage.until(chatId, (now) => now.owner() === 'operator');
    stage.webim.closeFinally(chatId);
    const history = await stage.until(chatId, (now) => now.owner() === 'nobody');
    expect(history.of('ReturnStarted')).toHaveLength(1);
    expect(history.of('TrialStarted')).toEqual([]);
    expect(history.of('InputRecorded').some(({ input }) => input.type === 'new_message' && input.message.text === 'и ещё')).toBe(true);
    expect(botCalls(stage, chatId)).toHaveLength(calls);
  });

  it('22: the same new_chat twice, or overtaken by the first message: one greeting, each message once, no Return', async () => {
    const stage = await onStage({ settings: { replyTtlMs: 600_000 } });
    const chatId = stage.opens('прайс');
    stage.webim.repeatNewChat(chatId);
    await stage.until(chatId, (now) => now.of('InputRepeated').length > 0);
    const history = await stage.quiet(chatId);
    expect(stage.heard(chatId).filter((text) => text.includes('Здравствуйте!'))).toHaveLength(1);
    expect(stage.webim.chat(chatId).messages.filter((message) => message.kind === 'file_operator')).toHaveLength(1);
    expect(history.of('ReturnStarted')).toEqual([]);

    const dropped = await onStage({ settings: { replyTtlMs: 600_000 }, simulator: { knobs: { dropWebhooks: 1 } } });
    const other = dropped.opens();
    dropped.world.simulator.setKnobs({ dropWebhooks: 0 });
    dropped.webim.say(other, 'прайс');
    await dropped.until(other, (now) => now.of('DialogStarted').some((one) => one.incomplete));
    dropped.webim.repeatNewChat(other);
    await dropped.until(other, (now) => now.of('DialogCompleted').length > 0);
    await dropped.quiet(other);
    expect(dropped.heard(other).filter((text) => text.includes('Здравствуйте!'))).toHaveLength(1);
    expect(dropped.webim.chat(other).messages.filter((message) => message.kind === 'file_operator')).toHaveLength(1);
  });

  it('23: no bot operator id: the bot talks as it should, the id is offered as the likely one', async () => {
    // Webim assigns each new chat to the bot's own operator, at once or a little later, before and after new_chat.
    const stage = await onStage({
      settings: { botOperatorId: null },
      simulator: { knobs: { assignedForBot: true, handlerDelayMs: 3_000 } },
    });
    for (let turn = 0; turn < 3; turn++) {
      const chatId = await stage.welcomed();
      stage.webim.press(chatId, 'price');
      const history = await stage.until(chatId, (now) => now.of('LikelyBotOperator').length > 0 || now.of('UnseenChatRecorded').length > 1);
      for (const likely of history.of('LikelyBotOperator')) expect(likely).toEqual({ operatorId: '240001' });
      await stage.until(chatId, (now) => now.of('EffectOpened').some((one) => one.effect.kind === 'file'));
      const answered = await stage.quiet(chatId);
      expect([answered.owner(), answered.flag()]).toEqual(['bot', false]);
      // However late: the bot has the chat, and says who is likely its own operator.
      await stage.posts({ chat: { id: chatId, operator_id: bot } }, 'chat_assigned');
      const told = await stage.until(chatId, (now) => now.of('LikelyBotOperator').length > history.of('LikelyBotOperator').length);
      expect(told.of('LikelyBotOperator').at(-1)).toEqual({ operatorId: '240001' });
      expect([told.owner(), told.flag()]).toEqual(['bot', false]);
    }
  });

  it('24: chat_assigned of the former operator arrives 5 s after he gave the chat back: the bot keeps it and its Return text', async () => {
    const stage = await onStage({ settings: { handlerDelayMs: 60_000 } });
    const chatId = await stage.withOperator();
    stage.webim.redirectToBot(chatId);
    await stage.until(chatId, (now) => now.owner() === 'bot');
    await stage.posts({ chat: { id: chatId, operator_id: anna } }, 'chat_assigned');
    await stage.until(chatId, (now) => now.of('InputLate').some((one) => one.reason === 'before_handback'));
    const history = await stage.quiet(chatId);
    expect(history.owner()).toBe('bot');
    expect(stage.heard(chatId).join()).toContain('Снова на связи');
  });

  it('8: a deadline passes while the engine is down: it fires once after the start, marked late; not for a chat closed meanwhile', async () => {
    const stage = await onStage();
    const waiting = await stage.inQueue();
    const closed = await stage.inQueue();
    await stage.world.simulator.idle();
    const projector = stage.world.engine().services.find((one) => one.name === 'projector');
    await projector?.service.stop();
    stage.webim.closeFinally(closed);
    await stage.world.simulator.idle();
    await stage.world.stopEngine();
    await stage.passes(200_000);
    await stage.world.startEngine();
    // A machine at its limits may have greeted before the visitor's answer came: that deadline is another story.
    const fired = (history: History) => history.of('DeadlineFired').filter((one) => one.name !== 'visitor');
    const history = await stage.until(waiting, (now) => fired(now).length > 0);
    expect(fired(history).map((one) => one.name)).toEqual(['no_operator']);
    expect(fired(history)[0]?.lateMs).toBeGreaterThan(isCluster ? 800 : 5_000);
    await stage.until(waiting, (now) => now.owner() === 'bot');
    const other = await stage.until(closed, (now) => now.owner() === 'nobody');
    expect(fired(other)).toEqual([]);
    expect(other.of('TrialStarted')).toEqual([]);
  });

  it('28: the consumer groups are reset to the beginning: the same streams, no text is sent again', async () => {
    const stage = await onStage();
    const chatId = await stage.withOperator();
    stage.webim.redirectToBot(chatId);
    await stage.until(chatId, (now) => now.owner() === 'bot' && now.events.at(-1)?.metadata.head === null);
    const before = await stage.history(chatId);
    const calls = botCalls(stage, chatId).length;
    for (const name of ['ingress', 'projector', 'outbound', 'console']) {
      await stage.world
        .engine()
        .services.find((one) => one.name === name)
        ?.service.stop();
    }
    const { log } = stage.world.engine();
    for (const [group, topic] of [
      ['projector', topics.inbox],
      ['outbound', topics.outbox],
    ] as const) {
      for (let partition = 0; partition < 4; partition++) await log.setCommitted(group, topic, partition, 0);
    }
    await stage.world.engine().close();
    await stage.world.startEngine();
    const newcomer = await stage.welcomed();
    await stage.passes(30_000);
    expect((await stage.history(chatId)).events).toEqual(before.events);
    expect(botCalls(stage, chatId)).toHaveLength(calls);
    expect(stage.heard(newcomer)).not.toEqual([]);
  });

  // One machine has one clock; on the cluster a process may have its own.
  it.runIf(isCluster)('30: the clock of one process is ten minutes fast: nothing fires early', async () => {
    const waitMs = 60_000;
    const stage = await onStage({ settings: { noOperatorAfterMs: waitMs }, clock: scaledClock(1, Date.now() + 600_000) });
    const chatId = await stage.inQueue();
    const handedOver = performance.now();
    const history = await stage.until(chatId, (now) => now.of('DeadlineFired').some((one) => one.name === 'no_operator'));
    expect(performance.now() - handedOver).toBeGreaterThan(waitMs / shorter - 500);
    const seenAt = Date.now();
    // Armed from the log's time of the handover, and seen to have fired when that time had come by the clock that is right.
    const armed = history.events.find((event) => event.type === 'DeadlineSet' && event.data.name === 'no_operator');
    const armedAt = armed?.type === 'DeadlineSet' ? armed.data.at : Number.NaN;
    expect(armedAt - (armed?.metadata.at ?? 0)).toBeLessThan(60_000);
    expect(seenAt).toBeGreaterThanOrEqual(armedAt);
    // The time of the history is the broker's.
    expect(Math.abs((history.events.at(-1)?.metadata.at ?? 0) - Date.now())).toBeLessThan(60_000);
  });
});
