import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { type AccountId, type ChatId, parkedStream } from '@dialog/contracts/ids';
import { groups, maxRecordBytes, topics } from '@dialog/contracts/topics';
import type { PartitionedLog } from '@dialog/log/port';
import { expect, it, vi } from 'vitest';
import { scenarios } from './cluster.ts';
import type { History } from './history.ts';
import { anna, ends, onStage, type Stage } from './stage.ts';

/** For what no history shows. */
const patience = { timeout: 20_000 };

/** Puts a record into the dialog's place of the inbox that no version of the projector can read. */
const poison = async (stage: Stage, chatId: number, value: string | Buffer = '{"type":"nonsense"'): Promise<string> => {
  const { log } = stage.world.engine();
  const [appended] = await log.append([{ topic: topics.inbox, key: `${stage.world.accountId}:${chatId}`, value: Buffer.from(value) }]);
  return `${topics.inbox}/${appended?.partition}/${appended?.offset}`;
};

/** As an operator does: by the console's API. @returns what it says that it does */
const release = async (
  stage: Stage,
  chatId: number,
  how: { readonly skip?: readonly string[]; readonly edit?: readonly { place: string; value: string }[]; readonly dryRun?: boolean } = {},
): Promise<{ readonly status: number; readonly does: string[] }> => {
  const url = `${stage.world.engine().consoleUrl()}/api/parked/${stage.world.accountId}/${chatId}/release`;
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ by: 'ops', reason: 'a test', ...how }),
  });
  const { plan = [] } = (await response.json()) as { plan?: { does: string }[] };
  return { status: response.status, does: plan.map((one) => one.does) };
};

const parked = async (stage: Stage, chatId: number): Promise<string[]> => {
  const id = { account: stage.world.accountId as AccountId, chatId: String(chatId) as ChatId };
  return (await stage.world.engine().store.read(parkedStream(id), { maxCount: 1_000 })).map((event) => event.type);
};

