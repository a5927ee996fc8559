/** Beyond it nothing is compared: a visitor's text is no book, and the bot's time is bounded. Characters. */
const maxCompared = 10_000;

/** Case folded, ё = е, runs of anything that is no letter, mark or digit as one space: what texts are compared by. Linear in the text. */
export const folded = (text: string): string =>
  text.slice(0, maxCompared).normalize('NFC').toLowerCase().replaceAll('ё', 'е').replace(between, ' ').trim();

const between = /[^\p{L}\p{N}\p{M}]+/gu;

/** Whole words of any script; a phrase matches where its words stand side by side. */
export const matchesWords = (text: string, words: readonly string[]): boolean => {
  const padded = ` ${folded(text)} `;
  return words.some((word) => {
    const wanted = folded(word);
    return wanted !== '' && padded.includes(` ${wanted} `);
  });
};
