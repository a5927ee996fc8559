import type { DatabaseSync } from 'node:sqlite';
import { type AskedWord, addWords } from './words.ts';

/**
 * The words of what was said, by dialog: personal data, as only `said-table.ts` has too in the read model. `dialog_word` holds what each batch
 * added to a dialog, so that the index, which keeps no content, takes a word of a dialog once, and so that a dialog can be erased.
 * An entry of the index is `dialog * 2^20 + revision`: all entries of a dialog lie together.
 */
export const wordSchema = `
  CREATE TABLE IF NOT EXISTS dialog_word (
    dialog INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    words TEXT NOT NULL,
    PRIMARY KEY (dialog, revision)
  ) WITHOUT ROWID;
  CREATE VIRTUAL TABLE IF NOT EXISTS word_index USING fts5 (
    words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
  );
`;

const entryBits = 20;
const maxRevision = 2 ** entryBits - 1;
/** SQL: the dialog of an entry. */
export const dialogOfEntry = `rowid >> ${entryBits}`;

export type WordTables = ReturnType<typeof wordTables>;

export const wordTables = (db: DatabaseSync) => {
  const known = db.prepare('SELECT words FROM dialog_word WHERE dialog = ?');
  const keep = db.prepare('INSERT INTO dialog_word (dialog, revision, words) VALUES (?, ?, ?)');
  const index = db.prepare('INSERT INTO word_index (rowid, words) VALUES (?, ?)');
  const revisions = db.prepare('SELECT revision FROM dialog_word WHERE dialog = ?');
  const removeIndex = db.prepare('DELETE FROM word_index WHERE rowid = ?');
  const removeWords = db.prepare('DELETE FROM dialog_word WHERE dialog = ?');

  return {
    /** What of the texts is new to the dialog. Beyond a million events nothing is added: such an entry would be another dialog's. */
    add: (dialog: number, revision: number, texts: readonly string[]): void => {
      if (texts.length === 0 || revision > maxRevision) return;
      const added = new Set<string>();
      for (const text of texts) addWords(added, text);
      for (const found of known.all(dialog)) for (const word of String(found['words']).split(' ')) added.delete(word);
      if (added.size === 0) return;
      const words = [...added].join(' ');
      keep.run(dialog, revision, words);
      index.run(dialog * 2 ** entryBits + revision, words);
    },
    /** Whether all of them were said in the dialog: the look at one dialog that needs no index. */
    said: (dialog: number, asked: readonly AskedWord[]): boolean => {
      const words = known
        .all(dialog)
        .map((found) => ` ${String(found['words'])} `)
        .join('');
      return asked.every(({ form, prefix }) => words.includes(prefix ? ` ${form}` : ` ${form} `));
    },
    /** @returns whether there was any. */
    erase: (dialog: number): boolean => {
      const entries = revisions.all(dialog);
      for (const found of entries) removeIndex.run(dialog * 2 ** entryBits + Number(found['revision']));
      removeWords.run(dialog);
      return entries.length > 0;
    },
  };
};
