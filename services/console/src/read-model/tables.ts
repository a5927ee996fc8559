import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Owner } from '@dialog/contracts/domain-event';
import { type AccountId, type ChatId, type DialogId, parseDialogStream } from '@dialog/contracts/ids';
import type { RecordedEvent } from '@dialog/event-store/port';
import { type DialogRow, foldRow, rowFoldVersion } from './row.ts';
import { type WorkTables, workColumns, workSchema, workTables } from './work-tables.ts';

export type ListFilter = {
  readonly account?: string;
  readonly owner?: Owner;
  readonly flag?: boolean;
  readonly limit: number;
  /** The last row of the page before: rows after it in the order of the list. */
  readonly after?: { readonly lastAt: number; readonly account: string; readonly chatId: string };
};

export type Applied = {
  /** Each changed dialog once, as it is after the batch. */
  readonly rows: readonly DialogRow[];
  /** Events that were there already. */
  readonly duplicates: number;
};

/** Open dialogs of one account and owner, counted now. */
export type OpenDialogs = {
  readonly account: string;
  readonly owner: Exclude<Owner, 'nobody'>;
  readonly count: number;
  /** Since when the one who waits longest has this owner, ms since the epoch. */
  readonly oldestSince: number | null;
  /** Whose close is overdue (design §5.5). */
  readonly closeOverdue: number;
};
export type DialogTotals = {
  readonly open: readonly OpenDialogs[];
  readonly parked: readonly { readonly account: string; readonly count: number }[];
};

/** An event did not follow its row: nothing of the batch was taken, the checkpoint stands where it stood. */
export class RowGap extends Error {
  readonly code = 'gap';
  readonly stream: string;
  readonly expected: number;
  readonly found: number;
  constructor(stream: string, expected: number, found: number) {
    super(`expected revision ${expected}, found ${found}`);
    this.name = 'RowGap';
    this.stream = stream;
    this.expected = expected;
    this.found = found;
  }
}

/**
 * The read model's file: one row per dialog (the fold itself, as JSON, with the columns that the list asks for generated from it)
 * and the checkpoint, changed in one transaction. Synchronous: it lives in a worker thread.
 */
export type Tables = {
  /** Position in `$all` up to which the rows are complete; `start` for an empty read model. */
  readonly checkpoint: () => string;
  /** @throws RowGap */
  readonly apply: (events: readonly RecordedEvent[]) => Applied;
  /** Folds one dialog anew from its whole stream; the checkpoint does not move. [] removes the row. */
  readonly replace: (stream: string, events: readonly RecordedEvent[]) => DialogRow | undefined;
  readonly list: (filter: ListFilter) => readonly DialogRow[];
  readonly row: (account: string, chatId: string) => DialogRow | undefined;
  readonly accounts: () => readonly string[];
  /** Dialogs that are parked, at most `limit`. */
  readonly parked: (limit: number) => readonly DialogId[];
  readonly totals: () => DialogTotals;
  /** How many dialogs each version of a script decided; of one account, or of all. */
  readonly scripts: (account?: string) => readonly ScriptUse[];
  readonly stuck: WorkTables['stuck'];
  readonly waiting: WorkTables['waiting'];
  readonly timers: WorkTables['timers'];
  readonly sends: WorkTables['sends'];
  readonly close: () => void;
};

export type ScriptUse = { readonly account: string; readonly script: string; readonly dialogs: number; readonly open: number };

const schema = `
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS dialog (
    account TEXT NOT NULL,
    chat_id TEXT NOT NULL,
    fold TEXT NOT NULL,
    listed INTEGER GENERATED ALWAYS AS (json_extract(fold, '$.status') = 'live') VIRTUAL,
    owner TEXT GENERATED ALWAYS AS (json_extract(fold, '$.owner')) VIRTUAL,
    flag INTEGER GENERATED ALWAYS AS (json_extract(fold, '$.flag')) VIRTUAL,
    parked INTEGER GENERATED ALWAYS AS (json_extract(fold, '$.parked')) VIRTUAL,
    script TEXT GENERATED ALWAYS AS (json_extract(fold, '$.script')) VIRTUAL,
    last_at INTEGER GENERATED ALWAYS AS (json_extract(fold, '$.lastAt')) VIRTUAL,
${workColumns}    PRIMARY KEY (account, chat_id)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS dialog_script ON dialog (account, script, owner) WHERE script IS NOT NULL;
  CREATE INDEX IF NOT EXISTS dialog_newest ON dialog (listed, last_at DESC, account, chat_id);
  CREATE INDEX IF NOT EXISTS dialog_account ON dialog (listed, account, last_at DESC, chat_id);
  CREATE INDEX IF NOT EXISTS dialog_owner ON dialog (listed, owner, last_at DESC, account, chat_id);
  CREATE INDEX IF NOT EXISTS dialog_flag ON dialog (listed, flag, last_at DESC, account, chat_id);
  CREATE INDEX IF NOT EXISTS dialog_parked ON dialog (account, chat_id) WHERE parked = 1;
  ${workSchema}
`;

