import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { realClock } from '@dialog/contracts/clock';
import { type ChatImported, inboxInputSchema } from '@dialog/contracts/inbox';
import { topics } from '@dialog/contracts/topics';
import { sqliteLog } from '@dialog/log/sqlite/log';
import { sampleAccount } from '@dialog/webim-simulator/account';
import { type WebimSimulator, webimSimulator } from '@dialog/webim-simulator/simulator';
import { afterEach, beforeEach, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const anna = 240007;
let folder: string;
let simulator: WebimSimulator;
let simulating: Promise<void>;
let env: Record<string, string>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dialogctl-webim-'));
  simulator = webimSimulator({ clock: realClock, port: 0, account: sampleAccount('bot-token') });
  simulating = simulator.run();
  await simulator.listening();
  await writeFile(
    join(folder, 'bot.yaml'),
    'format: dialog-script/1\nbot: x\nscripts: { a: { when: chat_start, steps: [{ say: "да" }] } }\n',
  );
  await writeFile(join(folder, 'password'), `${simulator.account.adminPassword}\n`);
  await writeFile(
    join(folder, 'accounts.yaml'),
    `accounts:
  - id: shop
    webim:
      host: 127.0.0.1
      baseUrl: ${simulator.baseUrl()}
      token: bot-token
      login: ${simulator.account.adminLogin}
      passwordFile: ${join(folder, 'password')}
    department: operatory
    webhookTokens: ['${'a'.repeat(64)}']
    script: bot.yaml
  - id: bare
    webim: { host: 127.0.0.1, token: bot-token }
    department: operatory
    webhookTokens: ['${'b'.repeat(64)}']
    script: bot.yaml
`,
  );
  env = { DATA_DIR: folder, HASH_KEY: 'k'.repeat(32) };
  expect(await run('topics', 'create')).toMatchObject({ status: 0 });
});
afterEach(async () => {
  await simulator.stop();
  await simulating;
  await rm(folder, { recursive: true, force: true });
});

const run = async (...args: readonly string[]) => {
  const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, ...env } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (piece: Buffer) => (stdout += piece.toString()));
  child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()));
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, stdout, stderr };
};
const importShop = (...more: readonly string[]) =>
  run('import', 'webim', '--account', 'shop', '--accounts', join(folder, 'accounts.yaml'), '--json', ...more);

const inbox = async (): Promise<ChatImported[]> => {
  const log = sqliteLog({ file: join(folder, 'log.db'), clock: realClock });
  try {
    const partitions = await log.lag('nobody', topics.inbox);
    const records = await Promise.all(partitions.map(({ partition }) => log.read(topics.inbox, partition, 0, 1_000)));
    return records.flat().flatMap(({ value }) => {
      const input = inboxInputSchema.parse(JSON.parse(Buffer.from(value ?? []).toString('utf8')));
      return input.type === 'chat_imported' ? [input] : [];
    });
  } finally {
    await log.close();
  }
};

it('reads pages of closed chats into the inbox; a dry run and a refusal write nothing', { timeout: 120_000 }, async () => {
  // More than a page, which overlap.
  for (let at = 0; at < 104; at++) {
    const { id } = simulator.webim.open(simulator.webim.newVisitor({ name: 'Ирина' }).id, `вопрос ${at}`);
    simulator.webim.take(id, anna);
    simulator.webim.answer(id, anna, `ответ ${at}`);
    if (at > 1) simulator.webim.closeFinally(id);
  }
  const dry = await importShop('--dry-run');
  expect([dry.status, JSON.parse(dry.stdout)]).toEqual([0, { read: 104, taken: 102, open: 2, empty: 0 }]);
  const before1d = await importShop('--until', '1d', '--dry-run');
  expect(JSON.parse(before1d.stdout)).toMatchObject({ read: 104, taken: 0 });
  expect(await inbox()).toEqual([]);

  simulator.setKnobs({ storedData: 'forbidden' });
  const before = simulator.journal().length;
  const refused = await importShop();
  expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('Webim refuses: http_403')]);
  expect(simulator.journal().length).toBe(before + 1);
  expect(await inbox()).toEqual([]);

  simulator.setKnobs({ storedData: 'ok' });
  expect(await importShop()).toMatchObject({ status: 0 });
  const taken = await inbox();
  expect(new Set(taken.map(({ chatId }) => chatId)).size).toBe(102);
  expect(taken[0]).toMatchObject({ closed: true, visitor: { fields: { name: 'Ирина' } }, chatIdForm: 'number' });
  expect(taken[0]?.messages.map(({ side }) => side)).toEqual(['visitor', 'operator']);
});

it('says what is missing: credentials, the key, the account', async () => {
  const accounts = join(folder, 'accounts.yaml');
  const bare = await run('import', 'webim', '--account', 'bare', '--accounts', accounts);
  expect([bare.status, bare.stderr]).toEqual([2, expect.stringContaining('webim.login and webim.password are not set')]);
  const nobody = await run('import', 'webim', '--account', 'nobody', '--accounts', accounts);
  expect([nobody.status, nobody.stderr]).toEqual([2, expect.stringContaining('has no account nobody')]);
  env = { DATA_DIR: folder };
  const keyless = await importShop();
  expect([keyless.status, keyless.stderr]).toEqual([2, expect.stringContaining('HASH_KEY')]);
});
