import { expect, it } from 'vitest';
import { operationsServer } from './operations-server.ts';

const service = (turnedAt?: () => number) => ({
  run: () => Promise.resolve(),
  stop: () => Promise.resolve(),
  ...(turnedAt === undefined ? {} : { turnedAt }),
});

it('is alive while each loop turns, and names those that are stuck', async () => {
  let turnedAt = performance.now();
  const server = operationsServer({
    host: '127.0.0.1',
    port: 0,
    services: [
      { name: 'simulator', service: service() },
      { name: 'projector', service: service(() => turnedAt) },
      { name: 'outbound', service: service(() => performance.now()) },
    ],
    ready: () => ({ ready: true, parts: {} }),
    metrics: () => Promise.resolve(''),
  });
  const running = server.run();
  await server.listening();
  const health = async (): Promise<unknown> => {
    const response = await fetch(`${server.address()}/healthz`);
    return { status: response.status, ...((await response.json()) as object) };
  };
  expect(await health()).toEqual({ status: 200, alive: true, stuck: [] });
  turnedAt = performance.now() - 61_000;
  expect(await health()).toEqual({ status: 503, alive: false, stuck: ['projector'] });
  await server.stop();
  await running;
});
