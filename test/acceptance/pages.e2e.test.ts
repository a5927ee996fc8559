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
    // So high that the whole history stands in it: of a long list only the rows in sight are in the document.
    const desk = await open(String(stage.world.engine().consoleUrl()), 1400, 3000);
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

  it('tells of a real reply why: what won, what lost and the reason, the values read, the steps with their branches', async () => {
    const stage = await onStage();
    const chatId = await stage.welcomed();
    stage.webim.say(chatId, 'Где заказ? Позовите человека');
    await stage.world.simulator.until(
      () => stage.webim.chat(chatId).messages.some(({ text }) => text?.startsWith('Назовите номер')),
      'asked',
    );
    stage.webim.say(chatId, '204512');
    await stage.quiet(chatId);
    const desk = await open(`${stage.world.engine().consoleUrl()}/dialogs/${stage.world.accountId}/${chatId}`, 1400, 900);
    const complaints: string[] = [];
    desk.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    const runs = desk.locator('[data-testid="event-row"][data-type="ScriptAdvanced"]');
    const why = desk.locator('.why');
    await runs.last().click();
    await desk.getByTestId('won').filter({ hasText: 'ask scripts.order_status.steps[0]' }).waitFor();
    expect(await desk.getByTestId('read').innerText()).toMatch(/order_no\s+"204512"/);
    const steps = await why.locator('ol li').allInnerTexts();
    expect(steps[0]).toContain('scripts.order_status.steps[1]');
    expect(steps.some((step) => step.includes('else')) && steps.some((step) => step.includes('then'))).toBe(true);
    const ofRule = desk.locator('[data-testid="event-row"][data-type="ScriptAdvanced"]').nth((await runs.count()) - 2);
    await ofRule.click();
    await desk.getByTestId('won').filter({ hasText: 'text scripts.order_status' }).waitFor();
    const lost = await desk.getByTestId('lost').locator('li').allTextContents();
    expect(lost[0]).toMatch(/^text scripts\.to_human.*: a rule before it in the file won$/);
    expect(lost.some((one) => /^text scripts\.price_list.*: no match$/.test(one))).toBe(true);
    await desk.screenshot({ path: `${pictures}console-why.png` });

    // The script as a picture: the mark goes where the script stands after the chosen event.
    await desk.keyboard.press('g');
    const marked = desk.locator('.drawing .node.current');
    const stands = desk.getByTestId('stands-at');
    await stands.filter({ hasText: 'scripts.order_status.steps[0], ' }).waitFor();
    expect(await marked.getAttribute('data-step')).toBe('scripts.order_status.steps[0]');
    await desk.screenshot({ path: `${pictures}console-script-picture.png`, fullPage: true });
    await runs.last().click();
    await stands.filter({ hasText: 'scripts.main_menu.steps[0], ' }).waitFor();
    expect(await marked.getAttribute('data-step')).toBe('scripts.main_menu.steps[0]');
    expect(await desk.locator('.drawing .node.visited[data-step="scripts.order_status.steps[0]"]').count()).toBe(1);
    expect(await desk.locator('.drawing .node.visited[data-step="scripts.leave_phone.steps[0]"]').count()).toBe(0);
    expect(new URL(desk.url()).searchParams.get('picture')).toBe('1');
    await desk.setViewportSize({ width: 390, height: 800 });
    expect(await desk.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    await desk.screenshot({ path: `${pictures}console-script-picture-phone.png`, fullPage: true });
    // The page's policy, above all.
    expect(complaints).toEqual([]);
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
