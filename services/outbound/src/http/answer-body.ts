import type { Json } from './json.ts';

/** An answer is read up to so many bytes. */
export const maxAnswerBytes = 256 * 1024;
/** As JSON it may have so many: it stands up to three times in one append (the input, the variable, the values read), and that is 512 KB at most. */
export const maxBodyJsonBytes = 150 * 1024;
/** JSON nested deeper is kept as text: whoever walks a value may do so by recursion. */
const maxDepth = 32;

/** The body as the script reads it: JSON parsed where it is JSON, else its text; undefined: too large. */
export const answerBody = (text: string, contentType: string | undefined): Json | undefined => {
  const body = parsed(text, contentType);
  return Buffer.byteLength(JSON.stringify(body)) > maxBodyJsonBytes ? undefined : body;
};

const parsed = (text: string, contentType: string | undefined): Json => {
  const json = contentType === undefined ? /^\s*[[{]/.test(text) : /^\s*[\w.+-]+\/([\w.+-]+\+)?json\b/i.test(contentType);
  if (!json) return text;
  try {
    const value = JSON.parse(text) as Json;
    // Through text once more: what JSON can't hold (a number beyond its range) is null from here on, not only after the log.
    return isDeeper(value, maxDepth) ? text : (JSON.parse(JSON.stringify(value)) as Json);
  } catch {
    return text;
  }
};

const isDeeper = (value: Json, depth: number): boolean =>
  value !== null && typeof value === 'object' && (depth === 0 || Object.values(value).some((inner) => isDeeper(inner as Json, depth - 1)));
