import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { builtPage, launched, openedPage, pictures, seriousFindings } from './console-page.ts';
import { handedOver, supportLife, supportSource } from './decided-dialog.ts';
import { type RunningConsole, runningConsole } from './running-console.ts';

let built: Awaited<ReturnType<typeof builtPage>>;
let browser: Browser;
let desk: RunningConsole;
const complaints: string[] = [];
const startAt = Date.now() - 7_200_000;

beforeAll(async () => {
  [built, browser] = await Promise.all([builtPage(), launched()]);
  desk = await runningConsole({ webRoot: built.root });
  for (let at = 0; at < 12; at++) {
    await (at % 3 === 0 ? handedOver : supportLife)(at < 9 ? 'shop' : 'bank', String(4711 + at), startAt + at * 60_000).writeTo(desk.store);
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

const open = (locale: string, dark: boolean, width?: number): Promise<Page> =>
  openedPage(browser, `${desk.address}/what-if`, { locale, dark, width }, complaints);

it('tries a script: totals, the list of those that differ, both transcripts of one', { timeout: 180_000 }, async () => {
  const page = await open('en-US', false);
  await page.getByLabel('Another script').fill(supportSource.replace('Назовите номер заказа (6 цифр).', 'Какой у вас номер заказа?'));
  await page.getByLabel('Account').selectOption('shop');
  await page.getByRole('button', { name: 'Try' }).click();
  await page.locator('[data-testid=what-if-state][data-state=done]').waitFor({ timeout: 90_000 });
  const totals = page.getByTestId('what-if-totals');
  expect((await totals.textContent()) ?? '').toMatch(/Dialogs9Differ9/);
  await page.getByTestId('what-if-row').nth(8).waitFor();
  expect(await page.getByTestId('what-if-row').first().textContent()).toContain('Какой у вас номер заказа?');
  expect(await seriousFindings(page)).toEqual([]);
  await page.screenshot({ path: `${pictures}what-if-en-light.png`, fullPage: true });
  await page.getByTestId('what-if-row').first().getByRole('link').click();
  const sides = page.getByTestId('what-if-sides');
  await sides.getByRole('region', { name: 'Now' }).getByText('Какой у вас номер заказа?').waitFor();
  expect(await sides.getByRole('region', { name: 'Recorded' }).getByText('Назовите номер заказа').count()).toBe(1);
  expect(await seriousFindings(page)).toEqual([]);
  await page.screenshot({ path: `${pictures}what-if-dialog-en-light.png`, fullPage: true });
  // The address names try and dialog: it can be opened again.
  await page.reload();
  await sides.getByText('Какой у вас номер заказа?').waitFor();
  expect(complaints).toEqual([]);
});

it('says in Russian where dialogs diverge, and what is wrong with a script', { timeout: 180_000 }, async () => {
  const page = await open('ru-RU', true);
  await page.getByLabel('Другой сценарий').fill('format: dialog-script/1\nbot: x\nscripts: { a: { steps: [ { go: b } ] } }');
  await page.getByRole('button', { name: 'Попробовать' }).click();
  await page.getByRole('alert').getByText('3:32').waitFor();
  const other = supportSource
    .replace('  order_no: { type: text }', '  order_no: { type: text }\n  city: { type: text }')
    .replace('text: "Назовите номер заказа (6 цифр)."\n          save: order_no', 'text: "Из какого вы города?"\n          save: city');
  await page.getByLabel('Другой сценарий').fill(other);
  await page.getByRole('button', { name: 'Попробовать' }).click();
  await page.locator('[data-testid=what-if-state][data-state=done]').waitFor({ timeout: 90_000 });
  await page.getByTestId('what-if-row').first().getByText('его спросили о другом').waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await page.screenshot({ path: `${pictures}what-if-ru-dark.png`, fullPage: true });
  await page.getByTestId('what-if-row').first().getByRole('link').click();
  await page.getByText('Здесь разошлись').waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await page.screenshot({ path: `${pictures}what-if-dialog-ru-dark.png`, fullPage: true });
});

it('tries a version that was published, chosen from a list: no dialog differs from what it decided itself', {
  timeout: 180_000,
}, async () => {
  const page = await open('en-US', false);
  const versions = page.getByLabel('Or a version that was published');
  await versions.locator('option').nth(1).waitFor({ state: 'attached' });
  await versions.selectOption({ index: 1 });
  await page.getByRole('button', { name: 'Try' }).click();
  await page.locator('[data-testid=what-if-state][data-state=done]').waitFor({ timeout: 90_000 });
  expect((await page.getByTestId('what-if-totals').textContent()) ?? '').toMatch(/Dialogs12Differ0/);
  expect(await seriousFindings(page)).toEqual([]);
});

it('tries a setting, chosen or refused as it was written; an answer that was lost does not end the watching', {
  timeout: 180_000,
}, async () => {
  const page = await open('en-US', false);
  await page.getByLabel('Setting').selectOption('noOperatorAfterMs');
  await page.getByLabel('Value').fill('10m');
  await page.getByRole('button', { name: 'Try' }).click();
  await page.getByRole('alert').getByText('settings.noOperatorAfterMs').waitFor();
  let lost = 0;
  await page.route(/\/api\/what-if\/[0-9a-f-]{36}$/, (route) => (++lost === 1 ? route.abort() : route.continue()));
  await page.getByLabel('Setting').selectOption('inlineButtons');
  await page.getByLabel('Value').selectOption('false');
  await page.getByRole('button', { name: 'Try' }).click();
  await page.locator('[data-testid=what-if-state][data-state=done]').waitFor({ timeout: 90_000 });
  expect((await page.getByTestId('what-if-totals').textContent()) ?? '').toMatch(/Dialogs12Differ12/);
  expect(await page.getByRole('alert').count()).toBe(0);
});
