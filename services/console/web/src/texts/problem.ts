import type { FileFaultKind } from '@dialog/contracts/file-fault';
import type { Words } from './texts.ts';

/** Why something was not done. The server's and the readers' own words are English. */
export type ProblemTexts = {
  /** By the problem's stable name. */
  readonly named: Words;
  /** Of a status without a name that is known here. */
  readonly refused: (status: number) => string;
  readonly broken: (status: number) => string;
  /** A field of the request has a value that can't be. */
  readonly badField: (field: string) => string;
  readonly file: Readonly<Record<FileFaultKind, string>>;
  readonly line: (line: number) => string;
};
