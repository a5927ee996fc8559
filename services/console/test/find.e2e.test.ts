import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { builtPage, launched, pictures, seriousFindings } from './console-page.ts';
import { type RunningConsole, runningConsole } from './running-console.ts';
import { aDialog, inQueue, newChat, newMessage, overdue, parked, started, visitorSays, wholeLife, withBot } from './sample-dialogs.ts';

let built: Awaited<ReturnType<typeof builtPage>>;
let browser: Browser;
let desk: RunningConsole;
let complaints: string[];

beforeAll(async () => {
  built = await builtPage();
  browser = await launched();
}, 90_000);
afterAll(async () => {
  await browser?.close();
  await built?.remove();
});
beforeEach(async () => {
  desk = await runningConsole({ webRoot: built.root });
  complaints = [];
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  await desk.stop();
});

type Look = { readonly locale?: string; readonly width?: number; readonly scheme?: 'light' | 'dark' };
const open = async (path: string, { locale = 'ru-RU', width = 1280, scheme = 'light' }: Look = {}): Promise<Page> => {
  const context = await browser.newContext({ locale, viewport: { width, height: 800 }, colorScheme: scheme });
  const page = await context.newPage();
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(desk.address + path);
  return page;
};
const chats = (page: Page): Promise<string[]> =>
  page.getByTestId('dialog-row').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-chat') ?? ''));
const shows = (page: Page, wanted: readonly string[]): Promise<void> => expect.poll(() => chats(page), { timeout: 15_000 }).toEqual(wanted);
const asked = (page: Page): string => decodeURIComponent(new URL(page.url()).search.replaceAll('+', ' '));
const now = Date.now();

const fill = async (): Promise<void> => {
  for (const dialog of [
    wholeLife('shop', '101', now - 9_000_000),
    inQueue('shop', '102', now - 60_000),
    overdue('shop', '104', now - 9_000_000),
    withBot('bank', '103', now - 120_000),
    parked('bank', '105', now - 30_000),
    aDialog('bank', '106', now - 10_000).input(0, newChat(visitorSays('Не пришла посылка')), {
      type: 'DialogStarted',
      data: { script: '5c'.repeat(16), incomplete: false, visitor: 'bb11bb22cc33dd44' },
    }),
  ])
    await dialog.writeTo(desk.store);
};
const all = ['106', '105', '102', '103', '104', '101'];

