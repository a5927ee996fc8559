import type { Problem, stateNames } from '../../../src/read-model/facets.ts';
import type { FilterName } from '../list/filter.ts';

type State = (typeof stateNames)[number];

/** What the search and the filters of the list say. */
export type FindTexts = {
  readonly whatIfThese: string;
  readonly exportThese: string;
  readonly label: Readonly<Record<FilterName, string>>;
  /** The choice that leaves the filter off. */
  readonly any: Readonly<Record<Exclude<FilterName, 'visitor' | 'from' | 'to' | 'text'>, string>>;
  readonly state: Readonly<Record<State, string>>;
  readonly problem: Readonly<Record<Problem | 'any', string>>;
  readonly search: string;
  readonly searchHint: string;
  readonly more: string;
  readonly chosen: string;
  readonly remove: (what: string) => string;
  readonly clear: string;
  readonly time: string;
  readonly lastHour: string;
  readonly lastDay: string;
  readonly lastWeek: string;
  readonly person: string;
  readonly personOf: (chatId: string) => string;
  readonly personHint: string;
  readonly newer: string;
  readonly rebuilding: string;
  readonly nothingFoundHint: string;
  readonly found: (count: number, more: boolean) => string;
};
