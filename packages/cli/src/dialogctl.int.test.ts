import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const bot = fileURLToPath(new URL('../../../services/standalone/bots/support.yaml', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'dialogctl-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (args: readonly string[], env: Record<string, string> = {}) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env: { ...process.env, ...env } });
  return { status, stdout, stderr };
};
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

it('runs as the command that the package installs', () => {
  const command = fileURLToPath(new URL('../../../node_modules/.bin/dialogctl', import.meta.url));
  const { status, stdout } = spawnSync(command, ['--help'], { encoding: 'utf8' });
  expect({ status, first: stdout.split('\n')[0] }).toEqual({ status: 0, first: 'Usage: dialogctl [options] [command]' });
});

it('token create prints the token, its hash, and the four URLs', () => {
  const made = run(['token', 'create', '--account', 'shop', '--base-url', 'https://bot.example.com', '--json']);
  expect(made.status).toBe(0);
  const { token, sha256, urls } = JSON.parse(made.stdout) as { token: string; sha256: string; urls: { url: string }[] };
  expect(Buffer.from(token, 'base64url').length).toBeGreaterThanOrEqual(32);
  expect(createHash('sha256').update(token).digest('hex')).toBe(sha256);
  expect(urls.map(({ url }) => url)).toEqual([
    `https://bot.example.com/hooks/webim/shop/${token}`,
    `https://bot.example.com/hooks/webim/shop/${token}?event=chat_started`,
    `https://bot.example.com/hooks/webim/shop/${token}?event=chat_assigned`,
    `https://bot.example.com/hooks/webim/shop/${token}?event=chat_closed`,
  ]);
  expect(run(['token', 'create', '--account', 'Not An Id'])).toMatchObject({ status: 2 });
  expect(run(['token', 'create'])).toMatchObject({ status: 2 });
});

it('accounts check names every problem with its line and column, and forgives a stray scheme', () => {
  const good = file(
    'good.yaml',
    `accounts:\n  - id: shop\n    webim: { host: "https://shop.webim.ru/ ", token: secret-token }\n    webhookTokens: [${'a'.repeat(64)}]\n    script: ${bot}\n`,
  );
  const fine = run(['accounts', 'check', good]);
  expect(fine.status).toBe(0);
  expect(fine.stdout).toContain('warning');
  expect(fine.stdout).not.toContain('secret-token');
  const bad = file('bad.yaml', 'accounts:\n  - id: Shop!\n    webim: { host: shop.webim.ru }\n    webhookTokens: [abc]\n    colour: red\n');
  const wrong = run(['accounts', 'check', bad]);
  expect(wrong.status).toBe(1);
  expect(wrong.stdout).toMatch(/bad\.yaml:2:\d+ error/);
  expect(wrong.stdout).toMatch(/bad\.yaml:4:\d+ error/);
  expect(wrong.stdout).toContain('colour');
  expect(run(['accounts', 'check', join(folder, 'none.yaml')])).toMatchObject({ status: 2 });
});

it('accounts check and add look at the scripts: that they are there, and that they are ones', () => {
  const account = (script: string): string =>
    `accounts:\n  - id: shop\n    webim: { host: shop.webim.ru, token: t }\n    webhookTokens: [${'a'.repeat(64)}]\n    script: ${script}\n`;
  const missing = run(['accounts', 'check', file('missing-script.yaml', account('nope.yaml'))]);
  expect(missing).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(/missing-script\.yaml:5:13 error script: the file nope\.yaml/),
  });
  file('wrong-script.yaml', 'format: dialog-script/1\nbot: b\nscripts: 1\n');
  const wrong = run(['accounts', 'check', file('of-wrong-script.yaml', account('wrong-script.yaml'))]);
  expect(wrong).toMatchObject({ status: 1, stdout: expect.stringMatching(/wrong-script\.yaml:3:\d+ error/) });
  const added = join(folder, 'added.yaml');
  const add = ['accounts', 'add', added, '--id', 'shop', '--host', 'shop.webim.ru', '--token-env', 'BOT_TOKEN', '--script'];
  expect(run([...add, join(folder, 'nope.yaml')], { BOT_TOKEN: 't' })).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("nope.yaml can't be read"),
  });
  expect(existsSync(added)).toBe(false);
  expect(run([...add, bot], { BOT_TOKEN: 't' })).toMatchObject({ status: 0 });
});

it('config check names every offending variable, never a secret', () => {
  expect(run(['config', 'check'])).toMatchObject({ status: 0 });
  const wrong = run(['config', 'check'], { INGRESS_PORT: '99999', HASH_KEY: 'too-short-secret', BOT_SILENCE_LIMIT: 'a while' });
  expect(wrong.status).toBe(1);
  for (const name of ['INGRESS_PORT', 'HASH_KEY', 'BOT_SILENCE_LIMIT']) expect(wrong.stdout).toContain(name);
  expect(wrong.stdout).not.toContain('too-short-secret');
});

