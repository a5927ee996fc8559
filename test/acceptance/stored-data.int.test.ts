import { dialogKey } from '@dialog/contracts/ids';
import type { InboxInputOf } from '@dialog/contracts/inbox';
import { Secret } from '@dialog/contracts/secret';
import { topics } from '@dialog/contracts/topics';
import { newSecrets } from '@dialog/standalone/world';
import { webimStoredData } from '@dialog/webim/stored-data/client';
import { type ChatCounts, oldChats } from '@dialog/webim/stored-data/old-chats';
import { expect, it, vi } from 'vitest';
import { scenarios } from './cluster.ts';
import type { History } from './history.ts';
import { anna, ends, onStage, type Stage } from './stage.ts';

const secrets = newSecrets();
const imports = (history: History): InboxInputOf<'chat_imported'>[] =>
  history.of('InputRecorded').flatMap(({ input }) => (input.type === 'chat_imported' ? [input] : []));
const asked = async <T>(stage: Stage, path: string): Promise<T> =>
  (await (await fetch(`${stage.world.engine().consoleUrl()}/api${path}`)).json()) as T;
const questions = (stage: Stage) => stage.world.simulator.journal().filter(({ kind }) => kind === 'stored_data');

/** As `dialogctl import webim` does it. */
const importOld = async (stage: Stage): Promise<ChatCounts | undefined> => {
  const { simulator, accountId, clock } = stage.world;
  const { adminLogin, adminPassword } = simulator.account;
  const stored = webimStoredData({ baseUrl: simulator.baseUrl(), login: adminLogin, password: new Secret(adminPassword), clock });
  const { log } = stage.world.engine();
  let counts: ChatCounts | undefined;
  try {
    const options = { account: accountId, hashKey: new Secret(secrets.hashKey), since: 0, clock, logTime: log.logTime };
    for await (const page of oldChats(stored, options)) {
      counts = page.counts;
      const records = page.chats.map((chat) => ({
        topic: topics.inbox,
        key: dialogKey(chat),
        value: new TextEncoder().encode(JSON.stringify(chat)),
      }));
      if (records.length > 0) await log.append(records);
    }
  } finally {
    await stored.close();
  }
  return counts;
};

