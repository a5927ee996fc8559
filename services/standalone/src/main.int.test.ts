import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashPassword } from '@dialog/service-kit/password-hash';
import Provider from 'oidc-provider';
import { afterEach, beforeEach, expect, it } from 'vitest';

const sampleBot = fileURLToPath(new URL('../bots/support.yaml', import.meta.url));
const main = fileURLToPath(new URL('./main.ts', import.meta.url));
let folder: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dialog-main-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

type Running = {
  readonly pid: number | undefined;
  readonly said: () => string;
  readonly ends: Promise<number | null>;
  readonly ask: (signal: NodeJS.Signals) => void;
};

/** Any free port for each door. */
const anyPorts = { INGRESS_PORT: '0', CONSOLE_PORT: '0', SIMULATOR_PORT: '0', OPERATIONS_PORT: '0' };

const started = async (env: Record<string, string>): Promise<Running> => {
  const child = spawn(process.execPath, [main], { env: { ...process.env, DATA_DIR: folder, CLOCK_RATE: '10', SAMPLES: 'off', ...env } });
  children.push(child);
  let said = '';
  const ready = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
      if (said.includes('Ctrl+C stops') || said.includes('Waits for')) ready.resolve();
    });
  }
  const ends = new Promise<number | null>((resolve) => child.once('exit', resolve));
  void ends.then(() => ready.resolve());
  await ready.promise;
  return { pid: child.pid, said: () => said, ends, ask: (signal) => void child.kill(signal) };
};

it('starts, is ready, drains at SIGTERM within seconds, and finds its data again', async () => {
  const [ingress, console_, simulator, operations] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const ports = {
    INGRESS_PORT: String(ingress),
    CONSOLE_PORT: String(console_),
    SIMULATOR_PORT: String(simulator),
    OPERATIONS_PORT: String(operations),
  };
  const control = async (action: string, body: object): Promise<Record<string, unknown>> => {
    const response = await fetch(`http://127.0.0.1:${simulator}/control/${action}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return (await response.json()) as Record<string, unknown>;
  };
  const listed = async (): Promise<string[]> => {
    const response = await fetch(`http://127.0.0.1:${console_}/api/dialogs`);
    return ((await response.json()) as { dialogs: { chatId: string }[] }).dialogs.map((one) => one.chatId);
  };
  let chatId: unknown;
  const heard = async (): Promise<number> => {
    const { chats } = (await (await fetch(`http://127.0.0.1:${simulator}/control/state`)).json()) as {
      chats: { id: number; messages: { kind: string }[] }[];
    };
    return chats.find((one) => one.id === chatId)?.messages.filter(({ kind }) => kind !== 'visitor').length ?? 0;
  };
  const first = await started(ports);
  expect((await fetch(`http://127.0.0.1:${operations}/readyz`)).status).toBe(200);
  expect((await fetch(`http://127.0.0.1:${operations}/healthz`)).status).toBe(200);
  expect(await (await fetch(`http://127.0.0.1:${operations}/metrics`)).text()).toContain('kafka_consumergroup_group_lag');
  const { id } = await control('new-visitor', {});
  ({ chatId } = await control('open', { visitorId: id, text: 'Здравствуйте' }));
  await expect.poll(listed, { timeout: 10_000 }).toEqual([String(chatId)]);
  await expect.poll(heard, { timeout: 10_000 }).toBeGreaterThan(0);

  const asked = performance.now();
  first.ask('SIGTERM');
  expect(await first.ends).toBe(0);
  expect(performance.now() - asked).toBeLessThan(8_000);

  const second = await started(ports);
  await expect.poll(listed, { timeout: 10_000 }).toEqual([String(chatId)]);
  // The simulated Webim has the chat as it was, and the bot goes on in it.
  const before = await heard();
  expect(before).toBeGreaterThan(0);
  await control('say', { chatId, text: 'Прайс-лист' });
  await expect.poll(heard, { timeout: 10_000 }).toBeGreaterThan(before);
  // The token that was pasted into Webim still holds.
  const hook = /Webhooks\s+(\S+)/;
  expect(hook.exec(second.said())?.[1]).toBe(hook.exec(first.said())?.[1]);
  second.ask('SIGINT');
  expect(await second.ends).toBe(0);
  const logged = await readFile(join(folder, 'engine.log'), 'utf8');
  const release = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };
  expect(JSON.parse(logged.slice(0, logged.indexOf('\n')))).toMatchObject({ version: release.version });
  expect(logged).not.toContain('Здравствуйте');
  expect(logged).not.toContain(hook.exec(first.said())?.[1]?.split('/').at(-1) ?? '?');
});

