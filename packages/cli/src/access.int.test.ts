import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { consoleService } from '@dialog/console/console';
import { realClock } from '@dialog/contracts/clock';
import { Secret } from '@dialog/contracts/secret';
import { sqliteEventStore } from '@dialog/event-store/sqlite/event-store';
import { sqliteLog } from '@dialog/log/sqlite/log';
import { pino } from 'pino';
import { afterEach, expect, it } from 'vitest';
import { decidedDialog, supportLife } from '../../../services/console/test/decided-dialog.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

const run = async (args: readonly string[], more: { env?: Record<string, string>; input?: string } = {}) => {
  const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, CONSOLE_TOKEN: '', ...more.env } });
  child.stdin.end(more.input ?? '');
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: await ended, stdout, stderr };
};

it('hash-password, a first token by the password, then all by tokens; the audit tells it', async () => {
  const password = 'correct horse battery';
  expect(await run(['access', 'hash-password'], { input: 'short\n' })).toMatchObject({ status: 2, stdout: '' });
  const hashed = await run(['access', 'hash-password'], { input: `${password}\n` });
  expect(hashed).toMatchObject({ status: 0, stdout: expect.stringMatching(/^scrypt:\d+:8:3:\S+\n$/) });
  const folder = await mkdtemp(join(tmpdir(), 'dialogctl-access-'));
  undo.push(() => rm(folder, { recursive: true, force: true }));
  const checked = await run(['config', 'check'], {
    env: { ACCESS: 'password', ACCESS_PASSWORD_HASH: hashed.stdout.trim(), CONSOLE_HOST: '0.0.0.0' },
  });
  expect(checked).toMatchObject({ status: 0 });

  const store = sqliteEventStore({ file: join(folder, 'events.db'), clock: realClock });
  const log = sqliteLog({ file: join(folder, 'log.db'), clock: realClock });
  const desk = consoleService({
    store,
    log,
    clock: realClock,
    logger: pino({ level: 'silent' }),
    dataFile: join(folder, 'console.db'),
    port: 0,
    access: {
      key: new Secret('k'.repeat(32)),
      sessionMs: 60_000,
      signIn: { how: 'password', passwordHash: new Secret(hashed.stdout.trim()) },
    },
  });
  const running = desk.run();
  undo.push(async () => {
    await desk.stop();
    await running;
    await log.close();
    await store.close();
  });
  const at = ['--console', await desk.listening()];

  const stranger = await run(['parked', 'list', ...at]);
  expect(stranger).toMatchObject({ status: 2, stderr: expect.stringContaining('CONSOLE_TOKEN') });
  const passwordFile = join(folder, 'password.txt');
  await writeFile(passwordFile, `${password}\n`);
  const create = (role: string, more: readonly string[], env: Record<string, string> = {}) =>
    run(['access', 'token', 'create', '--name', `ci-${role}`, '--role', role, '--expires', '90d', '--json', ...at, ...more], { env });
  const admin = JSON.parse((await create('administrator', ['--password-file', passwordFile])).stdout) as { token: string };
  const viewer = JSON.parse((await create('viewer', ['--token', admin.token])).stdout) as { token: string; id: string };
  const tokenFile = join(folder, 'token.txt');
  await writeFile(tokenFile, `${viewer.token}\n`);
  const asViewer = { env: { CONSOLE_TOKEN_FILE: tokenFile } };
  expect(await run(['parked', 'list', ...at], asViewer)).toMatchObject({ status: 0, stdout: 'Nothing is parked.\n' });
  expect(await run(['access', 'audit', ...at], asViewer)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('role administrator'),
  });
  expect(await create('boss', [])).toMatchObject({ status: 2 });

  const asAdmin = { env: { CONSOLE_TOKEN: admin.token } };
  const texts = ['204512', 'не помню', 'перезвоните', '555-44-33', 'Соколова'];
  const history = supportLife('shop', '8001', 1_700_000_000_000);
  await history.writeTo(store);
  const phone = history.stored().findLast(({ data }) => JSON.stringify(data).includes('555-44-33'))?.revision ?? -1;
  const why = ['why', 'shop/8001', String(phone)];
  const asked = [why, [...why, '--json'], ['show', 'shop/8001', '--json'], ['replay', 'shop/8001', '--json'], ['dialogs', '--json']];
  for (const each of asked) {
    const seen = await run([...each, ...at], asViewer);
    expect(seen, each.join(' ')).toMatchObject({ status: 0, stderr: '' });
    if (each[0] === 'why') expect(seen.stdout, each.join(' ')).toContain('•••');
    for (const personal of texts) expect(seen.stdout, each.join(' ')).not.toContain(personal);
  }
  expect((await run([...why, ...at], asAdmin)).stdout).toContain('555-44-33');
  // Several requests, one sign-in.
  expect((await run([...why, ...at, '--password-file', passwordFile])).stdout).toContain('555-44-33');

  // Who wrote it could else write to the operator's screen as he likes.
  const hostile = decidedDialog('shop', '8002', 1_700_000_000_000).starts('Здравствуйте').says('\u001b[2J\u009b31mforged');
  await hostile.writeTo(store);
  const saying = hostile.stored().find(({ data }) => JSON.stringify(data).includes('forged'))?.revision ?? -1;
  for (const more of [[], ['--json']]) {
    const { status, stdout } = await run(['why', 'shop/8002', String(saying), ...more, ...at], asAdmin);
    expect(status).toBe(0);
    expect(stdout).toContain('forged');
    expect(stdout).not.toMatch(/(?!\n)\p{Cc}/u);
  }

  const listed = await run(['access', 'token', 'list', ...at], asAdmin);
  expect(listed.stdout).toMatch(/viewer\s+until .*ci-viewer, by token:ci-administrator/);
  expect(await run(['access', 'token', 'revoke', viewer.id, ...at], asAdmin)).toMatchObject({ status: 0 });
  expect(await run(['parked', 'list', ...at], asViewer)).toMatchObject({ status: 2 });
  const audit = await run(['access', 'audit', ...at], asAdmin);
  expect(audit.status).toBe(0);
  expect(audit.stdout.match(/SignedIn/g)).toHaveLength(2);
  for (const told of ['SignedIn', 'TokenCreated', 'TokenRevoked', 'OperationAsked']) expect(audit.stdout).toContain(told);
  expect(audit.stdout + listed.stdout).not.toContain(admin.token);
});
