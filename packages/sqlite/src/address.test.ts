import { expect, it } from 'vitest';
import { sqliteFile } from './address.ts';

it.each([
  ['sqlite:data/events.db', 'data/events.db'],
  ['sqlite:/var/events.db', '/var/events.db'],
  ['sqlite:///var/my%20events.db', '/var/my events.db'],
])('%s names %s', (url, file) => {
  expect(sqliteFile(url, 'EVENTS_URL')).toBe(file);
});

it.each(['sqlite:', 'sqlite: ', 'sqlite://', 'sqlite:///', 'sqlite::memory:'])('refuses "%s", which keeps nothing', (url) => {
  expect(() => sqliteFile(url, 'EVENTS_URL')).toThrow(/EVENTS_URL: sqlite: must name a file/);
});
