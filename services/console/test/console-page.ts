import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { realClock } from '@dialog/contracts/clock';
import { topics } from '@dialog/contracts/topics';
import type { EventStore } from '@dialog/event-store/port';
import { sqliteEventStore } from '@dialog/event-store/sqlite/event-store';
import { sqliteLog } from '@dialog/log/sqlite/log';
import axe, { type Result } from 'axe-core';
import { pino } from 'pino';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { consoleService } from '../src/console.ts';

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

export type RunningConsole = { readonly address: string; readonly store: EventStore; readonly stop: () => Promise<void> };

/** A console over stores of its own, with the page. */
export const runningConsole = async (webRoot: string): Promise<RunningConsole> => {
  const folder = await mkdtemp(join(tmpdir(), 'console-page-'));
  const store = sqliteEventStore({ file: join(folder, 'events.db'), clock: realClock });
  const log = sqliteLog({ file: join(folder, 'log.db'), clock: realClock });
  await log.ensureTopics([{ name: topics.inbox, partitions: 2, cleanup: 'delete' }]);
  const desk = consoleService({
    store,
    log,
    clock: realClock,
    logger: pino({ level: 'silent' }),
    dataFile: join(folder, 'console.db'),
    port: 0,
    webRoot,
    eventsUrl: `sqlite:${join(folder, 'events.db')}`,
  });
  const running = desk.run();
  const address = await desk.listening();
  return {
    address,
    store,
    stop: async () => {
      await desk.stop();
      await running;
      await log.close();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** What axe finds serious or worse, as `rule: selector`. */
export const seriousFindings = async (page: Page): Promise<string[]> => {
  // Evaluated, not added as a script: the page's policy lets no inline script in.
  await page.evaluate(axe.source);
  const violations = await page.evaluate(
    async () => (await (globalThis as unknown as { axe: { run: () => Promise<{ violations: Result[] }> } }).axe.run()).violations,
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
};
