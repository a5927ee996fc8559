import { expect, it } from 'vitest';
import { terminalText } from './terminal-text.ts';

it.each([
  ['a sequence that a terminal obeys', '\u001b]52;c;cm0=\u0007\u001b[2J', '\\u001b]52;c;cm0=\\u0007\\u001b[2J'],
  ['one of a single character', '\u009b31m\u007f', '\\u009b31m\\u007f'],
  ['a return to the start of the line', 'forged\rline', 'forged\\u000dline'],
  ['what turns the direction', '\u202egnp.exe\u2066', '\\u202egnp.exe\\u2066'],
  ['line breaks of either kind, tabs, and letters of any script', 'да\r\n\tनमस्ते 👩‍👩‍👧\n', 'да\r\n\tनमस्ते 👩‍👩‍👧\n'],
])('%s', (_name, text, shown) => expect(terminalText(text)).toBe(shown));

it('leaves the meaning of JSON as it was', () => {
  const value = { text: '\u001b[31m\u009b\u202e\u007f\r\n' };
  expect(JSON.parse(terminalText(JSON.stringify(value)))).toEqual(value);
});
