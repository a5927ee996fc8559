import { createReadStream, readdirSync, statSync } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ExportEvent, exportedSettings, parseExportLine } from '@dialog/contracts/export-file';
import { type HistoryFile, parseHistoryFile } from '@dialog/contracts/history-file';
import { parseDialogStream } from '@dialog/contracts/ids';
import type { History } from './history.ts';

export type FileHistory = History & {
  /** When its last event was recorded, ms since the epoch. */
  readonly lastAt: number;
};

const names = /\.(json|ndjson|jsonl)$/;

/** The history files that a path names: itself, or those of a folder at any depth, in order. [] where there are none. */
export const historyFiles = (path: string): readonly string[] => {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return [];
  if (!found.isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => names.test(name))
    .sort()
    .map((name) => join(path, name));
};

/**
 * The histories of a file: an export (`dialog-export/1`, whose dialogs may stand mixed), one history (`dialog-history/1`), or one such a
 * line. Of an export only the places of its lines are kept in memory.
 * @throws Error that names the file and the line
 */
export const historiesOf = async function* (file: string): AsyncGenerator<FileHistory> {
  try {
    const first = await firstLine(file);
    const kind = kindOf(first);
    if (kind === 'export') yield* fromExport(file);
    else if (kind === 'history') for await (const line of linesOf(file)) yield fromHistory(parseHistoryFile(line.text));
    else yield fromHistory(parseHistoryFile(await readFile(file, 'utf8')));
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
};

const firstLine = async (file: string): Promise<string> => {
  for await (const { text } of linesOf(file)) return text;
  throw new Error('it is empty');
};

const kindOf = (line: string): 'export' | 'history' | 'other' => {
  try {
    const json = JSON.parse(line) as { line?: unknown; format?: unknown } | null;
    return json?.line === 'header' ? 'export' : json?.format === 'dialog-history/1' ? 'history' : 'other';
  } catch {
    return 'other';
  }
};

const fromHistory = (file: HistoryFile): FileHistory => ({
  dialog: file.dialog,
  erased: file.erased,
  events: file.events,
  scripts: Object.fromEntries(Object.entries(file.scripts).map(([hash, { source }]) => [hash, source])),
  settings: file.settings,
  lastAt: file.events.at(-1)?.recordedAt ?? 0,
});

type Line = { readonly text: string; readonly from: number; readonly bytes: number };

/** Lines that are not empty, each with its place in the file. */
const linesOf = async function* (file: string): AsyncGenerator<Line> {
  let kept: Buffer[] = [];
  let from = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const line = Buffer.concat([...kept, chunk.subarray(start, end)]);
      kept = [];
      if (line.length > 0) yield { text: line.toString('utf8'), from, bytes: line.length };
      from += line.length + 1;
      start = end + 1;
    }
    if (start < chunk.length) kept.push(chunk.subarray(start));
  }
  const rest = Buffer.concat(kept);
  if (rest.length > 0) yield { text: rest.toString('utf8'), from, bytes: rest.length };
};

const fromExport = async function* (file: string): AsyncGenerator<FileHistory> {
  const scripts: Record<string, string> = {};
  const settings: Record<string, History['settings'][string]> = {};
  /** Of each stream the places of its events: `from` and length in turn. */
  const places = new Map<string, number[]>();
  let number = 0;
  let ended = false;
  for await (const { text, from, bytes } of linesOf(file)) {
    const line = parseExportLine(text, ++number);
    if (line.line === 'script') scripts[line.hash] = line.source;
    else if (line.line === 'settings') {
      const read = exportedSettings(line.settings);
      if (read !== undefined) settings[line.hash] = read;
    } else if (line.line === 'event') {
      const known = places.get(line.stream);
      if (known === undefined) places.set(line.stream, [from, bytes]);
      else known.push(from, bytes);
    } else if (line.line === 'end') ended = true;
  }
  if (!ended) throw new Error('the export was interrupted: go on with it first (export --resume)');
  const handle = await open(file);
  try {
    for (const [stream, of] of places) {
      const dialog = parseDialogStream(stream);
      if (dialog === undefined) continue;
      const events: ExportEvent[] = [];
      for (let at = 0; at < of.length; at += 2) events.push(await eventAt(handle, of[at] ?? 0, of[at + 1] ?? 0));
      yield {
        dialog,
        erased: false,
        events: events.map(({ revision, type, data }) => ({ revision, type, data })),
        scripts,
        settings,
        lastAt: events.at(-1)?.recordedAt ?? 0,
      };
    }
  } finally {
    await handle.close();
  }
};

const eventAt = async (handle: FileHandle, from: number, bytes: number): Promise<ExportEvent> => {
  const { buffer } = await handle.read({ buffer: Buffer.allocUnsafe(bytes), position: from, length: bytes });
  return JSON.parse(buffer.toString('utf8')) as ExportEvent;
};
