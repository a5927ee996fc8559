import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DoctorReport, WebhookLog } from '@dialog/console/api/doctor';
import type { FindingName } from '@dialog/service-kit/set-up/findings';
import { sampleBot, type WorldOptions } from '@dialog/standalone/world';
import { sampleAccount } from '@dialog/webim-simulator/account';
import { expect, it, onTestFinished } from 'vitest';
import { anna, boris, onStage, type Stage } from '../acceptance/stage.ts';

/** Each thing that the doctor knows, as a Webim that is set up so: it is named, and nothing else is. */

const get = async <T>(stage: Stage, path: string): Promise<T> =>
  (await (await fetch(`${stage.world.engine().consoleUrl()}/api${path}`)).json()) as T;
const report = (stage: Stage): Promise<DoctorReport> => get(stage, `/doctor/${stage.world.accountId}`);
const findings = async (stage: Stage): Promise<FindingName[]> => (await report(stage)).findings.map(({ name }) => name);
/** Waits until it says so; what it says at last stands in the failure. */
const says = async (stage: Stage, ...names: FindingName[]): Promise<DoctorReport> => {
  await expect.poll(() => findings(stage), { timeout: 30_000, interval: 100 }).toEqual(names);
  return report(stage);
};

/** Long enough that a handler which has not come will not. */
const graceMs = 40_000;
const fast = { clockRate: 40 };
/** A close that does not come is overdue soon. */
const impatient: Partial<WorldOptions> = { ...fast, settings: { autoCloseAfterMs: 10_000, webimTimerGridMs: 1_000 } };

type Hooks = { bot?: string | undefined; started?: string | undefined; assigned?: string | undefined; closed?: string | undefined };
/** The four addresses as the guide has them, but for those that are pasted otherwise. */
const paste = (stage: Stage, other: Hooks): void => {
  const url = stage.world.hookUrl();
  const event = (name: string): string => `${url}?event=chat_${name}`;
  const hooks: Hooks = { bot: url, started: event('started'), assigned: event('assigned'), closed: event('closed'), ...other };
  stage.world.simulator.setHooks({
    botUrl: hooks.bot ?? 'http://127.0.0.1:9/',
    startedUrl: hooks.started,
    assignedUrl: hooks.assigned,
    closedUrl: hooks.closed,
  });
};
/** Bot, queue, operator, final close: all four kinds of webhook are sent. */
const wholeLife = async (stage: Stage): Promise<number> => {
  const chatId = await stage.withOperator();
  stage.webim.closeFinally(chatId);
  await stage.world.simulator.idle();
  return chatId;
};

it('nothing is wrong: nothing is named, all four hooks were seen, each step that can be seen is done', async () => {
  const stage = await onStage(fast);
  const chatId = await wholeLife(stage);
  await stage.passes(graceMs);
  const { hooks, steps } = await says(stage);
  await expect
    .poll(async () => (await report(stage)).hooks.map(({ chatId: chat }) => chat), { timeout: 10_000 })
    .toEqual(Array(4).fill(String(chatId)));
  // A handler may overtake the bot's own webhook: then its chat was not seen yet.
  expect(hooks.map(({ what, verdict }) => [what, verdict])).toEqual([
    ['bot', 'accepted'],
    ['chat_started', expect.stringMatching(/^(accepted|unseen)$/)],
    ['chat_assigned', 'accepted'],
    ['chat_closed', 'accepted'],
  ]);
  await expect
    .poll(async () => (await report(stage)).steps.filter(({ state }) => state !== 'done').map(({ step, state }) => [step, state]), {
      timeout: 10_000,
    })
    .toEqual([
      ['departments', 'by_hand'],
      ['employees', 'by_hand'],
      ['bot', 'by_hand'],
      ['channels', 'by_hand'],
    ]);
  expect(steps).toHaveLength(12);
});

it('no webhook at all', async () => {
  const { steps } = await says(await onStage(fast), 'no_webhooks');
  expect(steps.find(({ step }) => step === 'bot_url')?.state).toBe('waiting');
});

it('spaces in an address: forgiven, and named with the address', async () => {
  const stage = await onStage(fast);
  paste(stage, { closed: `${stage.world.hookUrl()}%20?event=chat_closed` });
  await wholeLife(stage);
  const { findings: found, steps } = await says(stage, 'spaces_in_url');
  expect(found[0]?.what.en).toContain('(chat_closed)');
  expect(steps.filter(({ state }) => state === 'wrong').map(({ step }) => step)).toEqual(['chat_closed']);
  // Pasted anew: a right one ends it.
  paste(stage, {});
  await wholeLife(stage);
  await says(stage);
});

it('the bot is set to API version 1', async () => {
  const stage = await onStage({ ...fast, simulator: { knobs: { botApiVersion: '1.0' } } });
  stage.opens('Здравствуйте');
  await stage.passes(graceMs);
  const { findings: found } = await says(stage, 'api_version_1');
  expect(found[0]?.quarantine).toMatch(/^webhook\.quarantine\/\d+\/\d+$/);
});

