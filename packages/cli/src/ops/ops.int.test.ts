import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { consoleService } from '@dialog/console/console';
import { realClock } from '@dialog/contracts/clock';
import { topics } from '@dialog/contracts/topics';
import type { EventStore } from '@dialog/event-store/port';
import { sqliteEventStore } from '@dialog/event-store/sqlite/event-store';
import { sqliteLog } from '@dialog/log/sqlite/log';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { decidedDialog } from '../../../../services/console/test/decided-dialog.ts';
import { neverCaughtUp, runningConsole } from '../../../../services/console/test/running-console.ts';
import { inQueue, newMessage, parked, visitorSays } from '../../../../services/console/test/sample-dialogs.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const logger = pino({ level: 'silent' });
const minute = 60_000;
const undo: (() => Promise<unknown>)[] = [];
let address: string;
let store: EventStore;
let log: ReturnType<typeof sqliteLog>;
let inbox: () => Promise<Record<string, unknown>[]>;
let live: ReturnType<typeof decidedDialog>;
let write: () => Promise<unknown>;

const started = (args: readonly string[]) => {
  const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, CONSOLE_URL: address } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => (stdout += data));
  child.stderr.on('data', (data: Buffer) => (stderr += data));
  return { child, said: () => stdout, complained: () => stderr };
};
const run = async (...args: readonly string[]) => {
  const { child, said, complained } = started(args);
  const [status] = (await once(child, 'close')) as [number];
  return { status, stdout: said(), stderr: complained() };
};

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dialogctl-ops-'));
  store = sqliteEventStore({ file: join(folder, 'events.db'), clock: realClock });
  log = sqliteLog({ file: join(folder, 'log.db'), clock: realClock });
  await log.ensureTopics([topics.inbox, topics.quarantine].map((name) => ({ name, partitions: 1, cleanup: 'delete' })));
  const now = realClock.now();
  await parked('shop', '1', now - 5 * minute).writeTo(store);
  await inQueue('shop', '2', now - 20 * minute)
    .input(300, newMessage(visitorSays('?')), { type: 'InputLate', data: { reason: 'before_handback' } })
    .writeTo(store);
  live = decidedDialog('shop', '3', now - minute).starts('Добрый день');
  write = () => live.writeTo(store);
  await write();
  const published = { script: live.scriptHash, bot: 'support', source: 'file', by: 'engine', at: now };
  await store.append('account-shop', [{ id: crypto.randomUUID(), type: 'ScriptPublished', data: published, metadata: {} }], 'no_stream');
  const desk = consoleService({ store, log, clock: realClock, logger, dataFile: join(folder, 'console.db'), port: 0, lagEveryMs: 100 });
  const running = desk.run();
  address = await desk.listening();
  inbox = async () =>
    (await log.read(topics.inbox, 0, 0, 100)).map(
      ({ value }) => JSON.parse(Buffer.from(value ?? []).toString()) as Record<string, unknown>,
    );
  await vi.waitFor(
    async () =>
      expect(await (await fetch(`${address}/api/stuck`)).json()).toMatchObject({
        causes: expect.arrayContaining([expect.anything(), expect.anything()]),
      }),
    { timeout: 20_000 },
  );
  undo.push(async () => {
    await desk.stop();
    await running;
    await log.close();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });
}, 60_000);
afterAll(async () => {
  for (const one of undo) await one();
});

it('lists dialogs by filters, shows one, folds its history step by step to the state that the engine has', {
  timeout: 120_000,
}, async () => {
  const all = await run('dialogs', '--account', 'shop');
  expect(all.status).toBe(0);
  expect(all.stdout.split('\n').filter((line) => line.startsWith('shop/'))).toHaveLength(3);
  expect((await run('dialogs', '--owner', 'operator')).status).toBe(1);
  expect(JSON.parse((await run('dialogs', '--where', 'owner=queue', '--json')).stdout)).toMatchObject([{ chatId: '2' }]);
  expect((await run('dialogs', '--owner', 'nonsense')).status).toBe(2);
  expect(await run('dialogs', '--where', 'foo=bar')).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/\n {2}Unrecognized key: "foo"; known: account, owner, flag, state, department, .*cursor\n$/),
  });
  expect(await run('what-if', '--set', 'inlineButtons=false', '--where', 'foo=bar')).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/\n {2}choose: Unrecognized key: "foo"; known: account, owner, .*text\n$/),
  });
  // What it was found by is shown.
  expect((await run('dialogs', '--problem', 'late')).stdout).toMatch(/shop\/2 .* late/);
  expect((await run('show', 'shop/1')).stdout).toMatch(/problem +parked/);
  // The page shows the reader's own zone: beside it a time without one would be taken for that.
  expect((await run('show', 'shop/2')).stdout).toMatch(/owner +queue, since \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/m);
  expect((await run('show', 'shop/404')).status).toBe(2);
  const { steps, stateHash } = JSON.parse((await run('replay', 'shop/3', '--json')).stdout) as { steps: object[]; stateHash: string };
  const { stateHash: expected } = await import('@dialog/domain/state-hash');
  expect(stateHash).toBe(expected(live.state()));
  expect(steps).toHaveLength(live.stored().length);
  const told = await run('replay', 'shop/3', '--to', '3');
  expect(told.stdout).toContain('DialogStarted');
  expect(told.stdout.trim().split('\n')).toHaveLength(6);
});

