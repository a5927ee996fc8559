import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isNewFolder, playSamples } from './samples.ts';
import { openWorld, type World } from './world.ts';

let folder: string;
let world: World | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'samples-'));
});
afterEach(async () => {
  await world?.stop();
  await rm(folder, { recursive: true, force: true });
});

type Row = {
  readonly owner: string;
  readonly flag: boolean;
  readonly visitor: string;
  readonly marks: string[];
  readonly causes: string[];
};

it('plays dialogs of each kind through the doors, none of them left unfinished', { timeout: 120_000 }, async () => {
  const warned: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line) => void warned.push(line) });
  world = await openWorld({ dataDir: folder, logger });
  await world.start();
  await playSamples({ simulator: world.simulator, logger, signal: AbortSignal.timeout(110_000) });
  expect(warned.filter((line) => line.includes('sample_dialog'))).toEqual([]);
  expect(world.simulator.webim.visitors().every(({ fields }) => fields['name']?.endsWith('(пример)'))).toBe(true);
  const url = world.engine().consoleUrl();
  const found = async (query: string): Promise<Row[]> =>
    ((await (await fetch(`${url}/api/dialogs?${query}`)).json()) as { dialogs: Row[] }).dialogs;
  await expect.poll(async () => (await found('')).length, { timeout: 20_000 }).toBe(8);
  const finds = async (query: string, count: number): Promise<void> =>
    expect.poll(async () => [query, (await found(query)).length], { timeout: 20_000 }).toEqual([query, count]);
  await finds('owner=queue', 1);
  await finds('owner=operator', 1);
  await finds('cause=final_close', 1);
  await finds('cause=operator_redirect', 1);
  await finds('problem=in_doubt', 1);
  await finds('problem=refused', 1);
  await finds('mark=phone_left', 1);
  const [first] = await found(`text=${encodeURIComponent('посылки')}`);
  await finds(`visitor=${first?.visitor}`, 2);
});

it('takes a folder for new that is not there or holds nothing but this start’s log lines', async () => {
  expect(await isNewFolder(join(folder, 'none'))).toBe(true);
  expect(await isNewFolder(folder)).toBe(true);
  await writeFile(join(folder, 'engine.log'), '');
  expect(await isNewFolder(folder)).toBe(true);
  await mkdir(join(folder, 'anything'));
  expect(await isNewFolder(folder)).toBe(false);
});
