import { cannot } from './exit.ts';

/** For an option that may be given many times. */
export const many = (one: string, before: readonly string[]): readonly string[] => [...before, one];

/** `name=value` as an option has it. Exit code 2 where it is none. */
export const pair = (text: string, option: string): [string, string] => {
  const at = text.indexOf('=');
  return at < 1 ? cannot(`${option} ${text}: name=value is wanted`) : [text.slice(0, at), text.slice(at + 1)];
};

/** What a command's help ends with. */
export const examples = (...lines: readonly string[]): string =>
  `\n${lines.length === 1 ? 'Example' : 'Examples'}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
