import { stemmer as english } from '@orama/stemmers/english';
import { stemmer as russian } from '@orama/stemmers/russian';

const maxWordLength = 64;
const maxKept = 50_000;
const kept = new Map<string, string>();

/** The form in which a word is indexed and asked for: case and ё folded, Russian and English endings off (Snowball). */
const formOf = (word: string): string => {
  const found = kept.get(word);
  if (found !== undefined) return found;
  const form = (/^[а-я]+$/.test(word) ? russian(word) : /^[a-z]+$/.test(word) ? english(word) : word) || word;
  if (kept.size >= maxKept) kept.clear();
  kept.set(word, form);
  return form;
};

/** Letters and digits; anything else parts words. What writes and what asks must use the same, or nothing is found. */
const split = (text: string): string[] =>
  (
    text
      .normalize('NFKC')
      .toLowerCase()
      .replaceAll('ё', 'е')
      .match(/[\p{L}\p{N}]+/gu) ?? []
  ).map((word) => word.slice(0, maxWordLength));

/** Adds the forms of a text's words to `into`. */
export const addWords = (into: Set<string>, text: string): void => {
  for (const word of split(text)) into.add(formOf(word));
};

/** A word that is asked for; `prefix`: any word that begins so. */
export type AskedWord = { readonly form: string; readonly prefix: boolean };

/** Words beyond this many of a question are left out: each costs a set of dialogs. */
const maxAskedWords = 8;

/** What a question asks for, each word once; `зака*` asks for a beginning. [] where it holds no word. */
export const askedWords = (question: string): readonly AskedWord[] => {
  const asked = new Map<string, AskedWord>();
  for (const part of question.split(/\s+/u)) {
    const words = split(part);
    for (const [index, word] of words.entries()) {
      const prefix = index === words.length - 1 && part.endsWith('*');
      const one = { form: prefix ? word : formOf(word), prefix };
      asked.set(`${one.form}${prefix ? '*' : ''}`, one);
    }
  }
  return [...asked.values()].slice(0, maxAskedWords);
};
