import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Owner } from '@dialog/contracts/domain-event';
import { parseDialogStream, parseParkedStream } from '@dialog/contracts/ids';
import type { RecordedEvent } from '@dialog/event-store/port';
import { type CountedDialog, countEvent, type EpisodeTables, episodeSchema, episodeTables, uncounted } from './episode-tables.ts';
import { facetSchema, facetTable } from './facet-table.ts';
import { type FacetName, facetNames } from './facets.ts';
import { finder, type ListFilter } from './find.ts';
import { type ParkedTables, parkedSchema, parkedTables } from './parked-tables.ts';
import { type DialogRow, foldRow, rowFoldVersion } from './row.ts';
import { saidSchema, saidTable } from './said-table.ts';
import { textsOf, visitorTextsOf } from './texts.ts';
import { type WebhookTables, webhookSchema, webhookTables } from './webhook-tables.ts';
import { wordSchema, wordTables } from './word-tables.ts';
import { type WorkTables, workColumns, workSchema, workTables } from './work-tables.ts';

export type { ListFilter } from './find.ts';

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
  readonly parked: ReturnType<ParkedTables['totals']>;
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
 * The read model's file: one row per dialog (the fold itself, as JSON, beside the columns that are asked for), under what it is found
 * (`facet-table.ts`), its words (`word-tables.ts`), what was said in short (`said-table.ts`) and the checkpoint, changed in one transaction. Synchronous: it lives in a worker thread.
 */
export type Tables = {
  /** Position in `$all` up to which the rows are complete; `start` for an empty read model. */
  readonly checkpoint: () => string;
  /** The event that stands there; undefined for an empty read model, and one whose last batch an older version took. */
  readonly lastTaken: () => TakenEvent | undefined;
  /** As if the file were new. */
  readonly clear: () => void;
  /** @throws RowGap */
  readonly apply: (events: readonly RecordedEvent[]) => Applied;
  /** Folds one dialog anew from its whole stream; the checkpoint does not move. [] removes the row. */
  readonly replace: (stream: string, events: readonly RecordedEvent[]) => DialogRow | undefined;
  readonly list: (filter: ListFilter) => readonly DialogRow[];
  readonly row: (account: string, chatId: string) => DialogRow | undefined;
  /** Of each dialog what its visitor said first and last, in short; [] where he said nothing. */
  readonly said: (dialogs: readonly SaidOf[]) => readonly (readonly string[])[];
  readonly accounts: () => readonly string[];
  /** What stands under each facet that has few values, to choose from; at most `limit` of each, in alphabetical order. */
  readonly values: (limit: number) => FacetValues;
  readonly parked: ParkedTables['parked'];
  readonly totals: () => DialogTotals;
  /** How many dialogs each version of a script decided; of one account, or of all. */
  readonly scripts: (account?: string) => readonly ScriptUse[];
  readonly stuck: WorkTables['stuck'];
  readonly waiting: WorkTables['waiting'];
  readonly timers: WorkTables['timers'];
  readonly sends: WorkTables['sends'];
  readonly setAside: WebhookTables['setAside'];
  readonly quarantineRead: WebhookTables['quarantineRead'];
  readonly quarantined: WebhookTables['quarantined'];
  readonly webhooks: WebhookTables['webhooks'];
  readonly connection: WebhookTables['connection'];
  readonly withBot: WorkTables['withBot'];
  readonly numbers: EpisodeTables['numbers'];
  readonly behind: EpisodeTables['behind'];
  readonly flow: EpisodeTables['flow'];
  readonly close: () => void;
};

export type SaidOf = { readonly account: string; readonly chatId: string };

export type TakenEvent = Pick<RecordedEvent, 'stream' | 'revision' | 'id'>;

export type FacetValues = Readonly<Record<Exclude<FacetName, 'visitor'>, readonly string[]>>;

export type ScriptUse = { readonly account: string; readonly script: string; readonly dialogs: number; readonly open: number };

const schema = `
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS dialog (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    chat_id TEXT NOT NULL,
    listed INTEGER NOT NULL,
    owner TEXT,
    parked INTEGER NOT NULL,
    script TEXT,
    last_at INTEGER NOT NULL,
    fold TEXT NOT NULL,
${workColumns}    UNIQUE (account, chat_id)
  );
  CREATE INDEX IF NOT EXISTS dialog_script ON dialog (account, script, owner) WHERE script IS NOT NULL;
  CREATE INDEX IF NOT EXISTS dialog_newest ON dialog (listed, last_at DESC, account, chat_id);
  CREATE INDEX IF NOT EXISTS dialog_owner ON dialog (listed, owner, account);
  CREATE INDEX IF NOT EXISTS dialog_parked ON dialog (account, chat_id) WHERE parked = 1;
  ${saidSchema}
  ${parkedSchema}
  ${workSchema}
  ${webhookSchema}
  ${episodeSchema}
`;

