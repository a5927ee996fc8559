/** Case folded, ё = е, runs of anything that is no letter or digit as one space: what texts are compared by. */
export const folded = (text: string): string =>
  text
    .normalize('NFC')
    .toLowerCase()
    .replaceAll('ё', 'е')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

/** Whole words of any script; a phrase matches where its words stand side by side. */
export const matchesWords = (text: string, words: readonly string[]): boolean => {
  const padded = ` ${folded(text)} `;
  return words.some((word) => {
    const wanted = folded(word);
    return wanted !== '' && padded.includes(` ${wanted} `);
  });
};