scenarios('a parked dialog', () => {
  it('11: a poison record parks its dialog, people get the chat, the others of its partition go on; after the fix it resumes in order', async () => {
    const stage = await onStage({ engine: { partitions: 1 } });
    const chatId = await stage.welcomed();
    const other = await stage.welcomed();
    const place = await poison(stage, chatId);
    // The bot had the chat: it hands it to people itself, and that is all it does.
    const stopped = await stage.until(chatId, (now) => now.owner() === 'queue' && now.flag());
    expect(stopped.of('DialogParked')).toEqual([{ reason: 'not_json', inputId: place }]);
    expect(stage.webim.chat(chatId).state).toBe('queue');
    // The other dialog behind the same record does not notice.
    stage.webim.say(other, 'где мой заказ');
    await stage.until(other, (now) => now.of('ScriptAdvanced').length >= 2);

    stage.webim.take(chatId, anna);
    // Nobody listens there: the chat is with people again at once.
    stage.webim.redirectToBot(chatId);
    const heard = stage.heard(chatId).length;
    await vi.waitFor(() => expect(stage.webim.chat(chatId).state).toBe('queue'), patience);
    await vi.waitFor(async () => expect((await parked(stage, chatId)).length).toBeGreaterThanOrEqual(3), patience);
    expect((await stage.history(chatId)).owner()).toBe('queue');
    expect(stage.heard(chatId)).toHaveLength(heard);
    // On the wire while people got it.
    const lines = Array.from({ length: 5 }, (_, at) => `строка ${at}`);
    for (const [at, text] of lines.entries()) stage.webim.sendNewMessage(chatId, { id: `behind-${at}`, kind: 'visitor', text });
    await vi.waitFor(async () => expect((await parked(stage, chatId)).length).toBeGreaterThanOrEqual(3 + lines.length), patience);

    const plan = await release(stage, chatId, { skip: [place], dryRun: true });
    expect([plan.status, plan.does[0], ...new Set(plan.does.slice(1))]).toEqual([200, 'skip', 'apply']);
    expect((await release(stage, chatId, { skip: ['dialog.inbox/0/999999'] })).status).toBe(400);
    expect((await release(stage, chatId, { skip: [place] })).status).toBe(202);
    const released = await stage.until(chatId, (now) => now.of('DialogReleased').length > 0);
    expect(released.of('DialogReleased')).toHaveLength(1);
    expect(released.of('RecordSkipped').map((one) => one.place)).toContain(place);
    const words = (now: History) =>
      now.of('InputRecorded').flatMap(({ input }) => (input.type === 'new_message' ? [input.message.text] : []));
    expect(words(await stage.until(chatId, (now) => words(now).length === lines.length))).toEqual(lines);
    // What gave it to the bot was undone since: the bot says nothing into people's chat.
    expect([released.owner() === 'bot', released.of('ReturnStarted'), stage.heard(chatId).length]).toEqual([false, [], heard]);
    expect(Object.values(ends(released))).not.toContain('open');
    // It goes on as any other.
    stage.webim.take(chatId, anna);
    await stage.passes(10_000);
    stage.webim.redirectToBot(chatId);
    await stage.until(chatId, (now) => now.owner() === 'bot' && !now.flag() && now.of('ReturnStarted').length === 1);
    await stage.quiet(chatId);
    expect(stage.heard(chatId).length).toBeGreaterThan(heard);
    stage.webim.say(chatId, 'где мой заказ');
    await stage.until(chatId, (now) => now.of('ScriptAdvanced').length > released.of('ScriptAdvanced').length);
  });

  it('stopped while an operator has the chat: given to the bot, people get it again', async () => {
    const stage = await onStage();
    const chatId = await stage.withOperator();
    await poison(stage, chatId);
    await stage.until(chatId, (now) => now.of('DialogParked').length === 1 && now.events.at(-1)?.metadata.head === null);
    stage.webim.redirectToBot(chatId);
    await stage.until(chatId, (now) => now.owner() === 'queue');
    expect(stage.webim.chat(chatId).state).toBe('queue');
    // A word of the visitor is as good, where the record of the redirect is lost.
    stage.webim.take(chatId, anna);
    stage.webim.redirectToBot(chatId);
    stage.webim.say(chatId, 'есть кто?');
    await vi.waitFor(() => expect(stage.webim.chat(chatId).state).toBe('queue'), patience);
  });

  it('Webim refuses the redirect of a parked dialog: it is tried again until people have the chat', async () => {
    const stage = await onStage();
    const chatId = await stage.welcomed();
    stage.world.simulator.failNext('redirect_chat', { kind: 'error', code: 'department-offline' }, 3);
    await poison(stage, chatId);
    const given = await stage.until(chatId, (now) => now.owner() === 'queue');
    expect(given.of('EffectRetried').map((one) => one.why)).toEqual(['refused', 'refused', 'refused']);
    expect(stage.webim.chat(chatId).state).toBe('queue');
  });

  it('a poison record that is the dialog’s first: people get the chat, and the release completes its start', async () => {
    let whole: string | undefined;
    /** The chat's `new_chat` lands cut in two. */
    const cuts = (log: PartitionedLog): PartitionedLog => ({
      ...log,
      append: (records, options) =>
        log.append(
          records.map((record) => {
            const text = Buffer.from(record.value ?? '').toString();
            if (whole !== undefined || record.topic !== topics.inbox || !text.includes('"new_chat"')) return record;
            whole = text;
            return { ...record, value: Buffer.from(text.slice(0, text.length / 2)) };
          }),
          options,
        ),
    });
    const stage = await onStage({ engine: { wrap: { log: cuts } } });
    const chatId = stage.opens('где мой заказ');
    const stopped = await stage.until(chatId, (now) => now.owner() === 'queue' && now.flag());
    expect(stage.webim.chat(chatId).state).toBe('queue');
    const [{ reason, inputId: place } = { reason: '', inputId: '' }] = stopped.of('DialogParked');
    expect(reason).toBe('not_json');
    expect(stage.heard(chatId)).toEqual([]);

    expect((await release(stage, chatId, { edit: [{ place, value: whole ?? '' }] })).status).toBe(202);
    const released = await stage.until(chatId, (now) => now.of('DialogReleased').length === 1);
    expect([released.of('DialogCompleted').length, released.owner()]).toEqual([1, 'queue']);
    // What he asked, people saw: the bot says nothing until it has the chat.
    expect(stage.heard(chatId)).toEqual([]);
    stage.webim.take(chatId, anna);
    await stage.until(chatId, (now) => now.owner() === 'operator');
    await stage.passes(10_000);
    stage.webim.say(chatId, 'где мой заказ');
    stage.webim.redirectToBot(chatId);
    await stage.until(chatId, (now) => now.owner() === 'bot' && now.of('ReturnStarted').length === 1);
    await stage.quiet(chatId);
    expect(stage.heard(chatId)[0]).toBe('Снова на связи бот. Чем ещё помочь?');
  });

  it('a release that fails again leaves the dialog parked and says where; an edited record is applied in its place', async () => {
    const stage = await onStage();
    const chatId = await stage.withOperator();
    const place = await poison(stage, chatId);
    await stage.until(chatId, (now) => now.of('DialogParked').length === 1);
    // People had it: there is nothing to hand over.
    expect((await stage.history(chatId)).owner()).toBe('operator');
    stage.webim.closeFinally(chatId);
    await vi.waitFor(async () => expect(await parked(stage, chatId)).toHaveLength(2), patience);

    await release(stage, chatId);
    const failed = await stage.until(chatId, (now) => now.of('ReleaseFailed').length === 1);
    expect(failed.of('ReleaseFailed')[0]).toEqual({ place, reason: 'not_json' });
    expect(failed.owner()).toBe('operator');

    const edited = {
      type: 'new_message',
      inputId: 'edited-by-hand',
      account: stage.world.accountId,
      chatId: String(chatId),
      chatIdForm: 'number',
      receivedAt: 1,
      message: {
        id: 'by-hand',
        hash: 'ffffffffffffffff',
        hashOfContent: false,
        kind: 'visitor',
        side: 'visitor',
        text: 'это было сообщение',
      },
    };
    await release(stage, chatId, { edit: [{ place, value: JSON.stringify(edited) }] });
    const released = await stage.until(chatId, (now) => now.of('DialogReleased').length === 1 && now.owner() === 'nobody');
    expect(released.flag()).toBe(false);
    const inputs = released.of('InputRecorded').map((one) => one.input.type);
    expect(inputs.indexOf('new_message')).toBeLessThan(inputs.indexOf('chat_closed'));
  });

  it('a poison record as big as the log takes one stops its dialog and no other, and is kept byte for byte', async () => {
    const stage = await onStage();
    const chatId = await stage.withOperator();
    const other = await stage.welcomed();
    const value = randomBytes(maxRecordBytes);
    await poison(stage, chatId, value);
    await stage.until(chatId, (now) => now.of('DialogParked').length === 1);
    stage.webim.say(other, 'где мой заказ');
    await stage.until(other, (now) => now.of('ScriptAdvanced').length >= 2);
    const response = await fetch(`${stage.world.engine().consoleUrl()}/api/parked/${stage.world.accountId}/${chatId}`);
    const { records } = (await response.json()) as { records: { valueBase64: string }[] };
    expect(records.map((one) => Buffer.from(one.valueBase64, 'base64').equals(value))).toEqual([true]);
  });

  it('a dialog that its script stopped goes to people, is listed with its reason, and is released though no record waits', async () => {
    const stage = await onStage({ scriptFile: fileURLToPath(new URL('./bots/fails.yaml', import.meta.url)) });
    const chatId = await stage.welcomed();
    stage.webim.say(chatId, 'деление');
    const stopped = await stage.until(chatId, (now) => now.owner() === 'queue' && now.flag());
    expect(stopped.of('DialogParked').map((one) => one.reason)).toEqual(['script_error']);
    const listed = async () => {
      const response = await fetch(`${stage.world.engine().consoleUrl()}/api/parked`);
      const { dialogs } = (await response.json()) as { dialogs: { chatId: string; records: number; reason: string; parkedAt: number }[] };
      return dialogs.map(({ chatId: id, records, reason }) => ({ id, records, reason }));
    };
    const until = (wanted: object[]) => vi.waitFor(async () => expect(await listed()).toEqual(wanted), patience);
    await until([{ id: String(chatId), records: 0, reason: 'script_error' }]);
    expect((await release(stage, chatId)).status).toBe(202);
    await stage.until(chatId, (now) => now.of('DialogReleased').length === 1);
    await until([]);
    expect((await release(stage, chatId)).status).toBe(404);
    // People give it back, and the bot goes on.
    stage.webim.take(chatId, anna);
    stage.webim.redirectToBot(chatId);
    stage.webim.say(chatId, 'часы');
    await stage.until(chatId, (now) =>
      now.of('EffectOpened').some(({ effect }) => effect.kind === 'text' && effect.text === 'С 10 до 18.'),
    );
  });

  it('27: a held text on its way when its dialog stops is read once, whatever the visitor opens next', { timeout: 90_000 }, async () => {
    const stage = await onStage({ scriptFile: fileURLToPath(new URL('./visitor-bot.yaml', import.meta.url)) });
    const { id } = stage.webim.newVisitor();
    const opens = () => stage.webim.open(id).id;
    const first = opens();
    await stage.quiet(first);
    stage.webim.press(first, 'human');
    await stage.until(first, (now) => now.owner() === 'queue');
    stage.webim.take(first, anna);
    await stage.until(first, (now) => now.owner() === 'operator');
    stage.webim.closeFinally(first);
    await stage.until(first, (now) => now.of('TextHeld').length > 0);

    stage.world.simulator.failNext('send_message', { kind: 'slow', ms: 8_000 });
    const second = opens();
    await stage.until(second, (now) => now.of('EffectOpened').some(({ purpose }) => purpose === 'held'));
    const place = await poison(stage, second);
    await stage.until(second, (now) => now.owner() === 'queue');
    const third = opens();
    await stage.until(third, (now) => now.of('EffectSettled').length > 0);
    await vi.waitFor(async () => expect((await parked(stage, second)).length).toBeGreaterThanOrEqual(2), patience);
    expect((await release(stage, second, { skip: [place] })).status).toBe(202);
    await stage.until(second, (now) => now.of('HeldTextTaken').length === 1);
    await stage.passes(5_000);
    const read = [first, second, third].map((chat) => stage.heard(chat).filter((text) => text.startsWith('Помог ли')).length);
    expect(read).toEqual([0, 1, 0]);
  });

  it.each([
    ['people got the chat', 0, 'queue'],
    ['Webim refused the redirect', 1_000, 'bot'],
  ])(
    'the result of what was on its way is left out, %s: it is in doubt, is not said again, and the dialog goes on',
    async (_, refusals, owner) => {
      const stage = await onStage();
      const chatId = await stage.welcomed();
      if (refusals > 0) stage.world.simulator.failNext('redirect_chat', { kind: 'error', code: 'department-offline' }, refusals);
      stage.world.simulator.failNext('send_message', { kind: 'slow', ms: 4_000 });
      stage.webim.say(chatId, 'где мой заказ');
      const asked = await stage.until(chatId, (now) => now.of('ScriptAdvanced').length >= 2);
      const { number } = asked.of('EffectOpened').at(-1) ?? { number: 0 };
      await poison(stage, chatId);
      await stage.until(chatId, (now) => now.owner() === 'queue' || now.of('EffectRetried').length > 0);
      await vi.waitFor(async () => expect((await parked(stage, chatId)).length).toBeGreaterThanOrEqual(2), patience);
      const { records } = (await (
        await fetch(`${stage.world.engine().consoleUrl()}/api/parked/${stage.world.accountId}/${chatId}`)
      ).json()) as { records: { place: string }[] };
      expect((await release(stage, chatId, { skip: records.map((one) => one.place) })).status).toBe(202);
      await stage.until(chatId, (now) => now.of('DialogReleased').length === 1);
      const heard = stage.heard(chatId).length;
      if (owner === 'queue') {
        stage.webim.take(chatId, anna);
        await stage.until(chatId, (now) => now.owner() === 'operator');
        await stage.passes(10_000);
        stage.webim.redirectToBot(chatId);
        await stage.until(chatId, (now) => now.owner() === 'bot');
      }
      stage.webim.say(chatId, 'часы');
      await vi.waitFor(() => expect(stage.heard(chatId).length).toBeGreaterThan(heard), patience);
      const done = await stage.until(chatId, (now) => !Object.values(ends(now)).includes('open'));
      expect([done.owner(), ends(done)[number], done.of('EffectRetried').filter((one) => one.number === number)]).toEqual([
        'bot',
        'in_doubt',
        [],
      ]);
    },
  );

  it('a released dialog stays as it is when the group is reset to the beginning', async () => {
    const stage = await onStage();
    const chatId = await stage.withOperator();
    const place = await poison(stage, chatId);
    await stage.until(chatId, (now) => now.of('DialogParked').length === 1);
    await release(stage, chatId, { skip: [place] });
    // What Webim says of its own redirect, people having the chat already, may come after the release.
    const isOver = (now: History): boolean => now.of('DialogReleased').length === 1 && !Object.values(ends(now)).includes('open');
    const before = await stage.until(chatId, isOver);
    const { world } = stage;
    for (const { service } of world.engine().services) await service.stop();
    const { log } = world.engine();
    for (const { partition } of await log.committed(groups.projector, topics.inbox))
      await log.setCommitted(groups.projector, topics.inbox, partition, 0);
    await world.engine().close();
    await world.startEngine();
    await vi.waitFor(async () => {
      const lag = await world.engine().log.lag(groups.projector, topics.inbox);
      expect(lag.filter((one) => one.committed === undefined || one.lag > 2)).toEqual([]);
    }, patience);
    const after = await stage.history(chatId);
    expect(after.events.map((event) => event.type)).toEqual(before.events.map((event) => event.type));
  });
});
