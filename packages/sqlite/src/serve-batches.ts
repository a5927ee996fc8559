import { DatabaseSync } from 'node:sqlite';
import { parentPort } from 'node:worker_threads';
import { damageOf } from './damage.ts';
import type { BatchMessage, OpOutcome } from './writer-thread.ts';

/** Thrown by an operation: undone alone, the batch goes on. */
export class OpError extends Error {
  readonly code: string;
  readonly details: unknown;
  constructor(code: string, message: string, details?: unknown) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/**
 * Opens a file as all our files are opened: WAL, an fsync at each commit, no waiting inside SQLite. `schema`: statements that may be run again
 * (`CREATE … IF NOT EXISTS`); they need the write lock of a file that is new, which another process that opens it just now may hold.
 */
export const openDatabase = (file: string, options: { readOnly?: boolean; schema?: string } = {}): DatabaseSync => {
  const db = new DatabaseSync(file, { readOnly: options.readOnly ?? false });
  try {
    db.exec('PRAGMA busy_timeout = 0');
    if (options.readOnly !== true) {
      patiently(() => db.exec('PRAGMA journal_mode = WAL'));
      db.exec('PRAGMA synchronous = FULL');
      const { schema } = options;
      if (schema !== undefined) patiently(() => db.exec(schema));
    }
    return db;
  } catch (error) {
    db.close();
    const damage = damageOf(error, file);
    throw damage === undefined ? error : new Error(damage, { cause: error });
  }
};

/** Runs in the writer thread: each message is one transaction. */
export const serveBatches = <Op, Result>(db: DatabaseSync, apply: (op: Op, now: number) => Result): void => {
  parentPort?.on('message', ({ ops, now }: BatchMessage<Op>) => {
    parentPort?.postMessage(runBatch(db, ops, now, apply));
  });
};

const runBatch = <Op, Result>(
  db: DatabaseSync,
  ops: readonly Op[],
  now: number,
  apply: (op: Op, now: number) => Result,
): OpOutcome<Result>[] => {
  try {
    patiently(() => db.exec('BEGIN IMMEDIATE'));
    const outcomes = ops.map((op): OpOutcome<Result> => {
      try {
        db.exec('SAVEPOINT op');
        const result = apply(op, now);
        db.exec('RELEASE op');
        return { ok: true, result };
      } catch (error) {
        db.exec('ROLLBACK TO op');
        db.exec('RELEASE op');
        return failed(error, db);
      }
    });
    patiently(() => db.exec('COMMIT'));
    return outcomes;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    // Disk full, or another process holds the file: nothing of the batch stands.
    const damage = damageOf(error, db.location() ?? '');
    const told = damage === undefined ? { code: 'unavailable', message: String(error) } : { code: 'damaged', message: damage };
    return ops.map(() => ({ ok: false, error: told }));
  }
};

const failed = (error: unknown, db: DatabaseSync): OpOutcome<never> => {
  if (error instanceof OpError) return { ok: false, error: { code: error.code, message: error.message, details: error.details } };
  const damage = damageOf(error, db.location() ?? '');
  return { ok: false, error: damage === undefined ? { code: 'unknown', message: String(error) } : { code: 'damaged', message: damage } };
};

const longestWaitMs = 5_000;
const busy = 5;

/** Another process holds the write lock: waits with full jitter, in this thread, at most 5 s. */
const patiently = (attempt: () => void): void => {
  const until = performance.now() + longestWaitMs;
  for (let failures = 0; ; failures++) {
    try {
      attempt();
      return;
    } catch (error) {
      const code = (error as { errcode?: number }).errcode;
      if (code === undefined || (code & 0xff) !== busy || performance.now() > until) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.random() * Math.min(50, 2 ** failures));
    }
  }
};
