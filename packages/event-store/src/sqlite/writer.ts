import { workerData } from 'node:worker_threads';
import { OpError, openDatabase, serveBatches } from '@dialog/sqlite/serve-batches';
import type { AppendResult, ExpectedRevision } from '../port.ts';
import type { SerialisedEvent } from '../serialise.ts';
import { schema } from './schema.ts';

export type WriterOp =
  | { readonly kind: 'append'; readonly stream: string; readonly expected: ExpectedRevision; readonly events: readonly SerialisedEvent[] }
  | { readonly kind: 'delete'; readonly stream: string }
  | { readonly kind: 'keep_newest'; readonly stream: string; readonly count: number };

const db = openDatabase((workerData as { file: string }).file, { schema });

const headOf = db.prepare('SELECT head, first FROM streams WHERE name = ?');
const setHead = db.prepare(
  'INSERT INTO streams (name, head, first) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET head = excluded.head, first = excluded.first',
);
const insert = db.prepare('INSERT INTO events (stream, revision, id, type, data, metadata, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?)');
const idsFrom = db.prepare('SELECT id, position FROM events WHERE stream = ? AND revision >= ? ORDER BY revision LIMIT ?');
const byId = db.prepare('SELECT revision, position FROM events WHERE stream = ? AND id = ?');

const removeBelow = db.prepare('DELETE FROM events WHERE stream = ? AND revision < ?');

type Stream = { readonly head: number; readonly first: number };

const apply = (op: WriterOp, now: number): AppendResult | null => {
  const stream = (headOf.get(op.stream) as Stream | undefined) ?? { head: -1, first: 0 };
  if (op.kind === 'delete') {
    if (stream.head >= stream.first) setHead.run(op.stream, stream.head, stream.head + 1);
    return null;
  }
  if (op.kind === 'keep_newest') {
    const first = Math.max(stream.first, stream.head - op.count + 1);
    if (first === stream.first) return null;
    removeBelow.run(op.stream, first);
    setHead.run(op.stream, stream.head, first);
    return null;
  }
  return append(op.stream, stream, op.events, op.expected, now);
};

/** The commit check, as EventStoreDB's `IndexWriter.CheckCommit` has it; the contract suite holds it row by row. */
const append = (
  name: string,
  stream: Stream,
  events: readonly SerialisedEvent[],
  expected: ExpectedRevision,
  now: number,
): AppendResult => {
  const exists = stream.head >= stream.first;
  // The revision is the head's even where the stream is soft-deleted: revisions count on.
  const actual = stream.head >= 0 ? stream.head : 'no_stream';
  const conflict = (): never => {
    throw new OpError('wrong_expected_revision', `${name}: expected ${expected}, is ${actual}`, { actual });
  };
  if (expected === 'no_stream') {
    if (stream.head >= 0) {
      const written = inPlace(name, 0, events);
      if (written !== undefined) return written;
    }
    // The first event in place and another not: EventStoreDB calls it corrupted idempotency, deleted or not.
    if (exists || inPlace(name, 0, events.slice(0, 1)) !== undefined) conflict();
  } else if (expected === 'any' || expected === 'stream_exists') {
    if (expected === 'stream_exists' && !exists) {
      if (stream.head < 0) conflict();
      throw new OpError('stream_deleted', `${name}: soft-deleted`);
    }
    const known = events.map((event) => byId.get(name, event.id) as { revision: number; position: number } | undefined);
    const last = known.at(-1);
    if (last !== undefined && known.every((found) => found !== undefined)) {
      return { revision: last.revision, position: String(last.position) };
    }
    if (known.some((found) => found !== undefined)) conflict();
  } else if (stream.head !== expected) {
    if (stream.head > expected) {
      const written = inPlace(name, expected + 1, events);
      if (written !== undefined) return written;
    }
    conflict();
  }
  return write(name, stream, events, now);
};

/** The original write, where these very events stand from `revision` on. */
const inPlace = (name: string, revision: number, events: readonly SerialisedEvent[]): AppendResult | undefined => {
  const there = idsFrom.all(name, revision, events.length) as { id: string; position: number }[];
  const last = there.at(-1);
  const same = there.length === events.length && events.every((event, at) => there[at]?.id === event.id);
  return same && last !== undefined ? { revision: revision + events.length - 1, position: String(last.position) } : undefined;
};

const write = (name: string, stream: Stream, events: readonly SerialisedEvent[], now: number): AppendResult => {
  let revision = stream.head;
  let position = 0;
  for (const event of events) {
    revision += 1;
    position = Number(insert.run(name, revision, event.id, event.type, event.data, event.metadata, now).lastInsertRowid);
  }
  setHead.run(name, revision, stream.first);
  return { revision, position: String(position) };
};

serveBatches<WriterOp, AppendResult | null>(db, apply);
