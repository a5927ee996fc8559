import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '@dialog/contracts/clock';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { numbered } from '../../contract/rig.ts';
import { sqliteEventStore } from './event-store.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'damaged-'));
  file = join(folder, 'events.db');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('a damaged page is told as what it is, with the file: nobody waits for it to get better', async () => {
  const store = sqliteEventStore({ file, clock: realClock });
  for (let at = 0; at < 40; at++) await store.append(`stream-${at}`, numbered(5), 'no_stream');
  await store.close();
  const handle = await open(file, 'r+');
  const { size } = await handle.stat();
  for (let page = 2; page * 4096 < size; page++) await handle.write(Buffer.alloc(4096, 0xaa), 0, 4096, page * 4096);
  await handle.close();
  const again = sqliteEventStore({ file, clock: realClock });
  const told = { code: 'damaged', retryable: false, message: expect.stringContaining(`${file} is damaged`) };
  await expect(again.append('stream-1', numbered(1), 'any')).rejects.toMatchObject(told);
  await expect(again.read('stream-1')).rejects.toMatchObject(told);
  await again.close();
});

it('a file that is no database is named', async () => {
  await writeFile(file, 'no database, whatever its name says. '.repeat(200));
  expect(() => sqliteEventStore({ file, clock: realClock })).toThrow(`${file} is damaged`);
});
