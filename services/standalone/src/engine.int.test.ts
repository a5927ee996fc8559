import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scaledClock } from '@dialog/contracts/clock';
import { Secret } from '@dialog/contracts/secret';
import { tickKey, topics } from '@dialog/contracts/topics';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Engine, openEngine } from './engine.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'engine-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

/** An engine of ingress alone, at work until `work` is done. */
const withDoor = async (partitions: number, work: (engine: Engine) => Promise<void>): Promise<void> => {
  const engine = await openEngine({
    dataDir,
    accounts: { get: () => undefined, all: () => [] },
    hashKey: new Secret('a-hash-key-of-at-least-32-letters'),
    clock: scaledClock(100),
    logger: pino({ level: 'silent' }),
    host: '127.0.0.1',
    ingressPort: 0,
    consolePort: 0,
    partitions,
    ackTimeoutMs: 2_000,
    httpTimeoutMs: 10_000,
    botSilenceLimitMs: 30_000,
    version: 'dev',
    run: ['ingress'],
  });
  const running = Promise.all(engine.services.map(({ service }) => service.run()));
  try {
    await engine.listening();
    await work(engine);
  } finally {
    for (const { service } of engine.services) await service.stop();
    await running;
    await engine.close();
  }
};

it('PARTITIONS that was changed after the topics were made: every partition that there is is told that the doors are open', async () => {
  const ticks = ({ log }: Engine): Promise<number[]> =>
    Promise.all(
      Array.from({ length: 4 }, async (_, partition) => {
        const records = await log.read(topics.inbox, partition, 0, 1_000);
        return records.filter(({ key }) => key === tickKey).length;
      }),
    );
  for (const partitions of [4, 2, 8]) {
    await withDoor(partitions, async (engine) => {
      const before = await ticks(engine);
      await expect
        .poll(async () => (await ticks(engine)).map((count, partition) => count > (before[partition] ?? 0)), { timeout: 10_000 })
        .toEqual([true, true, true, true]);
    });
  }
});
