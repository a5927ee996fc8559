import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '@dialog/contracts/clock';
import { parkedStream } from '@dialog/contracts/ids';
import { Secret } from '@dialog/contracts/secret';
import { topics } from '@dialog/contracts/topics';
import { type EventStore, EventStoreError } from '@dialog/event-store/port';
import { sqliteEventStore } from '@dialog/event-store/sqlite/event-store';
import { readAgain } from '@dialog/ingress/read-again';
import { LogError, type PartitionedLog } from '@dialog/log/port';
import { sqliteLog } from '@dialog/log/sqlite/log';
import { pino } from 'pino';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Console, consoleService } from '../src/console.ts';
import { builtPage, launched, openedPage, pictures, seriousFindings } from './console-page.ts';
import { decidedDialog } from './decided-dialog.ts';
import { neverCaughtUp, runningConsole } from './running-console.ts';
import { inQueue, overdue, parked, withBot } from './sample-dialogs.ts';

const minute = 60_000;
let built: Awaited<ReturnType<typeof builtPage>>;
let browser: Browser;
let folder: string;
let store: EventStore;
let log: PartitionedLog;
let desk: Console;
let running: Promise<void>;
let complaints: string[];
let away: { log: boolean; store: boolean };

beforeAll(async () => {
  built = await builtPage();
  browser = await launched();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await built?.remove();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'console-ops-'));
  store = sqliteEventStore({ file: join(folder, 'events.db'), clock: realClock });
  log = sqliteLog({ file: join(folder, 'log.db'), clock: realClock });
  await log.ensureTopics([topics.inbox, topics.quarantine].map((name) => ({ name, partitions: 2, cleanup: 'delete' })));
  away = { log: false, store: false };
  const gone = () => Promise.reject(new LogError('unavailable', 'away'));
  const lost = () => Promise.reject(new EventStoreError('unavailable', 'away'));
  desk = consoleService({
    store: {
      ...store,
      ping: () => (away.store ? lost() : store.ping()),
      read: (stream, options) => (away.store ? lost() : store.read(stream, options)),
    },
    log: { ...log, groups: () => (away.log ? gone() : log.groups()) },
    lagEveryMs: 200,
    clock: realClock,
    logger: pino({ level: 'silent' }),
    dataFile: join(folder, 'console.db'),
    port: 0,
    webRoot: built.root,
    accounts: ['bank', 'shop'],
    limits: { ratePerSecond: 5, burst: 20 },
    readWebhook: readAgain({ hashKey: new Secret('k'.repeat(64)) }),
  });
  running = desk.run();
  await desk.listening();
  complaints = [];
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  await desk.stop();
  await running;
  await log.close();
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const open = async (path: string, more: { locale?: string; width?: number; dark?: boolean } = {}): Promise<Page> => {
  const context = await browser.newContext({
    locale: more.locale ?? 'en-US',
    viewport: { width: more.width ?? 1280, height: 900 },
    colorScheme: more.dark ? 'dark' : 'light',
  });
  const page = await context.newPage();
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(desk.address() + path);
  return page;
};

/** A console with one of each trouble. */
const troubles = async (): Promise<void> => {
  const now = realClock.now();
  for (const chatId of ['4711', '4712']) {
    const one = parked('shop', chatId, now - 5 * minute);
    await one.writeTo(store);
    const record = {
      topic: topics.inbox,
      partition: 0,
      offset: Number(chatId),
      appendedAt: now - 4 * minute,
      key: `shop:${chatId}`,
      valueBase64: Buffer.from('{"type":"new_message","text":').toString('base64'),
      headers: {},
      group: 'projector',
      attempts: 1,
      reason: 'not_json',
      parkedAt: now - 4 * minute,
    };
    await store.append(
      parkedStream(one.id),
      [{ id: crypto.randomUUID(), type: 'RecordParked', data: record, metadata: { schemaVersion: 1 } }],
      'no_stream',
    );
  }
  await overdue('shop', '4713', now - 80 * minute).writeTo(store);
  await inQueue('shop', '4714', now - 20 * minute).writeTo(store);
  await withBot('shop', '4715', now - minute).writeTo(store);
  const held = decidedDialog('bank', '815', now - 30_000).starts('Добрый день');
  held.passes(2_000).says('позовите оператора');
  held.passes(300).answers({ outcome: 'deferred', code: 'circuit_open', notBefore: now + 10 * minute });
  await held.writeTo(store);
  const silent = decidedDialog('shop', '4716', now - 10 * minute).starts('Добрый день');
  silent.passes(minute).says('позовите оператора');
  await silent.writeTo(store);
  const body = '{"event":"new_message","chat":{"id":4720},"message":{"id":"m1","kind":"visitor","text":"ау"}';
  const record = {
    account: 'shop',
    receivedAt: now - 3 * minute,
    verdict: 'not_json',
    method: 'POST',
    contentType: 'application/json',
    truncated: false,
  };
  const value = Buffer.from(JSON.stringify({ ...record, bodyBase64: Buffer.from(body).toString('base64') }));
  await log.append([{ topic: topics.quarantine, key: 'shop', value }]);
  const account = { script: 'ab'.repeat(16), bot: 'support', source: 'file', by: 'engine', at: now };
  for (const name of ['shop', 'bank']) {
    const event = { id: crypto.randomUUID(), type: 'ScriptPublished', data: account, metadata: { schemaVersion: 1 } };
    await store.append(`account-${name}`, [event], 'no_stream');
  }
};
const inbox = async (): Promise<Record<string, unknown>[]> =>
  (await Promise.all([0, 1].map((partition) => log.read(topics.inbox, partition, 0, 100))))
    .flat()
    .map(({ value }) => JSON.parse(Buffer.from(value ?? []).toString()) as Record<string, unknown>);
