import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express from 'express';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pageRouter, securityHeaders } from '../src/http/page.ts';
import { builtPage, launched, pictures, seriousFindings } from './console-page.ts';
import { handedOver, supportLife } from './decided-dialog.ts';
import { type RunningConsole, runningConsole } from './running-console.ts';

let built: Awaited<ReturnType<typeof builtPage>>;
let browser: Browser;
let desk: RunningConsole;
let alone: Server;
let complaints: string[];
const startAt = Date.now() - 7_200_000;

beforeAll(async () => {
  [built, browser] = await Promise.all([builtPage(), launched()]);
  desk = await runningConsole({ webRoot: built.root });
  await supportLife('shop', '1', startAt).writeTo(desk.store);
  await handedOver('shop', '2', startAt).writeTo(desk.store);
  // The built page with nothing behind it: no API at all.
  alone = createServer(express().use(securityHeaders({ isSecure: false }), pageRouter(built.root)));
  await new Promise<void>((resolve) => alone.listen(0, '127.0.0.1', resolve));
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await desk?.stop();
  await new Promise((resolve) => alone?.close(resolve));
  await built?.remove();
});
beforeEach(() => {
  complaints = [];
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

type Look = { readonly locale?: string; readonly width?: number; readonly dark?: boolean };
const open = async (address: string, { locale = 'en-US', width = 1280, dark = false }: Look = {}): Promise<Page> => {
  const context = await browser.newContext({
    locale,
    viewport: { width, height: 850 },
    colorScheme: dark ? 'dark' : 'light',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(address);
  return page;
};
const dialogPage = async (path: string, look: Look = {}): Promise<Page> => {
  const page = await open(desk.address + path, look);
  await page.getByTestId('event-row').first().waitFor();
  return page;
};
const aloneAt = (path: string): string => `http://127.0.0.1:${(alone.address() as AddressInfo).port}${path}`;

/** From now on nothing gets through, and whatever asks is named. */
const cutOff = async (page: Page): Promise<string[]> => {
  const asked: string[] = [];
  // The tab's icon is the browser's own business at each change of the address.
  const icon = (url: string): boolean => url.endsWith('/favicon.svg');
  page.on('request', (request) => !icon(request.url()) && asked.push(request.url()));
  page.on('websocket', (socket) => asked.push(socket.url()));
  await page.context().route('**', (route) => (icon(route.request().url()) ? route.continue() : route.abort()));
  return asked;
};
const downloaded = async (page: Page, name: string): Promise<string> => {
  await page.getByText('History', { exact: true }).click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name, exact: true }).click()]);
  return await download.path();
};
const fork = (page: Page) => page.getByTestId('fork-forked');

