import type { ExportEvent, ExportLine, ExportPin } from '@dialog/contracts/export-file';
import { scriptStream, settingsStream } from '@dialog/contracts/ids';
import { canonical } from '@dialog/domain/state-hash';
import { type EventStore, type EventStoreError, isConflict, type NewEvent } from '@dialog/event-store/port';
import { registerOnce } from '@dialog/event-store/register-once';
import { scriptHash } from '@dialog/script-versions/versions';
import { CutShort } from './export-file.ts';

/** Streams that are written at the same time: so that one commit of the store takes many. */
const atOnce = 64;
/** An append of one input has some tens of events; a longer run of a stream is cut. */
const maxGroup = 200;
/** Of one append, bytes of JSON; the store takes at most 512 KB. */
const maxGroupBytes = 400 * 1024;

export type Imported = {
  readonly dialogs: number;
  readonly events: number;
  /** Events that were there already, by their ids. */
  readonly already: number;
  readonly pins: number;
};

/** The store holds something else where the export's events belong, or the export is not whole. Nothing of that stream was changed. */
export class ImportRefused extends Error {}

/**
 * Writes an export into a store: event ids and revisions are kept, so that a repeated import writes nothing. The store's own time of the
 * append is new; the first one stands in the metadata as `recordedAt`.
 * @throws ImportRefused, EventStoreError; what was written before stays, and a repeated import goes on from there
 */
export const importLines = async (store: EventStore, lines: AsyncIterable<ExportLine>): Promise<Imported> => {
  /** The last revision of each stream before this import; -1: none. */
  const heads = new Map<string, Promise<number>>();
  const busy = new Map<string, Promise<void>>();
  const counted = { events: 0, already: 0, pins: 0 };
  let failed: unknown;
  let ended = false;
  let group: ExportEvent[] = [];
  let groupBytes = 0;

  /** In order within a stream, side by side otherwise. */
  const flush = async (): Promise<void> => {
    const events = group;
    const stream = events[0]?.stream;
    group = [];
    groupBytes = 0;
    if (stream === undefined) return;
    while (busy.size >= atOnce) await Promise.race(busy.values());
    const before = busy.get(stream) ?? Promise.resolve();
    const written: Promise<void> = before
      .then(async () => {
        if (failed !== undefined) return;
        const already = await write(store, stream, events, (await heads.get(stream)) ?? -1);
        counted.already += already;
        counted.events += events.length - already;
      })
      .catch((error: unknown) => {
        failed ??= error;
      })
      .finally(() => {
        if (busy.get(stream) === written) busy.delete(stream);
      });
    busy.set(stream, written);
  };

  for await (const line of untilCut(lines)) {
    if (failed !== undefined) break;
    if (line.line === 'end') ended = true;
    if (line.line === 'script' || line.line === 'settings') counted.pins += (await pin(store, line)) ? 1 : 0;
    if (line.line !== 'event') continue;
    if (!heads.has(line.stream)) {
      const head = headOf(store, line.stream);
      head.catch(() => undefined);
      heads.set(line.stream, head);
    }
    const bytes = Buffer.byteLength(JSON.stringify(line));
    const last = group.at(-1);
    const goesOn =
      last !== undefined &&
      last.stream === line.stream &&
      last.revision + 1 === line.revision &&
      line.type !== 'InputRecorded' &&
      group.length < maxGroup &&
      groupBytes + bytes < maxGroupBytes;
    if (!goesOn) await flush();
    group.push(line);
    groupBytes += bytes;
  }
  if (failed === undefined) await flush();
  await Promise.all(busy.values());
  if (failed !== undefined) throw failed;
  if (!ended)
    throw new ImportRefused('the export has no end: it was interrupted. What it has was imported; resume the export and import it again');
  return { dialogs: heads.size, ...counted };
};

/** An export that was interrupted has all its whole lines, wherever it broke off. */
async function* untilCut(lines: AsyncIterable<ExportLine>): AsyncGenerator<ExportLine> {
  try {
    yield* lines;
  } catch (error) {
    if (!(error instanceof CutShort)) throw error;
  }
}

const headOf = async (store: EventStore, stream: string): Promise<number> =>
  (await store.read(stream, { direction: 'backwards', maxCount: 1 }))[0]?.revision ?? -1;

/** @returns how many were there already */
const write = async (store: EventStore, stream: string, events: readonly ExportEvent[], head: number): Promise<number> => {
  const first = events[0]?.revision ?? 0;
  const there = head < first ? [] : await store.read(stream, { from: first, maxCount: events.length });
  const differs = there.find(({ revision, id, type }, at) => {
    const wanted = events[at];
    return wanted?.revision !== revision || wanted.id !== id || wanted.type !== type;
  });
  if (differs !== undefined) throw new ImportRefused(`${stream} is there already and differs at revision ${differs.revision}`);
  const rest = events.slice(there.length).map(newEvent);
  if (rest.length === 0) return there.length;
  const before = first + there.length - 1;
  try {
    await store.append(stream, rest, before < 0 ? 'no_stream' : before);
  } catch (error) {
    if (!isConflict(error)) throw error;
    const { actual } = error as EventStoreError;
    const ends = actual === undefined || actual === 'no_stream' ? 'is not there' : `ends at revision ${actual}`;
    throw new ImportRefused(`revision ${before + 1} can't follow in ${stream}: it ${ends}`);
  }
  return there.length;
};

const newEvent = ({ id, type, data, metadata, recordedAt }: ExportEvent): NewEvent => ({
  id,
  type,
  data,
  metadata: { ...(metadata as object), recordedAt },
});

/** @returns whether it was written; false: it was there. The name is the content's hash, so whoever was first wrote the same. */
const pin = async (store: EventStore, line: ExportPin): Promise<boolean> => {
  const content = line.line === 'script' ? line.source : canonical(line.settings);
  if (scriptHash(content) !== line.hash) throw new ImportRefused(`the content of ${line.line} ${line.hash} is not what its hash says`);
  const stream = line.line === 'script' ? scriptStream(line.hash) : settingsStream(line.hash);
  const type = line.line === 'script' ? 'ScriptRegistered' : 'SettingsRegistered';
  const data = line.line === 'script' ? { source: line.source } : { settings: line.settings };
  return registerOnce(store, stream, { type, data });
};
