import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Counted, NumbersFile } from '@dialog/contracts/numbers';
import { counter, isBehind } from '@dialog/domain/numbers/count';
import { type Episode, type EpisodeFold, foldEpisodes, noEpisodes, waysTaken } from '@dialog/domain/numbers/episode';
import { type Bucket, bucketsIn } from './buckets.ts';
import type { DialogRow, RowEvent } from './row.ts';

/** Episodes that began in a period: `from` ≤ begin < `to`, ms. */
export type Period = { readonly from: number; readonly to: number; readonly account?: string };

export type EpisodeKey = { readonly startedAt: number; readonly account: string; readonly chatId: string; readonly number: number };
export type FoundEpisode = EpisodeKey & { readonly episode: Episode };

export type EpisodeTables = {
  /** The fold of a dialog that was written, to go on with. */
  readonly folded: (dialog: number | undefined) => CountedDialog;
  readonly write: (dialog: number, row: Pick<DialogRow, 'account' | 'chatId' | 'script'>, counted: CountedDialog) => void;
  readonly removed: (dialog: number) => void;
  /** All numbers of a file, over the episodes of a period. */
  readonly numbers: (file: NumbersFile, period: Period, by: Bucket, zone: string) => readonly Counted[];
  /** Those behind a number or one of its parts, the newest first, after a key; `examined` bounds one answer. */
  readonly behind: (
    file: NumbersFile,
    name: string,
    part: string | null | undefined,
    period: Period,
    limit: number,
    after?: EpisodeKey,
  ) => { readonly episodes: readonly FoundEpisode[]; readonly next: EpisodeKey | null };
  /** Dialogs of a period that a script decided, by the way that they took; a way's ends are first put in the place that `stands` names for them. */
  readonly flow: (script: string, stands: Readonly<Record<string, string>>, period: Period) => Flow;
};

export type Flow = {
  readonly dialogs: number;
  readonly ways: readonly { readonly from: string; readonly to: string; readonly dialogs: number }[];
  /** Where they were left while the bot waited. */
  readonly left: readonly { readonly step: string; readonly dialogs: number }[];
};

/** A dialog's fold, and what came of it since it was written: episodes by their number, ways as `from\nto`. */
export type CountedDialog = { fold: EpisodeFold; readonly episodes: Map<number, Episode>; readonly ways: Set<string> };
const counted = (fold: EpisodeFold): CountedDialog => ({ fold, episodes: new Map(), ways: new Set() });
export const uncounted = (): CountedDialog => counted(noEpisodes);

export const episodeSchema = `
  CREATE TABLE IF NOT EXISTS episode_fold (dialog INTEGER PRIMARY KEY, fold TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS episode (
    dialog INTEGER NOT NULL,
    number INTEGER NOT NULL,
    account TEXT NOT NULL,
    chat_id TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    facts TEXT NOT NULL,
    PRIMARY KEY (dialog, number)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS way (
    id INTEGER PRIMARY KEY, script TEXT NOT NULL, from_step TEXT NOT NULL, to_step TEXT NOT NULL, UNIQUE (script, from_step, to_step)
  );
  CREATE TABLE IF NOT EXISTS dialog_way (way INTEGER NOT NULL, dialog INTEGER NOT NULL, PRIMARY KEY (way, dialog)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS way_of_dialog ON dialog_way (dialog);
  CREATE INDEX IF NOT EXISTS episode_newest ON episode (started_at DESC, account DESC, chat_id DESC, number DESC);
`;

/** One event onto a dialog's fold. An event whose metadata can't be read counts for nothing, as in the row. @returns what it was given */
export const countEvent = (dialog: CountedDialog, { revision, type, data, metadata }: RowEvent): CountedDialog => {
  const { fold } = dialog;
  const { at, owner } = (metadata ?? {}) as { at?: unknown; owner?: EpisodeFold['owner'] };
  if (typeof at !== 'number') return dialog;
  if (type === 'ScriptAdvanced')
    for (const way of waysTaken(fold, data as Parameters<typeof waysTaken>[1])) dialog.ways.add(way.join('\n'));
  dialog.fold = foldEpisodes(fold, { revision, type, data, metadata: { at, owner: owner ?? null } });
  for (const one of [dialog.fold.previous, dialog.fold.current]) {
    if (one !== null && one !== fold.previous && one !== fold.current) dialog.episodes.set(one.number, one);
  }
  return dialog;
};

/** So many episodes are looked at for one page of those behind a number. */
const maxExamined = 50_000;

