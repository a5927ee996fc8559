import type { Finding } from './types.ts';

/** A finding for people: the line with a caret under the place, and what to do about it. Tabs keep their width. */
export const renderFinding = (source: string, finding: Finding, file = ''): string => {
  const { line, column } = finding.position;
  const text = (source.split(/\r?\n/)[line - 1] ?? '').slice(0, 400);
  const at = Math.max(0, Math.min(column - 1, text.length));
  const number = String(line);
  const margin = ' '.repeat(number.length);
  return [
    `${file === '' ? '' : `${file}:`}${line}:${column} ${finding.severity} ${finding.rule}: ${finding.message}`,
    `  ${number} | ${text}`,
    `  ${margin} | ${text.slice(0, at).replace(/[^\t]/g, ' ')}^`,
    ...(finding.hint === undefined ? [] : [`  ${margin} = ${finding.hint}`]),
  ].join('\n');
};
