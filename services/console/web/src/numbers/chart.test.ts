import { expect, it } from 'vitest';
import { numbersEn } from '../texts/numbers-en.ts';
import { numbersRu } from '../texts/numbers-ru.ts';
import { daysWithin, yearOf } from './days-within.ts';

it('names the days where they stand, as many as there is room for', () => {
  const days = Array.from({ length: 30 }, (_, day) => day * 86_400);
  expect(daysWithin([86_400], 43_200, 129_600, 640)).toEqual([86_400]);
  expect(daysWithin(days, 0, 29 * 86_400, 640)).toHaveLength(10);
  expect(daysWithin(days, 0, 29 * 86_400, 0)).toEqual([0]);
});

it('names the year of days of more than one, where the table would have two of one name', () => {
  const [may, december, nextMay] = ['2025-05-09', '2025-12-01', '2026-05-09'].map((day) => Date.parse(`${day}T12:00:00Z`)) as [
    number,
    number,
    number,
  ];
  expect(yearOf([may, december])).toEqual({});
  expect(yearOf([may, december, nextMay])).toEqual({ year: 'numeric' });
  expect(yearOf([])).toEqual({});
});

it.each([
  ['1', 'эпизода', 'episode'],
  ['11', 'эпизодов', 'episodes'],
  ['31', 'эпизода', 'episodes'],
  ['1 111', 'эпизодов', 'episodes'],
  ['1 121', 'эпизода', 'episodes'],
])('of %s', (of, ru, en) => {
  expect([numbersRu.ofEpisodes('0', of), numbersEn.ofEpisodes('0', of)]).toEqual([`0 из ${of} ${ru}`, `0 of ${of} ${en}`]);
});
