import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleBot } from '@dialog/standalone/world';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { cluster } from './cluster-processes.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cluster-processes-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('tells where the health of a member is, and of one that ended unasked; of one that was stopped it tells nothing', async () => {
  const ended: [string, string][] = [];
  const { member } = await cluster({
    dataDir: folder,
    logUrl: `sqlite:${join(folder, 'log.db')}`,
    eventsUrl: `sqlite:${join(folder, 'events.db')}`,
    webimUrl: 'http://127.0.0.1:9',
    botToken: 'bot-token',
    webhookToken: 'webhook-token',
    scriptFile: sampleBot,
    account: 'demo',
    onEnded: (name, how) => ended.push([name, how]),
  });
  const outbound = member('outbound', 'outbound');
  await outbound.start();
  expect((await fetch(`${outbound.operationsUrl()}/healthz`)).status).toBe(200);
  process.kill(outbound.pid() ?? 0, 'SIGKILL');
  await vi.waitFor(() => expect(ended).toEqual([['outbound', 'SIGKILL']]), { timeout: 5_000 });

  await outbound.start();
  expect(await outbound.stop()).toBe(0);
  expect(ended).toHaveLength(1);
});