it('config check names what is likely not meant: one port twice, a name written by mistake, a file that is not there', () => {
  const doubts = run(['config', 'check'], { INGRESS_PORT: '8081', CONSOL_PORT: '8083', ACCOUNTS_FILE: join(folder, 'none.yaml') });
  expect(doubts.status).toBe(1);
  for (const said of [
    'CONSOLE_PORT: 8081 is the port of INGRESS_PORT too',
    'CONSOL_PORT: there is no such variable; CONSOLE_PORT',
    'none.yaml is not there',
  ])
    expect(doubts.stdout).toContain(said);
});

it('script check shows line, column and a caret; JSON for pipes', () => {
  expect(run(['script', 'check', bot])).toMatchObject({ status: 0 });
  const broken = file(
    'broken.yaml',
    'format: dialog-script/1\nbot: b\nscripts:\n  hello:\n    when: chat_start\n    steps:\n      - shout: "Привет"\n',
  );
  const wrong = run(['script', 'check', broken]);
  expect(wrong.status).toBe(1);
  expect(wrong.stdout).toMatch(/broken\.yaml:7:\d+ error/);
  expect(wrong.stdout).toContain('^');
  const { ok, findings } = JSON.parse(run(['script', 'check', broken, '--json']).stdout) as {
    ok: boolean;
    findings: { severity: string }[];
  };
  expect(ok).toBe(false);
  expect(findings.some((finding) => finding.severity === 'error')).toBe(true);
});

it('topics create makes them once and finds them as they should be afterwards', () => {
  const env = { DATA_DIR: folder, PARTITIONS: '3' };
  expect(run(['topics', 'create'], env)).toMatchObject({ status: 0, stdout: 'All topics are as they should be.\n' });
  const differs = run(['topics', 'create'], { ...env, PARTITIONS: '4' });
  expect(differs.status).toBe(1);
  expect(differs.stdout).toContain('dialog.inbox: partitions is 3, wanted 4');
});

it('where people sign in, the console is asked with the token of the environment or of a file', async () => {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers.authorization);
    response.setHeader('content-type', 'application/json').end('{"now":0,"dialogs":[]}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const list = async (env: Record<string, string>) => {
    const child = spawn(process.execPath, [main, 'parked', 'list', '--console', address], { env: { ...process.env, ...env } });
    const [status] = (await once(child, 'close')) as [number];
    return status;
  };
  expect(await list({ CONSOLE_TOKEN: 'dlg_a' })).toBe(0);
  expect(await list({ CONSOLE_TOKEN_FILE: file('token', 'dlg_b\n') })).toBe(0);
  expect(await list({})).toBe(0);
  expect(await list({ CONSOLE_TOKEN_FILE: join(folder, 'none') })).toBe(2);
  server.close();
  expect(asked).toEqual(['Bearer dlg_a', 'Bearer dlg_b', undefined]);
});

it('parked says so where no console answers', () => {
  const away = run(['parked', 'list', '--console', 'http://127.0.0.1:9']);
  expect(away.status).toBe(2);
  expect(away.stderr).toContain("can't be reached");
  expect(run(['parked', 'list', '--console', 'http://127.0.0.1:65533']).stderr).toContain('nothing listens there (ECONNREFUSED)');
  expect(run(['parked', 'retry', 'nonsense', '--reason', 'x', '--console', 'http://127.0.0.1:9'])).toMatchObject({ status: 2 });
});

it('a file that can not be read or written, and an address that is none, end it with 2 and a line', () => {
  const release = ['--reason', 'x', '--console', 'http://127.0.0.1:9'];
  for (const args of [
    ['quarantine', 'feed', '7/9', '--body', '/nonexistent', ...release],
    ['parked', 'edit', 'shop/7', 'dialog.inbox/0/1', '/nonexistent', ...release],
  ])
    expect(run(args)).toMatchObject({ status: 2, stderr: expect.stringMatching(/^\/nonexistent can't be read: [^\n]*\n$/) });
  for (const args of [
    ['publish', 'shop', folder, ...release],
    ['diff', 'shop', folder, bot],
  ])
    expect(run(['script', ...args])).toMatchObject({ status: 2, stderr: expect.stringMatching(/can't be read: EISDIR[^\n]*\n$/) });
  for (const url of ['bot.example.com', 'ftp://bot.example.com', 'https://bot.example.com/?a=b'])
    expect(run(['token', 'create', '--account', 'shop', '--base-url', url])).toMatchObject({ status: 2, stdout: '' });
  expect(run(['token', 'create', '--account', 'shop', '--base-url', ' https://bot.example.com/ ']).stdout).toContain(
    ' https://bot.example.com/hooks/',
  );
  expect(run(['script', 'graph', bot, '-o', join(folder, 'x.png')])).toMatchObject({ status: 2, stderr: expect.stringContaining('.svg') });
  expect(run(['--version']).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

it('why says what it can not tell: no dialog, no revision, no console', () => {
  expect(run(['why', 'not a dialog', '3'])).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('{account}/{chatId}') });
  expect(run(['why', 'shop/7', 'last'])).toMatchObject({ status: 2, stderr: expect.stringContaining('is no revision') });
  expect(run(['why', 'shop/7', '3', '--console', 'http://127.0.0.1:1'])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("can't be reached"),
  });
});
