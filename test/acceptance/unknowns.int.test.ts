import { topics } from '@dialog/contracts/topics';
import { LogError, type PartitionedLog } from '@dialog/log/port';
import { newSecrets } from '@dialog/standalone/world';
import { sampleAccount } from '@dialog/webim-simulator/account';
import { expect, it, vi } from 'vitest';
import { scenarios } from './cluster.ts';
import type { History } from './history.ts';
import { anna, ends, onStage, type Stage } from './stage.ts';

/** Handed over, taken, given back, handed over once more, closed: a life that must end alike however Webim does what the protocol leaves open. */
const life = async (stage: Stage): Promise<History> => {
  const chatId = await stage.welcomed();
  stage.webim.say(chatId, 'прайс');
  await stage.until(chatId, (now) => now.of('InputRecorded').some((one) => one.input.type === 'new_message'));
  await stage.quiet(chatId);
  stage.webim.say(chatId, 'оператор');
  await stage.until(chatId, (now) => now.owner() === 'queue');
  stage.webim.take(chatId, anna);
  await stage.passes(12_000);
  stage.webim.redirectToBot(chatId);
  await stage.until(chatId, (now) => now.of('ReturnStarted').length === 1 && now.owner() === 'bot');
  await stage.quiet(chatId);
  stage.webim.say(chatId, 'оператор');
  await stage.until(chatId, (now) => now.owner() === 'queue');
  stage.webim.take(chatId, anna);
  stage.webim.closeFinally(chatId);
  const history = await stage.until(chatId, (now) => now.owner() === 'nobody');
  expect(history.of('FlagReset').map((one) => one.cause)).toEqual(['operator_redirect', 'final_close']);
  expect(history.of('ReturnStarted').map((one) => one.cause)).toEqual(['operator_redirect', 'final_close']);
  expect(Object.values(ends(history))).not.toContain('open');
  expect(stage.heard(chatId).filter((text) => text.includes('Снова на связи'))).toHaveLength(1);
  return history;
};