it('a wrong configuration ends it at once and names every offending variable', async () => {
  const failed = await started({ LOG_URL: 'postgres://x', PARTITIONS: '0', ACK_TIMEOUT: 'soon', HASH_KEY: 'short' });
  expect(await failed.ends).toBe(2);
  for (const name of ['LOG_URL', 'PARTITIONS', 'ACK_TIMEOUT', 'HASH_KEY']) expect(failed.said()).toContain(name);
  expect(failed.said()).not.toContain('short');
});

it('a port that is taken ends it with an error', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const failed = await started({ ...anyPorts, INGRESS_PORT: String(port) });
  expect(await failed.ends).not.toBe(0);
  expect(failed.said()).toContain(`ingress can't listen on 127.0.0.1:${port} (EADDRINUSE)`);
  await new Promise((resolve) => server.close(resolve));
  const nowhere = await started({ ...anyPorts, BIND_HOST: 'no-such-host.invalid' });
  expect(await nowhere.ends).not.toBe(0);
  expect(nowhere.said()).toMatch(/ingress can't listen on no-such-host\.invalid \(E\w+\)/);
});

it('a folder or accounts that can not be used end it with a line, not with a trace', async () => {
  await writeFile(join(folder, 'file'), '');
  for (const DATA_DIR of [join(folder, 'file'), join(folder, 'file', 'below')]) {
    const failed = await started({ ...anyPorts, DATA_DIR });
    expect([await failed.ends, failed.said()]).toEqual([
      2,
      expect.stringMatching(/^DATA_DIR: \S+ is no folder that can be written to \(E\w+\)\n$/),
    ]);
  }
  const data = join(folder, 'new');
  const failed = await started({ ...anyPorts, DATA_DIR: data, ACCOUNTS_FILE: join(folder, 'none.yaml') });
  expect([await failed.ends, failed.said()]).toEqual([2, `ACCOUNTS_FILE: ${join(folder, 'none.yaml')} can't be read (ENOENT)\n`]);
});

it('asked to stop while it waits for a log that is away it ends as from any other stop', async () => {
  const accounts = join(folder, 'accounts.yaml');
  const account = { id: 'shop', webim: { host: 'shop.webim.ru', token: 'bot-token' }, webhookTokens: ['a'.repeat(64)], script: sampleBot };
  await writeFile(accounts, JSON.stringify({ accounts: [account] }));
  const nobody = await freePort();
  const places = { LOG_URL: `kafka:127.0.0.1:${nobody}`, EVENTS_URL: `esdb://127.0.0.1:${nobody}?tls=false` };
  const run = await started({ ...anyPorts, ...places, ACCOUNTS_FILE: accounts, HASH_KEY: 'k'.repeat(32), SERVICES: 'projector' });
  expect(run.said()).toContain('Waits for the log, which does not answer');
  run.ask('SIGTERM');
  expect(await run.ends).toBe(0);
  expect(run.said()).not.toContain('aborted');
});

