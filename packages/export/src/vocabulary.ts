import { parsePinned } from '@dialog/script/parse';
import { folded } from '@dialog/script/words';

/** The words of a script: what its author wrote is nobody's, and what it matches by must go on matching. */
export type Vocabulary = {
  /** A run of letters and digits that the script has, in whatever case. */
  readonly has: (word: string) => boolean;
  /** A text that stands so in the script, e.g. the company's own phone. */
  readonly says: (text: string) => boolean;
};

export const noVocabulary: Vocabulary = { has: () => false, says: () => false };

/** Shorter pieces of a pattern are in too many names. Letters. */
const minStem = 3;

/**
 * Of a script's source without its tests and its comments. A word that contains what a `contains` or `regex` trigger looks for counts as the
 * script's too: `достав` keeps "доставку".
 */
export const vocabularyOf = (source: string): Vocabulary => {
  const text = source.replace(/^tests:[\s\S]*$/m, '').replace(/^\s*#.*$/gm, '');
  const words = new Set<string>();
  // `folded` looks at 10,000 characters at most: line by line.
  for (const line of text.split('\n')) {
    for (const word of folded(line).split(' ')) {
      words.add(word);
      for (const [letters] of word.matchAll(/[\p{L}\p{M}]+/gu)) words.add(letters);
    }
  }
  words.delete('');
  const stems = stemsOf(source);
  return {
    has: (word) => {
      const plain = folded(word);
      return words.has(plain) || stems.some((stem) => plain.includes(stem));
    },
    says: (piece) => text.includes(piece),
  };
};

const stemsOf = (source: string): readonly string[] => {
  const parsed = parsePinned(source);
  if (!parsed.ok) return [];
  const patterns = parsed.script.textRules.flatMap(({ contains, regex }) => [...contains, ...regex.map((one) => one.pattern())]);
  const letters = patterns.flatMap((pattern) => [...pattern.replace(/\\./g, ' ').matchAll(/[\p{L}\p{M}]+/gu)].map(([run]) => folded(run)));
  return [...new Set(letters.filter((run) => run.length >= minStem))];
};
