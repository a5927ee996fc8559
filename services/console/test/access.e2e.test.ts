import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '@dialog/contracts/clock';
import { Secret } from '@dialog/contracts/secret';
import { topicSpecs } from '@dialog/contracts/topics';
import type { EventStore } from '@dialog/event-store/port';
import { sqliteEventStore } from '@dialog/event-store/sqlite/event-store';
import type { PartitionedLog } from '@dialog/log/port';
import { sqliteLog } from '@dialog/log/sqlite/log';
import { hashPassword } from '@dialog/service-kit/password-hash';
import Provider from 'oidc-provider';
import { pino } from 'pino';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AccessOptions } from '../src/access/access-options.ts';
import { type Console, consoleService } from '../src/console.ts';
import { builtPage, launched, pictures, seriousFindings } from './console-page.ts';
import { newMessage, visitorSays, wholeLife } from './sample-dialogs.ts';

const t0 = Date.parse('2026-03-02T09:00:00Z');
const planted = '<img src=x onerror="window.stolen=1"><script>window.stolen=1</script> javascript:window.stolen=1';
let page: Awaited<ReturnType<typeof builtPage>>;
let browser: Browser;
let folder: string;
let store: EventStore;
let log: PartitionedLog;
let desk: Console;
let running: Promise<void>;

beforeAll(async () => {
  page = await builtPage();
  browser = await launched();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await page?.remove();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'console-access-page-'));
  store = sqliteEventStore({ file: join(folder, 'events.db'), clock: realClock });
  log = sqliteLog({ file: join(folder, 'log.db'), clock: realClock });
  await log.ensureTopics(topicSpecs(1));
  const said = newMessage({ ...visitorSays(planted), file: { name: planted, url: 'javascript:window.stolen=1' } } as never);
  await wholeLife('shop', '101', t0).input(1000, said).writeTo(store);
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  await desk.stop();
  await running;
  await log.close();
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const start = async (access?: Omit<AccessOptions, 'key' | 'sessionMs'>, port = 0): Promise<string> => {
  desk = consoleService({
    store,
    log,
    clock: realClock,
    logger: pino({ level: 'silent' }),
    dataFile: join(folder, 'console.db'),
    port,
    webRoot: page.root,
    ...(access === undefined ? {} : { access: { ...access, key: new Secret('k'.repeat(32)), sessionMs: 3_600_000 } }),
  });
  running = desk.run();
  return desk.listening();
};
type Seen = { readonly hosts: Set<string>; readonly answers: string[] };
const opened = async (address: string): Promise<{ tab: Page; seen: Seen }> => {
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 800 } });
  const tab = await context.newPage();
  const seen: Seen = { hosts: new Set(), answers: [] };
  tab.on('request', (request) => seen.hosts.add(new URL(request.url()).host));
  tab.on('response', (response) => {
    if (response.url().includes('/api/') && !response.url().endsWith('/live')) {
      response.text().then(
        (text) => seen.answers.push(text),
        () => undefined,
      );
    }
  });
  await tab.goto(address);
  return { tab, seen };
};

it('a planted page in the visitor’s text is shown as text and runs nothing', async () => {
  const address = await start();
  const { tab, seen } = await opened(`${address}/dialogs/shop/101`);
  await tab.getByText('onerror="window.stolen=1"').first().waitFor();
  expect(await tab.evaluate(() => (globalThis as { stolen?: unknown }).stolen)).toBeUndefined();
  expect(await tab.locator('img').count()).toBe(0);
  expect(await tab.locator('a[href^="javascript:"]').count()).toBe(0);
  expect([...seen.hosts]).toEqual([new URL(address).host]);
});

it('an empty audit says why it is empty, and what failed does not seem to load', async () => {
  const address = await start();
  const { tab } = await opened(`${address}/access`);
  await tab.getByText('nobody signs in to this console').waitFor();
  await tab.route('**/api/access/*', (route) => route.fulfill({ status: 503, body: '' }));
  await tab.reload();
  await expect.poll(() => tab.getByRole('alert').count()).toBe(2);
  expect(await tab.getByText('Loading').count()).toBe(0);
});

