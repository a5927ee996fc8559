import { expect, it } from 'vitest';
import type { TriedRow } from '../../../src/api/what-if.ts';
import { countsIn, onlyNames } from './only.ts';

const same: TriedRow = {
  account: 'shop',
  chatId: '1',
  differs: true,
  first: null,
  repliesChanged: 0,
  handovers: { before: 1, now: 1 },
  returns: { before: 0, now: 0 },
  end: { before: 'queue', now: 'queue' },
  diverged: null,
  gap: null,
  assumed: 0,
};

it.each([
  [{}, []],
  [{ repliesChanged: 2, handovers: { before: 1, now: 0 } }, ['replies', 'handovers']],
  [{ returns: { before: 0, now: 1 }, end: { before: 'queue', now: 'closed' } }, ['returns', 'ends']],
  // Of a dialog that was left the end is not known: it changed nothing there.
  [{ end: { before: 'queue', now: null }, diverged: { revision: 1, at: 1, why: 'not_asked' } }, ['diverged']],
] as const)('a dialog with %j is one of %j', (changed, sums) => {
  expect(onlyNames.filter((only) => countsIn({ ...same, ...changed }, only))).toEqual(sums);
});
