import { rename, rm } from 'node:fs/promises';
import { eventMetadataSchema } from '@dialog/contracts/domain-event';
import type { ExportEvent, ExportLine } from '@dialog/contracts/export-file';
import { parseDialogStream } from '@dialog/contracts/ids';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';

/** A group of rows stands in memory until it is written: so many rows, or bytes of `data`. */
const maxRows = 20_000;
const maxBytes = 32 * 1024 * 1024;

type Element = ConstructorParameters<typeof ParquetWriter>[0]['schema'][number];
type Value = string | number | boolean | Date | object | undefined;
/** One column: its name, Parquet's type, and what it holds of an event. Undefined reads as NULL. */
type Column = { readonly element: Element; readonly of: (row: Row) => Value };
type Row = { readonly event: ExportEvent; readonly metadata: Metadata | undefined };
type Metadata = ReturnType<typeof eventMetadataSchema.parse>;

const text = (name: string, repetition: 'REQUIRED' | 'OPTIONAL' = 'REQUIRED'): Element => ({
  name,
  type: 'BYTE_ARRAY',
  converted_type: 'UTF8',
  repetition_type: repetition,
});
const time = (name: string, repetition: 'REQUIRED' | 'OPTIONAL'): Element => ({
  name,
  type: 'INT64',
  converted_type: 'TIMESTAMP_MILLIS',
  repetition_type: repetition,
});

/** One row an event. Documented in docs/export.md: who reads these files relies on the names and the types. */
const columns: readonly Column[] = [
  { element: text('account'), of: ({ event }) => parseDialogStream(event.stream)?.account },
  { element: text('chat_id'), of: ({ event }) => parseDialogStream(event.stream)?.chatId },
  { element: { name: 'revision', type: 'INT32', repetition_type: 'REQUIRED' }, of: ({ event }) => event.revision },
  { element: text('event_id'), of: ({ event }) => event.id },
  { element: text('type'), of: ({ event }) => event.type },
  { element: time('at', 'OPTIONAL'), of: ({ metadata }) => (metadata === undefined ? undefined : new Date(metadata.at)) },
  { element: time('recorded_at', 'REQUIRED'), of: ({ event }) => new Date(event.recordedAt) },
  { element: { name: 'epoch', type: 'INT32', repetition_type: 'OPTIONAL' }, of: ({ metadata }) => metadata?.epoch },
  { element: text('owner', 'OPTIONAL'), of: ({ metadata }) => metadata?.owner ?? undefined },
  { element: { name: 'flag', type: 'BOOLEAN', repetition_type: 'OPTIONAL' }, of: ({ metadata }) => metadata?.flag },
  { element: text('script', 'OPTIONAL'), of: ({ metadata }) => metadata?.script },
  {
    element: { name: 'data', type: 'BYTE_ARRAY', converted_type: 'JSON', repetition_type: 'REQUIRED' },
    of: ({ event }) => (event.data ?? {}) as object,
  },
];

/**
 * Writes the events of an export as a Parquet file; what they pin is not in it. The file has its name only once it is whole.
 * @returns how many rows
 * @throws Error where the export has no end
 */
export const writeParquet = async (file: string, lines: AsyncIterable<ExportLine>): Promise<number> => {
  const part = `${file}.part`;
  let rows: Row[] = [];
  let bytes = 0;
  let written = 0;
  let ended = false;
  try {
    const schema: Element[] = [{ name: 'event', num_children: columns.length }, ...columns.map(({ element }) => element)];
    const parquet = new ParquetWriter({ writer: fileWriter(part), schema, createdBy: 'webim-dialog-engine' });
    const flush = async (): Promise<void> => {
      if (rows.length === 0) return;
      const group = rows;
      rows = [];
      bytes = 0;
      written += group.length;
      await parquet.write({
        // The bounds of whole JSON texts would fill the file's end and help nobody.
        columnData: columns.map(({ element, of }) => ({ name: element.name, data: group.map(of), statistics: element.name !== 'data' })),
        rowGroupSize: maxRows,
      });
    };
    for await (const line of lines) {
      if (line.line === 'end') ended = true;
      if (line.line !== 'event') continue;
      rows.push({ event: line, metadata: eventMetadataSchema.safeParse(line.metadata).data });
      bytes += JSON.stringify(line.data ?? {}).length;
      if (rows.length >= maxRows || bytes >= maxBytes) await flush();
    }
    if (!ended) throw new Error('the export has no end: it was interrupted');
    await flush();
    await parquet.finish();
    await rename(part, file);
    return written;
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
};
