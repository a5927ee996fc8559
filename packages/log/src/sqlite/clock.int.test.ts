import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, realClock } from '@dialog/contracts/clock';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sqliteLog } from './log.ts';

/** A machine's clock that is moved by hand; what waits, waits in real time. */
const machine = (startAt: number) => {
  let monotonic = 0;
  let setBy = 0;
  const clock: Clock = { now: () => startAt + setBy + monotonic, monotonic: () => monotonic, sleep: realClock.sleep };
  return {
    clock,
    passes: (ms: number) => {
      monotonic += ms;
    },
    setBy: (ms: number) => {
      setBy += ms;
    },
  };
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'log-clock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const topic = 'inbox';
const minute = 60_000;
const opened = async (clock: Clock) => {
  const log = sqliteLog({ file: join(folder, 'log.db'), clock });
  await log.ensureTopics([{ name: topic, partitions: 2, cleanup: 'delete' }]);
  const append = async (partition: number): Promise<number> => {
    const [appended] = await log.append([{ topic, key: 'a', partition, value: Buffer.from('x') }]);
    return appended?.appendedAt ?? Number.NaN;
  };
  return { log, append };
};

it('started again with the clock set back: the time of the log goes on in every partition, as fast as real time, and agrees with logTime', async () => {
  const { clock, passes, setBy } = machine(1_800_000_000_000);
  const first = await opened(clock);
  const before = await first.append(0);
  await first.log.close();

  setBy(-10 * minute);
  passes(1_000);
  const { log, append } = await opened(clock);
  for (const partition of [0, 1]) {
    passes(minute);
    const from = await append(partition);
    passes(2 * minute);
    const to = await append(partition);
    // A reply that lives 120 s is as old as it is, no more and no less.
    expect(to - from).toBe(2 * minute);
    expect(log.logTime()).toBe(to);
    expect(from).toBeGreaterThan(before);
  }
  // Once the machine's clock has caught up, it is the log's again.
  setBy(20 * minute);
  expect(await append(0)).toBe(clock.now());
  await log.close();
});

it('the clock set forward: the log takes it over at its next append', async () => {
  const { clock, setBy } = machine(1_800_000_000_000);
  const { log, append } = await opened(clock);
  await append(0);
  setBy(minute);
  expect([await append(0), log.logTime()]).toEqual([clock.now(), clock.now()]);
  await log.close();
});
