import { fileURLToPath } from 'node:url';
import type { AccountId } from '@dialog/contracts/ids';
import { settingsStream, visitorStream } from '@dialog/contracts/ids';
import { dialogSettingsSchema } from '@dialog/contracts/settings';
import { topics } from '@dialog/contracts/topics';
import type { VisitorEvent } from '@dialog/contracts/visitor';
import { foldVisitor } from '@dialog/domain/visitor/evolve';
import { visitorHash } from '@dialog/domain/visitor/hash';
import { replayVisitor } from '@dialog/domain/visitor/replay';
import { initialVisitor } from '@dialog/domain/visitor/state';
import { expect, it, vi } from 'vitest';
import { scenarios } from './cluster.ts';
import { anna, onStage, type Stage } from './stage.ts';

const scriptFile = fileURLToPath(new URL('./visitor-bot.yaml', import.meta.url));
const held = 'Помог ли оператор';
/** A busy machine answers later than 3 s of a fast clock; what that leads to has rows of its own. */
const patient = { visitorAnswerMs: 60_000 };

/** One person, his chats, and what his stream says. */
const aPerson = (stage: Stage) => {
  const { id } = stage.webim.newVisitor();
  const said = (chatId: number): number => stage.heard(chatId).filter((text) => text.startsWith(held)).length;
  const person = {
    id,
    opens: async (): Promise<number> => {
      const chatId = stage.webim.open(id).id;
      await stage.quiet(chatId);
      return chatId;
    },
    /** Had by an operator, then closed for good. */
    helped: async (chatId: number): Promise<void> => {
      stage.webim.press(chatId, 'human');
      await stage.until(chatId, (now) => now.owner() === 'queue');
      stage.webim.take(chatId, anna);
      await stage.until(chatId, (now) => now.owner() === 'operator');
      stage.webim.closeFinally(chatId);
      await stage.until(chatId, (now) => now.of('TextHeld').length > 0);
    },
    /** How often the held text was read in a chat. */
    said,
    events: async (chatId: number): Promise<readonly VisitorEvent[]> => {
      const start = (await stage.history(chatId)).of('DialogStarted')[0];
      const stream = visitorStream({ account: stage.world.accountId as AccountId, visitor: start?.visitor ?? '' });
      return (await stage.world.engine().store.read(stream, { maxCount: 10_000 })) as unknown as VisitorEvent[];
    },
    until: async (chatId: number, wanted: (types: readonly string[]) => boolean): Promise<readonly VisitorEvent[]> => {
      for (let tries = 0; tries < 1_500; tries++) {
        const events = await person.events(chatId);
        if (wanted(events.map((event) => event.type))) return events;
        await stage.passes(200);
      }
      throw new Error(`the visitor never became as wanted: ${(await person.events(chatId)).map((event) => event.type).join(' ')}`);
    },
  };
  return person;
};

