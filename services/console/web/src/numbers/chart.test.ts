import { expect, it } from 'vitest';
import { numbersEn } from '../texts/numbers-en.ts';
import { numbersRu } from '../texts/numbers-ru.ts';
import { daysWithin } from './days-within.ts';

it('names the days where they stand, as many as there is room for', () => {
  const days = Array.from({ length: 30 }, (_, day) => day * 86_400);
  expect(daysWithin([86_400], 43_200, 129_600, 640)).toEqual([86_400]);
  expect(daysWithin(days, 0, 29 * 86_400, 640)).toHaveLength(10);
  expect(daysWithin(days, 0, 29 * 86_400, 0)).toEqual([0]);
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
