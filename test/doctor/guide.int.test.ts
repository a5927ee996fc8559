import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DoctorReport } from '@dialog/console/api/doctor';
import { scaledClock } from '@dialog/contracts/clock';
import { Secret } from '@dialog/contracts/secret';
import { accountsRegistry, parseAccounts } from '@dialog/service-kit/accounts';
import { openEngine } from '@dialog/standalone/engine';
import { newSecrets, sampleBot } from '@dialog/standalone/world';
import { sampleAccount } from '@dialog/webim-simulator/account';
import { type WebimSimulator, webimSimulator } from '@dialog/webim-simulator/simulator';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';

const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));
const anna = 240007;

/** Not `spawnSync`: the simulator that it asks lives in this process. */
const dialogctl = (...args: readonly string[]): Promise<{ status: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { encoding: 'utf8' }, (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

const clock = scaledClock(20);

/** A Webim with its departments, employees and bot: what the guide's first three steps make by hand. */
const webimOf = async (folder: string): Promise<WebimSimulator> => {
  const simulator = webimSimulator({
    clock,
    clockRate: 20,
    port: 0,
    account: sampleAccount('the-bots-token'),
    timeouts: { inactivityMs: 0, gridMs: 5_000 },
  });
  simulator.run().catch(() => undefined);
  await simulator.listening();
  onTestFinished(() => simulator.stop());
  await writeFile(join(folder, 'bot-token'), 'the-bots-token\n');
  await writeFile(join(folder, 'password'), `${simulator.account.adminPassword}\n`);
  return simulator;
};
const inFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'doctor-guide-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
};
const addArguments = (folder: string, simulator: WebimSimulator, baseUrl: string): string[] => [
  ...['accounts', 'add', join(folder, 'accounts.yaml'), '--id', 'shop', '--host', 'shop.webim.ru', '--webim-url', simulator.baseUrl()],
  ...['--token-file', join(folder, 'bot-token'), '--bot-operator', '240001', '--department', 'operatory', '--script', sampleBot],
  ...['--login', simulator.account.adminLogin, '--password-file', join(folder, 'password'), '--base-url', baseUrl],
];

it('the set-up guide, step by step: each step is done as it says, and is seen to be done before the next', async () => {
  const folder = await inFolder();
  const simulator = await webimOf(folder);
  const ingressPort = await freePort();

  // 1–3: departments, employees and bot are there. 4: the account in the engine.
  const added = await dialogctl(...addArguments(folder, simulator, `http://127.0.0.1:${ingressPort}`), '--json');
  expect(added).toMatchObject({ status: 0, stderr: '' });
  const { steps: printed, token } = JSON.parse(added.stdout) as { token: string; steps: { step: string; url?: string }[] };
  const urlOf = (step: string): string => {
    const url = printed.find((one) => one.step === step)?.url;
    if (url === undefined) throw new Error(`the guide prints no address for ${step}`);
    return url;
  };
  const file = join(folder, 'accounts.yaml');
  const text = await readFile(file, 'utf8');
  expect(text).not.toContain(token);
  const parsed = parseAccounts(text, { file, env: {} });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  expect((await dialogctl('accounts', 'check', file)).status).toBe(0);
  const engine = await openEngine({
    dataDir: join(folder, 'data'),
    accounts: accountsRegistry(parsed.accounts),
    hashKey: new Secret(newSecrets().hashKey),
    clock,
    logger: pino({ level: 'silent' }),
    host: '127.0.0.1',
    ingressPort,
    consolePort: 0,
    partitions: 2,
    ackTimeoutMs: 40_000,
    httpTimeoutMs: 200_000,
    limits: { http: { timeoutFactor: 20 } },
    botSilenceLimitMs: 600_000,
    version: 'dev',
  });
  for (const { service } of engine.services) service.run().catch(() => undefined);
  onTestFinished(async () => {
    for (const { service } of engine.services) await service.stop();
    await engine.close();
  });
  await engine.listening();
  const console_ = engine.consoleUrl() ?? '';
  const report = async (): Promise<DoctorReport> => (await (await fetch(`${console_}/api/doctor/shop`)).json()) as DoctorReport;
  const stateOf = async (step: string) => (await report()).steps.find((one) => one.step === step)?.state;
  const isDone = (step: string) => expect.poll(() => stateOf(step), { timeout: 30_000, interval: 50 }).toBe('done');
  expect((await report()).steps.map(({ step, state }) => [step, state])).toEqual([
    ['departments', 'by_hand'],
    ['employees', 'by_hand'],
    ['bot', 'by_hand'],
    ['account', 'done'],
    ['bot_url', 'waiting'],
    ['channels', 'by_hand'],
    ['chat_started', 'waiting'],
    ['chat_assigned', 'waiting'],
    ['chat_closed', 'waiting'],
    ['first_reply', 'waiting'],
    ['handover', 'waiting'],
    ['return', 'waiting'],
  ]);
  const before = await dialogctl('accounts', 'doctor', 'shop', '--console', console_, '--lang', 'ru');
  expect(before.status).toBe(1);
  expect(before.stdout).toContain('От Webim не пришло ни одного вебхука');

  const { webim } = simulator;
  const writes = (): number => webim.open(webim.newVisitor().id, 'Здравствуйте').id;
  // 5: the bot's address. Pasted with a space at first, as the form's own help warns.
  simulator.setHooks({ botUrl: `${urlOf('bot_url')}%20` });
  writes();
  await expect.poll(() => stateOf('bot_url'), { timeout: 30_000 }).toBe('wrong');
  simulator.setHooks({ botUrl: urlOf('bot_url') });
  writes();
  await isDone('bot_url');
  await isDone('first_reply');
  expect(await stateOf('chat_started')).not.toBe('done');
  // 7–9: the event handlers, one field after the other.
  simulator.setHooks({ botUrl: urlOf('bot_url'), startedUrl: urlOf('chat_started') });
  const chatId = writes();
  await isDone('chat_started');
  expect(await stateOf('chat_closed')).toBe('waiting');
  simulator.setHooks({ botUrl: urlOf('bot_url'), startedUrl: urlOf('chat_started'), assignedUrl: urlOf('chat_assigned') });
  writes();
  await isDone('chat_assigned');
  simulator.setHooks({
    botUrl: urlOf('bot_url'),
    startedUrl: urlOf('chat_started'),
    assignedUrl: urlOf('chat_assigned'),
    closedUrl: urlOf('chat_closed'),
  });
  // 11, 12: people, and back.
  await simulator.until(() => webim.chat(chatId).messages.some(({ kind }) => kind === 'keyboard'), 'the menu');
  webim.press(chatId, 'human');
  await isDone('handover');
  webim.take(chatId, anna);
  webim.closeFinally(chatId);
  await isDone('chat_closed');
  await isDone('return');
  expect((await report()).findings).toEqual([]);
  const after = await dialogctl('accounts', 'doctor', '--console', console_, '--lang', 'en');
  expect(after).toMatchObject({ status: 0, stdout: expect.stringContaining('shop: nothing is wrong') });
  expect(after.stdout).toMatch(/chat_closed +\d{4}-.* accepted/);
});

it('the live check asks Webim itself, one request at a time, and stops at the first 401 or 403', async () => {
  const folder = await inFolder();
  const simulator = await webimOf(folder);
  const file = join(folder, 'accounts.yaml');
  expect((await dialogctl(...addArguments(folder, simulator, 'https://bot.example.com'))).status).toBe(0);
  const live = async () => {
    const before = simulator.journal().length;
    const { status, stdout } = await dialogctl('accounts', 'doctor', '--accounts', file, '--live', '--json');
    const [told] = JSON.parse(stdout) as { seen: string[]; findings: { name: string }[] }[];
    const asked = simulator
      .journal()
      .slice(before)
      .filter(({ kind }) => kind === 'stored_data').length;
    return { status, seen: told?.seen, names: told?.findings.map(({ name }) => name), refusedQuestions: asked };
  };
  expect(await live()).toMatchObject({ status: 0, seen: ['token: ok', 'operators: ok', 'departments: ok'], names: [] });
  for (const storedData of ['forbidden', 'unauthorized'] as const) {
    simulator.setKnobs({ storedData });
    expect(await live()).toMatchObject({ status: 1, names: ['stored_data_refused'], refusedQuestions: 1 });
  }
  simulator.setKnobs({ storedData: 'ok', isAnotherHost: true });
  expect(await live()).toMatchObject({ status: 1, names: ['host_wrong'] });
  simulator.setKnobs({ isAnotherHost: false });
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace('department: operatory', 'department: nowhere').replace('"240001"', '"1"'));
  expect(await live()).toMatchObject({ status: 1, names: ['bot_operator_unknown', 'department_unknown'] });
  await writeFile(file, text);
  await writeFile(join(folder, 'bot-token'), 'of-another-bot');
  expect(await live()).toMatchObject({ status: 1, names: ['token_refused'] });

  await writeFile(file, text.replaceAll(simulator.baseUrl(), 'http://127.0.0.1:1'));
  const away = await dialogctl('accounts', 'doctor', '--accounts', file, '--live', '--lang', 'en');
  expect(away).toMatchObject({ status: 1, stdout: expect.stringContaining('error Webim did not answer: token: connect') });
  expect(away.stdout).not.toContain('nothing is wrong');
});

