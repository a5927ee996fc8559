import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { playSamples } from '@dialog/standalone/samples';
import { openWorld } from '@dialog/standalone/world';
import { pino } from 'pino';
import { chromium, type Page } from 'playwright-core';
import { findBrowser } from './browser.ts';

/** Makes the pictures of both READMEs: the console over the sample dialogs, as a newcomer sees it. Needs the built page. */
const folder = fileURLToPath(new URL('../docs/images/', import.meta.url));
const maxBytes = 150_000;
const dataDir = await mkdtemp(join(tmpdir(), 'dialog-pictures-'));
const logger = pino({ level: 'silent' });
const world = await openWorld({ dataDir, logger });
const browser = await chromium.launch({ executablePath: findBrowser() ?? 'chromium', args: ['--no-sandbox'] });
/** Half the size of a PNG; the browser has the encoder. */
const asWebp = async (png: Buffer): Promise<Buffer> => {
  const page = await browser.newPage();
  const url = await page.evaluate(
    async (source) => {
      const picture = new Image();
      picture.src = source;
      await picture.decode();
      const canvas = Object.assign(document.createElement('canvas'), { width: picture.width, height: picture.height });
      canvas.getContext('2d')?.drawImage(picture, 0, 0);
      return canvas.toDataURL('image/webp', 0.9);
    },
    `data:image/png;base64,${png.toString('base64')}`,
  );
  await page.close();
  return Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
};
try {
  await mkdir(folder, { recursive: true });
  await world.start();
  await playSamples({ simulator: world.simulator, logger, signal: AbortSignal.timeout(300_000) });
  const console_ = world.engine().consoleUrl() ?? '';
  const dialogs = async (query: Record<string, string>): Promise<readonly { account: string; chatId: string }[]> =>
    (
      (await (await fetch(`${console_}/api/dialogs?${new URLSearchParams(query)}`)).json()) as {
        dialogs: { account: string; chatId: string }[];
      }
    ).dialogs;
  const closed = (await dialogs({ cause: 'final_close' }))[0];
  if (closed === undefined) throw new Error('no sample dialog was closed by an operator');
  for (const [locale, colorScheme] of [
    ['ru-RU', 'light'],
    ['en-US', 'dark'],
  ] as const) {
    const context = await browser.newContext({ locale, colorScheme, viewport: { width: 1280, height: 720 }, reducedMotion: 'reduce' });
    const take = async (name: string, path: string, ready: (page: Page) => Promise<void>): Promise<void> => {
      const page = await context.newPage();
      await page.goto(console_ + path);
      await ready(page);
      const file = join(folder, `${name}-${locale.slice(0, 2)}.webp`);
      const picture = await asWebp(await page.screenshot({ animations: 'disabled' }));
      if (picture.length > maxBytes) throw new Error(`${file} has ${picture.length} bytes`);
      await writeFile(file, picture);
      process.stdout.write(`${file} ${picture.length}\n`);
      await page.close();
    };
    await take('dialogs', '/', (page) => page.getByTestId('dialog-row').nth(7).waitFor());
    await take('find', `/?${new URLSearchParams({ text: 'доставкой', flag: 'false' })}`, (page) =>
      page.getByTestId('dialog-row').first().waitFor(),
    );
    await take('replay', `/dialogs/${closed.account}/${closed.chatId}`, (page) => page.getByTestId('event-row').first().waitFor());
    await context.close();
  }
} finally {
  await browser.close();
  await world.stop();
  await rm(dataDir, { recursive: true, force: true });
}
