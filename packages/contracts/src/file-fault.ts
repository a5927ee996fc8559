export type FileFaultKind = 'not_json' | 'wrong_shape' | 'no_header' | 'second_header' | 'no_events' | 'too_large';

/** Why a file can't be read; `message` says it in one line, the parts are for who says it in another language. */
export class FileFault extends Error {
  readonly code = 'file_fault';
  readonly kind: FileFaultKind;
  /** Of an export, from 1. */
  readonly line: number | undefined;
  readonly field: string | undefined;
  constructor(kind: FileFaultKind, message: string, { line, field }: { readonly line?: number; readonly field?: string } = {}) {
    super(message);
    this.name = 'FileFault';
    this.kind = kind;
    this.line = line;
    this.field = field;
  }
}
