import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scaledClock } from '@dialog/contracts/clock';
import { Secret } from '@dialog/contracts/secret';
import { tickKey, topicSpecs, topics } from '@dialog/contracts/topics';
import { sqliteLog } from '@dialog/log/sqlite/log';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Engine, type EngineOptions, openEngine } from './engine.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'engine-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const opened = (partitions: number, run: NonNullable<EngineOptions['run']>): Promise<Engine> =>
  openEngine({
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
    run,
  });

/** An engine of ingress alone, at work until `work` is done. */
const withDoor = async (partitions: number, work: (engine: Engine) => Promise<void>): Promise<void> => {
  const engine = await opened(partitions, ['ingress']);
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

it('a projector does not begin where somebody gave the inbox more partitions than the topics that it writes to', async () => {
  const log = sqliteLog({ file: join(dataDir, 'log.db'), clock: scaledClock(100) });
  await log.ensureTopics(topicSpecs(4).map((spec) => ({ ...spec, partitions: spec.name === topics.inbox ? 6 : 4 })));
  await log.close();
  await expect(opened(4, ['projector'])).rejects.toThrow(
    'the topics differ in their partitions (dialog.inbox 6, dialog.outbox 4, dialog.deadlines 4); give each of them 6',
  );
});
