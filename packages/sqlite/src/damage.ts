/** SQLITE_CORRUPT, SQLITE_NOTADB: what is tried again meets it again. */
const damaged = new Set([11, 26]);

/** What is to be said of a file that SQLite finds damaged; undefined: the error is another one. */
export const damageOf = (error: unknown, file: string): string | undefined => {
  const { errcode, message } = error as { readonly errcode?: number; readonly message?: string };
  return errcode !== undefined && damaged.has(errcode & 0xff) ? `${file} is damaged: ${message}` : undefined;
};
