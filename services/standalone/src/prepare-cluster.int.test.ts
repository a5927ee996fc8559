import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAccounts } from '@dialog/service-kit/accounts';
import { readConfiguration } from '@dialog/service-kit/configuration';
import { readSimulatorConfiguration } from '@dialog/webim-simulator/configuration';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { prepareCluster } from './prepare-cluster.ts';

const addresses = { simulator: 'http://simulator:8082', ingress: 'http://ingress:8080' };
let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'dialog-prepare-')), 'secrets');
});
afterEach(() => rm(folder, { recursive: true, force: true }));
const contents = async (): Promise<Record<string, string>> =>
  Object.fromEntries(
    await Promise.all((await readdir(folder)).sort().map(async (name) => [name, await readFile(join(folder, name), 'utf8')])),
  );

it('makes secrets that the engine and the simulator take, for their owner alone, and the same ones stay', async () => {
  await prepareCluster(folder, addresses);
  const made = await contents();
  expect(Object.keys(made)).toEqual(['demo-accounts.yaml', 'demo-bot-token', 'demo-hooks-url', 'hash-key']);
  for (const name of Object.keys(made)) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);

  const file = join(folder, 'demo-accounts.yaml');
  const accounts = parseAccounts(made['demo-accounts.yaml'] ?? '', { file, env: {} });
  if (!accounts.ok) throw new Error(JSON.stringify(accounts.problems));
  const simulator = readSimulatorConfiguration({
    HOOKS_URL_FILE: join(folder, 'demo-hooks-url'),
    BOT_TOKEN_FILE: join(folder, 'demo-bot-token'),
  });
  const token = simulator.HOOKS_URL.split('/').at(-1) ?? '';
  expect(made['demo-accounts.yaml']).toContain(createHash('sha256').update(token).digest('hex'));
  expect(made['demo-accounts.yaml']).not.toContain(token);
  expect(simulator.BOT_TOKEN).toBe(made['demo-bot-token']);
  expect(readConfiguration({ HASH_KEY_FILE: join(folder, 'hash-key') }).HASH_KEY).toBeDefined();

  await prepareCluster(folder, addresses);
  expect(await contents()).toEqual(made);
});

it('one that was cut off before the accounts file makes the rest anew and keeps the key of the hashes', async () => {
  await prepareCluster(folder, addresses);
  const { 'hash-key': key } = await contents();
  await rm(join(folder, 'demo-accounts.yaml'));
  await prepareCluster(folder, addresses);
  const again = await contents();
  expect(again['hash-key']).toBe(key);
  const token = again['demo-hooks-url']?.split('/').at(-1) ?? '';
  expect(again['demo-accounts.yaml']).toContain(createHash('sha256').update(token).digest('hex'));
});
