import { type FacetName, type Facets, facetNames, fits } from '../../../src/read-model/facets.ts';
import type { DialogRow } from '../../../src/read-model/row.ts';

/** All that can be asked of the list, in the order of the page. */
export const filterNames = [
  'account',
  'owner',
  'state',
  'problem',
  'flag',
  'department',
  'operator',
  'mark',
  'cause',
  'script',
  'visitor',
  'from',
  'to',
  'text',
] as const;
export type FilterName = (typeof filterNames)[number];
export type Filter = Readonly<Partial<Record<FilterName, string>>>;

/** What an address asks for; anything else in it is left out, so that an old link still opens. */
export const parseFilter = (query: URLSearchParams): Filter =>
  Object.fromEntries(
    filterNames.flatMap((name) => {
      const value = query.get(name)?.trim().slice(0, 200);
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );

export const filterQuery = (filter: Filter): string =>
  new URLSearchParams(filterNames.flatMap((name) => (filter[name] ? [[name, filter[name]]] : []))).toString();

export const listPath = (filter: Filter): string => {
  const query = filterQuery(filter);
  return query === '' ? '/' : `/?${query}`;
};

/** Without `value` the filter is gone. */
export const withFilter = (filter: Filter, name: FilterName, value: string | undefined): Filter => {
  const { [name]: _, ...rest } = filter;
  return value === undefined || value === '' ? rest : { ...rest, [name]: value };
};

/** Whether a row that came live belongs into the list; of a text only the server knows: it is not asked here. */
export const belongs = (row: DialogRow, filter: Filter): boolean => {
  const { from, to } = filter;
  const facets: Facets = Object.fromEntries(facetNames.flatMap((name: FacetName) => (filter[name] ? [[name, filter[name]]] : [])));
  return fits(row, facets) && (from === undefined || row.lastAt >= Date.parse(from)) && (to === undefined || row.lastAt < Date.parse(to));
};

const two = (part: number): string => String(part).padStart(2, '0');
/** An instant as a field for a local time shows it; '' where there is none. */
export const localField = (instant: string | undefined): string => {
  const at = new Date(instant ?? '');
  if (Number.isNaN(at.getTime())) return '';
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
};
export const instantOf = (field: string): string | undefined => {
  const at = new Date(field);
  return field === '' || Number.isNaN(at.getTime()) ? undefined : at.toISOString();
};
