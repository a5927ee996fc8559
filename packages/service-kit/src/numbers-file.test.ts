import { expect, it } from 'vitest';
import { parseNumbers } from './numbers-file.ts';

it('names each mistake with its place', () => {
  const text = `format: numbers/1
version: 1
numbers:
  good:
    title: { en: a, ru: b }
    share: { that: { handedOver: true } }
  two_kinds:
    title: { en: a, ru: b }
    share: { that: { handedOver: true } }
    by: { field: closed }
  unknown_field:
    title: { en: a, ru: b }
    share: { that: { handedover: true } }
  over_a_hundred:
    title: { en: a, ru: b }
    ratio: { field: repliesExpired, among: [repliesSent] }
`;
  const parsed = parseNumbers(text);
  expect(parsed.ok ? [] : parsed.problems.map(({ line, message }) => `${line}: ${message}`)).toEqual([
    '8: two_kinds: must have just one of share, parts, by, time, ratio',
    '13: unknown_field.share.that.handedover: there is no such setting',
    '15: over_a_hundred: ratio: among must hold the field itself, or it could be over 100 %',
  ]);
  const { ok } = parseNumbers(text.slice(0, text.indexOf('  two_kinds')));
  expect(ok).toBe(true);
});
