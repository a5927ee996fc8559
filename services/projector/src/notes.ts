import { cloudEventHeaders } from '@dialog/contracts/cloud-events';
import type { DomainEvent } from '@dialog/contracts/domain-event';
import { type SubjectId, subjectKey, subjectStream } from '@dialog/contracts/ids';
import type { InboxInput } from '@dialog/contracts/inbox';
import { topics } from '@dialog/contracts/topics';
import type { VisitorEvent } from '@dialog/contracts/visitor';
import { notesToDialogs, notesToVisitor, visitorOf } from '@dialog/domain/visitor/notes';
import type { EventStore, RecordedEvent } from '@dialog/event-store/port';
import type { LogRecord, PartitionedLog } from '@dialog/log/port';
import { type Applied, type Decided, type Input, inputOf, placeOf } from './apply-record.ts';
import type { Loaded } from './dialogs.ts';

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

const pageSize = 100;

export const noteWriter = ({ log, store }: { log: PartitionedLog; store: EventStore }): NoteWriter => {
  const send = async (loaded: Loaded, events: readonly Told[], input?: Input): Promise<void> => {
    const at = events[0]?.at;
    if (at === undefined) return;
    const notes = notesOf(loaded, events, at, input);
    if (notes.length === 0) return;
    await log.append(
      notes.map(({ to, input: note }) => ({
        topic: topics.inbox,
        key: subjectKey(to),
        value: Buffer.from(JSON.stringify(note)),
        headers: cloudEventHeaders({ id: note.inputId, account: note.account, type: note.type, subject: subjectKey(to), timeMs: at }),
      })),
    );
  };

  return {
    write: async ({ dialog, input, appended }) => {
      if (!mayTell(dialog, input)) return;
      if (appended.length > 0) return send(dialog, decided(dialog, appended), input);
      if (dialog.state.inputs.has(input.inputId)) await send(dialog, await appendOf(store, dialog.id, startsWith(input.inputId)), input);
    },
    writeMarker: async (parked, appended) => {
      if (mayTell(parked)) await send(parked, decided(parked, appended));
    },
    repeatMarker: async (parked, record) => {
      if (!mayTell(parked)) return;
      const taken = takenBy(parked, record);
      // A decision that stopped the dialog: its notes are those of its input.
      if (taken !== undefined) return send(parked, await appendOf(store, parked.id, startsWith(taken.inputId)), taken);
      const place = placeOf(record);
      const marks = ({ type, data }: RecordedEvent) => type === 'DialogParked' && (data as { inputId?: unknown }).inputId === place;
      await send(parked, await appendOf(store, parked.id, marks, (event) => event.type === 'DialogParked'));
    },
  };
};

const takenBy = ({ id, state }: Loaded, record: LogRecord): Input | undefined => {
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

const notesOf = (loaded: Loaded, events: readonly Told[], at: number, input?: Input): { to: SubjectId; input: Input }[] => {
  if (loaded.kind === 'visitor') return notesToDialogs(loaded.id, events as unknown as (VisitorEvent & Told)[], at);
  const visitor = visitorOf(loaded.state, input as InboxInput | undefined);
  if (visitor === undefined || loaded.state.status === 'absent') return [];
  const { chatIdForm } = loaded.state;
  return notesToVisitor({ id: loaded.id, chatIdForm, visitor, events: events as unknown as (DomainEvent & Told)[], at });
};

const decided = ({ revision }: Loaded, appended: readonly Decided[]): Told[] =>
  appended.map(({ type, data, metadata }, index) => ({ type, data, at: metadata.at, revision: revision - appended.length + 1 + index }));

const startsWith =
  (inputId: string) =>
  ({ type, data }: RecordedEvent): boolean =>
    type === 'InputRecorded' && (data as { input?: { inputId?: unknown } }).input?.inputId === inputId;

/**
 * The events of one append, from the one that `first` knows up to the next input; read from the end, where a redelivered record's are.
 * `gives`: ends the search in vain.
 */
const appendOf = async (
  store: EventStore,
  id: SubjectId,
  first: (event: RecordedEvent) => boolean,
  gives: (event: RecordedEvent) => boolean = () => false,
): Promise<Told[]> => {
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
      if (first(event)) return append.reverse().map(told);
      if (gives(event)) return [];
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
