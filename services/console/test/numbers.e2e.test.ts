import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { builtPage, launched, openedPage, pictures, seriousFindings } from './console-page.ts';
import { handedOver, supportLife } from './decided-dialog.ts';
import { type RunningConsole, runningConsole } from './running-console.ts';

let built: Awaited<ReturnType<typeof builtPage>>;
let browser: Browser;
let desk: RunningConsole;
const complaints: string[] = [];
const days = [9, 8, 7, 4, 3, 2];

beforeAll(async () => {
  [built, browser] = await Promise.all([builtPage(), launched()]);
  desk = await runningConsole({ webRoot: built.root });
  const now = Date.now();
  for (const [at, day] of days.entries()) {
    const startAt = now - day * 86_400_000;
    await handedOver('shop', String(100 + at), startAt).writeTo(desk.store);
    await supportLife(at < 3 ? 'shop' : 'bank', String(200 + at), startAt + 60_000).writeTo(desk.store);
    await supportLife('bank', String(300 + at), startAt + 120_000).writeTo(desk.store);
  }
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await desk?.stop();
  await built?.remove();
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

const open = (locale: string, dark: boolean, width?: number, query = ''): Promise<Page> =>
  openedPage(browser, `${desk.address}/numbers${query}`, { locale, dark, width }, complaints);
const card = (page: Page, name: string) => page.locator(`[data-number=${name}]`);

it('a number, its parts, how it went, the dialogs behind it', { timeout: 180_000 }, async () => {
  const page = await open('en-US', false);
  // Those of the bot are under way, so they are not asked for what became of them.
  await expect.poll(() => card(page, 'handovers').locator('.figure').textContent(), { timeout: 30_000 }).toContain('6 of 6 episodes');
  expect(await card(page, 'handovers').locator('.number-value').textContent()).toBe('100%');
  expect(await card(page, 'queue_time').locator('.number-value').textContent()).toMatch(/^34 sec$/);
  expect(await card(page, 'not_understood').locator('.figure').textContent()).toContain('18 episodes');
  await expect.poll(() => card(page, 'not_understood').getByTestId('chart').locator('canvas').count()).toBe(1);
  await card(page, 'not_understood').getByText('As a table').click();
  await expect.poll(() => card(page, 'not_understood').locator('tbody tr').count()).toBe(days.length);
  await page.getByLabel('Account').selectOption('bank');
  await expect.poll(() => card(page, 'not_understood').locator('.figure').textContent()).toContain('9 episodes');
  expect(new URL(page.url()).search).toContain('account=bank');
  await page.getByLabel('Account').selectOption('');
  await expect.poll(() => card(page, 'not_understood').locator('.figure').textContent()).toContain('18 episodes');
  expect(await seriousFindings(page)).toEqual([]);
  await page.screenshot({ path: `${pictures}numbers-en-light.png`, fullPage: true });

  await card(page, 'returned').getByRole('link', { name: 'the chat was closed' }).click();
  await page.getByTestId('episode').nth(5).waitFor();
  expect(await page.getByTestId('episode').count()).toBe(6);
  expect(await seriousFindings(page)).toEqual([]);
  // The address names what is looked at: it can be sent to somebody.
  await page.reload();
  await page.getByTestId('episode').first().getByRole('link').click();
  await page.getByTestId('event-row').first().waitFor();
  expect(new URL(page.url()).pathname).toMatch(/^\/dialogs\/shop\/10\d$/);
  expect(complaints).toEqual([]);
});

it('in Russian: the way through a script, counted', { timeout: 180_000 }, async () => {
  const page = await open('ru-RU', true, 1280, '?account=bank');
  const flow = page.getByTestId('flow');
  const version = flow.locator('option').nth(1);
  await version.waitFor({ state: 'attached', timeout: 30_000 });
  await flow.getByRole('combobox').selectOption((await version.getAttribute('value')) ?? '');
  await flow.getByText('Диалогов: 9').waitFor();
  const drawn = flow.getByRole('img');
  expect(await drawn.locator('.way.taken').count()).toBeGreaterThan(3);
  expect(await seriousFindings(page)).toEqual([]);
  await page.screenshot({ path: `${pictures}numbers-ru-dark.png`, fullPage: true });
  expect(complaints).toEqual([]);
});

it('on a phone nothing is wider than the page; a period without an episode says so', { timeout: 180_000 }, async () => {
  const page = await open('ru-RU', false, 360);
  await card(page, 'handovers').waitFor({ timeout: 30_000 });
  await page.getByTestId('chart').first().locator('canvas').waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await page.screenshot({ path: `${pictures}numbers-phone.png`, fullPage: true });
  await page.getByLabel('Период').selectOption('1');
  await page.getByText('не началось ни одного эпизода').waitFor();
  expect(complaints).toEqual([]);
});
