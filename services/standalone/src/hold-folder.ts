import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** How long another process that takes the same file just now is waited for, ms. */
const waitMs = 500;
const busy = 5;

/**
 * Holds parts of a data folder for this process alone: each the files that two processes would spoil for each other. What holds one is a lock that
 * the system frees with the process, killed or not; the process's number beside it is for people only. @returns what lets go of all
 * @throws Error that names the folder and the process that holds a part; then none is held
 */
export const holdFolder = (dataDir: string, parts: readonly string[]): (() => void) => {
  const held: (() => void)[] = [];
  const release = (): void => {
    for (const letGo of held.splice(0)) letGo();
  };
  try {
    for (const part of parts) held.push(holdPart(dataDir, part));
  } catch (error) {
    release();
    throw error;
  }
  return release;
};

const holdPart = (dataDir: string, part: string): (() => void) => {
  const db = new DatabaseSync(join(dataDir, `${part}.lock`));
  try {
    db.exec(`PRAGMA busy_timeout = ${waitMs}`);
    db.exec('BEGIN IMMEDIATE');
    db.exec(`PRAGMA user_version = ${process.pid}`);
    db.exec('COMMIT');
    // Left open, it keeps other writers out and lets them read the number.
    db.exec('BEGIN IMMEDIATE');
  } catch (error) {
    const message = isBusy(error) ? `${dataDir}: another engine (pid ${holderOf(db)}) uses this folder` : undefined;
    db.close();
    throw message === undefined ? error : new Error(message, { cause: error });
  }
  return () => db.close();
};

const isBusy = (error: unknown): boolean => (((error as { errcode?: number }).errcode ?? 0) & 0xff) === busy;

const holderOf = (db: DatabaseSync): string => {
  try {
    return String(db.prepare('PRAGMA user_version').get()?.['user_version']);
  } catch {
    return 'unknown';
  }
};