/** Fills in who and why, and presses what does it. */
const confirm = async (page: Page, reason: string): Promise<void> => {
  const action = page.getByTestId('action');
  await action.getByTestId('by').fill('olga');
  await action.getByTestId('reason').fill(reason);
  await action.locator('[data-testid=do]:not([disabled])').click();
  await action.waitFor({ state: 'detached' });
};

describe('the page for operations', { timeout: 90_000 }, () => {
  it('sorts what is stuck by cause, says what to press, and each press says what it will do before it does it', async () => {
    await troubles();
    const page = await open('/ops');
    await page.locator('[data-testid=cause][data-cause=queue_too_long]').waitFor();
    await page.locator('[data-testid=cause][data-cause=parked][data-count="2"]').waitFor();
    for (const cause of ['circuit_open', 'close_overdue', 'no_progress']) {
      await page.locator(`[data-testid=cause][data-cause=${cause}][data-count="1"]`).waitFor();
    }
    // What another tab holds is told here too.
    await expect.poll(() => page.getByTestId('count-quarantine').textContent()).toBe('1');
    await expect.poll(() => page.getByTestId('count-parked').textContent()).toBe('2');
    expect(await seriousFindings(page)).toEqual([]);
    await page.screenshot({ path: `${pictures}ops-stuck.png`, fullPage: true });
    // Give one to people.
    await page.locator('[data-testid=stuck][data-chat="4716"] button').click();
    await page.getByTestId('plan').getByText('people get it now').waitFor();
    expect(await inbox()).toEqual([]);
    expect(await seriousFindings(page)).toEqual([]);
    await page.screenshot({ path: `${pictures}ops-action.png` });
    await confirm(page, 'outbound lost it');
    expect(await inbox()).toMatchObject([{ type: 'stop_bot', chatId: '4716', by: 'olga', reason: 'outbound lost it' }]);
    expect(complaints).toEqual([]);
  });

  it('no card of any tab touches its edge', async () => {
    await troubles();
    const now = realClock.now();
    const waits = decidedDialog('shop', '4717', now).starts('Добрый день');
    await waits.writeTo(store);
    const page = await open('/ops');
    await page.locator('[data-testid=stuck][data-chat="4716"] button').click();
    await page.getByTestId('plan').waitFor();
    await confirm(page, 'outbound lost it');
    for (const tab of ['stuck', 'parked', 'timers', 'quarantine', 'accounts', 'actions']) {
      await page.goto(`${desk.address()}/ops?tab=${tab}`);
      await page.locator('.ops-list article.card').first().waitFor();
      const paddings = await page
        .locator('.ops-list article.card')
        .evaluateAll((cards) => cards.map((card) => getComputedStyle(card).paddingLeft));
      expect(paddings.filter((padding) => Number.parseFloat(padding) < 8)).toEqual([]);
    }
  });

  it('parked: look, skip one, edit one, a whole class; each asks why first', async () => {
    await troubles();
    const page = await open('/ops?tab=parked', { locale: 'ru-RU', dark: true });
    const one = page.locator('[data-testid=parked][data-chat="4711"]');
    await one.getByRole('button', { name: 'Посмотреть' }).click();
    await one.getByTestId('parked-record').getByText('"new_message"').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.screenshot({ path: `${pictures}ops-parked-ru-dark.png`, fullPage: true });
    await one.getByRole('button', { name: 'Пропустить', exact: true }).click();
    await page.getByTestId('plan').getByText('dialog.inbox/0/4711 будет пропущена').waitFor();
    await confirm(page, 'это не вебхук');
    await one.getByRole('button', { name: 'Исправить и повторить' }).click();
    await page.getByTestId('action').locator('textarea').fill('{"type":"new_message"}');
    await page.getByTestId('plan').getByText('применится исправленной').waitFor();
    await confirm(page, 'исправлено');
    await page.locator('[data-testid=parked-class] header').getByRole('button', { name: 'Повторить все' }).click();
    await page.getByTestId('plan').getByText('shop/4712').waitFor();
    await confirm(page, 'починили');
    const commands = await inbox();
    expect(commands.filter(({ reason }) => reason === 'это не вебхук')).toMatchObject([{ chatId: '4711', skip: ['dialog.inbox/0/4711'] }]);
    expect(commands.filter(({ reason }) => reason === 'исправлено')).toMatchObject([
      { edit: [{ valueBase64: Buffer.from('{"type":"new_message"}').toString('base64') }] },
    ]);
    expect(
      commands
        .filter(({ reason }) => reason === 'починили')
        .map(({ chatId }) => chatId)
        .sort(),
    ).toEqual(['4711', '4712']);
    await page.getByTestId('tab-actions').click();
    await vi.waitFor(async () => expect(await page.getByTestId('acted').count()).toBe(4), { timeout: 15_000 });
    await page.screenshot({ path: `${pictures}ops-actions-ru-dark.png` });
    expect(complaints).toEqual([]);
  });

  it('quarantine: what can’t be read is repaired and given to the engine', async () => {
    await troubles();
    const page = await open('/ops?tab=quarantine');
    await page.getByTestId('quarantined').getByRole('button', { name: 'Look' }).click();
    await page.getByTestId('quarantine-body').getByText('can’t read it today either').waitFor();
    await page.screenshot({ path: `${pictures}ops-quarantine.png`, fullPage: true });
    await page.getByRole('button', { name: 'Give to the engine' }).click();
    await page.getByTestId('action').getByRole('alert').waitFor();
    expect(await page.getByTestId('do').isDisabled()).toBe(true);
    const repaired = '{"event":"new_message","chat":{"id":4720},"message":{"id":"m1","kind":"visitor","text":"ау"}}';
    await page.getByTestId('action').locator('textarea').fill(repaired);
    await page.getByTestId('plan').getByText('shop/4720').waitFor();
    await confirm(page, 'a brace was lost');
    expect(await inbox()).toMatchObject([{ type: 'new_message', chatId: '4720' }]);
    await page.locator('[data-testid=quarantined][data-fed=true]').waitFor();
  });

  it('quarantine: one is skipped with a note, or all of a kind, and can still be looked at', async () => {
    await troubles();
    for (const n of [1, 2]) {
      const record = {
        account: 'shop',
        receivedAt: realClock.now() + n,
        verdict: 'no_chat_id',
        method: 'POST',
        truncated: false,
        bodyBase64: 'e30=',
      };
      await log.append([{ topic: topics.quarantine, key: 'shop', value: Buffer.from(JSON.stringify(record)) }]);
    }
    const page = await open('/ops?tab=quarantine');
    const skipped = page.locator('[data-testid=quarantined][data-skipped=true]');
    await page.getByTestId('quarantine-classes').getByRole('button', { name: 'Give all 2' }).click();
    await page.getByTestId('plan').getByText('can’t read it today either').first().waitFor();
    await page.screenshot({ path: `${pictures}ops-quarantine-class.png` });
    await page.getByTestId('action').getByRole('button', { name: 'Cancel' }).click();
    await page.getByTestId('quarantine-classes').getByRole('button', { name: 'Skip all 2' }).click();
    await page.getByTestId('plan').getByText('2 webhooks are marked').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await confirm(page, 'a probe of the monitoring');
    await skipped.nth(1).waitFor();
    await page.getByTestId('quarantine-classes').waitFor({ state: 'detached' });
    await page.locator('[data-testid=quarantined][data-skipped=false]').getByRole('button', { name: 'Look' }).click();
    await page.getByTestId('quarantine-body').getByRole('button', { name: 'Skip' }).click();
    await page.getByTestId('plan').getByText('1 webhook is marked').waitFor();
    await confirm(page, 'a test of ours');
    await skipped.nth(2).waitFor();
    await page.getByTestId('quarantine-body').getByText('Skipped: a test of ours').waitFor();
    await page.screenshot({ path: `${pictures}ops-quarantine-skipped.png`, fullPage: true });
    await page.getByTestId('count-quarantine').waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
  });

  it('accounts: how Webim answers, and the switch of the bot; timers with who armed them', async () => {
    await troubles();
    const page = await open('/ops?tab=accounts');
    await page.locator('[data-testid=account][data-account=bank][data-circuit=open]').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.screenshot({ path: `${pictures}ops-accounts.png`, fullPage: true });
    const shop = page.locator('[data-testid=account][data-account=shop]');
    await shop.getByRole('button', { name: 'Stop the bot' }).click();
    await page.getByTestId('plan').getByText('The bot takes no further input').waitFor();
    await confirm(page, 'it promises refunds');
    await page.locator('[data-testid=account][data-account=shop][data-stopped=true]').waitFor();
    await shop.getByText('it promises refunds').waitFor();
    await page.getByTestId('tab-timers').click();
    await page.locator('[data-testid=timer][data-state=overdue]').first().waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.screenshot({ path: `${pictures}ops-timers.png`, fullPage: true });
    expect(complaints).toEqual([]);
  });

  it('gives the focus back to the button that asked, and stays at the lists on a phone', async () => {
    await troubles();
    const page = await open('/ops?tab=accounts', { width: 390 });
    const stop = page.getByTestId('account').first().getByRole('button', { name: 'Stop the bot' });
    await stop.press('Enter');
    await page.getByTestId('action').getByRole('button', { name: 'Cancel' }).press('Enter');
    await page.getByTestId('action').waitFor({ state: 'detached' });
    expect(await stop.evaluate((button) => button === document.activeElement)).toBe(true);
    await page.setViewportSize({ width: 390, height: 400 });
    await page.evaluate(() => scrollTo(0, 150));
    await page.getByTestId('tab-timers').click();
    await page.getByTestId('timers-sum').waitFor();
    expect(await page.evaluate(() => scrollY)).toBe(150);
    expect(complaints).toEqual([]);
  });

  it('fits a phone, in each of its lists', async () => {
    await troubles();
    const page = await open('/ops', { width: 360, locale: 'ru-RU' });
    for (const tab of ['stuck', 'waiting', 'parked', 'quarantine', 'timers', 'accounts', 'actions']) {
      await page.getByTestId(`tab-${tab}`).click();
      await page.locator('.ops-list .card, .ops-list .state').first().waitFor();
      expect([tab, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([tab, 360]);
    }
    await page.getByTestId('tab-stuck').click();
    await page.getByTestId('cause').first().waitFor();
    await page.screenshot({ path: `${pictures}ops-phone-ru.png`, fullPage: true });
  });

  it('says that it is still reading the histories, instead of that nothing is stuck, waits or is wrong', async () => {
    const rebuilding = await runningConsole({ webRoot: built.root, store: neverCaughtUp(store), accounts: ['shop'] });
    try {
      const page = await openedPage(browser, `${rebuilding.address}/ops`, { locale: 'ru-RU', dark: false }, complaints);
      for (const tab of ['stuck', 'waiting', 'parked', 'timers', 'accounts']) {
        await page.getByTestId(`tab-${tab}`).click();
        await page.getByText('Консоль ещё читает истории: здесь пока не всё.').waitFor();
        expect(await page.locator('.state').count(), tab).toBe(0);
      }
      await page.screenshot({ path: `${pictures}ops-still-reading-ru.png` });
      await page.goto(`${rebuilding.address}/doctor`);
      await page.getByTestId('still-reading').first().waitFor();
      expect(await page.getByTestId('fine').count()).toBe(0);
      expect(complaints).toEqual([]);
    } finally {
      await rebuilding.stop();
    }
  });

  it('with the log, the store or the projector away it says so within 5 s, and takes it back', async () => {
    const consumer = log.consumer({ group: 'projector', topic: topics.inbox, handle: async () => undefined });
    const reading = consumer.run();
    await log.append([{ topic: topics.inbox, key: 'a', value: null }]);
    const page = await open('/ops');
    await page.locator('[data-testid=part][data-part=projector][data-state=well]').waitFor();
    const says = async (part: string, state: string): Promise<number> => {
      const from = performance.now();
      await page.locator(`[data-testid=part][data-part=${part}][data-state=${state}]`).waitFor({ timeout: 20_000 });
      return performance.now() - from;
    };
    away.store = true;
    expect(await says('store', 'away')).toBeLessThan(5_000);
    await page.locator('[data-testid=part-away][data-part=store]').waitFor();
    expect(await page.getByText('All is well').count()).toBe(0);
    await page.getByText(/^What stands below is as of/).waitFor();
    await page.screenshot({ path: `${pictures}ops-store-away.png` });
    away.store = false;
    await says('store', 'well');
    away.log = true;
    expect(await says('log', 'away')).toBeLessThan(5_000);
    await page.locator('[data-testid=ops-sentence][data-tone=unknown]').waitFor();
    away.log = false;
    await says('log', 'well');
    await consumer.stop();
    await reading;
    expect(await says('projector', 'away')).toBeLessThan(5_000);
  });
});
