import type { DomainEvent } from '@dialog/contracts/domain-event';
import { type SubjectId, subjectStream } from '@dialog/contracts/ids';
import { type InboxInput, recordPlace } from '@dialog/contracts/inbox';
import { inboxRecord } from '@dialog/contracts/inbox-record';
import type { VisitorEvent } from '@dialog/contracts/visitor';
import { notesToDialogs, notesToVisitor, visitorOf } from '@dialog/domain/visitor/notes';
import type { EventStore, RecordedEvent } from '@dialog/event-store/port';
import type { LogRecord, PartitionedLog } from '@dialog/log/port';
import { type Applied, type Decided, type Input, inputOf } from './apply-record.ts';
import { type Loaded, toldAt } from './dialogs.ts';

/** What an append of one aggregate tells another, as inbox records whose ids derive from its events (design §5.6). */
export type NoteWriter = {
  /** Of a record that is applied; of one found already applied they are written once more, from the stream. @throws LogError, EventStoreError */
  readonly write: (applied: Extract<Applied, { kind: 'applied' }>) => Promise<void>;
  /** Of what a marker of the park appended. */
  readonly writeMarker: (parked: Loaded, appended: readonly Decided[]) => Promise<void>;
  /** The same, once more, where the record is the one at which the dialog stopped: it may be that they were not written then. */
  readonly repeatMarker: (parked: Loaded, record: LogRecord) => Promise<void>;
};

type Told = { readonly revision: number; readonly type: string; readonly data: unknown; readonly at: number };

type Note = { readonly to: SubjectId; readonly input: Input };

/** An append is a few events; a page of them, or the end of the stream. */
const pageSize = 20;
const readAtOnce = 500;

export const noteWriter = ({ log, store }: { log: PartitionedLog; store: EventStore }): NoteWriter => {
  const write = async (notes: readonly Note[]): Promise<void> => {
    if (notes.length === 0) return;
    await log.append(notes.map(({ input }) => inboxRecord(input)));
  };
  const send = (loaded: Loaded, events: readonly Told[], input?: Input): Promise<void> => write(notesOf(loaded, events, input));

  /** The notes of an append that is in the stream already: it may be that they were not written then. Most appends told nobody anything. */
  const sendAgain = async (loaded: Loaded, input: Input): Promise<void> => {
    const revision = toldAt(loaded, input.inputId);
    if (revision !== undefined) await send(loaded, await appendFrom(store, loaded.id, revision), input);
  };

  return {
    write: async ({ dialog, input, appended }) => {
      if (!mayTell(dialog, input)) return;
      if (appended.length > 0) return send(dialog, decided(dialog, appended), input);
      if (dialog.state.inputs.has(input.inputId)) await sendAgain(dialog, input);
    },
    writeMarker: async (parked, appended) => {
      if (mayTell(parked)) await send(parked, decided(parked, appended));
    },
    repeatMarker: async (parked, record) => {
      if (!mayTell(parked)) return;
      const taken = takenBy(parked, record);
      // A decision that stopped the dialog: its notes are those of its input.
      if (taken !== undefined) return sendAgain(parked, taken);
      await send(parked, await markerOf(store, parked.id, recordPlace(record)));
    },
  };
};

/** The input of a record that the stream has already; undefined: it has not, or nobody can read it. */
export const takenBy = ({ id, state }: Loaded, record: LogRecord): Input | undefined => {
  try {
    const input = inputOf(record, id);
    return state.inputs.has(input.inputId) ? input : undefined;
  } catch {
    return undefined;
  }
};

/** A dialog whose visitor nobody knows has nobody to tell. */
const mayTell = (loaded: Loaded, input?: Input): boolean =>
  loaded.kind === 'visitor' || visitorOf(loaded.state, input as InboxInput | undefined) !== undefined;

const notesOf = (loaded: Loaded, events: readonly Told[], input?: Input): readonly Note[] => {
  const at = events[0]?.at;
  if (at === undefined) return [];
  if (loaded.kind === 'visitor') return notesToDialogs(loaded.id, events as unknown as (VisitorEvent & Told)[], at);
  const visitor = visitorOf(loaded.state, input as InboxInput | undefined);
  if (visitor === undefined || loaded.state.status === 'absent') return [];
  const { chatIdForm } = loaded.state;
  return notesToVisitor({ id: loaded.id, chatIdForm, visitor, events: events as unknown as (DomainEvent & Told)[], at });
};

const decided = ({ revision }: Loaded, appended: readonly Decided[]): Told[] =>
  appended.map(({ type, data, metadata }, index) => ({ type, data, at: metadata.at, revision: revision - appended.length + 1 + index }));

/** The events of the append that begins at `revision`, and of a marker behind it: up to the next input. */
const appendFrom = async (store: EventStore, id: SubjectId, revision: number): Promise<Told[]> => {
  const append: RecordedEvent[] = [];
  for (let from = revision; ; from += pageSize) {
    const page = await store.read(subjectStream(id), { from, maxCount: pageSize, fromLeader: true });
    for (const event of page) {
      if (append.length > 0 && event.type === 'InputRecorded') return append.map(told);
      append.push(event);
    }
    if (page.length < pageSize) return append.map(told);
  }
};

/** Whether the dialog's stream has a marker of the record at this place: redelivered, it is not to be given to people once more. */
export const isMarked = async (store: EventStore, id: SubjectId, place: string): Promise<boolean> => {
  for (let from = 0; ; from += readAtOnce) {
    const page = await store.read(subjectStream(id), { from, maxCount: readAtOnce, fromLeader: true });
    if (page.some(({ type, data }) => type === 'DialogParked' && (data as { inputId?: unknown }).inputId === place)) return true;
    if (page.length < readAtOnce) return false;
  }
};

/** What the newest marker of the park appended, if it is of the record at this place; it stands near the end. */
const markerOf = async (store: EventStore, id: SubjectId, place: string): Promise<Told[]> => {
  let append: RecordedEvent[] = [];
  for (let from: number | undefined; ; ) {
    const page = await store.read(subjectStream(id), {
      direction: 'backwards',
      maxCount: pageSize,
      fromLeader: true,
      ...(from === undefined ? {} : { from }),
    });
    for (const event of page) {
      append.push(event);
      if (event.type === 'DialogParked') return (event.data as { inputId?: unknown }).inputId === place ? append.reverse().map(told) : [];
      if (event.type === 'InputRecorded') append = [];
    }
    const last = page.at(-1);
    if (last === undefined || last.revision === 0) return [];
    from = last.revision - 1;
  }
};

const told = ({ revision, type, data, metadata }: RecordedEvent): Told => ({
  revision,
  type,
  data,
  at: Number((metadata as { at?: unknown }).at),
});
