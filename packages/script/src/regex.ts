import { RE2JS } from 're2js';
import type { Reader, Source } from './source.ts';

const maxLength = 500;

/** Compiles on an engine whose time is linear in the text, so that no pattern can hang. A refused one is a finding. */
export const compileRegex = (reader: Reader, at: Source, pattern: string): RE2JS | undefined => {
  if (pattern.length > maxLength) {
    reader.error(at, 'regex-refused', `a regular expression of over ${maxLength} characters`);
    return undefined;
  }
  try {
    return RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE);
  } catch (error) {
    reader.error(
      at,
      'regex-refused',
      `the regular expression is refused: ${(error as Error).message}`,
      'look-around and back-references are not available',
    );
    return undefined;
  }
};
