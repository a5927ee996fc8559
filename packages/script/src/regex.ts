import { RE2JS } from 're2js';
import type { Reader, Source } from './source.ts';

const maxLength = 500;
/** Instructions of the compiled pattern: time is at most this times the text. */
const maxProgram = 2_000;
/** Characters of a visitor's text that a pattern looks at. */
const maxText = 4_000;

/** Compiles on an engine whose time is linear in the text, so that no pattern can hang. A refused one is a finding. */
export const compileRegex = (reader: Reader, at: Source, pattern: string): RE2JS | undefined => {
  if (pattern.length > maxLength) {
    reader.error(at, 'regex-refused', `a regular expression of over ${maxLength} characters`, 'split it into several, or match words');
    return undefined;
  }
  try {
    const compiled = RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE);
    if (compiled.programSize() <= maxProgram) return compiled;
    reader.error(
      at,
      'regex-refused',
      'the regular expression is too large once its repetitions are written out',
      'lower the counts in { }',
    );
  } catch (error) {
    reader.error(
      at,
      'regex-refused',
      `the regular expression is refused: ${(error as Error).message}`,
      'look-around and back-references are not available',
    );
  }
  return undefined;
};

/** Whether the pattern is found in the text. */
export const regexMatches = (regex: RE2JS, text: string): boolean => regex.matcher(text.slice(0, maxText)).find();
