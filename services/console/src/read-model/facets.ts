import type { DialogRow } from './row.ts';

/** What went wrong in a dialog. `parked`, `overdue` and `incomplete` say how it is now, the others that it happened. */
export const problemNames = [
  'parked',
  'overdue',
  'in_doubt',
  'refused',
  'suppressed',
  'expired',
  'repeated',
  'late',
  'incomplete',
] as const;
export type Problem = (typeof problemNames)[number];

/**
 * How far a dialog is. `trial`: the bot tries to get it back; `inferred`: closed without Webim's word, a message reopens it; `imported`: a chat that the bot never
 * had, read from Webim's Stored Data.
 */
export const stateNames = ['open', 'trial', 'closed', 'inferred', 'unseen', 'imported'] as const;

/** By what dialogs can be found; each is a list of its own in the order of activity. */
export const facetNames = [
  'account',
  'owner',
  'flag',
  'state',
  'department',
  'operator',
  'script',
  'mark',
  'cause',
  'visitor',
  'problem',
] as const;
export type FacetName = (typeof facetNames)[number];
export type Facets = Readonly<Partial<Record<FacetName, string>>>;

/** `problem=any`: a dialog that has one. */
export const anyProblem = 'any';

export const problemsOf = (row: DialogRow): readonly Problem[] => [
  ...(row.parked ? (['parked'] as const) : []),
  ...(row.closeOverdue ? (['overdue'] as const) : []),
  ...(row.incomplete ? (['incomplete'] as const) : []),
  ...row.troubles,
];

/** The values under which a dialog is found; a chat that the bot never had stands only under its state. Pure: the page asks the same. */
export const facetsOf = (row: DialogRow): readonly (readonly [FacetName, string])[] => {
  if (row.status === 'unseen') return [['state', 'unseen']];
  const problems = problemsOf(row);
  return [
    ['account', row.account],
    ['owner', row.owner ?? 'none'],
    ['flag', String(row.flag)],
    ['state', row.state],
    ...row.departments.map((value) => ['department', value] as const),
    ...row.operators.map((value) => ['operator', value] as const),
    ...(row.script === null ? [] : [['script', row.script] as const]),
    ...row.marks.map((value) => ['mark', value] as const),
    ...row.causes.map((value) => ['cause', value] as const),
    ...(row.visitor === null ? [] : [['visitor', row.visitor] as const]),
    ...problems.map((value) => ['problem', value] as const),
    ...(problems.length === 0 ? [] : [['problem', anyProblem] as const]),
  ];
};

/** Whether the dialog stands under all of them. */
export const fits = (row: DialogRow, asked: Facets): boolean => {
  const has = new Set(facetsOf(row).map(([name, value]) => `${name}=${value}`));
  if (row.status === 'unseen' && asked.state !== 'unseen') return false;
  return facetNames.every((name) => asked[name] === undefined || has.has(`${name}=${asked[name]}`));
};