it.runIf(existsSync('/dev/full'))('goes on where the disk takes no more log lines, and still ends at SIGTERM', async () => {
  await symlink('/dev/full', join(folder, 'engine.log'));
  const run = await started({ ...anyPorts, LOG_LEVEL: 'trace' });
  const operations = /Operations (\S+)\/readyz/.exec(run.said())?.[1];
  await expect.poll(run.said, { timeout: 10_000 }).toContain("Log lines can't be written (ENOSPC)");
  expect((await fetch(`${operations}/healthz`, { signal: AbortSignal.timeout(5_000) })).status).toBe(200);
  run.ask('SIGTERM');
  expect(await run.ends).toBe(0);
});

it('goes on where nobody reads its standard output any more, log lines and all, and still ends at SIGTERM', async () => {
  const run = await started({ ...anyPorts, LOG_LEVEL: 'trace', LOG_OUTPUT: 'stdout' });
  const operations = /Operations (\S+)\/readyz/.exec(run.said())?.[1];
  children.at(-1)?.stdout?.destroy();
  for (let asked = 0; asked < 5; asked++) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await fetch(`${operations}/healthz`, { signal: AbortSignal.timeout(5_000) })).status).toBe(200);
  }
  run.ask('SIGTERM');
  expect(await run.ends).toBe(0);
});

it('what it writes is for its owner alone, and a part without ingress names no webhook address', async () => {
  const data = join(folder, 'new');
  const run = await started({ ...anyPorts, DATA_DIR: data, SERVICES: 'projector' });
  expect(run.said()).not.toContain('undefined');
  const names = await readdir(data);
  expect(names).toEqual(expect.arrayContaining(['engine.log', 'events.db', 'log.db']));
  for (const name of ['.', ...names]) expect([name, (await stat(join(data, name))).mode & 0o077]).toEqual([name, 0]);
  run.ask('SIGTERM');
  expect(await run.ends).toBe(0);
});

it('a second engine over the same folder is refused and names the first, which goes on; one that was killed holds nothing', async () => {
  const accounts = {
    ACCOUNTS_FILE: join(folder, 'accounts.yaml'),
    LOG_LEVEL: 'silent',
  };
  await writeFile(
    accounts.ACCOUNTS_FILE,
    JSON.stringify({
      accounts: [{ id: 'shop', webim: { host: 'shop.webim.ru', token: 'bot-token' }, webhookTokens: ['a'.repeat(64)], script: sampleBot }],
    }),
  );
  const first = await started(anyPorts);
  for (const env of [anyPorts, { ...anyPorts, ...accounts }, { ...anyPorts, ...accounts, SERVICES: 'ingress' }]) {
    const second = await started(env);
    expect(await second.ends).toBe(2);
    expect(second.said()).toContain(`another engine (pid ${first.pid}) uses this folder`);
  }
  // What keeps no file of its own takes its share of the work.
  const more = await started({ ...anyPorts, ...accounts, SERVICES: 'projector' });
  expect(more.said()).toContain('run: projector');
  more.ask('SIGTERM');
  expect(await more.ends).toBe(0);

  first.ask('SIGKILL');
  await first.ends;
  const rekeyed = await started({ ...anyPorts, ...accounts, HASH_KEY: 'another-key-of-at-least-32-characters' });
  expect(rekeyed.said()).toContain('HASH_KEY is not the key that');
  rekeyed.ask('SIGTERM');
  expect(await rekeyed.ends).toBe(0);
  const next = await started(anyPorts);
  expect(next.said()).toContain('The dialog engine runs.');
  next.ask('SIGTERM');
  expect(await next.ends).toBe(0);
});

const askConsole = (port: number, path: string, init: RequestInit = {}) =>
  fetch(`http://127.0.0.1:${port}/api${path}`, { redirect: 'manual', signal: AbortSignal.timeout(10_000), ...init });

