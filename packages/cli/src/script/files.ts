import { globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cannot } from '../exit.ts';

/** Files that patterns name, each once, in order: a file, a folder (its `*.yaml`, `*.yml`, `*.json` at any depth), or a glob. Ends the command where one names none. */
export const scriptFiles = (patterns: readonly string[]): readonly string[] => {
  const files = new Set<string>();
  for (const pattern of patterns) {
    const found = filesOf(pattern);
    if (found.length === 0) cannot(`${pattern} names no script file`);
    for (const file of found) files.add(file);
  }
  return [...files];
};

const filesOf = (pattern: string): string[] => {
  const stat = statSync(pattern, { throwIfNoEntry: false });
  if (stat?.isFile()) return [pattern];
  if (stat?.isDirectory()) return filesOf(join(pattern, '**/*.{yaml,yml,json}'));
  return globSync(pattern, { exclude: ['**/node_modules/**'] }).sort();
};

export const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    return cannot(`${file} can't be read: ${(error as Error).message}`);
  }
};

export const writeText = (file: string, text: string): void => {
  try {
    writeFileSync(file, text);
  } catch (error) {
    cannot(`${file} can't be written: ${(error as Error).message}`);
  }
};
