import { join } from 'node:path';
import { consoleService } from '@dialog/console/console';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { builtPage, launched, pictures, seriousFindings } from '../../services/console/test/console-page.ts';
import { onStage } from '../acceptance/stage.ts';

it('the page names what is wrong, ticks a step when its webhook comes, derives the addresses, and shows what was read', async () => {
  const built = await builtPage();
  onTestFinished(built.remove);
  const browser = await launched();
  onTestFinished(() => browser.close());
  const stage = await onStage({ clockRate: 20 });
  const { store, log } = stage.world.engine();
  const desk = consoleService({
    store,
    log,
    clock: stage.world.clock,
    logger: pino({ level: 'silent' }),
    dataFile: join(stage.dataDir, 'page.db'),
    port: 0,
    webRoot: built.root,
    accounts: [stage.world.accountId],
  });
  const running = desk.run();
  onTestFinished(async () => {
    await desk.stop();
    await running;
  });
  const address = await desk.listening();
  const url = stage.world.hookUrl();
  const paste = (closed: string): void =>
    stage.world.simulator.setHooks({
      botUrl: url,
      startedUrl: `${url}?event=chat_started`,
      assignedUrl: `${url}?event=chat_assigned`,
      closedUrl: `${url}?event=${closed}`,
    });
  paste('chat_close');

  const page = await (await browser.newContext({ locale: 'ru-RU', viewport: { width: 1280, height: 1700 } })).newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`${address}/doctor`);
  const step = (name: string) => page.getByTestId(`step-${name}`);
  const stateOf = (name: string) => expect.poll(() => step(name).getAttribute('data-state'), { timeout: 20_000 });
  await page.locator('[data-name="no_webhooks"]').waitFor();
  await stateOf('bot_url').toBe('waiting');

  const chatId = await stage.withOperator();
  stage.webim.closeFinally(chatId);
  await stateOf('bot_url').toBe('done');
  await stateOf('chat_assigned').toBe('done');
  await stateOf('chat_closed').toBe('wrong');
  const finding = page.getByTestId('finding');
  await expect
    .poll(() => finding.evaluateAll((all) => all.map((one) => one.getAttribute('data-name'))), { timeout: 20_000 })
    .toEqual(['wrong_event']);
  expect(await finding.innerText()).toContain('?event=chat_closed');

  // Pasted with a space, as it happens; the four addresses come without.
  await page.getByTestId('address').fill(` ${url} `);
  expect(await page.getByTestId('copyable').allInnerTexts()).toEqual(
    ['', '?event=chat_started', '?event=chat_assigned', '?event=chat_closed'].map((suffix) => url + suffix),
  );
  await page.getByTestId('log-event').selectOption('new_chat');
  await expect.poll(() => page.getByTestId('webhook').count(), { timeout: 20_000 }).toBe(1);
  await page.getByTestId('webhook').getByRole('button').click();
  await expect.poll(() => page.getByTestId('webhook-input').innerText(), { timeout: 20_000 }).toContain(`"chatId": "${chatId}"`);
  expect(await seriousFindings(page)).toEqual([]);
  await page.screenshot({ path: join(pictures, 'doctor-ru.png'), fullPage: true });

  paste('chat_closed');
  stage.webim.sendHandler(chatId, 'chat_closed');
  await stateOf('chat_closed').toBe('done');
  await page.getByTestId('fine').waitFor();
  await page.getByTestId('lang-switch').click();
  expect(await page.getByTestId('fine').innerText()).toBe('All that can be seen from here is well');
  await page.screenshot({ path: join(pictures, 'doctor-en.png'), fullPage: true });
  expect(complaints).toEqual([]);
});