it('ACCESS=password: the whole process lets nobody in but by the password, and a session outlives its restart', async () => {
  const [ingress, console_, simulator, operations] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const env = {
    INGRESS_PORT: String(ingress),
    CONSOLE_PORT: String(console_),
    SIMULATOR_PORT: String(simulator),
    OPERATIONS_PORT: String(operations),
    ACCESS: 'password',
    ACCESS_PASSWORD_HASH: await hashPassword('correct horse battery'),
  };
  const first = await started(env);
  expect((await askConsole(console_, '/dialogs')).status).toBe(401);
  // The page itself is for everybody, else nobody could sign in.
  expect((await fetch(`http://127.0.0.1:${console_}/`)).status).toBe(200);
  const login = (password: string) =>
    askConsole(console_, '/access/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: `http://127.0.0.1:${console_}` },
      body: JSON.stringify({ password }),
    });
  expect((await login('wrong horse battery')).status).toBe(401);
  const entered = await login('correct horse battery');
  expect(entered.status).toBe(200);
  const cookie = entered.headers.getSetCookie()[0] ?? '';
  expect(cookie).toMatch(/HttpOnly/i);
  const asHe = { headers: { cookie: cookie.split(';')[0] ?? '' } };
  expect((await askConsole(console_, '/dialogs', asHe)).status).toBe(200);
  first.ask('SIGTERM');
  expect(await first.ends).toBe(0);

  const second = await started(env);
  expect((await askConsole(console_, '/dialogs', asHe)).status).toBe(200);
  const audit = (await (await askConsole(console_, '/access/audit', asHe)).json()) as { entries: { type: string }[] };
  expect(audit.entries.map(({ type }) => type)).toEqual(expect.arrayContaining(['SignedIn', 'SignInRefused']));
  second.ask('SIGTERM');
  await second.ends;
  expect(first.said() + second.said() + (await readFile(join(folder, 'engine.log'), 'utf8'))).not.toContain('horse battery');
});

it('ACCESS=oidc: the whole process sends who comes to the provider, with a challenge, and lets no token of nobody in', async () => {
  const [ingress, console_, simulator, operations, provider] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ]);
  const issuer = `http://127.0.0.1:${provider}`;
  const server = createHttpServer(
    new Provider(issuer, {
      clients: [
        {
          client_id: 'console',
          client_secret: 'provider-secret',
          redirect_uris: [`http://127.0.0.1:${console_}/api/access/oidc/callback`],
        },
      ],
      pkce: { required: () => true },
      cookies: { keys: ['test'] },
    }).callback(),
  );
  await new Promise<void>((resolve) => server.listen(provider, '127.0.0.1', resolve));
  try {
    const run = await started({
      INGRESS_PORT: String(ingress),
      CONSOLE_PORT: String(console_),
      SIMULATOR_PORT: String(simulator),
      OPERATIONS_PORT: String(operations),
      CONSOLE_PUBLIC_URL: `http://127.0.0.1:${console_}`,
      ACCESS: 'oidc',
      OIDC_ISSUER: issuer,
      OIDC_CLIENT_ID: 'console',
      OIDC_CLIENT_SECRET: 'provider-secret',
      OIDC_ROLE_CLAIM: 'groups',
      OIDC_ROLES: 'analyst=quality',
    });
    expect((await askConsole(console_, '/dialogs')).status).toBe(401);
    expect((await askConsole(console_, '/dialogs', { headers: { authorization: 'Bearer nobody' } })).status).toBe(401);
    const sent = await askConsole(console_, '/access/oidc/start');
    expect(sent.status).toBe(302);
    const to = new URL(sent.headers.get('location') ?? '');
    expect(to.origin).toBe(issuer);
    expect(Object.fromEntries(to.searchParams)).toMatchObject({
      client_id: 'console',
      code_challenge_method: 'S256',
      response_type: 'code',
    });
    // The provider takes the question as it is, and asks who it is.
    expect((await fetch(to, { redirect: 'manual' })).headers.get('location')).toContain('/interaction/');
    run.ask('SIGTERM');
    expect(await run.ends).toBe(0);
    expect(run.said()).not.toContain('provider-secret');
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
