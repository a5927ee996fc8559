import { fileURLToPath } from 'node:url';

/**
 * The file that a `sqlite:{file}` or `sqlite:///{file}` names. One must be named: SQLite takes an empty name, and `:memory:`, for a database that goes
 * with the process. @throws Error that names the variable
 */
export const sqliteFile = (url: string, variable: string): string => {
  const file = url.slice('sqlite:'.length);
  if (/^(\/*|:memory:)$/.test(file.trim())) throw new Error(`${variable}: sqlite: must name a file, e.g. sqlite:data/some.db`);
  return file.startsWith('//') ? fileURLToPath(`file:${file}`) : file;
};
