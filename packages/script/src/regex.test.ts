import { expect, it } from 'vitest';
import { bot, said, talk } from '../test/kit/bot.ts';
import { lintScript } from './parse.ts';

const script = (pattern: string): string =>
  `scripts: { s: { when: { text: { regex: ${JSON.stringify(pattern)} } }, steps: [{ say: yes }] } }`;

/** What hangs a backtracking engine for minutes or for ever. */
it.each([
  ['(a+)+$', `${'a'.repeat(4_000)}!`],
  ['(a|aa)+$', `${'a'.repeat(4_000)}!`],
  ['(a|a?)+$', `${'a'.repeat(4_000)}!`],
  ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'.repeat(4_000)],
  ['(.*a){12}$', `${'a'.repeat(4_000)}!`],
  ['(x+x+)+y', 'x'.repeat(4_000)],
  ['^(\\w+\\s?)*$', `${'word '.repeat(800)}!`],
  ['([\\w.]+)+@', 'a.'.repeat(2_000)],
  ['(a{0,40}){0,20}b', 'a'.repeat(4_000)],
  ['\\s+$', `${' '.repeat(100_000)}x`],
])('%s ends at once', (pattern, text) => {
  const talking = talk(bot(script(pattern)));
  const start = performance.now();
  talking.then(said(text));
  // Linear: milliseconds alone; the rest is for a machine that is busy with something else.
  expect(performance.now() - start).toBeLessThan(2_000);
});

it('words and expressions do not hang either', () => {
  const talking = talk(
    bot(`
vars: { t: { type: text } }
scripts:
  w: { when: { text: { words: ["${'a '.repeat(500)}b"], contains: ["${'a'.repeat(500)}b"] } }, steps: [{ say: yes }] }
  f: { when: { fallback: {} }, steps: [{ ask: { text: q, save: t, as: email } }, { say: "{{ matches_words(t, ['x', 'y']) }}" }] }
`),
  );
  const start = performance.now();
  for (const text of [
    'a '.repeat(50_000),
    'a'.repeat(100_000),
    `${'a.'.repeat(40_000)}@`,
    '@'.repeat(50_000),
    `${' '.repeat(50_000)}x`,
    '1 '.repeat(50_000),
  ]) {
    talking.then(said(text));
  }
  expect(performance.now() - start).toBeLessThan(3_000);
});

it('is read as Unicode', () => {
  const talking = talk(bot(script('^\\p{Lu}\\p{Ll}+ё.$')));
  expect(talking.then(said('Приветё😀'))).toEqual(['yes']);
});

it('repetitions of repetitions are refused, at once', () => {
  const start = performance.now();
  for (const pattern of ['((a{0,100}){0,100}){0,100}', '(a{1000}){1000}', 'a{0,900}b{0,900}c{0,900}']) {
    const found = lintScript(`format: dialog-script/1\nbot: b\n${script(pattern)}`);
    expect(found.some((one) => one.rule === 'regex-refused')).toBe(true);
  }
  expect(performance.now() - start).toBeLessThan(2_000);
});
