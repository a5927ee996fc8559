import { ApiError } from '../api.ts';
import type { Texts } from './texts.ts';

/** Why a request failed, in the page's language; places and names in it stay as the server has them. */
export const reasonOf = (error: unknown, t: Texts): string => {
  if (!(error instanceof ApiError) || error.status === 0) return t.noAnswer;
  const { status, problem, fields, message } = error;
  const known = t.problem.named[problem];
  if (problem === 'script-errors') return [known, ...fields.map(({ field, message: why }) => `${field} ${why}`)].join(': ');
  if (fields.length > 0) return fields.map((field) => badField(field, t)).join('; ');
  if (known !== undefined) return known;
  if (status >= 500) return t.problem.broken(status);
  return (
    t.problem.named[byStatus[status] ?? ''] ?? (message === '' ? t.problem.refused(status) : `${t.problem.refused(status)} ${message}`)
  );
};

const byStatus: Readonly<Record<number, string>> = { 401: 'sign-in', 403: 'not-allowed', 404: 'not-found' };

/** What one chooses in the page has a name there; of anything else the server's words say more than none. */
const badField = ({ field, message }: ApiError['fields'][number], t: Texts): string => {
  const label = (t.find.label as Readonly<Record<string, string>>)[field];
  if (label !== undefined) return t.problem.badField(label);
  return field === '' ? message : `${field}: ${message}`;
};