scenarios('what the protocol leaves open (webim-protocol §12, §13)', () => {
  it('handlers with the bare chat object and their times, no reason of the close, none for the bot, slow answers', async () => {
    const knobs = { handlerBody: 'chat', handlerTimes: true, closeReasonShown: false, assignedForBot: false, botApiDelayMs: 300 } as const;
    const history = await life(await onStage({ simulator: { knobs } }));
    expect(history.of('InputRecorded').filter((one) => one.input.type === 'chat_assigned' && one.input.at === undefined)).toEqual([]);
  });

  it.each([
    ['codes that speak of them', ''],
    ['a code that says nothing', 'E-1204'],
  ])(
    'handlers as forms, none for start and assignment; keyboards and files are refused by %s: a numbered menu, a link',
    async (_how, refusalCode) => {
      const refuses = { refusesKeyboards: true, refusesFiles: true, refusalCode };
      const history = await life(
        await onStage({ simulator: { knobs: { handlerBody: 'form', sendsStarted: false, sendsAssigned: false, ...refuses } } }),
      );
      const replaced = history.of('EffectRetried').flatMap((one) => (one.effect?.kind === 'text' ? [one.effect.text] : []));
      expect(replaced).toContain('price.pdf: https://files.example.com/price.pdf');
      expect(replaced.some((text) => text.startsWith('1. Где мой заказ?\n2. Прайс-лист'))).toBe(true);
      expect(history.of('EffectSettled').filter((one) => one.outcome === 'refused')).toEqual([]);
    },
  );

  it('a softly closed chat that is reopened goes to the bot, told only by a message: a trial, then the message is answered', async () => {
    const stage = await onStage({ simulator: { knobs: { reopenedGoesTo: 'bot' } } });
    const chatId = await stage.withOperator();
    await stage.passes(15_000);
    stage.webim.close(chatId);
    stage.webim.say(chatId, 'прайс');
    const history = await stage.until(chatId, (now) => now.owner() === 'bot' && now.of('TrialEnded').length > 0);
    expect(history.of('TrialEnded')).toEqual([{ outcome: 'accepted' }]);
    expect(history.of('FlagReset').map((one) => one.cause)).toEqual(['operator_redirect']);
    await stage.until(chatId, (now) => now.of('EffectOpened').some((one) => one.effect.kind === 'file'));
    await stage.quiet(chatId);
    expect(stage.heard(chatId).join()).toContain('Снова на связи');
  });

  it('a close by the operator is final at once', async () => {
    const stage = await onStage({ simulator: { knobs: { closesFinallyAtOnce: true } } });
    const chatId = await stage.withOperator();
    stage.webim.close(chatId);
    const history = await stage.until(chatId, (now) => now.owner() === 'nobody');
    expect(history.of('ReturnStarted')).toHaveLength(1);
  });

  it.each(['unauthorized', 'forbidden', 'error'] as const)(
    'a category is mandatory, so no timer closes; Stored Data answers %s: CloseOverdue all the same, and it is asked once, not hammered',
    async (storedData) => {
      const settings = { autoCloseAfterMs: 60_000, webimTimerGridMs: 5_000, noOperatorAfterMs: 900_000, storedData: true };
      const timeouts = { inactivityMs: 30_000, closedByOperatorMs: 30_000, gridMs: 5_000 };
      const stage = await onStage({ settings, simulator: { timeouts, knobs: { mandatoryCategory: true, storedData } } });
      const chatId = await stage.withOperator();
      stage.webim.close(chatId);
      const history = await stage.until(chatId, (now) => now.of('CloseOverdue').length >= 2);
      expect([history.owner(), history.flag()]).toEqual(['operator', true]);
      await stage.passes(30_000);
      const asked = stage.world.simulator.journal().filter((entry) => entry.kind === 'stored_data');
      // Once for the names and once for the chat; after a 401 or 403 nothing more.
      expect(asked.length).toBe(storedData === 'error' ? 2 : 1);
    },
  );

  it('the department is offline: refused, tried once without a target, and taken by the queue', async () => {
    const secrets = newSecrets();
    const account = sampleAccount(secrets.botToken);
    const departments = account.departments.map((one) => (one.key === 'operatory' ? { ...one, online: false } : one));
    const stage = await onStage({ secrets, simulator: { account: { ...account, departments } } });
    const chatId = await stage.welcomed();
    stage.webim.press(chatId, 'human');
    const history = await stage.until(chatId, (now) => now.owner() === 'queue');
    expect(history.of('EffectRetried').map((one) => [one.why, one.effect])).toEqual([['refused', { kind: 'redirect' }]]);
  });

  it('the same before Webim 10.4, which has no such redirect: the script is told that it failed', async () => {
    const secrets = newSecrets();
    const account = sampleAccount(secrets.botToken);
    const departments = account.departments.map((one) => (one.key === 'operatory' ? { ...one, online: false } : one));
    const stage = await onStage({ secrets, simulator: { account: { ...account, departments, webimVersion: '10.3.1' } } });
    const chatId = await stage.welcomed();
    stage.webim.press(chatId, 'human');
    await stage.until(chatId, (now) => now.of('ScriptAdvanced').some((one) => one.trigger === 'handover_failed'));
    const history = await stage.quiet(chatId);
    expect([history.owner(), history.flag()]).toEqual(['bot', false]);
    expect(stage.heard(chatId).join()).toContain('Не получилось перевести');
    // Nor would this Webim have taken it.
    expect(stage.webim.redirectChat(chatId, {})).toMatchObject({ error: 'wrong-argument-value' });
  });

  it.each([
    ['takes the chat away at the first', { takeAwayOnFailure: true, webhookRetries: 0 }],
    ['asks again', { takeAwayOnFailure: false, webhookRetries: 5, webhookRetryPauseMs: 4_000 }],
  ])('a webhook is answered 503, and Webim %s', async (how, knobs) => {
    let isAway = false;
    const log = (inner: PartitionedLog): PartitionedLog => ({
      ...inner,
      append: async (records, options) => {
        if (isAway && records.some((one) => one.topic === topics.inbox && String(one.headers?.['ce_id']).startsWith('wh:'))) {
          throw new LogError('unavailable', 'away');
        }
        return inner.append(records, options);
      },
    });
    const stage = await onStage({ simulator: { knobs }, engine: { wrap: { log } } });
    const chatId = await stage.welcomed();
    isAway = true;
    stage.webim.say(chatId, 'прайс');
    const statuses = () => stage.world.simulator.journal().flatMap((entry) => (entry.kind === 'webhook' ? [entry.status] : []));
    await vi.waitFor(
      () =>
        expect(
          statuses().some((status) => status !== undefined && status !== 200),
          String(statuses()),
        ).toBe(true),
      {
        timeout: 20_000,
      },
    );
    isAway = false;
    if (how === 'asks again') {
      await stage.until(chatId, (now) => now.of('EffectOpened').some((one) => one.effect.kind === 'file'));
      const history = await stage.quiet(chatId);
      expect(history.of('InputRecorded').filter((one) => one.input.type === 'new_message')).toHaveLength(1);
      expect(stage.webim.chat(chatId).messages.filter((one) => one.kind === 'file_operator')).toHaveLength(1);
      return;
    }
    expect(stage.webim.chat(chatId).state).toBe('queue');
    await stage.until(chatId, (now) => now.owner() === 'queue');
    stage.webim.take(chatId, anna);
    const history = await stage.until(chatId, (now) => now.owner() === 'operator');
    expect(history.flag()).toBe(true);
    stage.webim.closeFinally(chatId);
    expect((await stage.until(chatId, (now) => now.owner() === 'nobody')).of('ReturnStarted')).toHaveLength(1);
  });
});