scenarios('what Webim keeps', () => {
  it('after the close of a chat that people had, what was said there is read once, and moves nothing', async () => {
    const stage = await onStage({ settings: { storedData: true } });
    const chatId = await stage.withOperator();
    stage.webim.answer(chatId, anna, 'Посылка уже у курьера.');
    stage.webim.closeFinally(chatId);
    const read = await stage.until(chatId, (now) => imports(now).length > 0 && now.events.at(-1)?.metadata.head === null);
    const [first, ...more] = imports(read);
    expect(more).toEqual([]);
    expect(first?.messages.map(({ side, text, operatorId }) => [side, text, operatorId])).toContainEqual([
      'operator',
      'Посылка уже у курьера.',
      String(anna),
    ]);
    // What he pressed stands there as it came by the webhook.
    const pressed = read.of('InputRecorded').flatMap(({ input }) => (input.type === 'new_message' ? (input.message.button ?? []) : []));
    expect(pressed.map(({ id }) => id)).toContain('human');
    expect(first?.messages.flatMap(({ button }) => button ?? [])).toEqual(pressed);
    // It is the visitor whom the dialog has, and his messages are those that came by webhooks.
    expect(first?.visitor?.hash).toBe(read.of('DialogStarted')[0]?.visitor);
    const webhooks = read.of('InputRecorded').flatMap(({ input }) => (input.type === 'new_message' ? [input.message.hash] : []));
    expect(webhooks.length).toBeGreaterThan(0);
    expect(first?.messages.map(({ hash }) => hash)).toEqual(expect.arrayContaining(webhooks));
    expect(read.of('EffectOpened').filter(({ purpose }) => purpose === 'history')).toHaveLength(1);
    expect(Object.values(ends(read))).not.toContain('open');
    expect([read.owner(), read.flag(), read.of('ReturnStarted').length]).toEqual(['nobody', false, 1]);
    expect(questions(stage).filter(({ name }) => name === 'chat')).toHaveLength(1);
  });

  it('a chat that the bot alone had is not asked about, and a refusal harms nothing', async () => {
    const stage = await onStage({ settings: { storedData: true }, simulator: { knobs: { storedData: 'forbidden' } } });
    const alone = await stage.welcomed();
    stage.webim.closeFinally(alone);
    const quiet = await stage.until(alone, (now) => now.owner() === 'nobody');
    expect(quiet.of('EffectOpened').map(({ purpose }) => purpose)).not.toContain('history');
    const chatId = await stage.withOperator();
    stage.webim.closeFinally(chatId);
    const refused = await stage.until(chatId, (now) => Object.values(ends(now)).includes('refused'));
    expect(imports(refused)).toEqual([]);
    expect([refused.owner(), refused.flag()]).toEqual(['nobody', false]);
    // After the 403 nothing else is asked, for the names either.
    expect(questions(stage)).toHaveLength(1);
  });

  it('names of operators and departments come from Webim', async () => {
    const stage = await onStage();
    await stage.welcomed();
    await vi.waitFor(
      async () => {
        const { accounts } = await asked<{ accounts: Record<string, { operators: object; departments: object }> }>(stage, '/directory');
        expect(accounts[stage.world.accountId]).toMatchObject({
          operators: { [String(anna)]: 'Анна' },
          departments: { operatory: 'Операторы' },
        });
      },
      { timeout: 30_000, interval: 200 },
    );
  });

  it('old chats become histories that are read only; a second import writes nothing; an open chat is left out', async () => {
    const stage = await onStage({ secrets });
    const { webim, simulator } = { webim: stage.webim, simulator: stage.world.simulator };
    // Nobody is told of them.
    simulator.setHooks({ botUrl: 'http://127.0.0.1:9/' });
    const old = Array.from({ length: 3 }, (_, at) => {
      const chatId = stage.opens(`Где заказ ${at}?`);
      webim.take(chatId, anna);
      webim.answer(chatId, anna, `Заказ ${at} едет`);
      webim.closeFinally(chatId);
      return chatId;
    });
    const open = stage.opens('ещё здесь');
    expect(await importOld(stage)).toEqual({ read: 4, taken: 3, open: 1, empty: 0 });
    for (const chatId of old) {
      const read = await stage.until(chatId, (now) => imports(now).length > 0);
      expect(read.types()).toEqual(['InputRecorded', 'UnseenChatRecorded']);
      expect(read.owner()).toBeNull();
    }
    expect((await stage.history(open)).events).toEqual([]);
    expect(await importOld(stage)).toMatchObject({ taken: 3 });
    // What comes after it shows that it was taken.
    await stage.posts({ event: 'chat_started', chat: { id: old[0] } }, 'chat_started');
    const again = await stage.until(old[0] ?? 0, (now) => now.of('InputRecorded').some(({ input }) => input.type === 'chat_started'));
    expect(imports(again)).toHaveLength(1);

    type Listed = { dialogs: { chatId: string; state: string; operators: string[] }[] };
    await vi.waitFor(
      async () => {
        const { dialogs } = await asked<Listed>(stage, '/dialogs?state=imported');
        expect(dialogs.map(({ chatId }) => chatId).sort()).toEqual(old.map(String).sort());
        expect(dialogs[0]?.operators).toContain(String(anna));
      },
      { timeout: 30_000, interval: 200 },
    );
    const { dialogs } = await asked<Listed>(stage, `/dialogs?${new URLSearchParams({ text: 'едет' })}`);
    expect(dialogs.length).toBe(3);
  });

  it('stops at once on a 401', async () => {
    const stage = await onStage({ simulator: { knobs: { storedData: 'unauthorized' } } });
    const before = questions(stage).length;
    await expect(importOld(stage)).rejects.toThrow('Webim refuses: http_401');
    expect(questions(stage).length - before).toBeLessThanOrEqual(2);
  });
});
