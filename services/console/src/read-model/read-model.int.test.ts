import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { parseNumbers } from '@dialog/service-kit/numbers-file';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { wholeLife } from '../../test/sample-dialogs.ts';
import { openReadModel } from './read-model.ts';
import { rowFoldVersion } from './row.ts';
import { type Call, sharedNow, type ThreadData } from './thread-call.ts';

const t0 = Date.parse('2026-03-02T09:00:00Z');
const parsedFile = parseNumbers(readFileSync(new URL('../../numbers.yaml', import.meta.url), 'utf8'));
if (!parsedFile.ok) throw new Error('the shipped definitions do not parse');
const { file: definitions } = parsedFile;
const all = { from: 0, to: Number.MAX_SAFE_INTEGER };

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'read-model-'));
  file = join(folder, 'console.db');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const events = (chatId: string) => {
  const dialog = wholeLife('shop', chatId, t0);
  return dialog.appends
    .flat()
    .map((event, revision) => ({ ...event, revision, stream: dialog.stream, recordedAt: t0, position: `${chatId}${revision}` }));
};

it('goes on while it counts over all episodes, and counts what was taken before it was asked', async () => {
  const model = openReadModel({ file });
  await model.apply(events('1'));
  const base = async () => (await model.numbers(definitions, all, 'day', 'UTC')).find(({ name }) => name === 'not_understood')?.base;
  const one = (await base()) ?? 0;
  const db = new DatabaseSync(file);
  db.exec(`WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100000)
    INSERT INTO episode SELECT 1000 + n, number, account, chat_id, started_at, facts FROM episode, n`);
  db.close();
  const answered: string[] = [];
  const counts = base().then((found) => {
    answered.push('numbers');
    return found;
  });
  await model.apply(events('2')).then(() => answered.push('applied'));
  await model.row('shop', '2').then((row) => answered.push(`row ${row?.chatId}`));
  expect(one).toBeGreaterThan(0);
  // Of the batch beside it all or nothing.
  expect([100_001 * one, 100_002 * one]).toContain(await counts);
  expect(answered).toEqual(['applied', 'row 2', 'numbers']);
  expect(await base()).toBe(100_002 * one);
  await model.close();
});

it('does not begin what nobody waits for any more', async () => {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: { file, version: rowFoldVersion, counts: false } satisfies ThreadData,
  });
  const ask = async (until: number): Promise<unknown> => {
    worker.postMessage({ id: 1, name: 'accounts', args: [], until } satisfies Call);
    return (await once(worker, 'message'))[0];
  };
  expect(await ask(sharedNow() - 1)).toEqual({ id: 1, error: 'nobody waits for accounts any more' });
  expect(await ask(sharedNow() + 60_000)).toEqual({ id: 1, value: [] });
  await worker.terminate();
});