export const episodeTables = (db: DatabaseSync): EpisodeTables => {
  const readFold = db.prepare('SELECT fold FROM episode_fold WHERE dialog = ?');
  const writeFold = db.prepare(
    'INSERT INTO episode_fold (dialog, fold) VALUES (?, ?) ON CONFLICT (dialog) DO UPDATE SET fold = excluded.fold',
  );
  const writeEpisode = db.prepare(
    `INSERT INTO episode (dialog, number, account, chat_id, started_at, facts) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (dialog, number) DO UPDATE SET facts = excluded.facts`,
  );
  const removeFold = db.prepare('DELETE FROM episode_fold WHERE dialog = ?');
  const findWay = db.prepare('SELECT id FROM way WHERE script = ? AND from_step = ? AND to_step = ?');
  const addWay = db.prepare('INSERT INTO way (script, from_step, to_step) VALUES (?, ?, ?) RETURNING id');
  const tookWay = db.prepare('INSERT INTO dialog_way (way, dialog) VALUES (?, ?) ON CONFLICT DO NOTHING');
  const removeWays = db.prepare('DELETE FROM dialog_way WHERE dialog = ?');
  const removeEpisodes = db.prepare('DELETE FROM episode WHERE dialog = ?');
  const rows = ({ from, to, account }: Period, after?: EpisodeKey) => {
    const where = ['started_at >= ?', 'started_at < ?', ...(account === undefined ? [] : ['account = ?'])];
    const values: SQLInputValue[] = [from, to, ...(account === undefined ? [] : [account])];
    if (after !== undefined) {
      where.push('(started_at, account, chat_id, number) < (?, ?, ?, ?)');
      values.push(after.startedAt, after.account, after.chatId, after.number);
    }
    const sql = `SELECT account, chat_id, number, started_at, facts FROM episode WHERE ${where.join(' AND ')}
      ORDER BY started_at DESC, account DESC, chat_id DESC, number DESC`;
    return db.prepare(sql).iterate(...values);
  };

  return {
    folded: (dialog) => {
      const found = dialog === undefined ? undefined : readFold.get(dialog);
      return counted(found === undefined ? noEpisodes : (JSON.parse(String(found['fold'])) as EpisodeFold));
    },
    write: (dialog, { account, chatId, script }, { fold, episodes, ways }) => {
      for (const one of episodes.values()) writeEpisode.run(dialog, one.number, account, chatId, one.startedAt, JSON.stringify(one));
      writeFold.run(dialog, JSON.stringify(fold));
      for (const way of ways) {
        if (script === null) continue;
        const ends = [script, ...way.split('\n')];
        const id = findWay.get(...ends)?.['id'] ?? addWay.get(...ends)?.['id'];
        tookWay.run(Number(id), dialog);
      }
    },
    removed: (dialog) => {
      removeFold.run(dialog);
      removeEpisodes.run(dialog);
      removeWays.run(dialog);
    },
    numbers: (file, period, by, zone) => {
      const count = counter(file, bucketsIn(zone, by));
      for (const row of rows(period)) count.take(JSON.parse(String(row['facts'])) as Episode);
      return count.counted();
    },
    behind: (file, name, part, period, limit, after) => {
      const definition = file.numbers[name];
      const episodes: FoundEpisode[] = [];
      let examined = 0;
      if (definition === undefined) return { episodes, next: null };
      for (const row of rows(period, after)) {
        const episode = JSON.parse(String(row['facts'])) as Episode;
        const key = {
          startedAt: episode.startedAt,
          account: String(row['account']),
          chatId: String(row['chat_id']),
          number: episode.number,
        };
        if (isBehind(definition, episode, part)) episodes.push({ ...key, episode });
        examined += 1;
        if (episodes.length >= limit || examined >= maxExamined) return { episodes, next: key };
      }
      return { episodes, next: null };
    },
    flow: (script, stands, { from, to, account }) => {
      const of = account === undefined ? '' : 'AND account = ?';
      const inPeriod = `SELECT dialog FROM episode WHERE number = 1 AND started_at >= ? AND started_at < ? ${of}`;
      const values = [from, to, ...(account === undefined ? [] : [account])];
      const taken = db.prepare(
        `SELECT from_step, to_step, dialog FROM way JOIN dialog_way ON way = id WHERE script = ? AND dialog IN (${inPeriod})`,
      );
      const at = (step: string): string => stands[step] ?? step;
      const ways = new Map<string, Set<number>>();
      const dialogs = new Set<number>();
      for (const row of taken.iterate(script, ...values)) {
        const [start, end] = [String(row['from_step']), at(String(row['to_step']))];
        const dialog = Number(row['dialog']);
        dialogs.add(dialog);
        // A step that only leads on is no place to come from: who took it came from before it.
        if (stands[start] !== undefined && !start.startsWith('trigger ')) continue;
        const way = `${at(start)}\n${end}`;
        const set = ways.get(way) ?? new Set();
        set.add(dialog);
        ways.set(way, set);
      }
      const left = db.prepare(
        `SELECT json_extract(facts, '$.leftAt') AS step, COUNT(DISTINCT dialog) AS dialogs FROM episode
         WHERE json_extract(facts, '$.script') = ? AND step IS NOT NULL AND dialog IN (${inPeriod}) GROUP BY step ORDER BY dialogs DESC, step`,
      );
      return {
        dialogs: dialogs.size,
        ways: [...ways].map(([way, set]) => {
          const [start = '', end = ''] = way.split('\n');
          return { from: start, to: end, dialogs: set.size };
        }),
        left: left.all(script, ...values).map((row) => ({ step: String(row['step']), dialogs: Number(row['dialogs']) })),
      };
    },
  };
};