describe('finding dialogs', { timeout: 60_000 }, () => {
  it('searches by any form of a word from the keyboard, filters beside it, and keeps both in the address', async () => {
    await fill();
    const page = await open('/');
    await shows(page, all);
    await page.keyboard.press('/');
    await page.keyboard.type('посылками');
    await page.keyboard.press('Enter');
    await shows(page, ['106', '101']);
    expect(asked(page)).toBe('?text=посылками');
    await page.getByTestId('filter-account').selectOption('shop');
    await shows(page, ['101']);
    await page.getByTestId('more-filters').click();
    await page.getByTestId('filter-mark').selectOption('order_asked');
    await page.getByTestId('filter-department').selectOption('sales');
    await shows(page, ['101']);
    expect(asked(page)).toBe('?account=shop&department=sales&mark=order_asked&text=посылками');
    await page.screenshot({ path: `${pictures}console-find.png` });

    const shared = await open(new URL(page.url()).pathname + new URL(page.url()).search, { locale: 'en-US', scheme: 'dark' });
    await shows(shared, ['101']);
    expect(await shared.getByTestId('search').inputValue()).toBe('посылками');
    await shared.getByRole('button', { name: 'Remove the filter Account: shop' }).waitFor();
    await shared.screenshot({ path: `${pictures}console-find-dark-en.png` });
    expect(await seriousFindings(shared)).toEqual([]);
    await shared.getByTestId('chip-text').press('Enter');
    await shows(shared, ['101']);
    await shared.getByTestId('clear-filters').click();
    await shows(shared, all);
    expect([asked(shared), await shared.getByTestId('search').inputValue()]).toEqual(['', '']);
    expect(complaints).toEqual([]);
  });

  it('finds what went wrong, by time too, and says so when nothing is found', async () => {
    await fill();
    const page = await open('/?problem=any', { locale: 'en-US' });
    await shows(page, ['105', '103', '104']);
    await page.getByText('Parked', { exact: true }).last().waitFor();
    await page.getByTestId('filter-problem').selectOption('overdue');
    await shows(page, ['104']);
    await page.getByTestId('more-filters').click();
    await page.getByRole('button', { name: 'Last hour' }).click();
    await page.getByText('No dialog fits these filters').waitFor();
    expect(await chats(page)).toEqual([]);
    expect(await seriousFindings(page)).toEqual([]);
    await page.screenshot({ path: `${pictures}console-find-nothing.png` });
    await page.locator('.state button').click();
    await shows(page, all);
    expect(complaints).toEqual([]);
  });

  it('tells of each dialog what was said first and last, and what is said while one looks', async () => {
    await fill();
    const talk = aDialog('shop', '109', now - 5_000).input(0, newChat(visitorSays('שלום, где мой заказ?')), ...started);
    await talk.writeTo(desk.store);
    const page = await open('/');
    await shows(page, ['109', ...all]);
    const said = (chat: string) => page.locator(`[data-chat="${chat}"]`).getByTestId('said').locator('bdi');
    expect(await said('101').allTextContents()).toEqual(['Здравствуйте!', 'Спасибо!']);
    expect(await said('109').allTextContents()).toEqual(['שלום, где мой заказ?']);
    await talk.input(1_000, newMessage(visitorSays('48213'))).writeTo(desk.store);
    await said('109').nth(1).getByText('48213').waitFor();
    await page.screenshot({ path: `${pictures}console-find-said.png` });
    for (const width of [390, 1920]) {
      await page.setViewportSize({ width, height: 900 });
      // Two dialogs must not look like one: the number is never cut.
      expect(await page.locator('.chat strong').evaluateAll((all) => all.filter((one) => one.scrollWidth > one.clientWidth).length)).toBe(
        0,
      );
    }
    expect(complaints).toEqual([]);
  });

  it('keeps the focus where a filter, a row or the way back took it from', async () => {
    await fill();
    const page = await open('/?account=shop&owner=queue');
    const focused = (): Promise<string> =>
      page.evaluate(() => document.activeElement?.getAttribute('data-testid') ?? document.activeElement?.id ?? '');
    await shows(page, ['102']);
    await page.getByTestId('chip-account').press('Enter');
    expect(await focused()).toBe('chip-owner');
    await page.getByTestId('chip-owner').press('Enter');
    await shows(page, all);
    expect(await focused()).toBe('filter-account');
    await page.getByTestId('dialog-row').nth(2).press('Enter');
    await page.getByTestId('event-row').first().waitFor();
    expect(await focused()).toBe('content');
    await page.getByRole('button', { name: 'Предыдущее событие' }).press('Enter');
    await page.getByRole('button', { name: 'Следить за последним' }).press('Enter');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('type'))).toBe('range');
    expect(complaints).toEqual([]);
  });

  it('says in the page’s language why an address finds nothing and a file can’t be opened', async () => {
    const page = await open('/?owner=zzz');
    await page.getByRole('alert').getByText('Владелец: такого значения нет').waitFor();
    await page.getByTestId('chip-owner').click();
    await page.getByText('Диалогов пока нет').waitFor();
    await page.goto(`${desk.address}/open`);
    const give = (text: string) =>
      page.locator('input[type=file]').setInputFiles({ name: 'a.json', mimeType: 'application/json', buffer: Buffer.from(text) });
    await give('not a history');
    await page.getByRole('alert').getByText('Этот файл не открыть: это не JSON').waitFor();
    await give('{"line":"header","format":"zzz"}\n');
    await page
      .getByRole('alert')
      .getByText(/: строка 1: .*: это не история и не выгрузка$/)
      .waitFor();
  });

  it('has its further pages, its place and the focus again on the way back', async () => {
    for (let chat = 0; chat < 70; chat++) await withBot('shop', String(1_000 + chat), now - chat * 60_000).writeTo(desk.store);
    const page = await open('/');
    const rows = page.getByTestId('dialog-row');
    await expect.poll(() => rows.count(), { timeout: 15_000 }).toBe(50);
    await page.getByRole('button', { name: 'Показать ещё' }).click();
    await expect.poll(() => rows.count()).toBe(70);
    const far = page.locator('[data-chat="1065"]');
    await far.scrollIntoViewIfNeeded();
    const at = await page.evaluate(() => scrollY);
    expect(at).toBeGreaterThan(500);
    await far.click();
    await page.getByTestId('event-row').first().waitFor();
    await page.goBack();
    await expect.poll(() => rows.count()).toBe(70);
    await expect.poll(() => page.evaluate(() => scrollY)).toBe(at);
    expect(await far.evaluate((row) => row === document.activeElement)).toBe(true);
    expect(complaints).toEqual([]);
  });

  it('takes no filter back that was chosen while the typing rests', async () => {
    await fill();
    const page = await open('/');
    await shows(page, all);
    await page.clock.install();
    await page.getByTestId('search').pressSequentially('посылка');
    await page.getByTestId('filter-account').selectOption('shop');
    await page.clock.runFor(1_000);
    await shows(page, ['101']);
    expect(asked(page)).toBe('?account=shop&text=посылка');
  });

  it('takes no further page of the question before', async () => {
    await fill();
    const page = await open('/about-nothing');
    const asksPage = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    await page.route('**/api/dialogs?*', async (route) => {
      const url = new URL(route.request().url());
      url.searchParams.set('limit', '2');
      const isLate = url.searchParams.has('cursor') && !url.searchParams.has('account');
      if (isLate) {
        asksPage.resolve();
        await held.promise;
      }
      const response = await route.fetch({ url: url.href });
      // Nobody may want it any more.
      await route.fulfill({ response }).catch(() => undefined);
      if (isLate) answered.resolve();
    });
    await page.goto(`${desk.address}/`);
    await shows(page, ['106', '105']);
    await page.locator('.more button').click();
    await asksPage.promise;
    await page.getByTestId('filter-account').selectOption('shop');
    await shows(page, ['102', '104']);
    held.resolve();
    await answered.promise;
    await page.locator('.more button').click();
    await shows(page, ['102', '104', '101']);
    await page.locator('.more').waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
  });

  it('shows all chats of one person, from a row and from the dialog', async () => {
    await fill();
    const page = await open('/?owner=queue');
    await shows(page, ['102']);
    await page.getByRole('link', { name: 'Все чаты человека из чата 102' }).click();
    await shows(page, ['102', '104', '101']);
    expect(asked(page)).toBe('?account=shop&visitor=aa11bb22cc33dd44');
    await page.goto(`${desk.address}/dialogs/bank/106`);
    await page.getByRole('link', { name: 'Все чаты этого человека' }).click();
    await shows(page, ['106']);
    expect(complaints).toEqual([]);
  });

  it('stays live under its filters; of a search it says that there is news', async () => {
    await fill();
    const page = await open('/?owner=queue');
    await shows(page, ['102']);
    const search = await open('/?text=доставка');
    await shows(search, ['105', '103']);
    // What is found before the stream stands is simply in the list: asked once more at its opening, which a question behind it outlasts.
    await search.locator('.connection.live').waitFor();
    await search.evaluate(() => fetch('/api/dialogs?text=доставка').then((answer) => answer.text()));
    await inQueue('shop', '201', now).writeTo(desk.store);
    await shows(page, ['201', '102']);
    await aDialog('shop', '202', now + 10)
      .input(0, newChat(), ...started)
      .input(5, newMessage(visitorSays('а доставку?')))
      .writeTo(desk.store);
    await search.getByTestId('newer').click();
    await shows(search, ['202', '105', '103']);
    expect(await page.getByTestId('dialog-row').count()).toBe(2);
    expect(complaints).toEqual([]);
  });

  it('fits a phone, in both languages and themes', async () => {
    await fill();
    for (const look of [
      { locale: 'ru-RU', scheme: 'dark' },
      { locale: 'en-US', scheme: 'light' },
    ] as const) {
      const page = await open('/?flag=false&text=заказ', { ...look, width: 360 });
      await shows(page, ['101']);
      await page.getByTestId('more-filters').click();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
      expect(await seriousFindings(page)).toEqual([]);
      await page.screenshot({ path: `${pictures}console-find-phone-${look.scheme}.png`, fullPage: true });
    }
    expect(complaints).toEqual([]);
  });
});
