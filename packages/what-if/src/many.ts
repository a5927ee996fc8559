import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { DialogRef, History } from './history.ts';
import { counted, type Differing, noTotals, type Totals } from './totals.ts';
import type { TrialSource } from './try-one.ts';
import type { Batch, BatchDone, WorkerData } from './worker.ts';

export type ManyOptions = {
  /** Histories, or the names of those that the workers read in the store at `eventsUrl`. Read no faster than they are decided. */
  readonly subjects: AsyncIterable<History | DialogRef> | Iterable<History | DialogRef>;
  readonly trial: TrialSource;
  readonly eventsUrl?: string;
  /** Threads; default: two, or one where the machine has no second core. */
  readonly workers?: number;
  /** It runs beside something that must not wait for it: its threads have a lower priority (on Linux). */
  readonly background?: boolean;
  /** Ends it early; what was decided until then is the outcome. */
  readonly signal?: AbortSignal;
  /** After each batch. */
  readonly onProgress?: (totals: Totals) => void;
  /** Differing dialogs that are kept for the list; all are counted. Default 10,000. */
  readonly maxListed?: number;
};

export type ManyOutcome = {
  readonly totals: Totals;
  /** Those that differ or have a gap, in the order of the subjects, at most `maxListed`. */
  readonly list: readonly Differing[];
  readonly unlisted: number;
  readonly cancelled: boolean;
};

/** Dialogs that are handed to a worker at once: what it holds is bounded by them. */
const batchSize = 16;
/** Batches that wait in or for a worker, so that it need not wait for the next. */
const perWorker = 2;

/**
 * Tries something on many recorded dialogs, in worker threads. They get what was recorded and nothing that could send.
 * @throws where the source fails or a worker dies
 */
export const whatIfMany = async (options: ManyOptions): Promise<ManyOutcome> => {
  const { signal, maxListed = 10_000 } = options;
  const listed: { readonly place: number; readonly one: Differing }[] = [];
  let totals = noTotals;
  let unlisted = 0;
  const next = batches(options.subjects);
  const take = ({ place }: { readonly place: number }, tried: readonly Differing[]): void => {
    for (const [at, one] of tried.entries()) {
      totals = counted(totals, one);
      if (!one.differs && one.gap === null) continue;
      if (listed.length < maxListed) listed.push({ place: place + at, one });
      else unlisted += 1;
    }
    options.onProgress?.(totals);
  };
  const threads = options.workers ?? Math.min(2, availableParallelism());
  const pool = Array.from({ length: threads }, () =>
    thread({
      trial: options.trial,
      background: options.background ?? false,
      ...(options.eventsUrl === undefined ? {} : { eventsUrl: options.eventsUrl }),
    }),
  );
  const aborted = Promise.withResolvers<void>();
  const abort = (): void => aborted.resolve();
  const over = (): boolean => signal?.aborted ?? false;
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const lane = async ({ ask }: Thread): Promise<void> => {
      while (!over()) {
        const batch = await next();
        if (batch === undefined) return;
        const tried = await ask(batch.subjects);
        if (!over()) take(batch, tried);
      }
    };
    const work = Promise.all(pool.flatMap((one) => Array.from({ length: perWorker }, () => lane(one))));
    work.catch(() => undefined);
    if (over()) abort();
    await Promise.race([work, aborted.promise]);
  } finally {
    signal?.removeEventListener('abort', abort);
    await Promise.all(pool.map(({ end }) => end()));
  }
  const list = listed.sort((a, b) => a.place - b.place).map(({ one }) => one);
  return { totals, list, unlisted, cancelled: over() };
};

type Subject = History | DialogRef;

/** The source in batches, asked for by many one after another. */
const batches = (subjects: ManyOptions['subjects']) => {
  const iterator = Symbol.asyncIterator in subjects ? subjects[Symbol.asyncIterator]() : subjects[Symbol.iterator]();
  let place = 0;
  let turn: Promise<unknown> = Promise.resolve();
  let over = false;
  const read = async (): Promise<{ readonly place: number; readonly subjects: readonly Subject[] } | undefined> => {
    const batch: Subject[] = [];
    while (!over && batch.length < batchSize) {
      const { done, value } = await iterator.next();
      if (done === true) over = true;
      else batch.push(value);
    }
    const from = place;
    place += batch.length;
    return batch.length === 0 ? undefined : { place: from, subjects: batch };
  };
  return () => {
    const mine = turn.then(read);
    turn = mine.catch(() => undefined);
    return mine;
  };
};

type Thread = ReturnType<typeof thread>;

const thread = (data: WorkerData) => {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: data });
  const waiting = new Map<number, { readonly resolve: (tried: readonly Differing[]) => void; readonly reject: (error: Error) => void }>();
  const sent = { scripts: new Set<string>(), settings: new Set<string>() };
  let count = 0;
  let failure: Error | undefined;
  const fail = (error: Error): void => {
    failure ??= error;
    for (const { reject } of waiting.values()) reject(failure);
    waiting.clear();
  };
  worker.on('message', (done: BatchDone) => {
    const call = waiting.get(done.id);
    waiting.delete(done.id);
    if ('error' in done) call?.reject(new Error(done.error));
    else call?.resolve(done.tried);
  });
  worker.once('error', (error) => fail(error instanceof Error ? error : new Error(String(error))));
  worker.once('exit', () => fail(new Error('the worker ended')));

  /** What the worker has not got yet of what these histories pin. */
  const pinsOf = (subjects: readonly Subject[]): Batch['pins'] => {
    const pins = { scripts: {} as Record<string, string>, settings: {} as Record<string, History['settings'][string]> };
    for (const subject of subjects) {
      if (!('events' in subject)) continue;
      for (const kind of ['scripts', 'settings'] as const) {
        for (const [hash, value] of Object.entries(subject[kind])) {
          if (sent[kind].has(hash)) continue;
          sent[kind].add(hash);
          pins[kind][hash] = value;
        }
      }
    }
    return pins;
  };

  return {
    ask: (subjects: readonly Subject[]): Promise<readonly Differing[]> => {
      if (failure !== undefined) return Promise.reject(failure);
      const id = count++;
      const answer = new Promise<readonly Differing[]>((resolve, reject) => waiting.set(id, { resolve, reject }));
      const bare = subjects.map((subject) => {
        if (!('events' in subject)) return { account: subject.account, chatId: subject.chatId };
        const { scripts: _scripts, settings: _settings, ...history } = subject;
        return history;
      });
      worker.postMessage({ id, subjects: bare, pins: pinsOf(subjects) } satisfies Batch);
      return answer;
    },
    end: async (): Promise<void> => void (await worker.terminate()),
  };
};
