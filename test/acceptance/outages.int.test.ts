import { topics } from '@dialog/contracts/topics';
import { type EventStore, EventStoreError } from '@dialog/event-store/port';
import { LogError, type PartitionedLog } from '@dialog/log/port';
import { engineMetrics } from '@dialog/standalone/metrics';
import { expect, it } from 'vitest';
import { scenarios } from './cluster.ts';
import { anna, ends, onStage, type Stage } from './stage.ts';

/** What stands between ingress and the log: takes appends of the inbox as told. */
const gate = () => {
  let how: 'open' | 'hangs' | 'lands' = 'open';
  return {
    set: (next: typeof how) => {
      how = next;
    },
    log: (log: PartitionedLog): PartitionedLog => ({
      ...log,
      append: async (records, options) => {
        const fromOutside = records.some((one) => one.topic === topics.inbox && String(one.headers?.['ce_id']).startsWith('wh:'));
        if (how === 'open' || !fromOutside) return log.append(records, options);
        if (how === 'lands') await log.append(records, options);
        throw new LogError('timeout', 'no acknowledgement in time');
      },
    }),
  };
};

const message = (id: string, text: string, chatId: number) => ({
  event: 'new_message',
  chat_id: chatId,
  message: { id, kind: 'visitor', text },
});

scenarios('when the log or the store is away', () => {
  it('19: the log can not acknowledge in time: 503, counted; the next webhook after it is taken, no record twice', async () => {
    const between = gate();
    const metrics = engineMetrics();
    const stage = await onStage({ engine: { metrics, wrap: { log: between.log } } });
    const chatId = await stage.welcomed();
    between.set('hangs');
    expect(await stage.posts(message('m-1', 'где мой заказ', chatId))).toBe(503);
    between.set('open');
    expect(await stage.posts(message('m-1', 'где мой заказ', chatId))).toBe(200);
    expect(await stage.posts(message('m-2', '204512', chatId))).toBe(200);
    const history = await stage.until(
      chatId,
      (now) => now.of('InputRecorded').filter((one) => one.input.type === 'new_message').length === 2,
    );
    const ids = history.of('InputRecorded').map((one) => one.input.inputId);
    expect(new Set(ids).size).toBe(ids.length);
    const counted = (verdict: string) => new RegExp(`^\\S*webhook\\S*event="new_message",verdict="${verdict}"\\S* (\\d+)$`, 'm');
    const told = await metrics.text();
    expect([counted('unavailable').exec(told)?.[1], counted('accepted').exec(told)?.[1]]).toEqual(['1', '2']);
  });

  it('25: answered 503 though the record landed: the chat counts as gone to people, nothing is sent after that, Return works later', async () => {
    const between = gate();
    const stage = await onStage({ engine: { wrap: { log: between.log } } });
    const chatId = await stage.welcomed();
    between.set('lands');
    expect(await stage.posts(message('m-1', 'где мой заказ', chatId))).toBe(503);
    between.set('open');
    const gone = await stage.until(chatId, (now) => now.of('WebhookRefused').length === 1);
    expect([gone.owner(), gone.flag()]).toEqual(['queue', true]);
    expect(gone.of('FlagSet').map((one) => one.cause)).toEqual(['webhook_refused']);
    const heard = stage.heard(chatId).length;
    stage.webim.redirectToDepartment(chatId, 'operatory');
    await stage.passes(20_000);
    // The answer may have been on its way when the refusal came; nothing starts after it.
    expect(stage.heard(chatId).length).toBe(heard);
    stage.webim.closeFinally(chatId);
    const closed = await stage.until(chatId, (now) => now.owner() === 'nobody');
    expect(closed.of('ReturnStarted')).toHaveLength(1);
    expect(closed.flag()).toBe(false);
  });

  it('25, second run: Webim repeats it and gets 200: the bot has the chat again and answers the message once', async () => {
    const between = gate();
    const stage = await onStage({ engine: { wrap: { log: between.log } } });
    const chatId = await stage.welcomed();
    between.set('lands');
    expect(await stage.posts(message('m-1', 'где мой заказ', chatId))).toBe(503);
    between.set('open');
    await stage.until(chatId, (now) => now.of('WebhookRefused').length === 1);
    expect(await stage.posts(message('m-1', 'где мой заказ', chatId))).toBe(200);
    const history = await stage.until(
      chatId,
      (now) => now.of('WebhookRefusalTakenBack').length === 1 && now.owner() === 'bot' && now.events.at(-1)?.metadata.head === null,
    );
    expect(history.of('FlagReset').map((one) => one.cause)).toEqual(['webhook_repeated']);
    expect(history.of('ReturnStarted')).toEqual([]);
    // Once; or twice where the first answer was on its way to Webim while the refusal and its repeat came.
    const crossed = history.events.some(
      (event, at) =>
        at > history.types().indexOf('WebhookRefusalTakenBack') &&
        event.type === 'EffectSettled' &&
        event.metadata.epoch > 1 &&
        event.data.number === 4,
    );
    expect(stage.heard(chatId).filter((text) => text.includes('номер заказа')).length).toBeLessThanOrEqual(crossed ? 2 : 1);
    expect(stage.heard(chatId).some((text) => text.includes('номер заказа'))).toBe(true);
    expect(Object.values(ends(history))).not.toContain('open');
  });

  it('26: the event store is away while the log is well: after botSilenceLimit 503 on purpose; afterwards no burst of old replies, everything recorded', async () => {
    let away = false;
    const store = (inner: EventStore): EventStore => {
      const guard =
        <A extends unknown[], T>(call: (...args: A) => Promise<T>) =>
        async (...args: A): Promise<T> => {
          if (away) throw new EventStoreError('unavailable', 'away');
          return call(...args);
        };
      return { ...inner, append: guard(inner.append), read: guard(inner.read) };
    };
    const stage: Stage = await onStage({ engine: { wrap: { store }, botSilenceLimitMs: 30_000 } });
    const chats = await Promise.all([stage.welcomed(), stage.welcomed(), stage.welcomed()]);
    const heard = chats.map((chatId) => stage.heard(chatId).length);
    await stage.passes(35_000);
    away = true;
    const statuses: number[] = [];
    for (let turn = 0; turn < 20; turn++) {
      for (const chatId of chats) {
        const status = await stage.posts(message(`m-${turn}`, `строка ${turn}`, chatId));
        statuses.push(status);
        // As Webim does: people get the chat at once.
        if (status === 503 && stage.webim.chat(chatId).state === 'chatting_with_robot') stage.webim.take(chatId, anna);
      }
      await stage.passes(10_000);
    }
    expect(statuses[0]).toBe(200);
    expect(statuses.at(-1)).toBe(503);
    expect(stage.world.engine().projector?.health().storeAway).toBe(true);
    away = false;
    const taken = statuses.length;
    for (const chatId of chats) {
      const history = await stage.until(
        chatId,
        (now) => now.of('InputRecorded').filter((one) => one.input.type === 'new_message').length === taken / chats.length,
      );
      expect(history.of('WebhookRefused').length).toBeGreaterThan(0);
      expect([history.owner(), history.flag()]).toEqual(['operator', true]);
    }
    await stage.passes(60_000);
    // Two hundred seconds old: the bot does not answer them any more.
    for (const [at, chatId] of chats.entries()) expect(stage.heard(chatId).length - (heard[at] ?? 0)).toBe(0);
    for (const chatId of chats) expect(Object.values(ends(await stage.history(chatId)))).not.toContain('open');
  });

  it('17: webhooks repeated, delayed up to 5 s and out of order, from a seed: the end state is that of the clean run', async () => {
    const life = async (knobs: object): Promise<{ owner: string | null; flag: boolean; returns: number }> => {
      const stage = await onStage({ simulator: { knobs, seed: 7 } });
      const chatId = await stage.withOperator();
      stage.webim.redirectToBot(chatId);
      await stage.until(chatId, (now) => now.of('FlagReset').length === 1);
      stage.webim.say(chatId, 'где мой заказ');
      stage.webim.say(chatId, '204512');
      await stage.passes(8_000);
      await stage.quiet(chatId);
      stage.webim.closeFinally(chatId);
      const end = await stage.until(chatId, (now) => now.owner() === 'nobody');
      await stage.passes(8_000);
      expect(Object.values(ends(await stage.history(chatId)))).not.toContain('open');
      return { owner: end.owner(), flag: end.flag(), returns: end.of('ReturnStarted').length };
    };
    const clean = await life({});
    const disordered = await life({ repeatWebhooks: 0.5, webhookDelayMs: 5_000, unorderedWebhooks: true, handlerDelayMs: 5_000 });
    expect(disordered).toEqual(clean);
  });

  it.each([3, 11, 29])(
    '17, with webhooks dropped too, from seed %i: the end state is that of the clean run; what never came is not in the history',
    async (seed) => {
      const knobs = { dropWebhooks: 0.3, repeatWebhooks: 0.3, webhookDelayMs: 5_000, unorderedWebhooks: true, handlerDelayMs: 5_000 };
      const stage = await onStage({ simulator: { knobs, seed } });
      const { webim } = stage;
      const { simulator } = stage.world;
      const chatId = stage.opens('здравствуйте');
      for (const act of [
        () => webim.say(chatId, 'прайс'),
        () => webim.say(chatId, 'где мой заказ'),
        () => webim.take(chatId, anna),
        () => webim.redirectToBot(chatId),
        () => webim.say(chatId, 'меню'),
        () => webim.take(chatId, anna),
        () => webim.closeFinally(chatId),
      ]) {
        await stage.passes(15_000);
        act();
      }
      const closed = await stage.until(chatId, (now) => now.owner() === 'nobody');
      await simulator.idle();
      await stage.passes(20_000);
      const history = await stage.history(chatId);
      expect([history.owner(), history.flag()]).toEqual(['nobody', false]);
      // Each stretch with people has its reset and its Return, and no more of them than the two that there were.
      expect(history.of('FlagReset').length).toBe(history.of('FlagSet').length);
      expect(history.of('ReturnStarted').length).toBe(history.of('FlagSet').length);
      expect(history.of('FlagSet').length).toBeGreaterThanOrEqual(1);
      expect(history.of('FlagSet').length).toBeLessThanOrEqual(2);
      expect(history.of('DialogClosed')).toEqual(closed.of('DialogClosed'));
      expect(Object.values(ends(history))).not.toContain('open');
      // All that was delivered stands in it, each delivery once.
      const delivered = simulator.journal().filter((entry) => entry.chatId === chatId && entry.direction === 'out' && entry.done).length;
      const recorded = history.of('InputRecorded').filter(({ input }) => input.inputId.startsWith('wh:')).length;
      expect(recorded).toBe(delivered);
      // A start that was dropped is visible as such.
      if (!history.of('InputRecorded').some(({ input }) => input.type === 'new_chat'))
        expect(history.of('DialogStarted')[0]?.incomplete).toBe(true);
    },
  );
});
