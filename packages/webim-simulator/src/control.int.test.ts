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
