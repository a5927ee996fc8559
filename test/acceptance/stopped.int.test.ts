import { realClock } from '@dialog/contracts/clock';
import { expect, it } from 'vitest';
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
/** @throws after 20 s of real time */
const eventually = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
  for (const from = performance.now(); performance.now() - from < 20_000; await realClock.sleep(50)) if (await holds()) return;
  throw new Error(`never: ${what}`);
};

scenarios('the kill switch', () => {
  it('of an account: its chats go to people with their next input, new ones at once; started again, the bot answers', async () => {
    const stage = await onStage();
    const chatId = await stage.welcomed();
    await eventually('the console has the dialog', async () => (await turn(stage, 'stop', { dryRun: true }))['withBot'] === 1);
    expect(await turn(stage, 'stop', {})).toMatchObject({ asItWas: false });
    expect(await turn(stage, 'stop', {})).toMatchObject({ asItWas: true });
    // Each process hears of it by its own subscription: the first word after that goes to people.
    const account = `account-${stage.world.accountId}`;
    expect((await stage.world.engine().store.read(account, { from: 'start' })).at(-1)).toMatchObject({ type: 'BotStopped', data: who });
    const heard = stage.heard(chatId).length;
    await eventually('the next word goes to people', async () => {
      stage.webim.say(chatId, 'где мой заказ');
      await realClock.sleep(500);
      return stage.webim.chat(chatId).state === 'queue';
    });
    const stopped = await stage.until(chatId, (now) => now.owner() === 'queue' && now.flag());
    expect(stopped.of('OwnerChanged').at(-1)).toMatchObject({ cause: 'stopped' });
    expect(stage.heard(chatId).length - heard).toBeLessThanOrEqual(1);
    const audit = await asked<{ actions: object[] }>(stage, `/api/audit?account=${stage.world.accountId}`);
    expect(audit.actions).toMatchObject([{ action: 'bot_stopped', ...who }]);
    const accounts = await asked<{ accounts: { account: string; stopped: object | null }[] }>(stage, '/api/accounts');
    expect(accounts.accounts.find((one) => one.account === stage.world.accountId)?.stopped).toMatchObject(who);

    await turn(stage, 'start', {});
    await eventually('the bot answers again', async () => {
      const other = await stage.welcomed().catch(() => undefined);
      return other !== undefined && (await stage.history(other)).owner() === 'bot';
    });
  });

  it('of one dialog: people get it at once, the others go on; its history says who and why', async () => {
    const stage = await onStage();
    const chatId = await stage.welcomed();
    const other = await stage.welcomed();
    await eventually('the console has both', async () => (await turn(stage, 'stop', { dryRun: true }))['withBot'] === 2);
    expect(await turn(stage, 'stop', { chatId: String(chatId) })).toMatchObject({ asItWas: false, withBot: 1 });
    const stopped = await stage.until(chatId, (now) => now.owner() === 'queue' && now.flag());
    expect(stopped.of('BotStopped')).toEqual([{ by: who.by }]);
    expect(stopped.of('InputRecorded').map(({ input }) => input)).toContainEqual(expect.objectContaining({ type: 'stop_bot', ...who }));
    stage.webim.say(other, 'где мой заказ');
    await stage.until(other, (now) => now.of('ScriptAdvanced').length >= 2);
    await eventually('the console knows', async () => (await turn(stage, 'stop', { chatId: String(chatId) }))['asItWas'] === true);
    await turn(stage, 'start', { chatId: String(chatId) });
    await stage.until(chatId, (now) => now.of('BotStarted').length === 1);
  });
});
