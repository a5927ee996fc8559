import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { realClock } from '@dialog/contracts/clock';
import { openEventStore } from '@dialog/event-store/open-event-store';
import type { DialogRef, History } from './history.ts';
import { storedHistories } from './stored.ts';
import { type TrialSource, type Tried, tryingOne, without } from './try-one.ts';

export type WorkerData = { readonly trial: TrialSource; readonly eventsUrl?: string; readonly background: boolean };
/** What was pinned travels to a worker once; `pins` are those that it has not seen. */
export type Batch = {
  readonly id: number;
  readonly subjects: readonly (DialogRef | Omit<History, 'scripts' | 'settings'>)[];
  readonly pins: Pick<History, 'scripts' | 'settings'>;
};
export type BatchDone = { readonly id: number } & ({ readonly tried: readonly Tried[] } | { readonly error: string });

const port = parentPort;
if (port === null) throw new Error('bug: it runs in a worker thread');
const { trial, eventsUrl, background } = workerData as WorkerData;
// On Linux this is the priority of this thread alone: whatever else the process does goes first. Elsewhere it would be the whole process's.
if (background && process.platform === 'linux') setPriority(0, constants.priority.PRIORITY_BELOW_NORMAL);

const { brief } = tryingOne(trial);
const read = eventsUrl === undefined ? undefined : storedHistories(await openEventStore({ url: eventsUrl, clock: realClock }));
const scripts: Record<string, string> = {};
const settings: Record<string, History['settings'][string]> = {};

const tryIt = async (subject: Batch['subjects'][number]): Promise<Tried> => {
  if ('events' in subject) return brief({ ...subject, scripts, settings });
  const history = await read?.(subject);
  return history === undefined ? without(subject, 'history', '') : brief(history);
};

port.on('message', async ({ id, subjects, pins }: Batch) => {
  Object.assign(scripts, pins.scripts);
  Object.assign(settings, pins.settings);
  try {
    const tried: Tried[] = [];
    for (const subject of subjects) tried.push(await tryIt(subject));
    port.postMessage({ id, tried } satisfies BatchDone);
  } catch (error) {
    port.postMessage({ id, error: error instanceof Error ? error.message : 'unknown' } satisfies BatchDone);
  }
});
