import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { realClock } from '@dialog/contracts/clock';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type WebimSimulator, webimSimulator } from './simulator.ts';

let simulator: WebimSimulator;
let running: Promise<void>;
beforeAll(async () => {
  simulator = webimSimulator({ clock: realClock, port: 0 });
  running = simulator.run();
  await simulator.listening();
});
afterAll(async () => {
  await simulator.stop();
  await running;
});

/** As a browser sends it; `fetch` lets nobody choose the host. */
const asked = async (method: string, path: string, headers: Record<string, string>) => {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  request(`${simulator.baseUrl()}/control/${path}`, { method, headers }, (response) => {
    text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
  })
    .once('error', reject)
    .end(method === 'POST' ? '{}' : undefined);
  return promise;
};

it.each(['evil.example', 'evil.example:8082', '127.0.0.1.evil.example', 'localhost.evil.example'])(
  'a page whose own name leads to this machine (%o) reads nothing and does nothing',
  async (host) => {
    const before = simulator.webim.visitors().length;
    for (const site of [{}, { 'sec-fetch-site': 'same-origin' }]) {
      expect((await asked('GET', 'state', { host, ...site })).status).toBe(421);
      expect((await asked('POST', 'new-visitor', { host, 'content-type': 'application/json', ...site })).status).toBeGreaterThanOrEqual(
        400,
      );
    }
    expect(simulator.webim.visitors()).toHaveLength(before);
  },
);

it.each(['localhost:8082', '127.0.0.1', '[::1]:8082', '192.168.1.7:8082', 'simulator:8082'])('%s is served', async (host) => {
  expect((await asked('GET', 'state', { host })).status).toBe(200);
});

it('another site’s page is refused, whatever it calls this machine', async () => {
  expect((await asked('POST', 'new-visitor', { host: 'localhost', 'sec-fetch-site': 'cross-site' })).status).toBe(403);
});

const tells = async (action: string, body: object): Promise<{ status: number; body: string }> => {
  const response = await fetch(`${simulator.baseUrl()}/control/${action}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.text() };
};
const state = async (): Promise<{ knobs: Record<string, unknown>; timeouts: Record<string, unknown> }> =>
  (await (await fetch(`${simulator.baseUrl()}/control/state`)).json()) as never;

it('takes each knob as it stands in the state, and names what it does not know or cannot take', async () => {
  const { knobs } = await state();
  expect((await tells('knobs', knobs)).status).toBe(200);
  expect(await tells('knobs', { nonsense: 1 })).toMatchObject({ status: 400, body: expect.stringContaining('nonsense') });
  expect(await tells('knobs', { repeatWebhooks: 'x' })).toMatchObject({ status: 400, body: expect.stringContaining('repeatWebhooks') });
  expect(await tells('knobs', { handlerBody: 'xml' })).toMatchObject({ status: 400, body: expect.stringContaining('handlerBody') });
  expect((await state()).knobs).toEqual(knobs);
  expect((await tells('knobs', { chatIdForm: 'string' })).status).toBe(200);
  expect((await state()).knobs).toEqual({ ...knobs, chatIdForm: 'string' });
});

it('takes timeouts, and what the next calls of the bot API meet', async () => {
  expect((await tells('timeouts', { inactivityMs: 60_000 })).status).toBe(200);
  expect((await state()).timeouts).toMatchObject({ inactivityMs: 60_000, gridMs: 30_000 });
  expect(await tells('timeouts', { gridMs: 0 })).toMatchObject({ status: 400, body: expect.stringContaining('gridMs') });
  expect((await tells('fail', { method: 'send_message', fault: { kind: 'html', status: 502 } })).status).toBe(200);
  expect((await tells('fail', { method: 'send_message', fault: { kind: 'status', status: 429, retryAfter: '7' } })).status).toBe(200);
  expect(await tells('fail', { method: 'sing', fault: { kind: 'html' } })).toMatchObject({ status: 400 });
  const call = () =>
    fetch(`${simulator.baseUrl()}/api/bot/v2/send_message`, {
      method: 'POST',
      headers: { authorization: `Token ${simulator.account.botToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ chat_id: 1, message: { kind: 'operator', text: 'x' } }),
    });
  const page = await call();
  expect([page.status, page.headers.get('content-type')]).toEqual([502, 'text/html; charset=utf-8']);
  const limited = await call();
  expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '7']);
  expect(await (await call()).json()).toHaveProperty('error');
});
