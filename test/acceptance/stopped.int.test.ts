import { expect, it, vi } from 'vitest';
import { scenarios } from './cluster.ts';
import { onStage, type Stage } from './stage.ts';

const who = { by: 'olga', reason: 'it promises refunds' };

/** As an operator does: by the console's API. */
const turn = async (stage: Stage, how: 'stop' | 'start', what: object): Promise<Record<string, unknown>> => {
  const response = await fetch(`${stage.world.engine().consoleUrl()}/api/${how}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ account: stage.world.accountId, ...who, ...what }),
  });
  expect(response.status).toBeLessThan(300);
  return (await response.json()) as Record<string, unknown>;
};
const asked = async <T>(stage: Stage, path: string): Promise<T> =>
  (await (await fetch(stage.world.engine().consoleUrl() + path)).json()) as T;
/** Of what the console knows: how many of its chats a stop would take from the bot. */
const withBot = async (stage: Stage): Promise<unknown> => (await turn(stage, 'stop', { dryRun: true }))['withBot'];
const patience = { timeout: 20_000 };

scenarios('the kill switch', () => {
  it('of an account: its chats go to people with their next input, new ones at once; started again, the bot answers', async () => {
    const stage = await onStage();
    const chatId = await stage.welcomed();
    await vi.waitFor(async () => expect(await withBot(stage)).toBe(1), patience);
    expect(await turn(stage, 'stop', {})).toMatchObject({ asItWas: false });
    expect(await turn(stage, 'stop', {})).toMatchObject({ asItWas: true });
    // Each process hears of it by its own subscription: the first word after that goes to people.
    const account = `account-${stage.world.accountId}`;
    expect((await stage.world.engine().store.read(account, { from: 'start' })).at(-1)).toMatchObject({ type: 'BotStopped', data: who });
    const heard = await vi.waitFor(async () => {
      const [before, inputs] = [stage.heard(chatId).length, (await stage.history(chatId)).of('InputRecorded').length];
      stage.webim.say(chatId, 'где мой заказ');
      const now = await stage.until(
        chatId,
        (now) => now.of('InputRecorded').length > inputs + 1 && now.events.at(-1)?.metadata.head === null,
      );
      expect(now.owner()).toBe('queue');
      return before;
    }, patience);
    expect(stage.webim.chat(chatId).state).toBe('queue');
    const stopped = await stage.until(chatId, (now) => now.owner() === 'queue' && now.flag());
    expect(stopped.of('OwnerChanged').at(-1)).toMatchObject({ cause: 'stopped' });
    // What people got the bot has not answered too.
    expect(stage.heard(chatId)).toHaveLength(heard);
    const audit = await asked<{ actions: object[] }>(stage, `/api/audit?account=${stage.world.accountId}`);
    expect(audit.actions).toMatchObject([{ action: 'bot_stopped', ...who }]);
    const accounts = await asked<{ accounts: { account: string; stopped: object | null }[] }>(stage, '/api/accounts');
    expect(accounts.accounts.find((one) => one.account === stage.world.accountId)?.stopped).toMatchObject(who);

    await turn(stage, 'start', {});
    // A chat that began before every process had heard of it is not greeted: the next one may be.
    await vi.waitFor(async () => expect((await stage.history(await stage.welcomed())).owner()).toBe('bot'), { timeout: 60_000 });
  });

  it('of one dialog: people get it at once, the others go on; its history says who and why', async () => {
    const stage = await onStage();
    const chatId = await stage.welcomed();
    const other = await stage.welcomed();
    await vi.waitFor(async () => expect(await withBot(stage)).toBe(2), patience);
    expect(await turn(stage, 'stop', { chatId: String(chatId) })).toMatchObject({ asItWas: false, withBot: 1 });
    const stopped = await stage.until(chatId, (now) => now.owner() === 'queue' && now.flag());
    expect(stopped.of('BotStopped')).toEqual([{ by: who.by }]);
    expect(stopped.of('InputRecorded').map(({ input }) => input)).toContainEqual(expect.objectContaining({ type: 'stop_bot', ...who }));
    stage.webim.say(other, 'где мой заказ');
    await stage.until(other, (now) => now.of('ScriptAdvanced').length >= 2);
    await vi.waitFor(async () => expect(await turn(stage, 'stop', { chatId: String(chatId) })).toMatchObject({ asItWas: true }), patience);
    await turn(stage, 'start', { chatId: String(chatId) });
    await stage.until(chatId, (now) => now.of('BotStarted').length === 1);
  });
});
