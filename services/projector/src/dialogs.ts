import type { DomainEvent } from '@dialog/contracts/domain-event';
import { codeOf } from '@dialog/contracts/errors';
import {
  type DialogId,
  dialogStream,
  isVisitorId,
  type SubjectId,
  snapshotStream,
  subjectKey,
  subjectStream,
  type VisitorId,
} from '@dialog/contracts/ids';
import type { VisitorEvent } from '@dialog/contracts/visitor';
import { evolve } from '@dialog/domain/evolve';
import { foldVersion, restored, snapshotOf } from '@dialog/domain/snapshot';
import { type DialogState, initialDialog } from '@dialog/domain/state';
import { evolveVisitor } from '@dialog/domain/visitor/evolve';
import { tells } from '@dialog/domain/visitor/notes';
import { initialVisitor, type VisitorState } from '@dialog/domain/visitor/state';
import type { EventStore, RecordedEvent } from '@dialog/event-store/port';
import { z } from 'zod';

type Read = {
  /** Of the last event; −1: no stream. */
  readonly revision: number;
  /** Hash of the settings of its last input. */
  readonly settingsHash: string | null;
  /** Its records go to its parked stream. */
  readonly parked: boolean;
  /** The append that it ends with; null: only that of a marker, or it is not known. */
  readonly last: Append | null;
  /** Its appends that told other aggregates something, the newest first: what a redelivered record may have to tell again. */
  readonly told: Told | null;
};

/** An append of an input, by the place of its first event. */
type Append = { readonly inputId: string; readonly revision: number };
type Told = Append & { readonly before: Told | null };

/** Where the append of this input begins; undefined: it told nobody anything. */
export const toldAt = ({ told }: Read, inputId: string): number | undefined => {
  for (let one = told; one !== null; one = one.before) if (one.inputId === inputId) return one.revision;
  return undefined;
};

/** A dialog as its stream has it up to a revision. */
export type LoadedDialog = Read & { readonly kind: 'dialog'; readonly id: DialogId; readonly state: DialogState };
/** A visitor likewise. */
export type LoadedVisitor = Read & { readonly kind: 'visitor'; readonly id: VisitorId; readonly state: VisitorState };
export type Loaded = LoadedDialog | LoadedVisitor;

/** What is owned and cached: dialogs, and the visitors between them. */
export type Dialogs = {
  /** From the cache where it was checked in this assignment, else from the stream. @throws EventStoreError */
  readonly load: (id: SubjectId, generation: number) => Promise<Loaded>;
  readonly keep: (loaded: Loaded, generation: number) => void;
  readonly forget: (id: SubjectId) => void;
  readonly cached: (key: string) => Loaded | undefined;
};

const pageSize = 500;
/** A snapshot is written each time that so many events have come (design §7). */
const snapshotEvery = 200;
/** For each so many inputs that a dialog has taken, as much rarer: their ids are what makes its snapshot large. */
const inputsAsRare = 5_000;
/** UTF-16 units of a snapshot's JSON in one event: what it takes as JSON once more is below what one append may hold. */
const partLength = 128 * 1024;

/** A cached state counts only in the assignment in which its tail revision was checked (design §6.4). */
export const dialogs = ({ store, capacity }: { store: EventStore; capacity: number }): Dialogs => {
  const cache = new Map<string, { dialog: Loaded; generation: number }>();

  const keep = (dialog: Loaded, generation: number): void => {
    const key = subjectKey(dialog.id);
    cache.delete(key);
    cache.set(key, { dialog, generation });
    if (cache.size > capacity) cache.delete(cache.keys().next().value as string);
  };

  return {
    load: async (id, generation) => {
      const key = subjectKey(id);
      const hit = cache.get(key);
      if (hit !== undefined && hit.generation === generation) return hit.dialog;
      const dialog = hit === undefined ? await readWhole(store, id) : await readOn(store, hit.dialog);
      // A wake reads beside the dialog's records: what one of them has appended since stands.
      const since = cache.get(key);
      if (since !== undefined && since.generation >= generation && since.dialog.revision >= dialog.revision) return since.dialog;
      keep(dialog, generation);
      return dialog;
    },
    keep,
    forget: (id) => void cache.delete(subjectKey(id)),
    cached: (key) => cache.get(key)?.dialog,
  };
};

