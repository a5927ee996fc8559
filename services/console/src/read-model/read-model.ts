import { Worker } from 'node:worker_threads';
import type { RecordedEvent } from '@dialog/event-store/port';
import { within } from '../deadline.ts';
import type { ParkedSubject } from './parked-tables.ts';
import { type DialogRow, rowFoldVersion } from './row.ts';
import {
  type Applied,
  type DialogTotals,
  type FacetValues,
  type ListFilter,
  RowGap,
  type SaidOf,
  type ScriptUse,
  type Tables,
} from './tables.ts';
import { type Answer, type Call, sharedNow, type ThreadData } from './thread-call.ts';

/**
 * The read model as the service's loop sees it: `Tables` in a worker thread of its own, what counts over all dialogs in a second one, each call
 * with a deadline.
 */
export type ReadModel = {
  readonly checkpoint: () => Promise<string>;
  readonly lastTaken: () => Promise<ReturnType<Tables['lastTaken']>>;
  readonly clear: () => Promise<void>;
  /** @throws RowGap: nothing was taken */
  readonly apply: (events: readonly RecordedEvent[]) => Promise<Applied>;
  readonly replace: (stream: string, events: readonly RecordedEvent[]) => Promise<DialogRow | undefined>;
  readonly list: (filter: ListFilter) => Promise<readonly DialogRow[]>;
  readonly said: (dialogs: readonly SaidOf[]) => Promise<readonly (readonly string[])[]>;
  readonly row: (account: string, chatId: string) => Promise<DialogRow | undefined>;
  readonly accounts: () => Promise<readonly string[]>;
  readonly values: (limit: number) => Promise<FacetValues>;
  readonly parked: (limit: number) => Promise<readonly ParkedSubject[]>;
  /** Counted when asked: totals are queries, never increments. */
  readonly totals: () => Promise<DialogTotals>;
  readonly scripts: (account?: string) => Promise<readonly ScriptUse[]>;
  readonly stuck: (...args: Parameters<Tables['stuck']>) => Promise<ReturnType<Tables['stuck']>>;
  readonly waiting: (...args: Parameters<Tables['waiting']>) => Promise<ReturnType<Tables['waiting']>>;
  readonly timers: (...args: Parameters<Tables['timers']>) => Promise<ReturnType<Tables['timers']>>;
  readonly setAside: (...args: Parameters<Tables['setAside']>) => Promise<void>;
  readonly quarantineRead: () => Promise<ReturnType<Tables['quarantineRead']>>;
  readonly quarantined: (...args: Parameters<Tables['quarantined']>) => Promise<ReturnType<Tables['quarantined']>>;
  readonly webhooks: (...args: Parameters<Tables['webhooks']>) => Promise<ReturnType<Tables['webhooks']>>;
  readonly connection: (...args: Parameters<Tables['connection']>) => Promise<ReturnType<Tables['connection']>>;
  readonly sends: (...args: Parameters<Tables['sends']>) => Promise<ReturnType<Tables['sends']>>;
  readonly numbers: (...args: Parameters<Tables['numbers']>) => Promise<ReturnType<Tables['numbers']>>;
  readonly behind: (...args: Parameters<Tables['behind']>) => Promise<ReturnType<Tables['behind']>>;
  readonly flow: (...args: Parameters<Tables['flow']>) => Promise<ReturnType<Tables['flow']>>;
  readonly withBot: (...args: Parameters<Tables['withBot']>) => Promise<number>;
  readonly close: () => Promise<void>;
  /** Rejects when the worker dies by itself: then the process must end. Never resolves before `close`. */
  readonly died: Promise<void>;
};

const callTimeoutMs = 10_000;
const applyTimeoutMs = 60_000;

type Thread = {
  /** @throws RowGap, DeadlineExceeded: it is not begun then, where it was not yet */
  readonly call: (timeoutMs: number, name: Call['name'], ...args: readonly unknown[]) => Promise<unknown>;
  readonly close: () => Promise<void>;
  readonly died: Promise<void>;
};

const openThread = (data: ThreadData): Thread => {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: data });
  const open = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let next = 0;
  let closing = false;

  worker.on('message', (answer: Answer) => {
    const call = open.get(answer.id);
    open.delete(answer.id);
    if ('gap' in answer) call?.reject(new RowGap(answer.gap.stream, answer.gap.expected, answer.gap.found));
    else if ('error' in answer) call?.reject(new Error(answer.error));
    else call?.resolve(answer.value);
  });
  let failure: Error | undefined;
  const died = new Promise<void>((resolve, reject) => {
    const end = (error: Error) => {
      failure = error;
      for (const call of open.values()) call.reject(error);
      open.clear();
      if (closing) resolve();
      else reject(error);
    };
    worker.once('error', (error) => end(error instanceof Error ? error : new Error(String(error))));
    worker.once('exit', () => end(failure ?? new Error('the read model is closed')));
  });
  died.catch(() => undefined);

  const call: Thread['call'] = async (timeoutMs, name, ...args) => {
    if (failure) throw failure;
    const id = next++;
    const answered = new Promise<unknown>((resolve, reject) => open.set(id, { resolve, reject }));
    worker.postMessage({ id, name, args, until: sharedNow() + timeoutMs } satisfies Call);
    try {
      return await within(timeoutMs, `read model: ${name}`, answered);
    } finally {
      open.delete(id);
    }
  };

  return {
    call,
    close: async () => {
      if (closing) return;
      closing = true;
      if (failure) return;
      try {
        await call(callTimeoutMs, 'close');
        await within(callTimeoutMs, 'read model: exit', died);
      } finally {
        await worker.terminate();
      }
    },
    died,
  };
};

