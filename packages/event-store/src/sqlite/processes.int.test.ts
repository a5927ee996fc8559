import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { realClock } from '@dialog/contracts/clock';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, follow, idsOf, numbered, numbersOf, readWhole, upTo } from '../../contract/rig.ts';
import type { EventStore } from '../port.ts';
import { sqliteEventStore } from './event-store.ts';

type Acknowledged = { readonly stream: string; readonly revision: number; readonly ids: readonly string[] };

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'event-store-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** A process of its own that appends. */
const writer = (file: string, prefix: string, lanes: number, limit?: number) => {
  const script = new URL('./testing/append-until-killed.ts', import.meta.url).pathname;
  const child: ChildProcess = spawn(
    process.execPath,
    [script, file, prefix, String(lanes), ...(limit === undefined ? [] : [String(limit)])],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const acknowledged: Acknowledged[] = [];
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  lines.on('line', (line) => {
    const [stream = '', revision = '', ids = ''] = line.split(' ');
    acknowledged.push({ stream, revision: Number(revision), ids: ids.split(',') });
  });
  const ended = Promise.all([once(child, 'exit'), once(lines, 'close')]);
  return { child, acknowledged, ended };
};

/** Every acknowledged append is found once, at its place, whole; no append stands by half. */
const check = async (store: EventStore, prefix: string, acknowledged: readonly Acknowledged[]): Promise<void> => {
  const all = await readWhole(store, [prefix], 'start', 5_000);
  expect(new Set(idsOf(all)).size).toBe(all.length);
  const byStream = Map.groupBy(all, ({ stream }) => stream);
  for (const { stream, revision, ids } of acknowledged) {
    expect(idsOf((byStream.get(stream) ?? []).slice(revision, revision + ids.length))).toEqual(ids);
  }
  for (const events of byStream.values()) {
    expect(events.map(({ revision }) => revision)).toEqual(upTo(events.length));
    const groups = Map.groupBy(events, ({ data }) => (data as { group: string }).group);
    for (const group of groups.values()) {
      const parts = group.map(({ data }) => data as { at: number; size: number });
      expect(parts.map(({ at }) => at)).toEqual(upTo(parts[0]?.size ?? Number.NaN));
    }
  }
};

describe('several processes on one file', () => {
  it('another process reads and appends while this one does', async () => {
    const file = join(folder, 'shared.db');
    const store = sqliteEventStore({ file, clock: realClock });
    const follower = follow(store, { after: 'start', streamPrefixes: ['theirs', 'ours'] });
    const theirs = writer(file, 'theirs', 3, 60);
    for (const at of upTo(100)) await store.append('ours', numbered(1, at), at === 0 ? 'no_stream' : at - 1);
    const [[code]] = await theirs.ended;
    expect(code).toBe(0);
    expect(theirs.acknowledged).toHaveLength(180);
    await check(store, 'theirs', theirs.acknowledged);
    expect(numbersOf(await store.read('ours'))).toEqual(upTo(100));
    const whole = await readWhole(store, ['theirs', 'ours'], 'start', 5_000);
    await eventually(() => expect(follower.events).toHaveLength(whole.length));
    expect(idsOf(follower.events)).toEqual(idsOf(whole));
    await follower.stop();
    await store.close();
  });

  it('several processes open a file that is not there yet, at once', async () => {
    for (const round of upTo(2)) {
      const file = join(folder, `fresh-${round}.db`);
      const writers = upTo(4).map((at) => writer(file, `dialog-${at}`, 1, 10));
      const ended = await Promise.all(writers.map((one) => one.ended));
      expect(ended.map(([[code]]) => code)).toEqual([0, 0, 0, 0]);
      const store = sqliteEventStore({ file, clock: realClock });
      await check(
        store,
        'dialog',
        writers.flatMap((one) => one.acknowledged),
      );
      await store.close();
    }
  });

  it('a writing process is killed at random moments: every acknowledged append is there once and whole, none by half', async () => {
    const file = join(folder, 'killed.db');
    const acknowledged: Acknowledged[] = [];
    for (const round of upTo(6)) {
      const { child, acknowledged: told, ended } = writer(file, 'dialog', 4);
      await eventually(() => expect(told.length).toBeGreaterThan(0));
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 300));
      child.kill('SIGKILL');
      await ended;
      acknowledged.push(...told);
      const store = sqliteEventStore({ file, clock: realClock });
      await check(store, 'dialog', acknowledged);
      expect(await store.append(`after-${round}`, numbered(1), 'no_stream')).toMatchObject({ revision: 0 });
      await store.close();
    }
    expect(acknowledged.length).toBeGreaterThan(50);
  });
});