it('a wrong token in one address: the others are not blamed, and the token stands nowhere', async () => {
  const stage = await onStage(fast);
  paste(stage, { started: `${stage.world.hookUrl().slice(0, -5)}?event=chat_started` });
  await wholeLife(stage);
  await stage.passes(graceMs);
  const { findings: found } = await says(stage, 'wrong_token');
  expect(found[0]?.what.ru).toContain('(chat_started)');
  expect(JSON.stringify(found)).not.toContain(stage.world.hookUrl().split('/').at(-1)?.slice(0, 20));
});

it('a wrong token in the bot’s address', async () => {
  const stage = await onStage(fast);
  paste(stage, { bot: `${stage.world.hookUrl()}x` });
  stage.opens('Здравствуйте');
  await stage.passes(graceMs);
  await says(stage, 'wrong_token');
});

it('the bot’s address was never pasted', async () => {
  const stage = await onStage(fast);
  paste(stage, { bot: undefined });
  stage.opens('Здравствуйте');
  await stage.passes(graceMs);
  await says(stage, 'bot_webhook_missing');
});

it('the bot’s address was pasted with a handler’s ?event=: its webhooks are the bot’s all the same', async () => {
  const stage = await onStage(fast);
  paste(stage, { bot: `${stage.world.hookUrl()}?event=chat_started` });
  await wholeLife(stage);
  await stage.passes(graceMs);
  const { hooks } = await says(stage);
  expect(hooks.map(({ what }) => what)).toContain('bot');
});

it('an & where the ? belongs is read as it was meant', async () => {
  const stage = await onStage(fast);
  paste(stage, { closed: `${stage.world.hookUrl()}&event=chat_closed` });
  const chatId = await wholeLife(stage);
  await stage.until(chatId, (now) => now.owner() === 'nobody');
  await says(stage);
});

it('a look at the address with a browser, and a webhook of nothing, are no handlers', async () => {
  const stage = await onStage(fast);
  await wholeLife(stage);
  const url = stage.world.hookUrl();
  for (const body of ['', '{}']) expect((await fetch(url, { method: 'POST', body })).status).toBe(200);
  expect((await fetch(url)).status).toBe(200);
  const quarantined = async (): Promise<number> =>
    (await get<WebhookLog>(stage, `/webhooks?account=${stage.world.accountId}&verdict=unknown_event`)).webhooks.length;
  await expect.poll(quarantined, { timeout: 10_000 }).toBe(3);
  expect(await findings(stage)).toEqual([]);
});

it('a wrong ?event=: named with what was meant, until it is put right', async () => {
  const stage = await onStage(impatient);
  paste(stage, { closed: `${stage.world.hookUrl()}?event=chat_close` });
  const chatId = await wholeLife(stage);
  await stage.until(chatId, (now) => now.of('CloseOverdue').length > 0);
  const { findings: found } = await says(stage, 'wrong_event');
  expect(found[0]?.mend.en).toContain('?event=chat_closed');
  paste(stage, {});
  stage.webim.sendHandler(chatId, 'chat_closed');
  await says(stage);
});

it('no ?event= at all', async () => {
  const stage = await onStage({ ...fast, simulator: { knobs: { handlerBody: 'chat' } } });
  paste(stage, { closed: stage.world.hookUrl() });
  await wholeLife(stage);
  await says(stage, 'event_missing');
});

it('no handler was configured', async () => {
  const stage = await onStage(impatient);
  paste(stage, { started: undefined, assigned: undefined, closed: undefined });
  const chatId = await stage.inQueue();
  stage.webim.take(chatId, anna);
  stage.webim.closeFinally(chatId);
  await stage.until(chatId, (now) => now.of('CloseOverdue').length > 0);
  await stage.passes(graceMs);
  await says(stage, 'handlers_never_seen');
});

it('chat_started was not configured', async () => {
  const stage = await onStage(fast);
  paste(stage, { started: undefined });
  await wholeLife(stage);
  await stage.passes(graceMs);
  await says(stage, 'started_never_seen');
});

it('chat_assigned was not configured', async () => {
  const stage = await onStage(fast);
  paste(stage, { assigned: undefined });
  const chatId = await stage.inQueue();
  stage.webim.take(chatId, boris);
  stage.webim.closeFinally(chatId);
  await stage.passes(graceMs);
  const { findings: found } = await says(stage, 'assigned_never_seen');
  expect(found[0]?.chatIds).toEqual([String(chatId)]);
  expect(found[0]?.what.en).toContain(String(boris));
});

it('started but never closed', async () => {
  const stage = await onStage(impatient);
  paste(stage, { closed: undefined });
  const chatId = await wholeLife(stage);
  await stage.until(chatId, (now) => now.of('CloseOverdue').length > 0);
  const { findings: found } = await says(stage, 'closed_never_seen');
  expect(found[0]?.chatIds).toEqual([String(chatId)]);
});

it('a mandatory category: what is closed by hand comes, what a timer should close does not', async () => {
  const stage = await onStage({ ...impatient, simulator: { knobs: { mandatoryCategory: true } } });
  await wholeLife(stage);
  const chatId = await stage.withOperator();
  stage.webim.close(chatId);
  await stage.until(chatId, (now) => now.of('CloseOverdue').length > 0);
  const { findings: found } = await says(stage, 'closes_not_by_timer');
  expect(found[0]?.chatIds).toEqual([String(chatId)]);
});

