import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { realClock, scaledClock } from '@dialog/contracts/clock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytes, eventually, numbered, readAll, startMember, text } from '../../contract/rig.ts';
import { sqliteLog } from './log.ts';

/** What a second process on the same file must see, and what must stand after the machine took a process away. */
describe('SQLite log and other processes', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'log-processes-'));
    file = join(folder, 'log.db');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const start = (module: string, ...args: string[]): ChildProcessByStdio<null, Readable, null> =>
    spawn(process.execPath, [new URL(module, import.meta.url).pathname, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = (child: ChildProcessByStdio<null, Readable, null>): Promise<void> =>
    new Promise((resolve) => (child.exitCode !== null || child.signalCode !== null ? resolve() : child.once('exit', () => resolve())));

  it('a second process consumes and reads while this one writes', async () => {
    const log = sqliteLog({ file, clock: realClock });
    await log.ensureTopics([{ name: 'inbox', partitions: 3, cleanup: 'delete' }]);
    const child = start('../../contract/member-process.ts', `sqlite:${file}`, 'projector', 'inbox');
    const theirs: { partition: number; offset: number; key: string }[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => theirs.push(JSON.parse(line)));
    try {
      const keys = Array.from({ length: 20 }, (_, at) => `key-${at}`);
      for (let from = 0; from < 2_000; from += 50) await log.append(numbered('inbox', keys, 50, from));
      await eventually(() => expect(theirs).toHaveLength(2_000));
      for (const partition of [0, 1, 2]) {
        for (const key of keys) {
          const offsets = theirs.filter((one) => one.partition === partition && one.key === key).map(({ offset }) => offset);
          expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
        }
      }
      await eventually(async () => expect((await log.lag('projector', 'inbox')).reduce((sum, { lag }) => sum + lag, 0)).toBe(0));
    } finally {
      child.kill('SIGTERM');
      await ended(child);
      await log.close();
    }
    expect(child.exitCode).toBe(0);
  });

  it('a writer killed at random moments: every acknowledged record is found, once, in order', async () => {
    const seen: { key: string; number: number; partition: number; offset: number }[] = [];
    const setUp = sqliteLog({ file, clock: realClock });
    await setUp.ensureTopics([{ name: 'inbox', partitions: 4, cleanup: 'delete' }]);
    await setUp.close();
    for (let kill = 0; kill < 6; kill++) {
      const before = seen.length;
      const child = start('../../contract/writer-process.ts', `sqlite:${file}`, 'inbox', String(kill));
      createInterface({ input: child.stdout }).on('line', (line) => {
        // The line that the kill cut in two was not heard by anybody.
        if (line.endsWith('}')) seen.push(JSON.parse(line));
      });
      await eventually(() => expect(seen.length).toBeGreaterThan(before));
      await realClock.sleep(Math.random() * 120);
      child.kill('SIGKILL');
      await ended(child);
    }
    const log = sqliteLog({ file, clock: realClock });
    const all = (await Promise.all([0, 1, 2, 3].map((partition) => readAll(log, 'inbox', partition)))).flat();
    await log.close();
    const byContent = Map.groupBy(all, (record) => `${record.key} ${text(record.value)}`);
    expect(seen.length).toBeGreaterThan(50);
    for (const { key, number, partition, offset } of seen) {
      const found = byContent.get(`${key} ${number}`) ?? [];
      expect(found.map((record) => `${record.partition}:${record.offset}`)).toEqual([`${partition}:${offset}`]);
    }
    for (const [, found] of byContent) expect(found).toHaveLength(1);
    for (const [key, records] of Map.groupBy(all, (record) => record.key)) {
      const numbers = records.map((record) => Number(text(record.value)));
      expect(numbers, key).toEqual(numbers.map((_, at) => at));
    }
    for (const partition of [0, 1, 2, 3]) {
      const offsets = all.filter((record) => record.partition === partition).map(({ offset }) => offset);
      expect(offsets).toEqual(offsets.map((_, at) => at));
    }
  });

  it('a group whose only member was killed is empty: its offset can be set at once', async () => {
    const log = sqliteLog({ file, clock: realClock });
    await log.ensureTopics([{ name: 'inbox', partitions: 1, cleanup: 'delete' }]);
    await log.append(numbered('inbox', ['a'], 5));
    const child = start('../../contract/member-process.ts', `sqlite:${file}`, 'projector', 'inbox');
    await eventually(async () => expect((await log.committed('projector', 'inbox'))[0]?.offset).toBe(5));
    await expect(log.setCommitted('projector', 'inbox', 0, 2)).rejects.toMatchObject({ code: 'unknown' });
    child.kill('SIGKILL');
    await ended(child);
    await log.setCommitted('projector', 'inbox', 0, 2);
    expect((await log.committed('projector', 'inbox'))[0]?.offset).toBe(2);
    await log.close();
  });

  it('a rebalance repeats nothing that was finished before it', async () => {
    const log = sqliteLog({ file, clock: scaledClock(0.001) });
    const other = sqliteLog({ file, clock: realClock });
    await log.ensureTopics([{ name: 'inbox', partitions: 2, cleanup: 'delete' }]);
    await log.append(numbered('inbox', ['a', 'b', 'c', 'd'], 40));
    // This member's clock stands nearly still: no commit of its own accord, only the one at the revoke.
    const first = startMember(log, { group: 'projector', topic: 'inbox' });
    await eventually(() => expect(first.handled).toHaveLength(40));
    const second = startMember(other, { group: 'projector', topic: 'inbox', name: 'second' });
    await eventually(() => expect([first, second].map((member) => member.assignment()?.partitions.length)).toEqual([1, 1]));
    await log.append(numbered('inbox', ['a', 'b', 'c', 'd'], 4, 40));
    await eventually(() => expect(first.handled.length + second.handled.length).toBe(44));
    await Promise.all([first.stop(), second.stop()]);
    expect(first.handled.length + second.handled.length).toBe(44);
    await Promise.all([log.close(), other.close()]);
  });

  it('retention takes all that is too old, in as many portions as it needs, and nothing else', async () => {
    const topics = [{ name: 'inbox', partitions: 2, cleanup: 'delete' as const, retentionMs: 3_600_000 }];
    const yesterday = sqliteLog({ file, clock: scaledClock(1, realClock.now() - 86_400_000) });
    await yesterday.ensureTopics(topics);
    const old = Array.from({ length: 12_000 }, (_, at) => ({
      topic: 'inbox',
      partition: at % 6 === 0 ? 1 : 0,
      key: 'a',
      value: bytes('1'),
    }));
    await yesterday.append(old, { timeoutMs: 30_000 });
    await yesterday.close();
    const today = sqliteLog({ file, clock: realClock });
    await today.append([0, 1].map((partition) => ({ topic: 'inbox', partition, key: 'b', value: bytes('2') })));
    await today.clean();
    expect((await readAll(today, 'inbox', 0)).map(({ offset }) => offset)).toEqual([10_000]);
    expect((await readAll(today, 'inbox', 1)).map(({ offset }) => offset)).toEqual([2_000]);
    expect((await today.lag('nobody', 'inbox')).map(({ low, high }) => [low, high])).toEqual([
      [10_000, 10_001],
      [2_000, 2_001],
    ]);
    await today.close();
  });

  it('tombstones vanish a day later', async () => {
    const log = sqliteLog({ file, clock: realClock });
    await log.ensureTopics([{ name: 'deadlines', partitions: 1, cleanup: 'compact' }]);
    await log.append([
      { topic: 'deadlines', key: 'a', value: bytes('1') },
      { topic: 'deadlines', key: 'b', value: bytes('1') },
      { topic: 'deadlines', key: 'a', value: null },
    ]);
    await log.clean();
    expect((await readAll(log, 'deadlines', 0)).map(({ offset }) => offset)).toEqual([1, 2]);
    await log.close();
    const tomorrow = sqliteLog({ file, clock: scaledClock(1, realClock.now() + 86_400_000 + 60_000) });
    await tomorrow.clean();
    expect((await readAll(tomorrow, 'deadlines', 0)).map(({ offset }) => offset)).toEqual([1]);
    const [place] = await tomorrow.append([{ topic: 'deadlines', key: 'a', value: bytes('2') }]);
    expect(place?.offset).toBe(3);
    await tomorrow.close();
  });
});
