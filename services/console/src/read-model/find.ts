import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type FacetName, type Facets, facetNames } from './facets.ts';
import type { DialogRow } from './row.ts';
import { dialogOfEntry, type WordTables } from './word-tables.ts';
import { type AskedWord, askedWords } from './words.ts';

export type ListFilter = Facets & {
  /** Last activity, ms since the epoch: not before `from`, before `to`. */
  readonly from?: number;
  readonly to?: number;
  /** All words, in any form and order, wherever they were said in the dialog, or the chat's number; `зака*`: a beginning. */
  readonly text?: string;
  readonly limit: number;
  /** The last row of the page before: rows after it in the order of the list. */
  readonly after?: { readonly lastAt: number; readonly account: string; readonly chatId: string };
};

type Value = string | number;
type Clause = { readonly sql: string; readonly values: readonly Value[] };

/** A list with more dialogs than this is not counted to its end: as long as one is shorter, it is the one to walk. */
const countedMost = 20_000;
/** Up to so many dialogs with a word are all looked at and sorted; with more of them the walk along a list soon fills a page. */
const fewWithWord = 2_000;
/** A walk for common words that has looked at so many dialogs without filling a page is given up for the words' whole sets. */
const mostLookedAt = 5_000;

/**
 * Dialogs under all that is asked, newest activity first, in pages by key. It walks the shortest of the lists asked for and looks
 * each dialog up in the others, so that what a page costs follows the rarest value and not the number of dialogs.
 */
