import { fork } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Figure } from './figures.ts';

/** What the process that starts anew found, in a process of its own so that memory is its own. */
export type Restored = {
  /** From the projector's start until every deadline stood in its index, s. */
  readonly indexSeconds: number;
  readonly indexBytes: number;
  /** Every dialog loaded from its stream into the cache, s. */
  readonly loadSeconds: number;
  readonly stateBytes: number;
  /** Of the whole process at the end. */
  readonly residentBytes: number;
};

const counts = [1_000, 10_000, 100_000];

/** Open dialogs after a restart: the deadlines' index first, then every dialog's state; how time and memory grow with their number. */
export const restored = async (dataDir: string): Promise<readonly Figure[]> => {
  const figures: Figure[] = [];
  for (const count of counts) {
    const folder = join(dataDir, String(count));
    await mkdir(folder, { recursive: true });
    await inProcess(folder, count, 'fill');
    const one = (await inProcess(folder, count, 'restore')) as Restored;
    figures.push({
      name: `${count.toLocaleString('en')} open dialogs restored after a restart, per dialog (SQLite)`,
      value: ((one.indexSeconds + one.loadSeconds) * 1e6) / count,
      atLeast: false,
      unit: 'µs',
      detail:
        `index of deadlines ${one.indexSeconds.toFixed(2)} s, ${(one.indexBytes / count).toFixed(0)} bytes a dialog; ` +
        `every state read from its stream ${one.loadSeconds.toFixed(2)} s, ${((one.loadSeconds * 1e6) / count).toFixed(0)} µs and ` +
        `${(one.stateBytes / count).toFixed(0)} bytes a dialog; the process holds ${(one.residentBytes / 2 ** 20).toFixed(0)} MiB`,
    });
  }
  return figures;
};

const inProcess = (folder: string, count: number, what: 'fill' | 'restore'): Promise<unknown> => {
  const child = fork(fileURLToPath(new URL('./restored-process.ts', import.meta.url)), [folder, String(count), what], {
    execArgv: ['--expose-gc', '--max-old-space-size=6000'],
  });
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`${what} of ${count} dialogs ended with ${code}`)));
  });
};
