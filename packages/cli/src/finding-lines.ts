import type { Finding } from '@dialog/script/types';

/** A finding for people: place, what is wrong, the line with a caret, what to do. */
export const findingLines = (file: string, text: string, finding: Finding): string => {
  const { line, column } = finding.position;
  const source = text.split('\n')[line - 1] ?? '';
  return [
    `${file}:${line}:${column} ${finding.severity} ${finding.rule}: ${finding.message}`,
    `  ${source}`,
    `  ${' '.repeat(Math.max(0, Math.min(column - 1, source.length)))}^`,
    ...(finding.hint === undefined ? [] : [`  ${finding.hint}`]),
  ].join('\n');
};