const unread: Read = { revision: -1, settingsHash: null, parked: false, last: null, told: null };
const absent = (id: DialogId): LoadedDialog => ({ kind: 'dialog', id, state: initialDialog, ...unread });
const absentVisitor = (id: VisitorId): LoadedVisitor => ({ kind: 'visitor', id, state: initialVisitor, ...unread });

const snapshotSchema = z.object({
  fold: z.number(),
  revision: z.number().int(),
  settingsHash: z.string().nullable(),
  parked: z.boolean(),
  /** The newest last. */
  told: z.array(z.object({ inputId: z.string(), revision: z.number().int() })),
  state: z.object({ status: z.string() }).loose(),
});

/** A dialog that is too short for a snapshot, as most are, takes one read; so does one that is new. */
const readWhole = async (store: EventStore, id: SubjectId): Promise<Loaded> => {
  if (isVisitorId(id)) return readOn(store, absentVisitor(id));
  const beginning = await store.read(subjectStream(id), { maxCount: snapshotEvery, fromLeader: true });
  const before = (beginning[0]?.revision ?? 0) - 1;
  // Cut short (`$maxCount`, `$maxAge`), it is not all there: a snapshot that knows what is missing does, and an older one is of no use.
  const snapshot = beginning.length < snapshotEvery && before < 0 ? undefined : await newestSnapshot(store, id);
  if (snapshot !== undefined && snapshot.revision >= before) return readOn(store, snapshot);
  const dialog = beginning.reduce<Loaded>(withEvent, absent(id));
  return beginning.length < snapshotEvery ? dialog : readOn(store, dialog);
};

/** @throws EventStoreError */
const newestSnapshot = async (store: EventStore, id: DialogId): Promise<LoadedDialog | undefined> => {
  const [tail] = await store.read(dialogStream(id), { direction: 'backwards', maxCount: 1 });
  const { data } = snapshotSchema.safeParse(await newestData(store, snapshotStream(id)));
  // Of another version of the fold, or ahead of a stream that was restored from a backup: the stream is what counts.
  if (data === undefined || data.fold !== foldVersion || data.revision > (tail?.revision ?? -1)) return undefined;
  const { revision, settingsHash, parked } = data;
  const told = data.told.reduce<Told | null>((before, append) => ({ ...append, before }), null);
  return { kind: 'dialog', id, state: restored(data.state), revision, settingsHash, parked, last: null, told };
};

const partSchema = z.object({ snapshot: z.string(), part: z.number().int(), parts: z.number().int().positive(), json: z.string() });

/** @returns undefined where there is none, or its last parts are missing: the stream is read instead. @throws EventStoreError */
const newestData = async (store: EventStore, stream: string): Promise<unknown> => {
  // It may be deleted for good, as what is disposable may.
  const [event] = await store.read(stream, { direction: 'backwards', maxCount: 1 }).catch((error: unknown) => {
    if (codeOf(error) === 'stream_deleted') return [];
    throw error;
  });
  if (event?.type !== 'SnapshotPart') return event?.data;
  const { data: last } = partSchema.safeParse(event.data);
  if (last === undefined || last.part !== last.parts - 1) return undefined;
  const events = (await store.read(stream, { direction: 'backwards', maxCount: last.parts })).reverse();
  const parts = events.map(({ data }) => partSchema.safeParse(data).data);
  // Of two owners that wrote at once, or cut off by what a former snapshot keeps.
  if (parts.length < last.parts || parts.some((part, at) => part?.snapshot !== last.snapshot || part.part !== at)) return undefined;
  return JSON.parse(parts.map((part) => part?.json).join(''));
};

