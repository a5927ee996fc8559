import { type AccountId, type ChatId, dialogStream } from '@dialog/contracts/ids';
import type { EventStore } from '@dialog/event-store/port';
import { expect, it } from 'vitest';
import { scenarios } from './cluster.ts';
import { onStage } from './stage.ts';

/** Stands between the engine and its store: the appends to one stream wait until they are let through. */
const held = () => {
  let stream: string | undefined;
  let open = Promise.withResolvers<void>();
  let waiting = 0;
  return {
    hold: (one: string): void => {
      stream = one;
      open = Promise.withResolvers();
    },
    letThrough: (): void => {
      stream = undefined;
      open.resolve();
    },
    waiting: () => waiting,
    store: (store: EventStore): EventStore => ({
      ...store,
      append: async (to, events, expected) => {
        if (to === stream) {
          waiting += 1;
          await open.promise;
        }
        return store.append(to, events, expected);
      },
    }),
  };
};

scenarios('a slow dialog', () => {
  it('delays no other: one that stands still for as long as it likes, the others of its partition talk on; then it goes on in order', async () => {
    const between = held();
    // One partition: all of them wait in the same queue.
    const stage = await onStage({ engine: { partitions: 1, wrap: { store: between.store } } });
    const slow = await stage.welcomed();
    const others = await Promise.all(Array.from({ length: 8 }, () => stage.welcomed()));
    const said = stage.heard(slow).length;
    between.hold(dialogStream({ account: stage.world.accountId as AccountId, chatId: String(slow) as ChatId }));
    const lines = Array.from({ length: 20 }, (_, at) => `строка ${at}`);
    for (const line of lines) stage.webim.say(slow, line);
    // Each of the others speaks several times after the slow one has begun to stand still, and is answered each time.
    for (let turn = 0; turn < 5; turn++) {
      const before = others.map((chatId) => stage.heard(chatId).length);
      for (const chatId of others) stage.webim.say(chatId, turn % 2 === 0 ? 'где мой заказ' : '204512');
      await stage.world.simulator.until(
        () => others.every((chatId, at) => stage.heard(chatId).length > (before[at] ?? 0)),
        'all others are answered',
        60_000,
      );
    }
    expect(between.waiting()).toBe(1);
    expect(stage.heard(slow)).toHaveLength(said);
    between.letThrough();
    const history = await stage.until(
      slow,
      (now) => now.of('InputRecorded').filter((one) => one.input.type === 'new_message').length === lines.length,
    );
    const recorded = history.of('InputRecorded').flatMap(({ input }) => (input.type === 'new_message' ? [input.message.text] : []));
    expect(recorded).toEqual(lines);
    await stage.world.simulator.until(() => stage.heard(slow).length > said, 'the slow one is answered');
  });
});