/** Opens the file; one that is damaged or of another fold's version is thrown away, since it can be rebuilt. */
export const openTables = (file: string, version = rowFoldVersion): Tables => {
  const db = openOrRebuild(file, version);
  const readMeta = db.prepare('SELECT value FROM meta WHERE name = ?');
  const writeMeta = db.prepare('INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value');
  const readRow = db.prepare('SELECT fold FROM dialog WHERE account = ? AND chat_id = ?');
  const writeRow = db.prepare(
    'INSERT INTO dialog (account, chat_id, fold) VALUES (?, ?, ?) ON CONFLICT (account, chat_id) DO UPDATE SET fold = excluded.fold',
  );
  const parkedDialogs = db.prepare('SELECT account, chat_id FROM dialog WHERE parked = 1 ORDER BY account, chat_id LIMIT ?');
  const openTotals = db.prepare(`
    SELECT account, owner, COUNT(*) AS count, MIN(json_extract(fold, '$.ownerSince')) AS oldest_since,
      SUM(json_extract(fold, '$.closeOverdue')) AS close_overdue
    FROM dialog WHERE listed = 1 AND owner IN ('bot', 'queue', 'operator') GROUP BY account, owner ORDER BY account, owner`);
  const parkedTotals = db.prepare('SELECT account, COUNT(*) AS count FROM dialog WHERE parked = 1 GROUP BY account ORDER BY account');
  const removeRow = db.prepare('DELETE FROM dialog WHERE account = ? AND chat_id = ?');

  const row = (account: string, chatId: string): DialogRow | undefined => {
    const found = readRow.get(account, chatId);
    return found ? (JSON.parse(String(found.fold)) as DialogRow) : undefined;
  };
  const inTransaction = <T>(work: () => T): T => {
    db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      db.exec('COMMIT');
      return result;
    } catch (error) {
      db.exec('ROLLBACK');
      throw error;
    }
  };
  const work = workTables(db);
  const lists = new Map<string, ReturnType<DatabaseSync['prepare']>>();

  return {
    checkpoint: () => String(readMeta.get('checkpoint')?.value ?? 'start'),
    apply: (events) =>
      inTransaction(() => {
        const changed = new Map<string, DialogRow>();
        const former = new Map<string, DialogRow>();
        let duplicates = 0;
        for (const event of events) {
          const id = parseDialogStream(event.stream);
          if (id === undefined) continue;
          const before = changed.get(event.stream) ?? row(id.account, id.chatId);
          if (before !== undefined && !changed.has(event.stream)) former.set(event.stream, before);
          const expected = (before?.revision ?? -1) + 1;
          if (event.revision < expected) {
            duplicates++;
            continue;
          }
          if (event.revision > expected) throw new RowGap(event.stream, expected, event.revision);
          const after = foldRow(id, before, event);
          if (before !== undefined) work.sent(before, event, after.lastAt);
          changed.set(event.stream, after);
        }
        for (const [stream, after] of changed) {
          writeRow.run(after.account, after.chatId, JSON.stringify(after));
          work.written(former.get(stream), after);
        }
        work.prune();
        const last = events.at(-1);
        if (last) writeMeta.run('checkpoint', last.position);
        return { rows: [...changed.values()], duplicates };
      }),
    replace: (stream, events) =>
      inTransaction(() => {
        const id = parseDialogStream(stream);
        if (id === undefined) return undefined;
        let after: DialogRow | undefined;
        for (const event of events) after = foldRow(id, after, event);
        if (after) {
          writeRow.run(after.account, after.chatId, JSON.stringify(after));
          work.written(undefined, after);
        } else {
          removeRow.run(id.account, id.chatId);
          work.removed(id.account, id.chatId);
        }
        return after;
      }),
    list: (filter) => {
      const { sql, values } = listQuery(filter);
      const statement = lists.get(sql) ?? db.prepare(sql);
      lists.set(sql, statement);
      return statement.all(...values).map((found) => JSON.parse(String(found.fold)) as DialogRow);
    },
    row,
    accounts: () =>
      db
        .prepare('SELECT DISTINCT account FROM dialog WHERE listed = 1 ORDER BY account')
        .all()
        .map((found) => String(found.account)),
    parked: (limit) =>
      parkedDialogs
        .all(limit)
        .map((found) => ({ account: String(found['account']) as AccountId, chatId: String(found['chat_id']) as ChatId })),
    totals: () => ({
      open: openTotals.all().map((found) => ({
        account: String(found['account']),
        owner: found['owner'] as OpenDialogs['owner'],
        count: Number(found['count']),
        oldestSince: found['oldest_since'] === null ? null : Number(found['oldest_since']),
        closeOverdue: Number(found['close_overdue']),
      })),
      parked: parkedTotals.all().map((found) => ({ account: String(found['account']), count: Number(found['count']) })),
    }),
    scripts: (account) =>
      db
        .prepare(
          `SELECT account, script, count(*) AS dialogs, sum(owner <> 'nobody') AS open FROM dialog
           WHERE script IS NOT NULL ${account === undefined ? '' : 'AND account = ?'} GROUP BY account, script`,
        )
        .all(...(account === undefined ? [] : [account]))
        .map((found) => ({
          account: String(found['account']),
          script: String(found['script']),
          dialogs: Number(found['dialogs']),
          open: Number(found['open']),
        })),
    stuck: work.stuck,
    waiting: work.waiting,
    timers: work.timers,
    sends: work.sends,
    close: () => db.close(),
  };
};