it('what is stuck ends with 1 and names it; timers, accounts and the lag as the console has them', { timeout: 120_000 }, async () => {
  const stuck = await run('stuck');
  expect(stuck.status).toBe(1);
  expect(stuck.stdout).toMatch(/^parked +shop\/1 /m);
  expect(stuck.stdout).toMatch(/^queue_too_long +shop\/2 +queue +20 min/m);
  expect((await run('stuck', '--cause', 'circuit_open')).status).toBe(0);
  expect((await run('timers', '--due')).stdout).toMatch(/shop\/2 +no_operator .* overdue +event \d+, effect_result/);
  expect((await run('accounts')).stdout).toMatch(/^shop +runs +closed/m);
  const lag = await run('lag');
  expect([lag.status, lag.stdout]).toEqual([0, expect.stringContaining('All is well.')]);
  expect((await run('quarantine')).stdout).toContain('The quarantine is empty.');
  expect((await run('lag', '--console', 'http://127.0.0.1:9')).status).toBe(2);
});

it('a name that is not known reads as no success, and the beginning of a version is taken everywhere', { timeout: 120_000 }, async () => {
  const unknown = { status: 2, stderr: expect.stringContaining('account nope is not known') };
  for (const command of ['stuck', 'waiting', 'timers', 'numbers']) expect(await run(command, '--account', 'nope')).toMatchObject(unknown);
  expect(await run('script', 'list', 'nope')).toMatchObject(unknown);
  const short = live.scriptHash.slice(0, 12);
  expect(await run('flow', short, '--json')).toMatchObject({ status: 0, stdout: expect.stringContaining('"dialogs"') });
  expect(await run('stop', 'shop', '--script', short, '--reason', 'try', '--dry-run')).toMatchObject({ status: 0 });
  expect(await run('flow', '0000', '--json')).toMatchObject({ status: 2, stderr: '0000 is no version of a script\n' });
  expect(await run('flow', short, '--out', '/nonexistent/x.svg')).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^\/nonexistent\/x\.svg can't be written: [^\n]*\n$/),
  });
  expect(await run('parked', 'show', 'shop/3')).toMatchObject({ status: 1, stdout: 'shop/3 is not parked.\n' });
  expect(await run('dialogs', '--limit', '0')).toMatchObject({ status: 2, stderr: expect.stringContaining('from 1 to 10000') });
});

it('stop and start say what they would do, ask why, and stand in the audit', { timeout: 120_000 }, async () => {
  expect((await run('stop', 'shop')).status).toBe(2);
  const dry = await run('stop', 'shop', '--reason', 'it promises refunds', '--dry-run');
  expect([dry.status, dry.stdout]).toEqual([0, expect.stringMatching(/^2 chat.s. that the bot has would go to people/)]);
  expect((await run('start', 'shop', '--reason', 'x')).status).toBe(1);
  expect((await run('stop', 'shop', '--reason', 'it promises refunds', '--by', 'olga')).status).toBe(0);
  expect((await run('accounts')).stdout).toContain('stopped by olga');
  expect((await run('stop', 'shop/3', '--reason', 'a person asked', '--by', 'olga')).status).toBe(0);
  expect(await inbox()).toMatchObject([{ type: 'stop_bot', chatId: '3', by: 'olga', reason: 'a person asked' }]);
  expect((await run('parked', 'retry-all', 'decide_failed', '--reason', 'repaired', '--by', 'olga')).stdout).toContain('shop/1');
  const audit = JSON.parse((await run('audit', '--json')).stdout) as { action: string; by: string }[];
  expect(audit.map(({ action }) => action).sort()).toEqual(['bot_stopped', 'dialog_stopped', 'parked_released']);
});

