import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onStage } from './stage.ts';

const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const pictures = fileURLToPath(new URL('../../test-results/screenshots/', import.meta.url));

describe.skipIf(!existsSync(executablePath))('in a real browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true });
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  });
  afterAll(() => browser.close());

  const open = async (url: string, width: number, height: number): Promise<Page> => {
    const context = await browser.newContext({ viewport: { width, height }, locale: 'ru-RU' });
    const page = await context.newPage();
    await page.goto(url);
    return page;
  };

  it("a visitor's line appears in the console's timeline without a reload; then operator, close, flag reset and Return", async () => {
    const stage = await onStage();
    const simulator = await open(stage.world.simulator.baseUrl(), 1400, 900);
    const desk = await open(String(stage.world.engine().consoleUrl()), 1400, 900);
    await simulator.getByTestId('visitor-input').fill('Где мой заказ 204512?');
    await simulator.getByTestId('visitor-send').click();
    await desk.getByTestId('dialog-row').first().click();
    const timeline = (type: string) => desk.locator(`[data-testid="event-row"][data-type="${type}"]`);
    await timeline('DialogStarted').first().waitFor();
    const loadedAt = await desk.evaluate(() => performance.timeOrigin);

    await simulator.getByTestId('visitor-button-human').first().waitFor();
    await simulator.getByTestId('visitor-input').fill('позовите оператора');
    await simulator.getByTestId('visitor-send').click();
    await desk.getByText('позовите оператора').first().waitFor();
    await timeline('FlagSet').first().waitFor();
    await simulator.screenshot({ path: `${pictures}simulator-queue.png` });

    await simulator.getByTestId('operator-take').first().click();
    await simulator.getByTestId('operator-answer-input').fill('Здравствуйте, это Анна.');
    await simulator.getByTestId('operator-answer-send').click();
    await simulator.getByTestId('operator-close-finally').first().click();
    await timeline('FlagReset').first().waitFor();
    await timeline('ReturnStarted').first().waitFor();
    await timeline('DialogClosed').first().waitFor();
    expect(await desk.evaluate(() => performance.timeOrigin)).toBe(loadedAt);
    await desk.screenshot({ path: `${pictures}console-return.png` });
    await simulator.screenshot({ path: `${pictures}simulator-closed.png` });
    await desk.goto(`${stage.world.engine().consoleUrl()}/`);
    await desk.getByTestId('dialog-row').first().waitFor();
    await desk.screenshot({ path: `${pictures}console-list.png` });
  });

  it('the simulator fits a phone', async () => {
    const stage = await onStage();
    const page = await open(stage.world.simulator.baseUrl(), 390, 800);
    await page.getByTestId('visitor-input').fill('Здравствуйте');
    await page.getByTestId('visitor-send').click();
    await page.getByTestId('visitor-button-order').first().waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
    await page.screenshot({ path: `${pictures}simulator-phone.png` });
  });
});
