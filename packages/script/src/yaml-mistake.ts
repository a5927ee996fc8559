/** What YAML can't read, as the author of a script can mend it. `at`: an offset in UTF-16 units. */
export type YamlMistake = { readonly at: number; readonly message: string; readonly hint?: string };

/** How far above the place where YAML gives up a quote is looked for, lines. */
const maxLinesAbove = 40;

/**
 * YAML says where it gives up; what the author did stands there or above. A quote without end is shown where it begins: by YAML's words it
 * is the indentation of whatever follows.
 */
export const yamlMistake = (text: string, at: number, reason: string): YamlMistake => {
  if (reason.startsWith('tab characters')) return { at, message: reason, hint: 'indent with spaces' };
  const open = openQuote(text, at);
  if (open?.alone === true)
    return { at: open.at, message: 'the quote that begins here is not closed', hint: `further on YAML says: ${reason}` };
  if (open !== undefined) return { at, message: reason, hint: `one of the quotes in line ${open.line} is not closed` };
  const hint = valueHint(lineAt(text, at)) ?? hints.find(([words]) => reason.includes(words))?.[1];
  return hint === undefined ? { at, message: reason } : { at, message: reason, hint };
};

const hints: readonly (readonly [string, string])[] = [
  ['deficient indentation', 'a "[" or "{" above is not closed'],
  ['flow collection', 'a "[" or "{" before this is not closed, or a comma is missing'],
  ['mapping entry', 'keys and steps of one level stand in the same column'],
  ['sequence entry', 'the "-" of one list stand in the same column'],
];

/** A value that YAML reads as something else than a text. */
const valueHint = (line: string): string | undefined => {
  const value = /^[\s-]*[\p{L}_][\p{L}\p{N}_]*:\s+(.+)$/u.exec(line)?.[1];
  if (value === undefined) return undefined;
  if (value.startsWith('{{')) return 'a text that begins with "{{" stands in quotes';
  if (/^[@`%]/.test(value)) return `a text that begins with "${value[0]}" stands in quotes`;
  if (/^["']/.test(value)) return `behind the closing quote the text is over; inside, \\" stands for a quote in "…", '' in '…'`;
  return /^[^[{|>].*:(\s|$)/.test(value) ? 'a text with ": " in it stands in quotes' : undefined;
};

/** Up from where YAML gives up, the nearest line with an odd number of double quotes; none where all before that place are in pairs. */
const openQuote = (text: string, at: number): { readonly at: number; readonly line: number; readonly alone: boolean } | undefined => {
  let end = endOfLine(text, at);
  if (quotesIn(text.slice(0, end)).length % 2 === 0) return undefined;
  for (let above = 0; above < maxLinesAbove && end >= 0; above++) {
    const start = text.lastIndexOf('\n', end - 1) + 1;
    const quotes = quotesIn(text.slice(start, end));
    const [first] = quotes;
    if (first !== undefined && quotes.length % 2 === 1)
      return { at: start + first, line: text.slice(0, start).split('\n').length, alone: quotes.length === 1 };
    end = start - 1;
  }
  return undefined;
};

const quotesIn = (text: string): number[] => [...text.matchAll(/\\.|"/g)].filter(([found]) => found === '"').map(({ index }) => index);

const lineAt = (text: string, at: number): string => text.slice(text.lastIndexOf('\n', at - 1) + 1, endOfLine(text, at));

const endOfLine = (text: string, at: number): number => {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
};