/** Disposable: what can't be written now is written 200 events later. A visitor's stream is short: it has none. */
export const keepSnapshot = async (store: EventStore, before: Loaded, after: Loaded): Promise<void> => {
  if (after.kind === 'visitor') return;
  const every = snapshotEvery * (1 + Math.floor(after.state.inputs.size / inputsAsRare));
  if (Math.floor((before.revision + 1) / every) === Math.floor((after.revision + 1) / every)) return;
  const { state, revision, settingsHash, parked, id } = after;
  const told: Append[] = [];
  for (let one = after.told; one !== null; one = one.before) told.push({ inputId: one.inputId, revision: one.revision });
  const data = { fold: foldVersion, revision, settingsHash, parked, told: told.reverse(), state: snapshotOf(state) };
  try {
    await writeSnapshot(store, snapshotStream(id), data);
  } catch {
    // The stream is what counts.
  }
};

/** Each is the whole state, and only the newest is ever read. What is too large for one event stands in parts. @throws EventStoreError */
const writeSnapshot = async (store: EventStore, stream: string, data: object): Promise<void> => {
  const append = async (type: string, content: object): Promise<void> =>
    void (await store.append(stream, [{ id: crypto.randomUUID(), type, data: content, metadata: { schemaVersion: 1 } }], 'any'));
  const json = JSON.stringify(data);
  const parts = Math.ceil(json.length / partLength);
  if (parts === 1) await append('Snapshot', data);
  else {
    // Before them, or what one event was kept for would let go of the first parts.
    await store.keepNewest(stream, parts);
    const snapshot = crypto.randomUUID();
    for (let part = 0; part < parts; part++) {
      await append('SnapshotPart', { snapshot, part, parts, json: json.slice(part * partLength, (part + 1) * partLength) });
    }
  }
  await store.keepNewest(stream, parts);
};

/** Reads what came after the revision that is known, page by page. */
const readOn = async (store: EventStore, from: Loaded): Promise<Loaded> => {
  let dialog = from;
  for (;;) {
    const page = await store.read(subjectStream(from.id), { from: dialog.revision + 1, maxCount: pageSize, fromLeader: true });
    for (const event of page) dialog = withEvent(dialog, event);
    if (page.length < pageSize) return dialog;
  }
};

export const withEvent = (before: Loaded, { revision, type, data }: Pick<RecordedEvent, 'revision' | 'type' | 'data'>): Loaded => {
  const event = { type, data } as DomainEvent | VisitorEvent;
  const read = readOf(before, event, revision);
  return before.kind === 'dialog'
    ? { kind: 'dialog', id: before.id, state: evolve(before.state, event as DomainEvent), ...read }
    : { kind: 'visitor', id: before.id, state: evolveVisitor(before.state, event as VisitorEvent), ...read };
};

/** After a decision, which has folded its events itself. */
export const withDecision = (
  before: Loaded,
  { events, state }: { readonly events: readonly (DomainEvent | VisitorEvent)[]; readonly state: DialogState | VisitorState },
): Loaded => {
  let read: Read = before;
  for (const event of events) read = readOf(read, event, read.revision + 1);
  const { revision, settingsHash, parked, last, told } = read;
  return before.kind === 'dialog'
    ? { kind: 'dialog', id: before.id, state: state as DialogState, revision, settingsHash, parked, last, told }
    : { kind: 'visitor', id: before.id, state: state as VisitorState, revision, settingsHash, parked, last, told };
};

/** As it stands in a stream whose first append did not get the revision 0. */
export const movedBy = (loaded: Loaded, by: number): Loaded => {
  const moved = (told: Told | null): Told | null => told && { ...told, revision: told.revision + by, before: moved(told.before) };
  const last = loaded.last && { ...loaded.last, revision: loaded.last.revision + by };
  return { ...loaded, revision: loaded.revision + by, last, told: moved(loaded.told) };
};

const readOf = (before: Read, event: DomainEvent | VisitorEvent, revision: number): Read => {
  const last = event.type === 'InputRecorded' ? { inputId: event.data.input.inputId, revision } : before.last;
  return {
    revision,
    settingsHash: event.type === 'InputRecorded' ? event.data.settings : before.settingsHash,
    parked:
      event.type === 'DialogParked' ||
      event.type === 'VisitorParked' ||
      (before.parked && event.type !== 'DialogReleased' && event.type !== 'VisitorReleased'),
    last,
    told: last !== null && last.inputId !== before.told?.inputId && tells(event) ? { ...last, before: before.told } : before.told,
  };
};
