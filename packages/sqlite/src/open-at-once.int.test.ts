import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, it } from 'vitest';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'open-at-once-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

it('several open a file that is not there yet in the same instant: all of them get it, with its schema', async () => {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const openers = Array.from({ length: 3 }, () => {
    const worker = new Worker(new URL('./testing/open-at-once.ts', import.meta.url), {
      workerData: { folder, gate, openers: 3, files: 60 },
    });
    return Promise.all([once(worker, 'message'), once(worker, 'exit')]);
  });
  const failures = (await Promise.all(openers)).map(([[failed]]) => failed as string[]);
  expect(failures).toEqual([[], [], []]);
});
