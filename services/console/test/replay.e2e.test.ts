import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { builtPage, launched, pictures, seriousFindings } from './console-page.ts';
import { handedOver, supportLife } from './decided-dialog.ts';
import { type RunningConsole, runningConsole } from './running-console.ts';
import { aDialog, newChat, newMessage, started, visitorSays } from './sample-dialogs.ts';

let built: Awaited<ReturnType<typeof builtPage>>;
let browser: Browser;
let desk: RunningConsole;
let complaints: string[];
const startAt = Date.now() - 7_200_000;

beforeAll(async () => {
  [built, browser] = await Promise.all([builtPage(), launched()]);
  desk = await runningConsole({ webRoot: built.root });
  await supportLife('shop', '1', startAt).writeTo(desk.store);
  await handedOver('shop', '2', startAt).writeTo(desk.store);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await desk?.stop();
  await built?.remove();
});
beforeEach(() => {
  complaints = [];
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

type Look = { readonly locale?: string; readonly width?: number; readonly dark?: boolean };
const open = async (path: string, { locale = 'en-US', width = 1280, dark = false }: Look = {}): Promise<Page> => {
  const context = await browser.newContext({ locale, viewport: { width, height: 850 }, colorScheme: dark ? 'dark' : 'light' });
  const page = await context.newPage();
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => !request.url().startsWith(desk.address) && complaints.push(`asked ${new URL(request.url()).host}`));
  await page.goto(desk.address + path);
  await page.getByTestId('event-row').first().waitFor();
  return page;
};
const revOf = (page: Page): string | null => new URL(page.url()).searchParams.get('rev');
const selected = (page: Page) => page.locator('[role=option][aria-selected=true]');
const until = (page: Page, rev: string): Promise<void> => page.waitForURL((url) => url.searchParams.get('rev') === rev);

describe('the replay of a dialog', { timeout: 60_000 }, () => {
  it('steps by keys: the next, the next of its kind, the first and the last; the address holds the place', async () => {
    const page = await open('/dialogs/shop/1?rev=3');
    await page.keyboard.press('ArrowRight');
    await until(page, '4');
    await page.keyboard.press('Home');
    await until(page, '0');
    await page.keyboard.press('Shift+ArrowRight');
    await expect.poll(() => selected(page).getAttribute('data-type')).toBe('InputRecorded');
    await page.keyboard.press('End');
    await page.locator('.place', { hasText: /of (\d+)$/ }).waitFor();
    await page.waitForURL((url) => Number(url.searchParams.get('rev')) > 60);
    const last = revOf(page);
    await page.reload();
    await page.getByTestId('event-row').first().waitFor();
    expect(await selected(page).getAttribute('data-revision')).toBe(last);
    expect(complaints).toEqual([]);
  });

  it('tells the days of a talk, each language in its own direction, down to the last word, on a phone too', async () => {
    const [account, chat] = ['a_very_long_account_name_is_here', '0123456789abcdef0123456789abcdef'];
    await aDialog(account, chat, Date.parse('2026-03-02T09:00:00Z'))
      .input(0, newChat(visitorSays('שלום, איפה? order 123')), ...started)
      .input(60_000, newMessage(visitorSays('в тот же день')))
      .input(2 * 86_400_000, newMessage(visitorSays('слово '.repeat(300))))
      .input(1_000, newMessage(visitorSays('последнее')))
      .writeTo(desk.store);
    const page = await open(`/dialogs/${account}/${chat}`, { locale: 'ru-RU' });
    await page.setViewportSize({ width: 390, height: 850 });
    await page.reload();
    const turns = page.locator('.turns');
    await turns.getByText('последнее').waitFor();
    const within = await turns.boundingBox();
    const last = await turns.getByText('последнее').boundingBox();
    expect((last?.y ?? 0) + (last?.height ?? 0)).toBeLessThan((within?.y ?? 0) + (within?.height ?? 0));
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    await turns.getByText('4 марта 2026', { exact: false }).waitFor();
    await turns.evaluate((box) => box.scrollTo(0, 0));
    await turns.getByText('2 марта 2026', { exact: false }).waitFor();
    expect(await turns.locator('.day').count()).toBe(2);
    const leftOf = (word: string) =>
      turns.getByText('order 123').evaluate((span, wanted) => {
        const [text] = span.childNodes;
        const range = document.createRange();
        range.setStart(text as Text, span.textContent.indexOf(wanted));
        range.setEnd(text as Text, span.textContent.indexOf(wanted) + wanted.length);
        return range.getBoundingClientRect().left;
      }, word);
    expect(await leftOf('שלום')).toBeGreaterThan(await leftOf('order'));
    expect(complaints).toEqual([]);
  });

  it('on paper the whole talk stands, however long, and the state below it', async () => {
    const talk = aDialog('shop', 'printed', Date.parse('2026-03-02T09:00:00Z')).input(0, newChat(visitorSays('первое')), ...started);
    for (let at = 0; at < 120; at++) talk.input(1_000, newMessage(visitorSays(`слово ${at}`)));
    await talk.writeTo(desk.store);
    const page = await open('/dialogs/shop/printed', { locale: 'ru-RU' });
    const turns = page.locator('.turns');
    await turns.getByText('слово 119', { exact: true }).waitFor();
    expect(await turns.locator('li').count()).toBeLessThan(60);
    await page.emulateMedia({ media: 'print' });
    await turns.getByText('первое').waitFor();
    expect(await turns.getByText(/^слово \d+$/).count()).toBe(120);
    const [box, last, state] = await Promise.all(
      [turns, turns.getByText('слово 119', { exact: true }), page.locator('.pane-state')].map((one) => one.boundingBox()),
    );
    expect((last?.y ?? 0) + (last?.height ?? 0)).toBeLessThanOrEqual((box?.y ?? 0) + (box?.height ?? 0));
    expect(state?.y ?? 0).toBeGreaterThanOrEqual((box?.y ?? 0) + (box?.height ?? 0));
    expect(await page.locator('.pane-events').isVisible()).toBe(false);
    await page.screenshot({ path: `${pictures}replay-on-paper-ru.png`, fullPage: true });
    await page.emulateMedia({ media: 'screen' });
    await page.locator('.pane-events').waitFor();
    expect(complaints).toEqual([]);
  });

  it('marks the cause of the chosen event, which stands like any other row', async () => {
    const page = await open('/dialogs/shop/1?rev=0');
    await page.getByRole('button', { name: 'Спасибо! Позвоним на' }).click();
    await page.locator('.links .link', { hasText: 'the effect' }).first().click();
    const cause = page.locator('.event.cause');
    await cause.first().waitFor();
    const layout = (row: Locator) => row.evaluate((element) => [getComputedStyle(element).display, getComputedStyle(element).gap]);
    expect(await layout(cause.first())).toEqual(await layout(page.locator('.event:not(.cause)').first()));
  });

  it('shows which categories are chosen', async () => {
    const page = await open('/dialogs/shop/1?rev=10');
    const trouble = page.getByRole('button', { name: 'Trouble' });
    const colour = () => trouble.evaluate((element) => getComputedStyle(element).backgroundColor);
    const before = await colour();
    await trouble.click();
    await expect.poll(colour).not.toBe(before);
  });

  it('keeps up with a key held down, and the address follows', async () => {
    const page = await open('/dialogs/shop/1?rev=0');
    for (let press = 0; press < 40; press++) await page.keyboard.press('ArrowRight');
    await until(page, '40');
    expect(await selected(page).getAttribute('data-revision')).toBe('40');
  });

  it('narrows the events by words and by category, and says so in the address', async () => {
    const page = await open('/dialogs/shop/1?rev=10');
    await page.keyboard.press('/');
    await page.keyboard.type('побыстрее');
    await expect.poll(() => page.getByTestId('event-row').count()).toBe(1);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Trouble' }).click();
    await expect.poll(() => page.getByTestId('event-row').count()).toBe(1);
    expect(await page.locator('[data-mark=in_doubt]').count()).toBe(1);
    await page.waitForURL((url) => url.searchParams.get('only') === 'trouble');
    await page.getByRole('button', { name: 'Trouble' }).click();
    await page.getByRole('button', { name: 'Compact' }).click();
    await page.getByText('Delivered', { exact: false }).first().waitFor();
    await page.getByRole('button', { name: 'JSON' }).click();
    await page.locator('.event pre').first().waitFor();
    expect(complaints).toEqual([]);
  });

  it('marks no event that is not the chosen one, and steps from between two by button as by key', async () => {
    const page = await open('/dialogs/shop/1?only=trouble');
    await expect.poll(() => page.getByTestId('event-row').count()).toBe(1);
    expect(await selected(page).count()).toBe(0);
    const [previous, next] = [page.getByRole('button', { name: 'Previous event' }), page.getByRole('button', { name: 'Next event' })];
    expect([await previous.isDisabled(), await next.isDisabled()]).toEqual([false, true]);
    await previous.click();
    await selected(page).waitFor();
    expect([await previous.isDisabled(), await next.isDisabled()]).toEqual([true, true]);
  });

  it('closes the menu of the history on Escape, by a press elsewhere and after a download', async () => {
    const page = await open('/dialogs/shop/1?rev=0');
    const menu = page.locator('details.menu');
    const isOpen = () => menu.evaluate((element) => (element as HTMLDetailsElement).open);
    const opens = async (): Promise<void> => {
      await menu.locator('summary').click();
      await expect.poll(isOpen).toBe(true);
    };
    await opens();
    await page.keyboard.press('Escape');
    await expect.poll(isOpen).toBe(false);
    await opens();
    await page.getByRole('heading', { name: 'Events' }).click();
    await expect.poll(isOpen).toBe(false);
    await opens();
    const download = page.waitForEvent('download');
    await menu.getByRole('button').first().click();
    await download;
    await expect.poll(isOpen).toBe(false);
  });

  it('brings the picture of the script into sight, and offers it where there is a place for it', async () => {
    const page = await open('/dialogs/shop/1?rev=10');
    await page.keyboard.press('g');
    await page.locator('.script-picture .drawing').waitFor();
    const seen = () => page.locator('.script-picture').evaluate((element) => element.getBoundingClientRect().top < window.innerHeight / 2);
    await expect.poll(seen).toBe(true);
    await page.keyboard.press('f');
    await page.locator('.fork-form').waitFor();
    expect(await page.getByRole('button', { name: 'Script picture' }).isDisabled()).toBe(true);
  });

  it('leads back to the list as it was asked', async () => {
    const page = await open('/dialogs/shop/1?rev=0');
    await page.goto(`${new URL(page.url()).origin}/?account=shop&owner=bot`);
    await page.getByTestId('dialog-row').first().click();
    await page.locator('.back').click();
    await page.waitForURL((url) => url.search === '?account=shop&owner=bot');
  });

  it('shows only what changed on d, and the keys on ?, on a Russian layout too', async () => {
    const page = await open('/dialogs/shop/2?rev=0&only=owner');
    const flagSet = page.locator('[data-testid=event-row][data-type=FlagSet]');
    await flagSet.click();
    await page.keyboard.press('d');
    await page.locator('.fact.changed').first().waitFor();
    await expect
      .poll(() =>
        page.locator('.facts .fact:not([data-delay])').evaluateAll((facts) => facts.map((fact) => fact.getAttribute('data-fact'))),
      )
      .toEqual(['flag', 'episode']);
    // As a Russian keyboard sends them: the letters differ, the places don't.
    await page.evaluate(() => window.dispatchEvent(new KeyboardEvent('keydown', { key: 'в', code: 'KeyD', bubbles: true })));
    await page.locator('[data-fact=owner]').waitFor();
    await page.evaluate(() =>
      window.dispatchEvent(new KeyboardEvent('keydown', { key: ',', code: 'Slash', shiftKey: true, bubbles: true })),
    );
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('links a reply to its message and back, and tells why', async () => {
    const page = await open('/dialogs/shop/1?rev=0');
    await page.getByRole('button', { name: 'Спасибо! Позвоним на' }).click();
    await page.locator('.links .link', { hasText: 'the effect' }).first().click();
    await page.locator('.links .link', { hasText: 'the script’s run' }).first().click();
    await expect.poll(() => page.getByTestId('won').textContent()).toBe('ask scripts.leave_phone.steps[0].then[0]');
    const run = await selected(page).getAttribute('data-revision');
    await page.locator('.links .link', { hasText: 'the message it answers' }).click();
    await page.locator('.chosen-event', { hasText: 'The visitor wrote: +7 912 555-44-33' }).waitFor();
    await page.locator(`.links [data-link="${run}"]`).click();
    await page.getByTestId('won').waitFor();
    expect(complaints).toEqual([]);
  });

  it('shows no personal variable, in words or in JSON', async () => {
    const page = await open('/dialogs/shop/1?view=json');
    await page.locator('[data-fact="var phone"]', { hasText: 'hidden: personal' }).waitFor();
    await page.getByText('State as JSON').click();
    await page.locator('details pre').waitFor();
    expect(await page.locator('.pane-state').textContent()).not.toContain('79125554433');
    await page.keyboard.press('Home');
    await page.locator('[data-fact="var order_no"]').waitFor({ state: 'detached' });
  });

  it.each([
    ['en-US', false],
    ['en-US', true],
    ['ru-RU', false],
    ['ru-RU', true],
  ] as const)('has nothing serious for axe, at desk and at phone width (%s, dark: %s)', async (locale, dark) => {
    for (const width of [1280, 375]) {
      const page = await open('/dialogs/shop/2?view=compact', { locale, dark, width });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      expect(await seriousFindings(page)).toEqual([]);
      await page.screenshot({ path: `${pictures}replay-${locale}-${dark ? 'dark' : 'light'}-${width}.png` });
      await page.context().close();
    }
    // What is still to come is paler, and can be read.
    const early = await open('/dialogs/shop/2?rev=0', { locale, dark });
    await early.locator('.turn.future').first().waitFor();
    expect(await seriousFindings(early)).toEqual([]);
    await early.screenshot({ path: `${pictures}replay-early-${locale}-${dark ? 'dark' : 'light'}.png` });
    expect(complaints).toEqual([]);
  });
});
