import Table from 'cli-table3';
import { terminalText } from './terminal-text.ts';

const none = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
  ].map((name) => [name, '']),
);

/** A table for people: no lines, columns as wide as what stands in them. */
export const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string => {
  const made = new Table({
    head: [...head],
    chars: { ...none, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  made.push(...rows.map((row) => row.map((cell) => terminalText(String(cell)))));
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
};

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** A duration in one unit, rounded down: `4 min`; below a second `0 s`. */
export const duration = (ms: number | null | undefined): string => {
  if (ms == null) return '-';
  const [unit, size] = units.find(([, one]) => ms >= one) ?? units[3];
  return `${Math.floor(Math.max(0, ms) / size)} ${unit}`;
};

/** Date and time of day in UTC, to the second: `2026-03-02 09:00:00Z`. The console's page has the reader's own zone, so the zone stands there. */
export const instant = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`;
