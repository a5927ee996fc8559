import { fork } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Figure } from './figures.ts';
import { servers, stopServers } from './servers.ts';

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

export type RestoredTask = {
  readonly logUrl: string;
  readonly eventsUrl: string;
  /** Open dialogs that a former task has left. */
  readonly there: number;
  readonly count: number;
  readonly what: 'fill' | 'restore';
};

const counts = [1_000, 10_000, 100_000];

/** Open dialogs after a restart: the deadlines' index first, then every dialog's state; how time and memory grow with their number. */
export const restored = async (dataDir: string): Promise<readonly Figure[]> => {
  await mkdir(dataDir, { recursive: true });
  return grown('SQLite', { logUrl: `sqlite:${join(dataDir, 'log.db')}`, eventsUrl: `sqlite:${join(dataDir, 'events.db')}` });
};

/** The same on Kafka and the event store, which hold nothing else. */
export const kafkaRestored = async (): Promise<readonly Figure[]> => {
  await stopServers();
  return grown('Kafka, event store', await servers());
};

const grown = async (where: string, { logUrl, eventsUrl }: Pick<RestoredTask, 'logUrl' | 'eventsUrl'>): Promise<readonly Figure[]> => {
  const figures: Figure[] = [];
  let there = 0;
  for (const count of counts) {
    await inProcess({ logUrl, eventsUrl, there, count, what: 'fill' });
    const one = (await inProcess({ logUrl, eventsUrl, there, count, what: 'restore' })) as Restored;
    there = count;
    figures.push({
      name: `${count.toLocaleString('en')} open dialogs restored after a restart, per dialog (${where})`,
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

const inProcess = (task: RestoredTask): Promise<unknown> => {
  const child = fork(fileURLToPath(new URL('./restored-process.ts', import.meta.url)), [JSON.stringify(task)], {
    execArgv: ['--expose-gc', '--max-old-space-size=6000'],
  });
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`${task.what} of ${task.count} dialogs ended with ${code}`)));
  });
};