it('the administrator signs in by the password, makes a token, sees the audit, and signs out', async () => {
  const password = 'correct horse battery';
  const address = await start({ signIn: { how: 'password', passwordHash: new Secret(await hashPassword(password)) } });
  const { tab, seen } = await opened(address);
  await tab.getByLabel('Administrator’s password').fill('wrong');
  await tab.getByRole('button', { name: 'Sign in' }).click();
  await tab.getByRole('alert').getByText('The password is wrong.').waitFor();
  await tab.screenshot({ path: join(pictures, 'access-sign-in.png') });
  expect(await seriousFindings(tab)).toEqual([]);
  await tab.getByLabel('Administrator’s password').fill(password);
  await tab.getByRole('button', { name: 'Sign in' }).click();
  await tab.getByRole('link', { name: 'Access' }).click();
  await tab.getByLabel('What it is for').fill('nightly');
  await tab.getByRole('button', { name: 'Create a token' }).click();
  const token = await tab.getByTestId('new-token').textContent();
  expect((await fetch(`${address}/api/dialogs`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
  await tab.getByRole('columnheader', { name: 'Valid' }).waitFor();
  await tab.getByText('sign-in refused').waitFor();
  await tab.screenshot({ path: join(pictures, 'access-page.png') });
  expect(await tab.evaluate(() => document.cookie)).toBe('');
  expect([...seen.hosts]).toEqual([new URL(address).host]);
  await tab.getByRole('button', { name: 'Sign out' }).click();
  await tab.getByLabel('Administrator’s password').waitFor();
});

describe('an OpenID provider on this machine', () => {
  let server: Server | undefined;
  afterEach(() => new Promise<void>((resolve) => (server === undefined ? resolve() : void server.close(() => resolve()))));

  const freePort = (): Promise<number> =>
    new Promise((resolve) => {
      const one = createServer().listen(0, '127.0.0.1', () => {
        const { port } = one.address() as AddressInfo;
        one.close(() => resolve(port));
      });
    });

  const withProvider = async (): Promise<string> => {
    const [port, consolePort] = [await freePort(), await freePort()];
    const issuer = `http://127.0.0.1:${port}`;
    const groups: Record<string, string[]> = { vera: ['quality'], olga: ['watchers'], ivan: [] };
    const provider = new Provider(issuer, {
      clients: [
        {
          client_id: 'console',
          client_secret: 'provider-secret',
          redirect_uris: [`http://127.0.0.1:${consolePort}/api/access/oidc/callback`],
          post_logout_redirect_uris: [`http://127.0.0.1:${consolePort}/`],
        },
      ],
      pkce: { required: () => true },
      scopes: ['openid', 'profile'],
      claims: { openid: ['sub'], profile: ['groups', 'preferred_username'] },
      findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id, preferred_username: id, groups: groups[id] ?? [] }) }),
      cookies: { keys: ['test'] },
    });
    server = createServer(provider.callback());
    await new Promise<void>((resolve) => server?.listen(port, '127.0.0.1', resolve));
    return start(
      {
        signIn: {
          how: 'oidc',
          issuer,
          clientId: 'console',
          clientSecret: new Secret('provider-secret'),
          scopes: 'openid profile',
          roleClaim: 'groups',
          roles: [
            { role: 'analyst', values: ['quality'] },
            { role: 'viewer', values: ['watchers'] },
          ],
        },
      },
      consolePort,
    );
  };
  const signIn = async (tab: Page, name: string): Promise<void> => {
    await tab.getByRole('link', { name: 'Sign in with your company account' }).click();
    await tab.locator('input[name=login]').fill(name);
    await tab.locator('input[name=password]').fill('any');
    await tab.locator('button[type=submit]').click();
    await tab.getByRole('button', { name: 'Continue' }).click();
  };

  it('gives an analyst the texts, a viewer none, and refuses who has no role; its tokens never reach the page', async () => {
    const address = await withProvider();
    const analyst = await opened(address);
    await signIn(analyst.tab, 'vera');
    await analyst.tab.getByText('vera', { exact: false }).first().waitFor();
    await analyst.tab.goto(`${address}/dialogs/shop/101`);
    await analyst.tab.getByText('Позовите человека', { exact: false }).first().waitFor();
    expect(analyst.seen.answers.join('\n')).not.toMatch(/access_token|id_token|eyJ/);
    const cookies = await analyst.tab.context().cookies(address);
    expect(cookies.find(({ name }) => name === 'dialog-console')).toMatchObject({ httpOnly: true, sameSite: 'Strict' });

    const viewer = await opened(address);
    await signIn(viewer.tab, 'olga');
    await viewer.tab.getByText('olga', { exact: false }).first().waitFor();
    await viewer.tab.goto(`${address}/dialogs/shop/101`);
    await viewer.tab.getByText('•••').first().waitFor();
    await viewer.tab.screenshot({ path: join(pictures, 'access-viewer.png') });
    // What the server would refuse is not offered.
    expect(await viewer.tab.locator('header nav a').allTextContents()).not.toContain('What if');
    await viewer.tab.goto(`${address}/ops?tab=accounts`);
    await viewer.tab.getByTestId('account').first().waitFor();
    expect(await viewer.tab.getByTestId('account').getByRole('button').count()).toBe(0);
    expect(await viewer.tab.getByTestId('tab-actions').count()).toBe(0);
    expect(viewer.seen.answers.join('\n')).not.toMatch(/Позовите|onerror/);

    const nobody = await opened(address);
    await signIn(nobody.tab, 'ivan');
    await nobody.tab.getByRole('alert').getByText('no role here', { exact: false }).waitFor();
    const types = (await store.read('audit')).map(({ type }) => type);
    expect(types).toContain('TextRead');
    expect(types.filter((type) => type === 'SignInRefused')).toHaveLength(1);

    await analyst.tab.getByRole('button', { name: 'Sign out' }).click();
    await analyst.tab.waitForURL(/session\/end/);
    expect(
      (await fetch(`${address}/api/dialogs`, { headers: { cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') } }))
        .status,
    ).toBe(401);
  });

  it('an end of a sign-in that this browser did not begin signs nobody in', async () => {
    const address = await withProvider();
    const { tab } = await opened(`${address}/api/access/oidc/callback?code=stolen&state=other`);
    await tab.getByRole('alert').waitFor();
    expect((await tab.context().cookies(address)).map(({ name }) => name)).not.toContain('dialog-console');
  });
});
