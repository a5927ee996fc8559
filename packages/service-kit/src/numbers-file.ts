import { type NumbersFile, numbersFileSchema } from '@dialog/contracts/numbers';
import { type FileProblem, readYaml } from './yaml-file.ts';

export type ParsedNumbers =
  | { readonly ok: true; readonly file: NumbersFile }
  | { readonly ok: false; readonly problems: readonly FileProblem[] };

/** Reads a file of definitions of numbers; every problem with its line and column. Never throws for what stands in it. */
export const parseNumbers = (text: string): ParsedNumbers => {
  const read = readYaml(text, numbersFileSchema, (path) => path.slice(path[0] === 'numbers' ? 1 : 0).join('.') || 'the file');
  return read.ok ? { ok: true, file: read.value } : { ok: false, problems: read.problems };
};
