import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Counted, NumbersFile } from '@dialog/contracts/numbers';
import { counter, isBehind } from '@dialog/domain/numbers/count';
import { type Episode, type EpisodeFold, foldEpisodes, noEpisodes } from '@dialog/domain/numbers/episode';
import { type Bucket, bucketsIn } from './buckets.ts';
import type { DialogRow, RowEvent } from './row.ts';

/** Episodes that began in a period: `from` ≤ begin < `to`, ms. */
export type Period = { readonly from: number; readonly to: number; readonly account?: string };

export type EpisodeKey = { readonly startedAt: number; readonly account: string; readonly chatId: string; readonly number: number };
export type FoundEpisode = EpisodeKey & { readonly episode: Episode };

export type EpisodeTables = {
  /** The fold of a dialog that was written, to go on with. */
  readonly folded: (dialog: number | undefined) => EpisodeFold;
  readonly write: (dialog: number, row: Pick<DialogRow, 'account' | 'chatId'>, fold: EpisodeFold) => void;
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
};

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
  CREATE INDEX IF NOT EXISTS episode_newest ON episode (started_at DESC, account DESC, chat_id DESC, number DESC);
`;

/** One event onto a dialog's fold. An event whose metadata can't be read counts for nothing, as in the row. */
export const countEvent = (fold: EpisodeFold, { revision, type, data, metadata }: RowEvent): EpisodeFold => {
  const { at, owner } = (metadata ?? {}) as { at?: unknown; owner?: EpisodeFold['owner'] };
  return typeof at === 'number' ? foldEpisodes(fold, { revision, type, data, metadata: { at, owner: owner ?? null } }) : fold;
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
      return found === undefined ? noEpisodes : (JSON.parse(String(found['fold'])) as EpisodeFold);
    },
    write: (dialog, { account, chatId }, fold) => {
      for (const one of [fold.previous, fold.current]) {
        if (one !== null) writeEpisode.run(dialog, one.number, account, chatId, one.startedAt, JSON.stringify(one));
      }
      writeFold.run(dialog, JSON.stringify(fold));
    },
    removed: (dialog) => {
      removeFold.run(dialog);
      removeEpisodes.run(dialog);
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
  };
};