it('webhooks were answered 503', async () => {
  const stage = await onStage({ ...fast, engine: { run: ['ingress', 'outbound', 'console'], botSilenceLimitMs: 2_000 } });
  await stage.passes(10_000);
  stage.opens('Здравствуйте');
  await stage.world.simulator.idle();
  await stage.beside({ run: ['projector'] });
  await says(stage, 'answered_503');
});

it('webhooks that are none', async () => {
  const stage = await onStage(fast);
  await wholeLife(stage);
  expect(await stage.posts([1, 2])).toBe(200);
  const { findings: found } = await says(stage, 'unreadable');
  expect(found[0]?.what.en).toContain('not_an_object');
});

it('the bot’s token is refused', async () => {
  const stage = await onStage({ ...fast, simulator: { account: sampleAccount('another-token') } });
  stage.opens('Здравствуйте');
  await says(stage, 'token_refused');
});

it('there is no Webim at the host', async () => {
  const stage = await onStage({ ...fast, simulator: { knobs: { isAnotherHost: true } } });
  stage.opens('Здравствуйте');
  await says(stage, 'host_wrong');
});

it('the department is unknown', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'doctor-bot-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const scriptFile = join(folder, 'bot.yaml');
  await writeFile(scriptFile, (await readFile(sampleBot, 'utf8')).replace('department: operatory', 'department: nowhere'));
  const stage = await onStage({ ...fast, scriptFile });
  const chatId = await stage.welcomed();
  stage.webim.press(chatId, 'human');
  const { findings: found, steps } = await says(stage, 'department_unknown');
  expect(found[0]?.what.en).toContain('(department-not-found)');
  expect(steps.filter(({ state }) => state === 'wrong').map(({ step }) => step)).toEqual(['departments', 'handover']);
});

it.each(['', 'E-1204'])('buttons are refused, by the code %j', async (refusalCode) => {
  const stage = await onStage({ ...fast, simulator: { knobs: { refusesKeyboards: true, refusalCode } } });
  const chatId = await stage.welcomed();
  const { findings: found } = await says(stage, 'buttons_refused');
  expect(found[0]?.chatIds).toEqual([String(chatId)]);
});

it('the bot’s operator is not configured: who it likely is', async () => {
  const stage = await onStage({ ...fast, settings: { botOperatorId: null }, simulator: { knobs: { handlerDelayMs: 3_000 } } });
  await wholeLife(stage);
  const { findings: found } = await says(stage, 'likely_bot_operator');
  expect(found[0]?.mend.en).toContain('webim.botOperatorId: 240001');
});

it('the administrator is refused', async () => {
  const stage = await onStage({
    ...impatient,
    settings: { ...impatient.settings, storedData: true },
    simulator: { knobs: { storedData: 'forbidden' } },
  });
  const chatId = await stage.withOperator();
  await stage.until(chatId, (now) => now.of('EffectSettled').some(({ reason }) => reason === 'unauthorized'));
  stage.webim.closeFinally(chatId);
  await says(stage, 'stored_data_refused');
});

it('the webhook log: taken and put aside in one order, by page, by event, verdict and chat, the input where it stands', async () => {
  const stage = await onStage(fast);
  const chatId = await wholeLife(stage);
  await stage.posts({ nothing: true });
  stage.webim.sendHandler(chatId, 'chat_closed');
  const account = stage.world.accountId;
  const log = (query: string) => get<WebhookLog>(stage, `/webhooks?account=${account}${query}`);
  await expect
    .poll(async () => (await log('&verdict=late')).webhooks.map(({ event }) => event), { timeout: 20_000 })
    .toEqual(['chat_closed']);
  await expect.poll(async () => (await log('&verdict=unknown_event')).webhooks.length, { timeout: 20_000 }).toBe(1);
  const all = (await log('')).webhooks;
  const paged: WebhookLog['webhooks'] = [];
  for (let next: string | null = ''; next !== null; ) {
    const page: WebhookLog = await log(`&limit=2${next === '' ? '' : `&cursor=${next}`}`);
    paged.push(...page.webhooks);
    next = page.next;
  }
  expect(paged).toEqual(all);
  expect(all.map(({ at }) => at)).toEqual(all.map(({ at }) => at).sort((a, b) => b - a));
  const [started] = (await log(`&event=chat_started&chatId=${chatId}`)).webhooks;
  const { events } = await get<{ events: { data: { input: object } }[] }>(
    stage,
    `/dialogs/${account}/${chatId}/events?from=${started?.revision}&limit=1`,
  );
  expect(events[0]?.data.input).toMatchObject({ type: 'chat_started', chatId: String(chatId) });
  const aside = all.find((one) => one.chatId === null);
  const [, partition, offset] = aside?.id.split('/') ?? [];
  expect(await get(stage, `/quarantine/${partition}/${offset}`)).toMatchObject({ body: '{"nothing":true}', verdict: 'unknown_event' });
});
