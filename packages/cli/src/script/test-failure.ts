import { clockText } from '@dialog/script-tools/clock-text';
import type { TranscriptLine } from '@dialog/script-tools/transcript';
import type { FileReport, TimedTest } from './test-file.ts';

/** A failed test for people: for each fact expected beside actual and the step's line, then the transcript. */
export const failureLines = ({ file, text, timezone }: FileReport, test: TimedTest): string[] => {
  const source = text.split(/\r?\n/);
  const lines = test.failures.flatMap(({ position, expected, actual, step }) => [
    `${file}:${position.line}:${position.column}`,
    `  expected  ${expected}`,
    `  actual    ${actual}`,
    ...(step === undefined ? [] : [`  by line ${step.line} | ${(source[step.line - 1] ?? '').trim()}`]),
  ]);
  return [
    ...lines,
    'the chat, as far as it went:',
    ...test.transcript.flatMap((line) => transcriptLines(line, timezone)).map((line) => `  ${line}`),
  ];
};

const transcriptLines = (line: TranscriptLine, timezone: string): string[] => {
  const buttons = line.buttons?.flat().map((button) => `[${button.id}: ${button.text}]`) ?? [];
  const said = [line.text, buttons.join(' ')].filter((part) => part !== '').join(' ');
  const refused = line.refused === undefined ? '' : `  (not said: ${line.refused})`;
  const by = line.step === undefined ? '' : `  (line ${line.step.line})`;
  const [first = '', ...more] = said.split('\n');
  return [
    `${clockText(line.at, timezone)}  ${line.who.padEnd(7)}  ${first}${more.length === 0 ? refused + by : ''}`,
    ...more.map((part, at) => `${' '.repeat(19)}${part}${at === more.length - 1 ? refused + by : ''}`),
  ];
};
