import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { realClock } from '@dialog/contracts/clock';
import { topics } from '@dialog/contracts/topics';
import type { EventStore } from '@dialog/event-store/port';
import { sqliteEventStore } from '@dialog/event-store/sqlite/event-store';
import { LogError, type PartitionedLog } from '@dialog/log/port';
import { sqliteLog } from '@dialog/log/sqlite/log';
import { pino } from 'pino';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DialogList } from '../src/api/schemas.ts';
import { type Console, consoleService } from '../src/console.ts';
import { axeFindings } from './console-page.ts';
import { supportLife } from './decided-dialog.ts';
import { assigned, inQueue, wholeLife, withBot } from './sample-dialogs.ts';

const web = fileURLToPath(new URL('../web', import.meta.url));
let root: string;
let browser: Browser;
let folder: string;
let store: EventStore;
let log: PartitionedLog;
let desk: Console;
let running: Promise<void>;
let complaints: string[];
let logIsAway: boolean;
const pictures = fileURLToPath(new URL('../../../test-results/screenshots/', import.meta.url));

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'console-web-'));
  await build({ root: web, configFile: join(web, 'vite.config.ts'), build: { outDir: root, emptyOutDir: true }, logLevel: 'silent' });
  browser = await chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await rm(root, { recursive: true, force: true });
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'console-page-'));
  store = sqliteEventStore({ file: join(folder, 'events.db'), clock: realClock });
  log = sqliteLog({ file: join(folder, 'log.db'), clock: realClock });
  await log.ensureTopics([{ name: topics.inbox, partitions: 2, cleanup: 'delete' }]);
  await log.append([{ topic: topics.inbox, key: 'a', value: null, partition: 0 }]);
  await log.setCommitted('projector', topics.inbox, 0, 0);
  logIsAway = false;
  desk = consoleService({
    store,
    log: { ...log, groups: () => (logIsAway ? Promise.reject(new LogError('unavailable', 'away')) : log.groups()) },
    lagEveryMs: 100,
    clock: realClock,
    logger: pino({ level: 'silent' }),
    dataFile: join(folder, 'console.db'),
    port: 0,
    webRoot: root,
    simulatorUrl: 'http://127.0.0.1:1',
  });
  running = desk.run();
  await desk.listening();
  complaints = [];
});
afterEach(async () => {
  // A page left open would look for its console again and again, and complain in the next test.
  for (const context of browser.contexts()) await context.close();
  await desk.stop();
  await running;
  await log.close();
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const open = async (path: string, more: { locale?: string; width?: number } = {}): Promise<Page> => {
  const context = await browser.newContext({ locale: more.locale ?? 'en-US', viewport: { width: more.width ?? 1280, height: 800 } });
  const page = await context.newPage();
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => !request.url().startsWith(desk.address()) && complaints.push(`asked ${new URL(request.url()).host}`));
  await page.goto(desk.address() + path);
  return page;
};
const listed = async (): Promise<DialogList['dialogs']> =>
  ((await (await fetch(`${desk.address()}/api/dialogs`)).json()) as DialogList).dialogs;
const now = Date.now();

describe('the page', { timeout: 30_000 }, () => {
  it('shows a dialog and what happens in it without a reload', async () => {
    const page = await open('/');
    await page.getByText('No dialogs yet').waitFor();
    const dialog = inQueue('shop', '7002', now);
    await dialog.writeTo(store);
    const row = page.getByTestId('dialog-row');
    await row.waitFor();
    expect(await row.getAttribute('data-owner')).toBe('queue');
    await row.click();
    await page.locator('[data-testid=state-flag][data-value=true]').waitFor();
    const before = await page.getByTestId('event-row').count();
    dialog.input(1_000, assigned('9'), { type: 'OwnerChanged', data: { owner: 'operator', operatorId: '9', cause: 'assigned' } });
    await dialog.writeTo(store);
    await page.locator('[data-testid=state-owner][data-value=operator]').waitFor();
    expect(await page.getByTestId('event-row').count()).toBe(before + 2);
    expect(complaints).toEqual([]);
  });

  it('shows what happened between its first answer and the opening of the live stream', async () => {
    const heldUntil = Promise.withResolvers<void>();
    const context = await browser.newContext();
    await context.route('**/api/live', async (route) => {
      await heldUntil.promise;
      await route.continue();
    });
    const dialog = inQueue('shop', '7003', now);
    await dialog.writeTo(store);
    await vi.waitFor(async () => expect(await listed()).toHaveLength(1));
    const [list, history] = [await context.newPage(), await context.newPage()];
    await list.goto(`${desk.address()}/?account=shop`);
    await list.getByTestId('dialog-row').waitFor();
    await history.goto(`${desk.address()}/dialogs/shop/7003`);
    await history.locator('[data-testid=state-owner][data-value=queue]').waitFor();
    dialog.input(1_000, assigned('9'), { type: 'OwnerChanged', data: { owner: 'operator', operatorId: '9', cause: 'assigned' } });
    await dialog.writeTo(store);
    await withBot('shop', '7004', now).writeTo(store);
    await vi.waitFor(async () => expect((await listed()).map(({ owner }) => owner).sort()).toEqual(['bot', 'operator']));
    expect(await list.getByTestId('dialog-row').count()).toBe(1);
    heldUntil.resolve();
    await list.locator('[data-testid=dialog-row][data-owner=bot]').waitFor();
    await list.locator('[data-testid=dialog-row][data-owner=operator]').waitFor();
    await history.locator('[data-testid=state-owner][data-value=operator]').waitFor();
  });

  it('shows a row as it was told, though an older answer comes later', async () => {
    const dialog = inQueue('shop', '7005', now);
    await dialog.writeTo(store);
    const page = await open('/');
    const row = page.getByTestId('dialog-row');
    await row.waitFor();
    const read = Promise.withResolvers<void>();
    const heldUntil = Promise.withResolvers<void>();
    await page.route('**/api/dialogs?account=shop', async (route) => {
      const response = await route.fetch();
      read.resolve();
      await heldUntil.promise;
      await route.fulfill({ response });
    });
    await page.getByTestId('filter-account').selectOption('shop');
    await read.promise;
    await page.evaluate(async () => {
      const live = new EventSource('/api/live');
      const told = new Promise((resolve) => live.addEventListener('dialog', resolve));
      Object.assign(globalThis, { told });
      await new Promise((resolve) => live.addEventListener('hello', resolve));
    });
    dialog.input(1_000, assigned('9'), { type: 'OwnerChanged', data: { owner: 'operator', operatorId: '9', cause: 'assigned' } });
    await dialog.writeTo(store);
    await page.evaluate(() => (globalThis as { told?: Promise<unknown> }).told?.then(() => undefined));
    heldUntil.resolve();
    await page.locator('[data-testid=dialog-row][data-owner=operator]').waitFor();
    expect(complaints).toEqual([]);
  });

  it('steps by the arrow keys, with the place in the address and the change marked', async () => {
    const dialog = wholeLife('shop', '7001', now);
    await dialog.writeTo(store);
    const flagSet = dialog.appends.flat().findIndex((event) => event.type === 'FlagSet');
    const page = await open(`/dialogs/shop/7001?rev=${flagSet - 1}`);
    await page.locator('[data-testid=state-flag][data-value=false]').waitFor();
    await page.keyboard.press('ArrowRight');
    await page.locator('[data-testid=state-flag][data-value=true]').waitFor();
    expect(new URL(page.url()).searchParams.get('rev')).toBe(String(flagSet));
    expect(await page.locator('.fact.changed').evaluateAll((facts) => facts.map((fact) => fact.getAttribute('data-fact')))).toEqual([
      'flag',
      'episode',
    ]);
    await page.keyboard.press('ArrowLeft');
    await page.locator('[data-testid=state-flag][data-value=false]').waitFor();
    await page.keyboard.press('End');
    await page.locator('[data-testid=state-owner][data-value=nobody]').waitFor();
    expect(complaints).toEqual([]);
  });

  it('speaks the browser’s language, and the other one on demand, for good', async () => {
    await withBot('bank', '103', now).writeTo(store);
    const page = await open('/', { locale: 'ru-RU' });
    await page.getByRole('heading', { name: 'Диалоги' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('ru');
    await page.getByTestId('lang-switch').click();
    await page.getByRole('heading', { name: 'Dialogs' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Dialogs' }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('fits a phone', async () => {
    await wholeLife('shop', '7001', now).writeTo(store);
    for (const path of ['/', '/dialogs/shop/7001', '/lag']) {
      const page = await open(path, { width: 360, locale: 'ru-RU' });
      await page
        .locator(path === '/' ? '[data-testid=dialog-row]' : path === '/lag' ? '[data-testid=lag-row]' : '.turn')
        .first()
        .waitFor();
      if (path === '/lag') await page.locator('summary').click();
      // What can be done with a history comes a moment later, and must fit too.
      if (path.startsWith('/dialogs')) await page.getByRole('button', { name: 'Сценарий картинкой' }).waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
      const beyondCard = () =>
        [...document.querySelectorAll('.group > *, .group header > *')].filter(
          (part) => part.getBoundingClientRect().right > (part.closest('.group')?.getBoundingClientRect().right ?? 0),
        ).length;
      expect(await page.evaluate(beyondCard)).toBe(0);
    }
    expect(complaints).toEqual([]);
  });

  it('gives axe nothing to find, not even a moderate thing: list, dialog, an address that names nothing', async () => {
    await supportLife('shop', '4711', now - 3_600_000).writeTo(store);
    const page = await open('/');
    await page.getByTestId('dialog-row').first().waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.getByTestId('dialog-row').first().click();
    await page.getByTestId('event-row').first().waitFor();
    await page.getByTestId('lag-strip').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.goto(`${desk.address()}/nowhere`);
    await page.getByRole('heading', { level: 1, name: 'There is nothing at this address' }).waitFor();
    expect(await page.title()).toBe('There is nothing at this address · Dialog console');
    await page.getByTestId('lag-strip').waitFor();
    expect(await axeFindings(page)).toEqual([]);
  });

  it('tells the lag, and a dialog that is not there', async () => {
    const page = await open('/lag');
    const row = page.getByTestId('lag-row');
    await row.waitFor();
    expect([await row.getAttribute('data-group'), await row.getAttribute('data-lag')]).toEqual(['projector', '1']);
    await page.goto(`${desk.address()}/dialogs/shop/404`);
    await page.getByText('There is no such dialog').waitFor();
  });

  it('says in one sentence on every view how far the projector is, as it changes', async () => {
    const doors = Promise.withResolvers<void>();
    const consumer = log.consumer({
      group: 'projector',
      topic: topics.inbox,
      handle: async () => {
        await doors.promise;
        await realClock.sleep(20);
      },
      note: () => JSON.stringify({ behindMs: 1_200, at: log.logTime() }),
    });
    const reading = consumer.run();
    await log.append(Array.from({ length: 400 }, () => ({ topic: topics.inbox, key: 'a', value: null, partition: 0 })));
    const page = await open('/');
    const loadedAt = await page.evaluate(() => performance.timeOrigin);
    const strip = page.getByTestId('lag-strip');
    await strip.getByText(/^The projector stands still: 401 records wait/).waitFor();
    expect(await strip.getAttribute('data-tone')).toMatch(/warn|bad/);
    await page.screenshot({ path: `${pictures}console-lag-strip.png` });
    await strip.click();
    await page.locator('[data-testid=lag-row] header [data-testid=lag-state][data-value=STALLED]').waitFor();
    const trend = page.getByTestId('lag-trend');
    await page
      .locator('[data-testid=lag-trend][data-direction=steady]')
      .getByText(/^Steady: up to 401 waiting/)
      .waitFor();
    doors.resolve();
    await page.getByText(/^The projector is .+ behind, clear in about .+\.$/).waitFor();
    await page.locator('summary').click();
    await page.screenshot({ path: `${pictures}console-lag.png` });
    await page
      .locator('[data-testid=lag-trend][data-direction=falling]')
      .getByText(/^Falling: from up to [\d,]+ waiting to up to \d+ in /)
      .waitFor();
    expect(await trend.locator('polyline').count()).toBe(1);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.screenshot({ path: `${pictures}console-lag-dark.png` });
    await page.getByText('All is well: what comes is read in time.').waitFor({ timeout: 25_000 });
    expect(await page.getByTestId('lag-sentence').getAttribute('data-tone')).toBe('good');
    expect(await page.evaluate(() => performance.timeOrigin)).toBe(loadedAt);
    expect(complaints).toEqual([]);
    await consumer.stop();
    await reading;
  });

  it('says since when the lag is unknown, shows no old figure as a new one, and comes back by itself', async () => {
    const page = await open('/lag', { locale: 'ru-RU', width: 360 });
    const row = page.locator('[data-testid=lag-row][data-lag="1"]');
    await row.waitFor();
    await page
      .getByTestId('lag-trend')
      .getByText(/^Ровно: ждало до 1, за /)
      .waitFor();
    await page.screenshot({ path: `${pictures}console-lag-phone.png`, fullPage: true });
    logIsAway = true;
    await page.getByText(/^Неизвестно с \d\d:\d\d: журнал не отвечает\.$/).waitFor();
    await page.locator('[data-testid=lag-row][data-lag=unknown]').waitFor();
    expect(await page.getByTestId('lag-state').count()).toBe(0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    await page.screenshot({ path: `${pictures}console-lag-unknown-phone.png`, fullPage: true });
    const list = await open('/', { width: 360 });
    await list
      .locator('[data-testid=lag-strip][data-tone=unknown]')
      .getByText(/^Unknown since \d\d:\d\d/)
      .waitFor();
    await list.screenshot({ path: `${pictures}console-lag-strip-unknown-phone.png` });
    logIsAway = false;
    await row.waitFor();
    await page.getByText('Неизвестно').waitFor({ state: 'detached' });
    // The outage is a hole in the line.
    await page.locator('[data-testid=lag-trend] polyline').nth(1).waitFor({ state: 'attached' });
    expect(complaints).toEqual([]);
  });

  it('is live again after an answer that is no stream, as a proxy gives while the console starts anew', async () => {
    const page = await open('/');
    await page.locator('.connection.live').waitFor();
    await page.route('**/api/live', (route) => route.fulfill({ status: 502, body: 'bad gateway' }));
    await page.reload();
    await page.locator('.connection.lost').waitFor();
    await inQueue('shop', '7002', now).writeTo(store);
    await page.unroute('**/api/live');
    await page.locator('.connection.live').waitFor();
    await page.getByTestId('dialog-row').waitFor();
  });

  it('does not take its own silence for good news: a console that is gone is told too', async () => {
    const page = await open('/lag');
    await page.locator('[data-testid=lag-row][data-lag="1"]').waitFor();
    await supportLife('shop', '4711', realClock.now() - 60_000).writeTo(store);
    const dialog = await open('/dialogs/shop/4711');
    await dialog.getByTestId('event-row').first().waitFor();
    await desk.stop();
    await dialog
      .getByTestId('unknown-since')
      .getByText(/since \d\d:\d\d:\d\d is not known/)
      .waitFor();
    expect(await dialog.getByTestId('event-row').count()).toBeGreaterThan(0);
    await page.getByText(/^Unknown since \d\d:\d\d: the console does not answer\.$/).waitFor();
    await page.locator('[data-testid=lag-row][data-lag=unknown]').waitFor();
  });
});
