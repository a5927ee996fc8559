import type { DatabaseSync } from 'node:sqlite';
import { parseSubjectKey, type SubjectId, subjectName } from '@dialog/contracts/ids';
import { parkedEventSchemas } from '@dialog/contracts/parked';
import type { RowEvent } from './row.ts';

/** A dialog or a visitor that is parked, and what waits there. */
export type ParkedSubject = {
  readonly id: SubjectId;
  /** How many records wait, the one that stopped it included. 0: it stopped by its script or by a send in doubt. */
  readonly records: number;
  readonly reason: string;
  readonly parkedAt: number;
  /** Log's time of the record that waits longest, ms; where none waits, when it was parked. */
  readonly oldestAppendedAt: number;
};

export const parkedSchema = `
  CREATE TABLE IF NOT EXISTS parked_records (
    account TEXT NOT NULL, subject TEXT NOT NULL, revision INTEGER NOT NULL, records INTEGER NOT NULL, reason TEXT NOT NULL,
    parked_at INTEGER NOT NULL, appended_at INTEGER NOT NULL, PRIMARY KEY (account, subject)
  ) WITHOUT ROWID;
`;

export type ParkedTables = {
  /** Each event of a parked stream, in order; one that was taken before changes nothing. */
  readonly recorded: (id: SubjectId, event: RowEvent) => void;
  /** At most `limit`, by account and name. */
  readonly parked: (limit: number) => readonly ParkedSubject[];
  readonly totals: () => readonly { readonly account: string; readonly count: number }[];
};

const firstSchema = parkedEventSchemas.RecordParked.pick({ reason: true, parkedAt: true, appendedAt: true });

/** What of each parked stream waits since its last release: why and since when says the first record, or the dialog's own marker where none waits. */
export const parkedTables = (db: DatabaseSync): ParkedTables => {
  const add = db.prepare(`INSERT INTO parked_records (account, subject, revision, records, reason, parked_at, appended_at)
    VALUES (?, ?, ?, 1, ?, ?, ?)
    ON CONFLICT (account, subject) DO UPDATE SET revision = excluded.revision, records = records + 1 WHERE excluded.revision > revision`);
  const release = db.prepare('DELETE FROM parked_records WHERE account = ? AND subject = ? AND revision < ?');
  // A dialog is parked by its own stream, a visitor by what waits: he has no other marker.
  const list = db.prepare(`
    SELECT dialog.account, chat_id AS subject, IFNULL(records, 0) AS records, IFNULL(reason, json_extract(fold, '$.work.parked.reason')) AS reason,
      IFNULL(parked_at, json_extract(fold, '$.work.parked.at')) AS parked_at,
      IFNULL(appended_at, json_extract(fold, '$.work.parked.at')) AS appended_at
    FROM dialog LEFT JOIN parked_records ON parked_records.account = dialog.account AND subject = chat_id WHERE parked = 1
    UNION ALL SELECT account, subject, records, reason, parked_at, appended_at FROM parked_records WHERE subject LIKE 'v:%'
    ORDER BY account, subject LIMIT ?`);
  const count = db.prepare(`
    SELECT account, COUNT(*) AS count FROM (
      SELECT account FROM dialog WHERE parked = 1 UNION ALL SELECT account FROM parked_records WHERE subject LIKE 'v:%'
    ) GROUP BY account ORDER BY account`);

  return {
    recorded: (id, { type, revision, data, recordedAt }) => {
      if (type === 'Released') release.run(id.account, subjectName(id), revision);
      if (type !== 'RecordParked') return;
      const first = firstSchema.safeParse(data).data ?? { reason: 'unknown', parkedAt: recordedAt, appendedAt: recordedAt };
      add.run(id.account, subjectName(id), revision, first.reason, first.parkedAt, first.appendedAt);
    },
    parked: (limit) =>
      list.all(limit).map((found) => ({
        id: parseSubjectKey(`${String(found['account'])}:${String(found['subject'])}`) as SubjectId,
        records: Number(found['records']),
        reason: String(found['reason'] ?? 'unknown'),
        parkedAt: Number(found['parked_at']),
        oldestAppendedAt: Number(found['appended_at']),
      })),
    totals: () => count.all().map((found) => ({ account: String(found['account']), count: Number(found['count']) })),
  };
};
