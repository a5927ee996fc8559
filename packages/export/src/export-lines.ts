import { codeOf } from '@dialog/contracts/errors';
import {
  type ExportEvent,
  type ExportHeader,
  type ExportLine,
  type ExportPin,
  type ExportSelection,
  exportFormat,
  parseDialogCursor,
  pinsOfEvent,
  selects,
} from '@dialog/contracts/export-file';
import { dialogStream, settingsStream } from '@dialog/contracts/ids';
import type { EventStore, ReadOptions, RecordedEvent } from '@dialog/event-store/port';
import { parsePinned } from '@dialog/script/parse';
import { scriptSource } from '@dialog/script-versions/versions';

const pageSize = 500;
/** So many streams' first revisions are remembered; beyond it they are asked for again. */
const maxKnownStreams = 100_000;

export type ExportOptions = {
  readonly store: EventStore;
  readonly selection: ExportSelection;
  /** Ends before the first event recorded later, ms; null: at the end as it is when it is reached. */
  readonly until: number | null;
  /** The cursor of the last event that is there already (`exportCursor`). */
  readonly after?: string;
  /** Hashes of what is there already. */
  readonly pinned?: ReadonlySet<string>;
};

/** A header of an export that begins now. */
export const exportHeader = (
  header: Pick<ExportHeader, 'producer' | 'exportedAt' | 'until' | 'selection'> & { readonly pseudonyms?: string | null },
): ExportHeader => ({ line: 'header', format: exportFormat, pseudonyms: null, ...header });

/**
 * The lines after the header, to the end. Deterministic: of an unchanged store, or up to the same `until`, what comes after a cursor is what
 * an export without a break has after that event, save that a pin may come again which the caller did not name in `pinned`.
 * @throws EventStoreError
 */
export async function* exportLines(options: ExportOptions): AsyncGenerator<ExportLine> {
  const pinned = new Set(options.pinned);
  const events = options.selection.dialogs === undefined ? allEvents(options) : chosenEvents(options, options.selection.dialogs);
  for await (const event of events) {
    const { script, settings } = pinsOfEvent(event);
    for (const [hash, pin] of [
      [script, scriptPin],
      [settings, settingsPin],
    ] as const) {
      if (hash === undefined || pinned.has(hash)) continue;
      pinned.add(hash);
      const found = await pin(options.store, hash);
      if (found !== undefined) yield found;
    }
    yield event;
  }
  yield { line: 'end' };
}

/** In the order of the store's `$all`. What is before the first revision of a stream was deleted, and stays so. */
async function* allEvents({ store, selection, until, after = 'start' }: ExportOptions): AsyncGenerator<ExportEvent> {
  const first = new Map<string, number>();
  const firstOf = async (stream: string): Promise<number> => {
    const known = first.get(stream);
    if (known !== undefined) return known;
    const [event] = await readUndeleted(store, stream, { from: 'start', maxCount: 1 });
    if (first.size >= maxKnownStreams) first.clear();
    first.set(stream, event?.revision ?? Number.POSITIVE_INFINITY);
    return event?.revision ?? Number.POSITIVE_INFINITY;
  };
  for (let from = after; ; ) {
    const page = await store.readAll({ after: from, maxCount: pageSize, streamPrefixes: ['dialog-'] });
    for (const event of page) {
      from = event.position;
      if (until !== null && event.recordedAt > until) return;
      if (selects(selection, event.stream) && event.revision >= (await firstOf(event.stream))) {
        yield { ...lineOf(event), position: event.position };
      }
    }
    if (page.length === 0) return;
  }
}

/** One dialog after the other, each to its end. */
async function* chosenEvents(
  { store, until, after }: ExportOptions,
  dialogs: NonNullable<ExportSelection['dialogs']>,
): AsyncGenerator<ExportEvent> {
  const streams = dialogs.map(dialogStream);
  const cursor = after === undefined ? undefined : parseDialogCursor(after);
  const begun = cursor === undefined ? 0 : streams.indexOf(cursor.stream);
  for (const [at, stream] of streams.entries()) {
    if (at < begun) continue;
    for (let from: number | undefined = cursor !== undefined && at === begun ? cursor.revision + 1 : 0; from !== undefined; ) {
      const page: readonly RecordedEvent[] = await readUndeleted(store, stream, { from, maxCount: pageSize });
      from = page.length < pageSize ? undefined : (page.at(-1)?.revision ?? 0) + 1;
      for (const event of page) {
        if (until !== null && event.recordedAt > until) {
          from = undefined;
          break;
        }
        yield lineOf(event);
      }
    }
  }
}

/** Nothing where it was deleted for good: until a scavenge `$all` has its events still. @throws EventStoreError */
const readUndeleted = async (store: ExportOptions['store'], stream: string, options: ReadOptions): Promise<readonly RecordedEvent[]> => {
  try {
    return await store.read(stream, options);
  } catch (error) {
    if (codeOf(error) !== 'stream_deleted') throw error;
    return [];
  }
};

/** An imported event tells when it was first recorded: to whoever reads the export it is the same event. */
const lineOf = ({ stream, revision, id, type, recordedAt, data, metadata }: RecordedEvent): ExportEvent => {
  const { recordedAt: first, ...original } = (metadata ?? {}) as { recordedAt?: unknown };
  const imported = typeof first === 'number';
  return {
    line: 'event',
    stream,
    revision,
    id,
    type,
    recordedAt: imported ? first : recordedAt,
    data,
    metadata: imported ? original : metadata,
  };
};

const scriptPin = async (store: EventStore, hash: string): Promise<ExportPin | undefined> => {
  const source = await scriptSource(store, hash);
  if (source === undefined) return undefined;
  const parsed = parsePinned(source);
  const personal = parsed.ok ? [...parsed.script.variables].filter(([, variable]) => variable.pii).map(([name]) => name) : null;
  return { line: 'script', hash, source, personal };
};

const settingsPin = async (store: EventStore, hash: string): Promise<ExportPin | undefined> => {
  const [event] = await store.read(settingsStream(hash), { from: 'start', maxCount: 1 });
  const { settings } = (event?.data ?? {}) as { settings?: unknown };
  return typeof settings === 'object' && settings !== null ? { line: 'settings', hash, settings: settings as never } : undefined;
};
