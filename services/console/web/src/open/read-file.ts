import { type ExportHeader, exportedSettings, parseExportLine } from '@dialog/contracts/export-file';
import { FileFault } from '@dialog/contracts/file-fault';
import { type HistoryFile, parseHistoryFile } from '@dialog/contracts/history-file';
import { parseDialogStream } from '@dialog/contracts/ids';

/** What a file holds: one history, or those of an export. */
export type OpenedFile = {
  readonly histories: readonly HistoryFile[];
  /** Of an export. */
  readonly pseudonyms: boolean;
  /** It has no end. */
  readonly interrupted: boolean;
};

/** Above this a browser takes too long to read it, bytes. */
const maxBytes = 256 * 1024 * 1024;
const exportBegins = '{"line":"header"';

/** Reads a downloaded history or an NDJSON export. @throws FileFault */
export const readFile = async (file: File): Promise<OpenedFile> => {
  if (file.size > maxBytes) throw new FileFault('too_large', `${Math.round(file.size / 1_048_576)} MiB`);
  if ((await file.slice(0, exportBegins.length).text()) === exportBegins) return readExport(file);
  return { histories: [parseHistoryFile(await file.text())], pseudonyms: false, interrupted: false };
};

const readExport = async (file: File): Promise<OpenedFile> => {
  const events = new Map<string, HistoryFile['events'][number][]>();
  const scripts: HistoryFile['scripts'] = {};
  const settings: HistoryFile['settings'] = {};
  let header: ExportHeader | undefined;
  let interrupted = true;
  let number = 0;
  const take = (text: string): void => {
    number += 1;
    const line = parseExportLine(text, number);
    if (line.line === 'header') header = line;
    else if (line.line === 'end') interrupted = false;
    else if (line.line === 'script') scripts[line.hash] = { source: line.source, personal: line.personal };
    else if (line.line === 'settings') {
      const known = exportedSettings(line.settings);
      if (known !== undefined) settings[line.hash] = known;
    } else {
      const { revision, id, type, recordedAt, data, metadata } = line;
      const of = events.get(line.stream);
      const event = { revision, id, type, recordedAt, data, metadata };
      if (of === undefined) events.set(line.stream, [event]);
      else of.push(event);
    }
  };
  // A last line that is not whole is what an interruption leaves.
  let rest = '';
  const reader = file.stream().pipeThrough(new TextDecoderStream()).getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    const lines = (rest + piece.value).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  }
  const { exportedAt, pseudonyms } = header ?? { exportedAt: 0, pseudonyms: null };
  const histories = [...events].flatMap(([stream, of]): HistoryFile[] => {
    const dialog = parseDialogStream(stream);
    return dialog === undefined
      ? []
      : [{ format: 'dialog-history/1', dialog, savedAt: exportedAt, erased: false, events: of, scripts, settings }];
  });
  if (histories.length === 0) throw new FileFault('no_events', 'it has no events');
  return { histories, pseudonyms: pseudonyms !== null, interrupted };
};
