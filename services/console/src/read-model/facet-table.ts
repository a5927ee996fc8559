import type { DatabaseSync } from 'node:sqlite';
import { type FacetName, facetsOf } from './facets.ts';
import type { DialogRow } from './row.ts';

/**
 * Under what each dialog is found, each value a list in the order of the list: newest activity first. A page of a filter is a walk
 * along one of them, and whether a dialog stands under another one is one look by the whole key.
 */
export const facetSchema = `
  CREATE TABLE IF NOT EXISTS facet (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    last_at INTEGER NOT NULL,
    account TEXT NOT NULL,
    chat_id TEXT NOT NULL,
    dialog INTEGER NOT NULL,
    PRIMARY KEY (name, value, last_at DESC, account, chat_id)
  ) WITHOUT ROWID;
`;

export const facetTable = (db: DatabaseSync) => {
  const add = db.prepare('INSERT INTO facet (name, value, last_at, account, chat_id, dialog) VALUES (?, ?, ?, ?, ?, ?)');
  const remove = db.prepare('DELETE FROM facet WHERE name = ? AND value = ? AND last_at = ? AND account = ? AND chat_id = ?');
  // A look per value instead of one per dialog.
  const distinct = db.prepare(`
    WITH RECURSIVE known (value) AS (
      SELECT min(value) FROM facet WHERE name = ?1
      UNION ALL SELECT (SELECT min(value) FROM facet WHERE name = ?1 AND value > known.value) FROM known WHERE known.value IS NOT NULL
    ) SELECT value FROM known WHERE value IS NOT NULL LIMIT ?2`);

  return {
    /** From what the row says to what it says after; undefined: no row. */
    change: (id: number, before: DialogRow | undefined, after: DialogRow | undefined): void => {
      const old = new Map(before ? facetsOf(before).map((facet) => [facet.join('='), facet]) : []);
      const stays = before?.lastAt === after?.lastAt;
      for (const [name, value] of after ? facetsOf(after) : []) {
        if (after === undefined || (stays && old.delete(`${name}=${value}`))) continue;
        if (old.delete(`${name}=${value}`) && before) remove.run(name, value, before.lastAt, before.account, before.chatId);
        add.run(name, value, after.lastAt, after.account, after.chatId, id);
      }
      if (before) for (const [name, value] of old.values()) remove.run(name, value, before.lastAt, before.account, before.chatId);
    },
    values: (name: FacetName, limit = -1): readonly string[] => distinct.all(name, limit).map((found) => String(found['value'])),
  };
};
