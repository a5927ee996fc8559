import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { type ExportEvent, type ExportHeader, type ExportLine, parseExportLine, pinsOfEvent } from '@dialog/contracts/export-file';

/** A line is one event, its JSON at most twice what one append may hold; longer is no export, characters. */
const maxLine = 8 * 1024 * 1024;

/** The whole lines of bytes that come in pieces; what follows the last line break is given as `rest`. @throws Error on a line without end */
async function* wholeLines(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly text: string; readonly bytes: number } | { readonly rest: string }> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const piece of pieces) {
    const texts = (rest + decoder.write(Buffer.from(piece))).split('\n');
    rest = texts.pop() ?? '';
    if (rest.length > maxLine) throw new Error('a line is longer than any of an export');
    for (const text of texts) yield { text, bytes: Buffer.byteLength(text) + 1 };
  }
  yield { rest: rest + decoder.end() };
}

/** The file ends within a line: what came before it is whole. */
export class CutShort extends Error {}

/** The lines of an export. @throws CutShort; Error that names the line, where one is none */
export async function* readExport(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<ExportLine> {
  let number = 0;
  for await (const whole of wholeLines(pieces)) {
    if ('rest' in whole) {
      if (whole.rest.trim() !== '') throw new CutShort(`line ${number + 1} was cut short: the export was interrupted`);
      if (number === 0) throw new Error('it is empty');
      return;
    }
    number += 1;
    yield parseExportLine(whole.text, number);
  }
}

export const readExportFile = (file: string): AsyncGenerator<ExportLine> => readExport(createReadStream(file));

/** What an interrupted export has. */
export type Begun = {
  readonly header: ExportHeader;
  readonly last: ExportEvent | undefined;
  readonly pinned: ReadonlySet<string>;
  /** The script that each stream names, where one does. */
  readonly scripts: ReadonlyMap<string, string>;
  /** The source of each script, by its hash. */
  readonly sources: ReadonlyMap<string, string>;
  readonly events: number;
  /** Its end is there. */
  readonly ended: boolean;
};

/**
 * Reads what is there of an export and cuts off a last line that is not whole: what is appended then goes on from `last`.
 * @returns undefined where not even the header is there (the file is empty then, or missing)
 * @throws Error where it is no export
 */
export const takeUp = async (file: string): Promise<Begun | undefined> => {
  if ((await stat(file).catch(() => undefined)) === undefined) return undefined;
  let header: ExportHeader | undefined;
  let last: ExportEvent | undefined;
  let ended = false;
  let bytes = 0;
  let number = 0;
  let events = 0;
  let cut = false;
  const pinned = new Set<string>();
  const scripts = new Map<string, string>();
  const sources = new Map<string, string>();
  for await (const whole of wholeLines(createReadStream(file))) {
    if ('rest' in whole) {
      cut = whole.rest !== '';
      break;
    }
    bytes += whole.bytes;
    number += 1;
    const line = parseExportLine(whole.text, number);
    if (line.line === 'header') header = line;
    if (line.line === 'script') sources.set(line.hash, line.source);
    if (line.line === 'script' || line.line === 'settings') pinned.add(line.hash);
    else if (line.line === 'event') {
      last = line;
      events += 1;
      const { script } = pinsOfEvent(line);
      if (script !== undefined) scripts.set(line.stream, script);
    } else if (line.line === 'end') ended = true;
  }
  if (cut) {
    const opened = await open(file, 'r+');
    await opened.truncate(bytes).finally(() => opened.close());
  }
  return header === undefined ? undefined : { header, last, pinned, scripts, sources, events, ended };
};