it('add keeps what the file has, and writes nothing that the services would refuse', async () => {
  const folder = await inFolder();
  const simulator = await webimOf(folder);
  const file = join(folder, 'accounts.yaml');
  const add = (...more: readonly string[]) => dialogctl(...addArguments(folder, simulator, 'https://bot.example.com'), ...more);
  expect((await add()).stdout).toContain('?event=chat_closed');
  await writeFile(file, `# ours\n${await readFile(file, 'utf8')}`);
  const before = await readFile(file, 'utf8');
  expect(await add()).toMatchObject({ status: 2, stderr: expect.stringContaining('stands here twice') });
  expect(await add('--id', 'Not An Id')).toMatchObject({ status: 2 });
  expect(await dialogctl('accounts', 'add', file, '--id', 'bank')).toMatchObject({ status: 2, stderr: expect.stringContaining('--host') });
  expect(await readFile(file, 'utf8')).toBe(before);
  expect((await add('--id', 'bank', '--no-buttons')).status).toBe(0);
  const after = await readFile(file, 'utf8');
  expect(after.startsWith('# ours\n')).toBe(true);
  const parsed = parseAccounts(after, { file, env: {} });
  expect(parsed.ok && parsed.accounts.map(({ id, settings }) => [id, settings.inlineButtons])).toEqual([
    ['shop', true],
    ['bank', false],
  ]);
});