it('skips what stands in the quarantine, one or all with a verdict', { timeout: 120_000 }, async () => {
  const put = async (verdict: string): Promise<string> => {
    const record = { account: 'shop', receivedAt: Date.now(), verdict, method: 'POST', truncated: false, bodyBase64: 'e30=' };
    const [at] = await log.append([{ topic: topics.quarantine, key: 'shop', value: Buffer.from(JSON.stringify(record)) }]);
    return `${at?.partition}/${at?.offset}`;
  };
  const [first, ...others] = [await put('not_json'), await put('no_chat_id'), await put('no_chat_id')];
  await vi.waitFor(async () => expect((await run('quarantine')).stdout).toContain(others[1] ?? ''), { timeout: 60_000 });
  expect(await run('quarantine', 'skip', '--reason', 'x')).toMatchObject({ status: 2, stderr: 'either places or --verdict is wanted\n' });
  expect(await run('quarantine', 'feed', '--reason', 'x')).toMatchObject({ status: 2, stderr: 'either a place or --verdict is wanted\n' });
  const given = await run('quarantine', 'feed', '--verdict', 'no_chat_id', '--reason', 'x');
  expect([given.status, given.stdout.trim().split('\n').sort()]).toEqual([
    0,
    others.map((place) => `${place}: the door can't read it today either: no_parser.`).sort(),
  ]);
  const one = await run('quarantine', 'skip', first ?? '', '--reason', 'a probe');
  expect(one).toMatchObject({ status: 0, stdout: `${first}\n1 skipped.\n` });
  const dry = await run('quarantine', 'skip', '--verdict', 'no_chat_id', '--reason', 'old address', '--dry-run');
  expect(dry).toMatchObject({ status: 0, stdout: expect.stringContaining('2: a dry run, nothing was done.') });
  expect((await run('quarantine', 'skip', '--verdict', 'no_chat_id', '--reason', 'old address')).stdout).toContain('2 skipped.');
  expect((await run('quarantine', 'skip', '--verdict', 'no_chat_id', '--reason', 'x')).stdout).toBe('There is nothing to skip.\n');
  expect((await run('quarantine', 'list')).stdout.match(/skipped by /g)).toHaveLength(3);
  expect((await run('quarantine', 'show', first ?? '')).stdout).toMatch(/^Skipped by .*: a probe$/m);
});

it('says where the console has not read all histories yet: an empty answer is no good news then', { timeout: 120_000 }, async () => {
  const rebuilding = await runningConsole({ store: neverCaughtUp(store) });
  const askIt = (...args: readonly string[]) => run(...args, '--console', rebuilding.address);
  const warned = 'the console is still reading the histories: what it tells is not all yet\n';
  try {
    await vi.waitFor(async () => expect((await askIt('stuck')).status).toBe(1), { timeout: 60_000 });
    expect(await askIt('stuck', '--cause', 'circuit_open')).toEqual({
      status: 2,
      stdout: 'Nothing of what was read so far is stuck.\n',
      stderr: warned,
    });
    expect(await askIt('accounts', 'doctor', 'shop')).toMatchObject({ stderr: warned });
    expect(await askIt('parked', 'list')).toMatchObject({ stderr: warned });
    expect(await askIt('numbers')).toMatchObject({ status: 0, stderr: warned });
    expect(await run('numbers')).toMatchObject({ status: 0, stderr: '' });
  } finally {
    await rebuilding.stop();
  }
});

it('tail -f tells what happens as it happens', { timeout: 120_000 }, async () => {
  const tail = started(['tail', 'shop/3', '-f', '-n', '2']);
  await vi.waitFor(() => expect(tail.said().trim().split('\n')).toHaveLength(2), { timeout: 30_000 });
  live.passes(minute).presses('order', 'Где мой заказ?');
  await write();
  await vi.waitFor(() => expect(tail.said()).toMatch(/ScriptAdvanced\n[\s\S]*EffectOpened/), { timeout: 30_000 });
  expect(await run('tail', 'shop/3', '-n', '0')).toMatchObject({ status: 0, stdout: '' });
  tail.child.kill('SIGINT');
  await once(tail.child, 'close');
});

it('completion for bash and zsh knows commands and options', { timeout: 60_000 }, async () => {
  for (const shell of ['bash', 'zsh']) expect((await run('completion', shell)).stdout).toContain('dialogctl');
  expect((await run('complete', '--', 'st')).stdout).toMatch(/^stuck\t/m);
  expect((await run('complete', '--', 'parked', '')).stdout).toMatch(/^retry-all\t/m);
  expect((await run('complete', '--', 'stuck', '--c')).stdout).toMatch(/^--cause/m);
});
