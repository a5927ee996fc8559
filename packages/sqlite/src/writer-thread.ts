import { Worker } from 'node:worker_threads';
import type { Clock } from '@dialog/contracts/clock';

/**
 * One SQLite file, written by one thread of its own, so that no service's loop waits for a disk. All writes of a turn, and all that
 * arrive while a batch is under way, are one transaction: one fsync for them all (group commit).
 */
export type WriterThread<Op, Result> = {
  /** Resolves once the transaction that holds the operation is durable. Rejects with what the operation threw: the others of the batch stand. */
  readonly submit: (op: Op) => Promise<Result>;
  /** Lets what was submitted finish, then ends the thread. */
  readonly close: () => Promise<void>;
};

export type BatchMessage<Op> = { readonly now: number; readonly ops: readonly Op[] };
export type OpOutcome<Result> =
  | { readonly ok: true; readonly result: Result }
  | { readonly ok: false; readonly error: { readonly code: string; readonly message: string; readonly details?: unknown } };

/** What an operation threw in the thread. */
class WriterError extends Error {
  readonly code: string;
  readonly details: unknown;
  constructor(code: string, message: string, details?: unknown) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

type Pending<Op, Result> = {
  readonly op: Op;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
};

/** Operations in one transaction at most: bounds how long one commit takes. */
const batchLimit = 1000;

export const writerThread = <Op, Result>(options: {
  readonly module: URL;
  readonly workerData: unknown;
  /** Time of a batch: read when it is handed to the thread. */
  readonly clock: Clock;
  /** Called after each durable batch. */
  readonly onCommitted?: () => void;
}): WriterThread<Op, Result> => {
  const worker = new Worker(options.module, { workerData: options.workerData });
  const queue: Pending<Op, Result>[] = [];
  let flying: Pending<Op, Result>[] | undefined;
  let scheduled = false;
  let broken: Error | undefined;
  let closed = false;
  let drained: (() => void) | undefined;

  const send = (): void => {
    scheduled = false;
    if (flying !== undefined || broken !== undefined) return;
    if (queue.length === 0) {
      drained?.();
      return;
    }
    flying = queue.splice(0, batchLimit);
    const message: BatchMessage<Op> = { now: options.clock.now(), ops: flying.map((pending) => pending.op) };
    worker.postMessage(message);
  };

  const fail = (error: Error): void => {
    broken = error;
    for (const pending of [...(flying ?? []), ...queue.splice(0)]) pending.reject(error);
    flying = undefined;
    drained?.();
  };

  worker.on('message', (outcomes: readonly OpOutcome<Result>[]) => {
    const batch = flying ?? [];
    flying = undefined;
    if (queue.length > 0) send();
    batch.forEach((pending, at) => {
      const outcome = outcomes[at];
      if (outcome === undefined) pending.reject(new WriterError('unknown', 'the writer thread gave no outcome'));
      else if (outcome.ok) pending.resolve(outcome.result);
      else pending.reject(new WriterError(outcome.error.code, outcome.error.message, outcome.error.details));
    });
    options.onCommitted?.();
    if (flying === undefined && queue.length === 0) drained?.();
  });
  worker.on('error', (error: unknown) => fail(new WriterError('unavailable', `the writer thread died: ${String(error)}`)));
  worker.on('exit', () => fail(new WriterError('closed', 'the writer thread has ended')));

  return {
    submit: (op) =>
      new Promise((resolve, reject) => {
        if (broken !== undefined || closed) {
          reject(broken ?? new WriterError('closed', 'closed'));
          return;
        }
        queue.push({ op, resolve, reject });
        if (!scheduled && flying === undefined) {
          scheduled = true;
          setImmediate(send);
        }
      }),
    close: async () => {
      if (closed) return;
      closed = true;
      if (broken === undefined && (flying !== undefined || queue.length > 0)) {
        await new Promise<void>((resolve) => {
          drained = resolve;
        });
      }
      await worker.terminate();
    },
  };
};