/** The texts of the query depend only on which filters are given, so that their statements are few and can be kept. */
const listQuery = ({ account, owner, flag, limit, after }: ListFilter): { sql: string; values: (string | number)[] } => {
  const where = ['listed = 1'];
  const values: (string | number)[] = [];
  if (account !== undefined) {
    where.push('account = ?');
    values.push(account);
  }
  if (owner !== undefined) {
    where.push('owner = ?');
    values.push(owner);
  }
  if (flag !== undefined) {
    where.push('flag = ?');
    values.push(flag ? 1 : 0);
  }
  if (after !== undefined) {
    where.push('last_at <= ? AND (last_at < ? OR (account, chat_id) > (?, ?))');
    values.push(after.lastAt, after.lastAt, after.account, after.chatId);
  }
  values.push(limit);
  return { sql: `SELECT fold FROM dialog WHERE ${where.join(' AND ')} ORDER BY last_at DESC, account, chat_id LIMIT ?`, values };
};

const damaged = new Set([11, 26]);

const openOrRebuild = (file: string, version: number): DatabaseSync => {
  try {
    return open(file, version);
  } catch (error) {
    // SQLITE_CORRUPT, SQLITE_NOTADB; anything else (a full disk, a missing folder) is not cured by throwing the file away.
    if (!damaged.has((error as { errcode?: number }).errcode ?? 0)) throw error;
    for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
    return open(file, version);
  }
};

const open = (file: string, version: number): DatabaseSync => {
  const db = new DatabaseSync(file);
  try {
    // NORMAL: a power cut may lose the last transactions, never a part of one; the event store gives them again.
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    db.exec('CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID');
    const found = db.prepare("SELECT value FROM meta WHERE name = 'fold_version'").get()?.value;
    if (found !== String(version)) {
      db.exec('BEGIN IMMEDIATE; DROP TABLE IF EXISTS dialog; DROP TABLE IF EXISTS timer; DROP TABLE IF EXISTS send; DROP TABLE meta;');
      db.exec(schema);
      db.prepare("INSERT INTO meta (name, value) VALUES ('fold_version', ?)").run(String(version));
      db.exec('COMMIT');
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
};
