import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import axe, { type Result } from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'vite';

const web = fileURLToPath(new URL('../web', import.meta.url));
export const pictures = fileURLToPath(new URL('../../../test-results/screenshots/', import.meta.url));

/** The built page in a folder of its own. */
export const builtPage = async (): Promise<{ readonly root: string; readonly remove: () => Promise<void> }> => {
  const root = await mkdtemp(join(tmpdir(), 'console-web-'));
  // The test runner's own NODE_ENV would give React as developers have it: bigger, and several times as slow.
  const { NODE_ENV } = process.env;
  process.env['NODE_ENV'] = 'production';
  try {
    await build({ root: web, configFile: join(web, 'vite.config.ts'), build: { outDir: root, emptyOutDir: true }, logLevel: 'silent' });
  } finally {
    process.env['NODE_ENV'] = NODE_ENV;
  }
  return { root, remove: () => rm(root, { recursive: true, force: true }) };
};

export const launched = (): Promise<Browser> =>
  chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: ['--no-sandbox'] });

/** A page of a browser of its own, at an address; what its console complains of is added to `complaints`. */
export const openedPage = async (
  browser: Browser,
  address: string,
  { locale, dark, width = 1280 }: { readonly locale: string; readonly dark: boolean; readonly width?: number | undefined },
  complaints: string[],
): Promise<Page> => {
  const context = await browser.newContext({ locale, viewport: { width, height: 900 }, colorScheme: dark ? 'dark' : 'light' });
  const page = await context.newPage();
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(address);
  return page;
};

/** What axe finds serious or worse, as `rule: selector`. */
export const seriousFindings = (page: Page): Promise<string[]> => axeFindings(page, ['serious', 'critical']);

/** What axe finds of these grades, as `rule: selector`. */
export const axeFindings = async (
  page: Page,
  grades: readonly string[] = ['minor', 'moderate', 'serious', 'critical'],
): Promise<string[]> => {
  // Evaluated, not added as a script: the page's policy lets no inline script in.
  await page.evaluate(axe.source);
  const violations = await page.evaluate(
    async () => (await (globalThis as unknown as { axe: { run: () => Promise<{ violations: Result[] }> } }).axe.run()).violations,
  );
  return violations
    .filter(({ impact }) => grades.includes(impact ?? ''))
    .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
};