export const finder = (db: DatabaseSync, wordsOf: Pick<WordTables, 'said'>): ((filter: ListFilter) => readonly DialogRow[]) => {
  const statements = new Map<string, StatementSync>();
  // The texts depend only on which filters are given, so that their statements are few and can be kept.
  const prepared = (sql: string): StatementSync => {
    const statement = statements.get(sql) ?? db.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  const rows = ({ sql, values }: Clause): readonly DialogRow[] =>
    prepared(sql)
      .all(...values)
      .map((found) => JSON.parse(String(found['fold'])) as DialogRow);
  const count = ({ sql, values }: Clause, most: number): number =>
    Number(prepared(`SELECT count(*) AS count FROM (${sql} LIMIT ?)`).get(...values, most)?.['count']);

  /** The first dialogs of a walk that have the words; undefined where it would go too far for them. */
  const soonFound = ({ sql, values }: Clause, words: readonly AskedWord[], limit: number): readonly DialogRow[] | undefined => {
    const found: number[] = [];
    let lookedAt = 0;
    for (const { id } of prepared(`SELECT dialog.id AS id ${sql}`).iterate(...values)) {
      if (++lookedAt > mostLookedAt) return undefined;
      if (wordsOf.said(Number(id), words)) found.push(Number(id));
      if (found.length === limit) break;
    }
    return found.flatMap((id) => rows({ sql: 'SELECT fold FROM dialog WHERE id = ?', values: [id] }));
  };

  return (filter) => {
    const words = askedWords(filter.text ?? '');
    // A question without a word (only signs) is answered by nothing, not by everything.
    if (words.length === 0 && (filter.text ?? '').trim() !== '') return [];
    const counted = words
      .map((word) => ({ match: matchOf(word), count: count(withWord(matchOf(word)), fewWithWord + 1) }))
      .sort((a, b) => a.count - b.count);
    const [rarest] = counted;
    if (rarest?.count === 0) return [];
    const asked = facetNames.flatMap((name): (readonly [FacetName, string])[] => {
      const value = filter[name];
      return value === undefined ? [] : [[name, value]];
    });
    if (rarest !== undefined && rarest.count <= fewWithWord) {
      return rows(
        fromWords(
          filter,
          asked,
          rarest.match,
          counted.slice(1).map(({ match }) => match),
        ),
      );
    }
    const sets = counted.map(({ match }) => match);
    const [first, ...others] = asked
      .map((facet) => ({ facet, count: asked.length === 1 ? 0 : count(listOf(facet, filter), countedMost) }))
      .sort((a, b) => a.count - b.count);
    const walk = (matches: readonly string[]): Clause =>
      first === undefined
        ? fromNewest(filter, matches)
        : fromFacet(
            filter,
            first.facet,
            others.map(({ facet }) => facet),
            matches,
          );
    if (words.length === 0) return rows(inFull(walk([]), filter.limit));
    return soonFound(walk([]), words, filter.limit) ?? rows(inFull(walk(sets), filter.limit));
  };
};

/** Words hold letters and digits only, so that a quote can't end early. */
const matchOf = ({ form, prefix }: AskedWord): string => `"${form}"${prefix ? '*' : ''}`;
const withWord = (match: string): Clause => ({ sql: 'SELECT rowid FROM word_index WHERE word_index MATCH ?', values: [match] });

const listOf = (facet: readonly [FacetName, string], filter: ListFilter): Clause => {
  const stretch = within('facet', filter);
  return { sql: `SELECT 1 FROM facet WHERE name = ? AND value = ?${stretch.sql}`, values: [...facet, ...stretch.values] };
};

/** A walk's rows, from what it goes over and in which order. */
const inFull = ({ sql, values }: Clause, limit: number): Clause => ({
  sql: `SELECT dialog.fold ${sql} LIMIT ?`,
  values: [...values, limit],
});

/** The stretch of a list that the times and the page before leave. */
const within = (table: 'facet' | 'dialog', { from, to, after }: ListFilter): Clause => {
  const at = `${table}.last_at`;
  const parts: Clause[] = [
    ...(from === undefined ? [] : [{ sql: `${at} >= ?`, values: [from] }]),
    ...(to === undefined ? [] : [{ sql: `${at} < ?`, values: [to] }]),
    ...(after === undefined
      ? []
      : [
          {
            sql: `${at} <= ? AND (${at} < ? OR (${table}.account, ${table}.chat_id) > (?, ?))`,
            values: [after.lastAt, after.lastAt, after.account, after.chatId],
          },
        ]),
  ];
  return { sql: parts.map(({ sql }) => ` AND ${sql}`).join(''), values: parts.flatMap(({ values }) => values) };
};

const alsoUnder = (table: 'facet' | 'dialog', facets: readonly (readonly [FacetName, string])[]): Clause => ({
  sql: facets
    .map(
      () => ` AND EXISTS (SELECT 1 FROM facet AS other WHERE other.name = ? AND other.value = ? AND other.last_at = ${table}.last_at
        AND other.account = ${table}.account AND other.chat_id = ${table}.chat_id)`,
    )
    .join(''),
  values: facets.flat(),
});

/** `+`: the set is looked into, never walked. */
const alsoSaid = (dialog: string, matches: readonly string[]): Clause => ({
  sql: matches.map(() => ` AND +${dialog} IN (SELECT ${dialogOfEntry} FROM word_index WHERE word_index MATCH ?)`).join(''),
  values: matches,
});

/** Chats that the bot never had are found only where they are asked for. */
const listed = ({ state }: ListFilter): number => (state === 'unseen' ? 0 : 1);

const fromNewest = (filter: ListFilter, matches: readonly string[]): Clause => {
  const stretch = within('dialog', filter);
  const said = alsoSaid('dialog.id', matches);
  return {
    sql: `FROM dialog INDEXED BY dialog_newest WHERE listed = ?${stretch.sql}${said.sql} ORDER BY last_at DESC, account, chat_id`,
    values: [listed(filter), ...stretch.values, ...said.values],
  };
};

const fromFacet = (
  filter: ListFilter,
  facet: readonly [FacetName, string],
  others: readonly (readonly [FacetName, string])[],
  matches: readonly string[],
): Clause => {
  const stretch = within('facet', filter);
  const under = alsoUnder('facet', others);
  const said = alsoSaid('facet.dialog', matches);
  return {
    sql: `FROM facet CROSS JOIN dialog ON dialog.id = facet.dialog
      WHERE facet.name = ? AND facet.value = ?${stretch.sql}${under.sql}${said.sql}
      ORDER BY facet.last_at DESC, facet.account, facet.chat_id`,
    values: [...facet, ...stretch.values, ...under.values, ...said.values],
  };
};

const fromWords = (
  filter: ListFilter,
  facets: readonly (readonly [FacetName, string])[],
  match: string,
  others: readonly string[],
): Clause => {
  const stretch = within('dialog', filter);
  const under = alsoUnder('dialog', facets);
  const said = alsoSaid('dialog.id', others);
  return {
    sql: `SELECT dialog.fold FROM (SELECT DISTINCT ${dialogOfEntry} AS id FROM word_index WHERE word_index MATCH ?) AS found
      CROSS JOIN dialog ON dialog.id = found.id
      WHERE dialog.listed = ?${stretch.sql}${under.sql}${said.sql}
      ORDER BY dialog.last_at DESC, dialog.account, dialog.chat_id LIMIT ?`,
    values: [match, listed(filter), ...stretch.values, ...under.values, ...said.values, filter.limit],
  };
};