export const openReadModel = (options: { readonly file: string; readonly version?: number }): ReadModel => {
  const { file, version = rowFoldVersion } = options;
  const tables = openThread({ file, version, counts: false });
  const { call } = tables;
  const died = Promise.withResolvers<void>();
  died.promise.catch(() => undefined);
  tables.died.then(died.resolve, died.reject);
  let counts: Promise<Thread> | undefined;
  const openCounts = async (): Promise<Thread> => {
    // It answers once the file is one of this version.
    await call(callTimeoutMs, 'checkpoint');
    const thread = openThread({ file, version, counts: true });
    thread.died.catch(died.reject);
    return thread;
  };
  const count = async (name: Call['name'], ...args: readonly unknown[]): Promise<unknown> => {
    counts ??= openCounts();
    const opening = counts;
    opening.catch(() => {
      if (counts === opening) counts = undefined;
    });
    return (await opening).call(callTimeoutMs, name, ...args);
  };

  return {
    checkpoint: async () => (await call(callTimeoutMs, 'checkpoint')) as ReturnType<Tables['checkpoint']>,
    lastTaken: async () => (await call(callTimeoutMs, 'lastTaken')) as ReturnType<Tables['lastTaken']>,
    clear: async () => {
      await call(applyTimeoutMs, 'clear');
    },
    apply: async (events) => (await call(applyTimeoutMs, 'apply', events)) as Applied,
    replace: async (stream, events) => (await call(applyTimeoutMs, 'replace', stream, events)) as DialogRow | undefined,
    list: async (filter) => (await call(callTimeoutMs, 'list', filter)) as readonly DialogRow[],
    said: async (dialogs) => (await call(callTimeoutMs, 'said', dialogs)) as readonly (readonly string[])[],
    row: async (account, chatId) => (await call(callTimeoutMs, 'row', account, chatId)) as DialogRow | undefined,
    accounts: async () => (await call(callTimeoutMs, 'accounts')) as readonly string[],
    values: async (limit) => (await call(callTimeoutMs, 'values', limit)) as FacetValues,
    parked: async (limit) => (await call(callTimeoutMs, 'parked', limit)) as readonly ParkedSubject[],
    totals: async () => (await call(callTimeoutMs, 'totals')) as DialogTotals,
    scripts: async (account) => (await call(callTimeoutMs, 'scripts', ...(account === undefined ? [] : [account]))) as readonly ScriptUse[],
    stuck: async (...args) => (await call(callTimeoutMs, 'stuck', ...args)) as ReturnType<Tables['stuck']>,
    waiting: async (...args) => (await call(callTimeoutMs, 'waiting', ...args)) as ReturnType<Tables['waiting']>,
    timers: async (...args) => (await call(callTimeoutMs, 'timers', ...args)) as ReturnType<Tables['timers']>,
    withBot: async (...args) => (await call(callTimeoutMs, 'withBot', ...args)) as number,
    setAside: async (...args) => {
      await call(applyTimeoutMs, 'setAside', ...args);
    },
    quarantineRead: async () => (await call(callTimeoutMs, 'quarantineRead')) as ReturnType<Tables['quarantineRead']>,
    quarantined: async (...args) => (await call(callTimeoutMs, 'quarantined', ...args)) as ReturnType<Tables['quarantined']>,
    webhooks: async (...args) => (await call(callTimeoutMs, 'webhooks', ...args)) as ReturnType<Tables['webhooks']>,
    connection: async (...args) => (await call(callTimeoutMs, 'connection', ...args)) as ReturnType<Tables['connection']>,
    numbers: async (...args) => (await count('numbers', ...args)) as ReturnType<Tables['numbers']>,
    flow: async (...args) => (await count('flow', ...args)) as ReturnType<Tables['flow']>,
    behind: async (...args) => (await count('behind', ...args)) as ReturnType<Tables['behind']>,
    sends: async (...args) => (await call(callTimeoutMs, 'sends', ...args)) as ReturnType<Tables['sends']>,
    close: async () => {
      const thread = await counts?.catch(() => undefined);
      await Promise.all([thread?.close(), tables.close()]);
    },
    died: died.promise,
  };
};
