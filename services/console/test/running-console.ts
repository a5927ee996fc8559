import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '@dialog/contracts/clock';
import { topics } from '@dialog/contracts/topics';
import type { EventStore } from '@dialog/event-store/port';
import { sqliteEventStore } from '@dialog/event-store/sqlite/event-store';
import type { PartitionedLog } from '@dialog/log/port';
import { sqliteLog } from '@dialog/log/sqlite/log';
import { pino } from 'pino';
import { type ConsoleOptions, consoleService } from '../src/console.ts';

export type RunningConsole = {
  readonly address: string;
  /** Its own, gone with the stop. */
  readonly folder: string;
  readonly store: EventStore;
  readonly log: PartitionedLog;
  readonly stop: () => Promise<void>;
};

/** Of a store with a long history: it delivers what it has, and is never through with it. */
export const neverCaughtUp = (store: EventStore): EventStore => ({
  ...store,
  subscribe: (options) => store.subscribe({ ...options, onCaughtUp: () => undefined }),
});

/** A console over stores of its own; two partitions of the inbox and of the quarantine. */
export const runningConsole = async (more: Partial<ConsoleOptions> = {}): Promise<RunningConsole> => {
  const folder = await mkdtemp(join(tmpdir(), 'console-'));
  const file = join(folder, 'events.db');
  const store = sqliteEventStore({ file, clock: realClock });
  const log = sqliteLog({ file: join(folder, 'log.db'), clock: realClock });
  await log.ensureTopics([topics.inbox, topics.quarantine].map((name) => ({ name, partitions: 2, cleanup: 'delete' })));
  const desk = consoleService({
    store,
    log,
    clock: realClock,
    logger: pino({ level: 'silent' }),
    dataFile: join(folder, 'console.db'),
    port: 0,
    eventsUrl: `sqlite:${file}`,
    ...more,
  });
  const running = desk.run();
  const address = await desk.listening();
  return {
    address,
    folder,
    store,
    log,
    stop: async () => {
      await desk.stop();
      await running;
      await log.close();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