/** Opens the file; one that is damaged or of another fold's version is thrown away, since it can be rebuilt. */
export const openTables = (file: string, version = rowFoldVersion): Tables => {
  const db = openOrRebuild(file, version);
  const readMeta = db.prepare('SELECT value FROM meta WHERE name = ?');
  const writeMeta = db.prepare('INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value');
  const readRow = db.prepare('SELECT id, fold FROM dialog WHERE account = ? AND chat_id = ?');
  const addRow = db.prepare(
    'INSERT INTO dialog (listed, owner, parked, script, last_at, fold, account, chat_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id',
  );
  const changeRow = db.prepare('UPDATE dialog SET listed = ?, owner = ?, parked = ?, script = ?, last_at = ?, fold = ? WHERE id = ?');
  const removeRow = db.prepare('DELETE FROM dialog WHERE id = ?');
  const facets = facetTable(db);
  const words = wordTables(db);
  const said = saidTable(db);
  const find = finder(db, words);
  const openTotals = db.prepare(`
    SELECT account, owner, COUNT(*) AS count, MIN(json_extract(fold, '$.ownerSince')) AS oldest_since,
      SUM(json_extract(fold, '$.closeOverdue')) AS close_overdue
    FROM dialog WHERE listed = 1 AND owner IN ('bot', 'queue', 'operator') GROUP BY account, owner ORDER BY account, owner`);

  const stored = (account: string, chatId: string): { readonly id: number; readonly row: DialogRow } | undefined => {
    const found = readRow.get(account, chatId);
    return found ? { id: Number(found['id']), row: JSON.parse(String(found['fold'])) as DialogRow } : undefined;
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
  const parked = parkedTables(db);
  const work = workTables(db);
  const hooks = webhookTables(db);
  const episodes = episodeTables(db);
  /** The row as it becomes, and all that stands beside it. `id`: of the row that was there, undefined where there was none. */
  const write = (
    id: number | undefined,
    before: DialogRow | undefined,
    after: DialogRow,
    { texts, visitorTexts }: Pick<Changed, 'texts' | 'visitorTexts'>,
    counted: CountedDialog,
  ): void => {
    const { status, owner, script, lastAt, account, chatId } = after;
    const columns = [status === 'unseen' ? 0 : 1, owner, after.parked ? 1 : 0, script, lastAt, JSON.stringify(after)] as const;
    const own = id ?? Number(addRow.get(...columns, account, chatId)?.['id']);
    if (id !== undefined) changeRow.run(...columns, id);
    facets.change(own, before, after);
    words.add(own, after.revision, texts);
    said.add(own, visitorTexts);
    work.written(before, after);
    episodes.write(own, after, counted);
  };

  return {
    checkpoint: () => String(readMeta.get('checkpoint')?.value ?? 'start'),
    lastTaken: () => {
      const taken = readMeta.get('last_taken')?.value;
      return taken === undefined ? undefined : (JSON.parse(String(taken)) as TakenEvent);
    },
    clear: () => inTransaction(() => beginAnew(db, version)),
    apply: (events) =>
      inTransaction(() => {
        const changed = new Map<string, Changed>();
        let duplicates = 0;
        for (const event of events) {
          const id = parseDialogStream(event.stream);
          if (id === undefined) {
            const subject = parseParkedStream(event.stream);
            if (subject !== undefined) parked.recorded(subject, event);
            continue;
          }
          const one = changed.get(event.stream) ?? opened(stored(id.account, id.chatId));
          const expected = (one.after?.revision ?? -1) + 1;
          if (event.revision < expected) {
            duplicates++;
            continue;
          }
          if (event.revision > expected) throw new RowGap(event.stream, expected, event.revision);
          const before = one.after;
          one.after = foldRow(id, before, event);
          if (before !== undefined) work.sent(before, event, one.after.lastAt);
          hooks.recorded(id, event, before);
          one.texts.push(...textsOf(event));
          one.visitorTexts.push(...visitorTextsOf(event));
          one.episodes = countEvent(one.episodes ?? episodes.folded(one.id), event);
          changed.set(event.stream, one);
        }
        // In the order of ids, the new ones last: the index of words writes a segment each time that it has to go back.
        const ordered = [...changed.values()].sort((a, b) => (a.id ?? Number.MAX_SAFE_INTEGER) - (b.id ?? Number.MAX_SAFE_INTEGER));
        for (const { id, before, after, texts, visitorTexts, episodes: fold } of ordered) {
          // Its number is found like a word of it.
          const own = { texts: id === undefined && after ? [after.chatId, ...texts] : texts, visitorTexts };
          if (after && fold) write(id, before, after, own, fold);
        }
        work.prune();
        hooks.prune();
        const last = events.at(-1);
        if (last) {
          writeMeta.run('checkpoint', last.position);
          const { stream, revision, id } = last;
          writeMeta.run('last_taken', JSON.stringify({ stream, revision, id } satisfies TakenEvent));
        }
        return { rows: [...changed.values()].flatMap(({ after }) => (after ? [after] : [])), duplicates };
      }),
    replace: (stream, events) =>
      inTransaction(() => {
        const id = parseDialogStream(stream);
        if (id === undefined) return undefined;
        const found = stored(id.account, id.chatId);
        let after: DialogRow | undefined;
        for (const event of events) {
          hooks.recorded(id, event, after);
          after = foldRow(id, after, event);
        }
        if (found) words.erase(found.id);
        if (found) said.erase(found.id);
        if (found) episodes.removed(found.id);
        if (after) {
          const own = { texts: [after.chatId, ...events.flatMap(textsOf)], visitorTexts: events.flatMap(visitorTextsOf) };
          write(found?.id, found?.row, after, own, events.reduce(countEvent, uncounted()));
        }
        if (after === undefined && found) {
          facets.change(found.id, found.row, undefined);
          removeRow.run(found.id);
          work.removed(id.account, id.chatId);
        }
        return after;
      }),
    list: find,
    row: (account, chatId) => stored(account, chatId)?.row,
    said: (dialogs) => dialogs.map(({ account, chatId }) => said.of(account, chatId)),
    values: (limit) =>
      Object.fromEntries(facetNames.filter((name) => name !== 'visitor').map((name) => [name, facets.values(name, limit)])) as FacetValues,
    accounts: () => facets.values('account'),
    parked: parked.parked,
    totals: () => ({
      open: openTotals.all().map((found) => ({
        account: String(found['account']),
        owner: found['owner'] as OpenDialogs['owner'],
        count: Number(found['count']),
        oldestSince: found['oldest_since'] === null ? null : Number(found['oldest_since']),
        closeOverdue: Number(found['close_overdue']),
      })),
      parked: parked.totals(),
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
    setAside: (records) => inTransaction(() => hooks.setAside(records)),
    quarantineRead: hooks.quarantineRead,
    quarantined: hooks.quarantined,
    webhooks: hooks.webhooks,
    connection: hooks.connection,
    withBot: work.withBot,
    numbers: episodes.numbers,
    behind: episodes.behind,
    flow: episodes.flow,
    close: () => db.close(),
  };
};

/**
 * What counts over all dialogs, for a thread of its own beside the one that writes: a scan of a year's episodes takes seconds. It sees whole
 * batches only.
 */
export const openCounts = (file: string): Pick<Tables, 'numbers' | 'behind' | 'flow' | 'close'> => {
  const db = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
  const { numbers, behind, flow } = episodeTables(db);
  return { numbers, behind, flow, close: () => db.close() };
};

/** A dialog in a batch: as it was, as it is, and what was said in between. */
type Changed = {
  readonly id: number | undefined;
  readonly before: DialogRow | undefined;
  after: DialogRow | undefined;
  readonly texts: string[];
  readonly visitorTexts: string[];
  /** undefined: not read yet. */
  episodes: CountedDialog | undefined;
};
const opened = (found: { readonly id: number; readonly row: DialogRow } | undefined): Changed => ({
  id: found?.id,
  before: found?.row,
  after: found?.row,
  texts: [],
  visitorTexts: [],
  episodes: undefined,
});

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

/** Whatever tables another version had: an index's own tables go with it. */
const dropAll = (db: DatabaseSync): void => {
  const tables = db.prepare(
    "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite_%'",
  );
  for (const { name } of tables.all()) db.exec(`DROP TABLE "${String(name)}"`);
};

/** Within a transaction. */
const beginAnew = (db: DatabaseSync, version: number): void => {
  dropAll(db);
  db.exec(schema + facetSchema + wordSchema);
  db.prepare("INSERT INTO meta (name, value) VALUES ('fold_version', ?)").run(String(version));
};

const open = (file: string, version: number): DatabaseSync => {
  const db = new DatabaseSync(file);
  try {
    // NORMAL: a power cut may lose the last transactions, never a part of one; the event store gives them again.
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536;');
    db.exec('CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID');
    const found = db.prepare("SELECT value FROM meta WHERE name = 'fold_version'").get()?.value;
    if (found !== String(version)) {
      db.exec('BEGIN IMMEDIATE');
      beginAnew(db, version);
      db.exec('COMMIT');
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
};