scenarios('one person and his chats, through the doors', () => {
  it("10: a Return text with deliver: next_chat comes with the visitor's next chat, before the greeting, once", async () => {
    const stage = await onStage({ scriptFile, settings: patient });
    const person = aPerson(stage);
    const first = await person.opens();
    await person.helped(first);
    await person.until(first, (types) => types.includes('VisitorTextHeld'));
    const second = await person.opens();
    expect(
      stage
        .heard(second)
        .slice(0, 2)
        .map((text) => text.slice(0, 12)),
    ).toEqual([held.slice(0, 12), 'Здравствуйте']);
    const third = await person.opens();
    expect([first, second, third].map(person.said)).toEqual([0, 1, 0]);
    expect((await stage.history(second)).of('HeldTextTaken')).toHaveLength(1);
    const events = await person.until(first, (types) => types.includes('VisitorTextTaken'));
    expect(foldVisitor(events, initialVisitor).held).toEqual([]);
  });

  it("a record that the person's own stream can't take stops that stream alone; an operator leaves it out, and what was held is said", async () => {
    const stage = await onStage({ scriptFile, settings: patient });
    const person = aPerson(stage);
    const first = await person.opens();
    const [{ visitor = '' } = {}] = (await stage.history(first)).of('DialogStarted');
    const { log, consoleUrl } = stage.world.engine();
    const [bad] = await log.append([
      { topic: topics.inbox, key: `${stage.world.accountId}:v:${visitor}`, value: Buffer.from('{"type":"nonsense"') },
    ]);
    const place = `${topics.inbox}/${bad?.partition}/${bad?.offset}`;
    await person.until(first, (types) => types.includes('VisitorParked'));
    // The dialog itself goes on; the text that it leaves for the next chat waits behind the bad record.
    await person.helped(first);
    const name = `v:${visitor}`;
    const parked = async (path: string, init?: RequestInit): Promise<{ readonly status: number; readonly body: unknown }> => {
      const response = await fetch(`${consoleUrl()}/api/parked${path}`, init);
      return { status: response.status, body: await response.json() };
    };
    const listed = { account: stage.world.accountId, chatId: name, reason: 'not_json' };
    const waiting = async () => (await parked('')).body as { readonly dialogs: readonly object[] };
    await vi.waitFor(async () => expect(await waiting()).toMatchObject({ dialogs: [listed] }), { timeout: 20_000 });
    const own = `/${stage.world.accountId}/${name}`;
    const types = async () =>
      ((await parked(own)).body as { records: { value: string }[] }).records.map(({ value }) => /"type":"(\w+)"/.exec(value)?.[1]);
    await vi.waitFor(async () => expect(await types()).toContain('visitor_text_held'), { timeout: 20_000 });
    const asked = (skip: readonly string[]) => ({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ by: 'ops', reason: 'no input of ours', skip }),
    });
    expect((await parked(`${own}/release`, asked(['dialog.inbox/0/999999']))).status).toBe(400);
    expect((await parked(`${own}/release`, asked([place]))).status).toBe(202);
    const events = await person.until(first, (all) => all.includes('VisitorReleased'));
    expect(events.find((event) => event.type === 'RecordSkipped')?.data).toMatchObject({ place, by: 'ops' });
    await vi.waitFor(async () => expect(await waiting()).toMatchObject({ dialogs: [] }), { timeout: 20_000 });
    const second = await person.opens();
    expect([first, second].map(person.said)).toEqual([0, 1]);
    const { actions } = (await (await fetch(`${consoleUrl()}/api/audit?account=${stage.world.accountId}`)).json()) as {
      readonly actions: readonly object[];
    };
    expect(actions).toMatchObject([{ action: 'parked_released', by: 'ops', reason: 'no input of ours', chatId: name }]);
  });

  it('10: Webim refuses it there because the chat is closed: given back, said once in the chat after that', async () => {
    const stage = await onStage({ scriptFile, settings: patient });
    const person = aPerson(stage);
    const first = await person.opens();
    await person.helped(first);
    await person.until(first, (types) => types.includes('VisitorTextHeld'));
    stage.world.simulator.failNext('send_message', { kind: 'error', code: 'chat-closed' });
    const second = await person.opens();
    expect((await stage.history(second)).of('HeldTextGivenBack')).toMatchObject([{ reason: 'closed' }]);
    await person.until(first, (types) => types.includes('VisitorTextGivenBack'));
    const third = await person.opens();
    expect([first, second, third].map(person.said)).toEqual([0, 0, 1]);
  });

  it('14: one visitor has two chats at once: flags and variables do not mix, beyond those declared keep: visitor', async () => {
    const stage = await onStage({ scriptFile, settings: patient });
    const person = aPerson(stage);
    const [first, second] = [await person.opens(), await person.opens()];
    const answers = async (chatId: number, button: string, answer: string, said: string): Promise<void> => {
      stage.webim.press(chatId, button);
      await stage.until(chatId, (now) => now.of('ScriptAdvanced').at(-1)?.cursor?.waitsFor === 'answer');
      await stage.quiet(chatId);
      stage.webim.say(chatId, answer);
      await stage.until(chatId, () => stage.heard(chatId).some((text) => text.startsWith(said)));
      await stage.quiet(chatId);
    };
    await answers(first, 'order', '111111', 'Записан заказ');
    await answers(second, 'phone', '+7 999 123-45-67', 'Записан телефон');
    await stage.until(first, (now) => now.of('VisitorVariablesReceived').length > 0);
    stage.webim.say(first, 'что известно');
    await stage.until(first, () => stage.heard(first).at(-1) === 'Известно: телефон +7 999 123-45-67, заказ 111111.');
    await stage.quiet(first);
    stage.webim.say(second, 'что известно');
    await stage.until(second, () => stage.heard(second).at(-1) === 'Известно: телефон +7 999 123-45-67, заказ .');
    stage.webim.say(first, 'оператор');
    const a = await stage.until(first, (now) => now.owner() === 'queue');
    const b = await stage.quiet(second);
    expect([a.flag(), b.flag(), b.owner()]).toEqual([true, false, 'bot']);
    const third = await person.opens();
    expect(stage.heard(third)[0]).toBe('Здравствуйте! Телефон: +7 999 123-45-67. Заказ: .');
  });

  it('14: two open chats of one person never both get a held text', async () => {
    const stage = await onStage({ scriptFile, settings: patient });
    const person = aPerson(stage);
    const [first, second, third] = [await person.opens(), await person.opens(), await person.opens()];
    await person.helped(first);
    await person.until(first, (types) => types.includes('VisitorTextTaken'));
    expect([first, second, third].map(person.said)).toEqual([0, 0, 1]);
  });

  it("the visitor's next chat closes one whose close is overdue", async () => {
    const quick = { autoCloseAfterMs: 60_000, webimTimerGridMs: 5_000, noOperatorAfterMs: 900_000 };
    const stage = await onStage({ scriptFile, settings: { ...patient, ...quick }, simulator: { knobs: { sendsClosed: false } } });
    const person = aPerson(stage);
    const first = await person.opens();
    stage.webim.press(first, 'human');
    await stage.until(first, (now) => now.owner() === 'queue');
    stage.webim.take(first, anna);
    await stage.until(first, (now) => now.of('CloseOverdue').length > 0);
    const second = await person.opens();
    const closed = await stage.until(first, (now) => now.owner() === 'nobody');
    expect(closed.of('DialogClosed')).toMatchObject([{ cause: 'abandoned', final: false }]);
    expect(closed.of('FlagReset').map((one) => one.cause)).toEqual(['abandoned']);
    await stage.until(second, () => person.said(second) === 1);
  });

  it("a visitor's recorded stream, decided again, gives that stream", async () => {
    const stage = await onStage({ scriptFile, settings: patient });
    const person = aPerson(stage);
    const first = await person.opens();
    await person.helped(first);
    await person.until(first, (types) => types.includes('VisitorTextHeld'));
    await person.opens();
    const events = await person.until(first, (types) => types.includes('VisitorTextTaken'));
    const pinned = events.flatMap((event) => (event.type === 'InputRecorded' ? [event.data.settings] : []))[0] ?? '';
    const [registered] = await stage.world.engine().store.read(settingsStream(pinned), { maxCount: 1 });
    const { settings: kept } = (registered as unknown as { data: { settings: unknown } }).data;
    const settings = dialogSettingsSchema.parse(kept);
    const again = replayVisitor(events, () => settings, 'dev');
    expect(again.gap).toBeNull();
    expect(again.events.map(({ type, data }) => ({ type, data: JSON.parse(JSON.stringify(data)) }))).toEqual(
      events.map(({ type, data }) => ({ type, data })),
    );
    expect(visitorHash(again.state)).toBe(visitorHash(foldVisitor(events, initialVisitor)));
  });

  it('with the engine ended and started again between all steps', async () => {
    const stage = await onStage({ scriptFile, settings: patient });
    const person = aPerson(stage);
    const again = async (): Promise<void> => {
      // Webim does not repeat what it tells event handlers.
      await stage.world.simulator.idle();
      await stage.world.stopEngine();
      await stage.world.startEngine();
    };
    const first = await person.opens();
    await again();
    stage.webim.press(first, 'human');
    await stage.until(first, (now) => now.owner() === 'queue');
    await again();
    stage.webim.closeFinally(first);
    await again();
    await stage.until(first, (now) => now.of('TextHeld').length > 0);
    await person.until(first, (types) => types.includes('VisitorTextHeld'));
    await again();
    const second = stage.webim.open(person.id).id;
    await again();
    await stage.until(second, () => person.said(second) === 1);
    await again();
    await person.until(first, (types) => types.includes('VisitorTextTaken'));
    const third = await person.opens();
    expect([first, second, third].map(person.said)).toEqual([0, 1, 0]);
  });
});
