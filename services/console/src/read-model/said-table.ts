import type { DatabaseSync } from 'node:sqlite';

/** What the visitor said first and last in each dialog, cut short: by it a person knows a dialog in the list. Personal data, as the words are. */
export const saidSchema = `
  CREATE TABLE IF NOT EXISTS dialog_said (dialog INTEGER PRIMARY KEY, first TEXT NOT NULL, last TEXT NOT NULL);
`;

/** Characters of each that are kept: more than a line of the list. */
const maxLength = 160;

/** On one line, and not cut within a character. */
const inShort = (text: string): string => {
  const line = text
    .slice(0, 8 * maxLength)
    .replaceAll(/\s+/g, ' ')
    .trim();
  const characters = [...line];
  return characters.length > maxLength ? `${characters.slice(0, maxLength).join('')}…` : line;
};

export const saidTable = (db: DatabaseSync) => {
  const keep = db.prepare(
    'INSERT INTO dialog_said (dialog, first, last) VALUES (?, ?, ?) ON CONFLICT (dialog) DO UPDATE SET last = excluded.last',
  );
  const read = db.prepare('SELECT first, last FROM dialog_said WHERE dialog = (SELECT id FROM dialog WHERE account = ? AND chat_id = ?)');
  const remove = db.prepare('DELETE FROM dialog_said WHERE dialog = ?');
  return {
    add: (dialog: number, texts: readonly string[]): void => {
      const [first] = texts;
      const last = texts.at(-1);
      if (first !== undefined && last !== undefined) keep.run(dialog, inShort(first), inShort(last));
    },
    /** The first and the last of it; one where they are the same, none where nothing was said. */
    of: (account: string, chatId: string): readonly string[] => {
      const found = read.get(account, chatId);
      return found === undefined ? [] : [...new Set([String(found['first']), String(found['last'])])];
    },
    erase: (dialog: number): void => void remove.run(dialog),
  };
};