describe('a fork', { timeout: 60_000 }, () => {
  it('asks what another answer would have led to, side by side, without the network', async () => {
    const page = await dialogPage('/dialogs/shop/1');
    await page.getByRole('button', { name: 'Где мой заказ?' }).first().click();
    await page.keyboard.press('f');
    const answer = page.getByLabel('The visitor says instead');
    await answer.waitFor();
    const asked = await cutOff(page);
    await answer.fill('оператор');
    await page.getByRole('button', { name: 'Run' }).click();
    await fork(page).getByText('Перевожу на оператора').waitFor();
    await fork(page).getByText('Handed to people: in the queue').waitFor();
    await fork(page).getByText('assumed: accepted').first().waitFor();
    expect(await page.getByTestId('fork-recorded').getByText('Назовите номер заказа').count()).toBe(1);
    expect(await fork(page).getByText('Назовите номер заказа').count()).toBe(0);
    await page.locator('.fork-facts [data-fact=owner]', { hasText: 'Queue' }).waitFor();
    // What the visitor wrote to the bot there, people would have read here.
    await page.getByText(/recorded inputs have no meaning here and were left out/).waitFor();
    // Keys that move what a fork hides would begin it anew from elsewhere.
    await page.getByRole('button', { name: 'Run' }).press('ArrowRight');
    await page.getByRole('button', { name: 'Run' }).press('f');
    expect(await answer.inputValue()).toBe('оператор');
    expect(await seriousFindings(page)).toEqual([]);
    await page.screenshot({ path: `${pictures}fork-en-light.png`, fullPage: true });
    expect(asked).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('names the words that the answer stands for, also those of the new chat', async () => {
    const page = await open(`${desk.address}/dialogs/shop/2?fork=0`, { locale: 'ru-RU' });
    await page.getByTestId('fork-replaces').getByText('«Здравствуйте»').waitFor();
    await page.getByLabel('Вместо этого посетитель пишет').fill('Где заказ 204512');
    await page.getByRole('button', { name: 'Пустить' }).click();
    const forked = page.getByTestId('fork-forked');
    await forked.getByText('Где заказ 204512').waitFor();
    expect(await forked.getByText('Здравствуйте', { exact: true }).count()).toBe(0);
  });

  it('asks what another setting would have led to; with nothing changed it comes out as recorded', async () => {
    const page = await open(`${desk.address}/dialogs/shop/2?rev=0&fork=0`, { locale: 'ru-RU', dark: true });
    await page.getByRole('button', { name: 'Пустить' }).click();
    await page.getByTestId('fork-result').and(page.locator('[data-diverged=false]')).waitFor();
    await page.getByLabel('Настройка').selectOption('handbackGraceMs');
    await page.getByLabel('Значение').fill('1000');
    const asked = await cutOff(page);
    await page.getByRole('button', { name: 'Пустить' }).click();
    await page.getByTestId('fork-result').and(page.locator('[data-diverged=true]')).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.screenshot({ path: `${pictures}fork-ru-dark.png`, fullPage: true });
    expect(asked).toEqual([]);
    await page.getByRole('button', { name: 'Выйти из развилки' }).click();
    await page.getByTestId('event-row').first().waitFor();
    expect(complaints).toEqual([]);
  });

  it('fits a phone', async () => {
    const page = await dialogPage('/dialogs/shop/1?rev=0', { width: 375, locale: 'ru-RU' });
    await page.getByRole('button', { name: 'Развилка отсюда' }).click();
    await page.getByLabel('Вместо этого посетитель пишет').fill('оператор');
    await page.getByRole('button', { name: 'Пустить' }).click();
    await fork(page).getByText('Перевожу на оператора').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375);
    await page.screenshot({ path: `${pictures}fork-phone.png`, fullPage: true });
  });
});

describe('a replay', { timeout: 60_000 }, () => {
  it('steps, narrows and shows all that it has without the network', async () => {
    const page = await dialogPage('/dialogs/shop/1?rev=0');
    await page.locator('[data-fact=epoch]').waitFor();
    await page.getByText('History', { exact: true }).waitFor();
    const asked = await cutOff(page);
    for (const key of ['ArrowRight', 'End', 'ArrowLeft', 'Shift+ArrowLeft', 'Home', 'd', 'd', '?']) await page.keyboard.press(key);
    await page.keyboard.press('Escape');
    for (const view of ['Compact', 'JSON', 'All']) await page.getByRole('button', { name: view, exact: true }).click();
    await page.getByText('State as JSON').click();
    expect(asked).toEqual([]);
  });
});

describe('a history as a file', { timeout: 60_000 }, () => {
  it('is downloaded, and opened, replayed and forked by the page alone, with no API behind it', async () => {
    const file = await downloaded(await dialogPage('/dialogs/shop/1'), 'Download the history');
    const page = await open(aloneAt('/open'));
    const requests: string[] = [];
    page.on('request', (request) => requests.push(new URL(request.url()).pathname));
    await page.getByText('Drop a downloaded history or an NDJSON export here').waitFor();
    await page.screenshot({ path: `${pictures}open-empty.png` });
    expect(await seriousFindings(page)).toEqual([]);
    await page.locator('input[type=file]').setInputFiles(file);
    await page.getByRole('heading', { name: 'Chat 1' }).waitFor();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    await page.waitForURL((url) => url.searchParams.get('rev') === '1');
    await page.getByRole('button', { name: 'Fork here' }).click();
    await page.getByLabel('The visitor says instead').fill('оператор');
    await page.getByRole('button', { name: 'Run' }).click();
    await fork(page).getByText('Перевожу на оператора').waitFor();
    expect(requests.filter((path) => !path.startsWith('/assets/') && path !== '/favicon.svg')).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('takes a dropped file, and says why it refuses one', async () => {
    const file = await downloaded(await dialogPage('/dialogs/shop/2'), 'Download without personal data');
    const text = await readFile(file, 'utf8');
    expect(text).not.toMatch(/Соколова|555-44-33/);
    const page = await open(aloneAt('/open'));
    const drop = async (content: string): Promise<void> => {
      const transfer = await page.evaluateHandle((of) => {
        const data = new DataTransfer();
        data.items.add(new File([of], 'x.json', { type: 'application/json' }));
        return data;
      }, content);
      await page.locator('section.page').dispatchEvent('drop', { dataTransfer: transfer });
    };
    await drop('{"format":"dialog-history/2"}');
    await page
      .getByRole('alert')
      .getByText(/^This file can’t be opened: format/)
      .waitFor();
    await drop(text);
    await page.getByText('without personal data').waitFor();
    await page.getByTestId('event-row').first().waitFor();
  });

  it('of an export of many it opens the one that is chosen, with no API behind it', async () => {
    const text = await (await fetch(`${desk.address}/api/export`)).text();
    const dialogs = new Set([...text.matchAll(/^{"line":"event","stream":"([^"]+)"/gm)].map(([, stream]) => stream)).size;
    expect(dialogs).toBeGreaterThan(1);
    const page = await open(aloneAt('/open'));
    const take = (content: string) =>
      page
        .locator('input[type=file]')
        .setInputFiles({ name: 'all.ndjson', mimeType: 'application/x-ndjson', buffer: Buffer.from(content) });
    await take(text);
    await page.getByRole('heading', { name: `Dialogs of this export: ${dialogs}` }).waitFor();
    await page.getByLabel('Account or chat').fill('shop/2');
    await page.screenshot({ path: `${pictures}open-export.png` });
    await expect.poll(() => page.getByTestId('history-row').count()).toBe(1);
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'shop/2' }).click();
    await page.getByRole('heading', { name: 'Chat 2' }).waitFor();
    await page.getByTestId('event-row').first().waitFor();
    await page.getByRole('button', { name: 'Fork here' }).waitFor({ timeout: 5_000 });
    await page.getByRole('button', { name: 'All dialogs of this export' }).click();
    await page.getByRole('heading', { name: 'Dialogs of this export' }).waitFor();
    await take(text.slice(0, text.length - 30));
    await page.getByText('interrupted: it has no end').waitFor();
    await take(text.replace('"line":"event"', '"line":"evnt"'));
    await page
      .getByRole('alert')
      .getByText(/^This file can’t be opened: line \d+/)
      .waitFor();
    expect(complaints).toEqual([]);
  });

  it('is copied as a script test', async () => {
    const page = await dialogPage('/dialogs/shop/1');
    await page.getByText('History', { exact: true }).click();
    await page.getByRole('button', { name: 'Copy as a script test' }).click();
    await page.getByText('Copied. Personal data was replaced.').waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toContain('- button: "order"');
    expect(copied).not.toMatch(/555-44-33|Соколова/);
    expect(complaints).toEqual([]);
  });
});

describe('the first load', () => {
  it('is at most 220 KiB compressed, with the script’s parser and the checks of files left for later', async () => {
    const { gzipSync } = await import('node:zlib');
    const index = await readFile(join(built.root, 'index.html'), 'utf8');
    const first = [...index.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map((match) => String(match[1]));
    expect(first.length).toBeGreaterThan(1);
    const sizes = await Promise.all(first.map(async (name) => gzipSync(await readFile(join(built.root, name))).length));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(220 * 1024);
    const code = (await Promise.all(first.map((name) => readFile(join(built.root, name), 'utf8')))).join('');
    expect(code).not.toContain('dialog-script/1');
  });
});
