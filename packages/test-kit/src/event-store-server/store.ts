import { DatabaseSync } from 'node:sqlite';

/**
 * The streams behind the protocol, in one SQLite file. Each behaviour is the real server's; where it was learnt:
 *
 * - The commit check (which expected revision writes, conflicts or is an idempotent success), row by row:
 *   `EventStore.Core/Services/Storage/ReaderIndex/IndexWriter.cs`, `CheckCommit`, in oss-v23.10.6 and in KurrentDB; event-store.md §4.
 *   An idempotent success answers with revision and position of the last of the original events. A conflict tells the stream's last event
 *   number, also where the stream is soft-deleted, and -1 only where nothing was ever written. A first id in place and a later one not is
 *   "corrupted idempotency", which `StorageWriterService` answers as a wrong expected version.
 * - `any` and `stream_exists` compare ids by a cache in memory (`_committedEvents`), which a restart empties and which is bounded; here it is
 *   bounded by count. Only where the first id is known is a later unknown one a conflict.
 * - A soft delete writes `$metadata` with `$tb` = 2^63-1 to `$$stream`; the next write to the stream is followed by one of `$tb` = its own
 *   revision there (`StorageWriterService.SoftUndeleteStream`). A stream of which there is nothing, not even metadata, can't be deleted: a
 *   wrong expected version, whatever was expected (`StorageWriterService`, `WriteDelete`). Reads see what `$tb` and `$maxCount` leave; `$all` keeps everything until a scavenge
 *   (docs/server/features/streams.md). `$maxAge` and `$acl` are stored and not obeyed here.
 * - Positions are those of a transaction log: they grow by what was written, not by one; commit and prepare position of an event are the
 *   same (`AllReader`: an implicit transaction has no commit record of its own).
 */
export type ProposedEvent = {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
};

export type StoredEvent = ProposedEvent & {
  readonly stream: string;
  readonly revision: number;
  readonly position: bigint;
  /** ms since the Unix epoch */
  readonly createdAt: number;
};

export type Expected = number | 'any' | 'no_stream' | 'stream_exists';

export type Outcome =
  | { readonly kind: 'written' | 'idempotent'; readonly revision: number; readonly position: bigint }
  | { readonly kind: 'wrong_expected_version'; readonly actual: number }
  | { readonly kind: 'stream_deleted' };

export type EventServerStore = {
  readonly append: (stream: string, expected: Expected, events: readonly ProposedEvent[]) => Outcome;
  readonly softDelete: (stream: string, expected: Expected) => Outcome;
  readonly tombstone: (stream: string, expected: Expected) => Outcome;
  /** `absent`: never written, or soft-deleted. At most `limit` events from `from`, inclusive. */
  readonly read: (
    stream: string,
    from: number | 'start' | 'end',
    direction: 'forwards' | 'backwards',
    limit: number,
  ) => readonly StoredEvent[] | 'absent' | 'deleted';
  /** Forwards: positions above `bound`, or from it on where `inclusive`; backwards: below it. */
  readonly readAll: (bound: bigint, direction: 'forwards' | 'backwards', limit: number, inclusive?: boolean) => readonly StoredEvent[];
  /** What a filter asks of the events above `bound`, without their data: most of what a subscription looks at is not for it. */
  readonly placesAbove: (bound: bigint, limit: number) => readonly Pick<StoredEvent, 'position' | 'stream' | 'type'>[];
  readonly at: (position: bigint) => StoredEvent;
  /** Called after each commit. @returns a function that ends it */
  readonly onCommitted: (listener: () => void) => () => void;
  readonly close: () => void;
};

const schema = `
  CREATE TABLE IF NOT EXISTS streams (
    name TEXT PRIMARY KEY, head INTEGER NOT NULL, truncate_before INTEGER NOT NULL, max_count INTEGER, tombstoned INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS events (
    position INTEGER PRIMARY KEY, stream TEXT NOT NULL, revision INTEGER NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL,
    content_type TEXT NOT NULL, data BLOB NOT NULL, metadata BLOB NOT NULL, created_at INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS events_by_stream ON events (stream, revision);
`;
const softDeleted = Number.MAX_SAFE_INTEGER;
const cachedIds = 50_000;
/** What a record takes in the log besides its data: makes positions as uneven as real ones. */
const frameBytes = 96;

type Stream = { head: number; truncateBefore: number; maxCount: number | undefined; tombstoned: boolean };

export const eventServerStore = (file: string): EventServerStore => {
  const db = new DatabaseSync(file);
  // A killed process loses nothing that was committed: the write-ahead log is the operating system's by then.
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; ${schema}`);
  const streamRow = db.prepare('SELECT head, truncate_before, max_count, tombstoned FROM streams WHERE name = ?');
  const putStream = db.prepare(
    'INSERT OR REPLACE INTO streams (name, head, truncate_before, max_count, tombstoned) VALUES (?, ?, ?, ?, ?)',
  );
  const insert = db.prepare(
    'INSERT INTO events (position, stream, revision, id, type, content_type, data, metadata, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const place = db.prepare('SELECT id, position FROM events WHERE stream = ? AND revision = ?');
  const forwards = db.prepare('SELECT * FROM events WHERE stream = ? AND revision >= ? AND revision >= ? ORDER BY revision LIMIT ?');
  const backwards = db.prepare('SELECT * FROM events WHERE stream = ? AND revision <= ? AND revision >= ? ORDER BY revision DESC LIMIT ?');
  const allForwards = db.prepare('SELECT * FROM events WHERE position >= ? ORDER BY position LIMIT ?');
  const placesForwards = db.prepare('SELECT position, stream, type FROM events WHERE position > ? ORDER BY position LIMIT ?');
  const byPosition = db.prepare('SELECT * FROM events WHERE position = ?');
  const allBackwards = db.prepare('SELECT * FROM events WHERE position < ? ORDER BY position DESC LIMIT ?');
  let end = Number(db.prepare('SELECT coalesce(max(position), 0) AS position FROM events').get()?.['position']);

  const recentIds = new Map<string, number>();
  const listeners = new Set<() => void>();

  const streamOf = (name: string): Stream => {
    const row = streamRow.get(name);
    return {
      head: row === undefined ? -1 : Number(row['head']),
      truncateBefore: row === undefined ? 0 : Number(row['truncate_before']),
      maxCount: row?.['max_count'] === null || row === undefined ? undefined : Number(row['max_count']),
      tombstoned: row?.['tombstoned'] === 1,
    };
  };
  const save = (name: string, stream: Stream): void =>
    void putStream.run(name, stream.head, stream.truncateBefore, stream.maxCount ?? null, stream.tombstoned ? 1 : 0);
  const isSoftDeleted = (stream: Stream): boolean => stream.truncateBefore === softDeleted;
  const firstVisible = (stream: Stream): number =>
    Math.max(stream.truncateBefore, stream.maxCount === undefined ? 0 : stream.head - stream.maxCount + 1);

  /** @returns the outcome that ends it, or undefined where the events may be written */
  const check = (name: string, stream: Stream, expected: Expected, events: readonly ProposedEvent[]): Outcome | undefined => {
    const conflict: Outcome = { kind: 'wrong_expected_version', actual: stream.head };
    if (stream.tombstoned) return { kind: 'stream_deleted' };
    if (expected === 'stream_exists') {
      if (isSoftDeleted(stream)) return { kind: 'stream_deleted' };
      if (stream.head < 0) return conflict;
    }
    if (expected === 'any' || expected === 'stream_exists') {
      const known = events.map((event) => recentIds.get(`${name}\n${event.id}`));
      if (known[0] === undefined) return undefined;
      const last = known.at(-1);
      return last === undefined || known.includes(undefined) ? conflict : original(name, last);
    }
    const revision = expected === 'no_stream' ? -1 : expected;
    if (revision > stream.head) return conflict;
    if (revision === stream.head) return undefined;
    for (const [at, event] of events.entries()) {
      if (place.get(name, revision + 1 + at)?.['id'] === event.id) continue;
      if (at > 0) return conflict;
      return expected === 'no_stream' && isSoftDeleted(stream) ? undefined : conflict;
    }
    return events.length === 0 ? conflict : original(name, revision + events.length);
  };
  const original = (name: string, revision: number): Outcome => ({
    kind: 'idempotent',
    revision,
    position: BigInt(Number(place.get(name, revision)?.['position'])),
  });

  const write = (name: string, stream: Stream, events: readonly ProposedEvent[]): Outcome => {
    const undeleted = isSoftDeleted(stream);
    if (undeleted) stream.truncateBefore = stream.head + 1;
    const now = Date.now();
    for (const event of events) {
      stream.head += 1;
      end += frameBytes + event.data.byteLength + event.metadata.byteLength;
      insert.run(end, name, stream.head, event.id, event.type, event.contentType, event.data, event.metadata, now);
      remember(`${name}\n${event.id}`, stream.head);
      if (name.startsWith('$$')) obeyMetadata(name.slice(2), event.data);
    }
    save(name, stream);
    const written: Outcome = { kind: 'written', revision: stream.head, position: BigInt(end) };
    if (undeleted) writeMetadata(name, { $tb: stream.truncateBefore });
    return written;
  };
  const writeMetadata = (name: string, metadata: Record<string, unknown>): void => {
    const event: ProposedEvent = {
      id: crypto.randomUUID(),
      type: '$metadata',
      contentType: 'application/json',
      // 2^63-1, which a JavaScript number can't say.
      data: Buffer.from(JSON.stringify(metadata).replace(String(softDeleted), '9223372036854775807')),
      metadata: new Uint8Array(),
    };
    write(`$$${name}`, streamOf(`$$${name}`), [event]);
  };
  const obeyMetadata = (name: string, data: Uint8Array): void => {
    const parsed = JSON.parse(Buffer.from(data).toString() || '{}') as { $tb?: number; $maxCount?: number };
    const stream = streamOf(name);
    stream.truncateBefore = Math.min(parsed.$tb ?? 0, softDeleted);
    stream.maxCount = parsed.$maxCount;
    save(name, stream);
  };
  const remember = (key: string, revision: number): void => {
    recentIds.set(key, revision);
    if (recentIds.size > cachedIds) {
      for (const oldest of recentIds.keys()) {
        recentIds.delete(oldest);
        break;
      }
    }
  };

  const inTransaction = (work: () => Outcome): Outcome => {
    const before = end;
    db.exec('BEGIN IMMEDIATE');
    let outcome: Outcome;
    try {
      outcome = work();
      db.exec('COMMIT');
    } catch (error) {
      end = before;
      db.exec('ROLLBACK');
      throw error;
    }
    if (outcome.kind === 'written') for (const listener of [...listeners]) listener();
    return outcome;
  };

  return {
    append: (name, expected, events) =>
      inTransaction(() => {
        const stream = streamOf(name);
        return check(name, stream, expected, events) ?? write(name, stream, events);
      }),
    softDelete: (name, expected) =>
      inTransaction(() => {
        const stream = streamOf(name);
        const refused = check(name, stream, expected, [deletion()]);
        if (refused !== undefined) return refused;
        if (stream.head < 0 && streamOf(`$$${name}`).head < 0) return { kind: 'wrong_expected_version', actual: -1 };
        writeMetadata(name, { $tb: softDeleted });
        return { kind: 'written', revision: stream.head, position: BigInt(end) };
      }),
    tombstone: (name, expected) =>
      inTransaction(() => {
        const stream = streamOf(name);
        const refused = check(name, stream, expected, [deletion()]);
        if (refused !== undefined) return refused;
        const written = write(name, stream, [deletion()]);
        save(name, { ...stream, tombstoned: true });
        return written;
      }),
    read: (name, from, direction, limit) => {
      const stream = streamOf(name);
      if (stream.tombstoned) return 'deleted';
      if (stream.head < 0 || isSoftDeleted(stream)) return 'absent';
      const first = firstVisible(stream);
      const bound = from === 'start' ? 0 : from === 'end' ? stream.head : from;
      return (direction === 'forwards' ? forwards : backwards).all(name, bound, first, limit).map(stored);
    },
    readAll: (bound, direction, limit, inclusive = false) =>
      direction === 'forwards'
        ? allForwards.all(inclusive ? bound : bound + 1n, limit).map(stored)
        : allBackwards.all(bound, limit).map(stored),
    placesAbove: (bound, limit) =>
      placesForwards.all(bound, limit).map((row) => ({
        position: BigInt(Number(row['position'])),
        stream: String(row['stream']),
        type: String(row['type']),
      })),
    at: (position) => stored(byPosition.get(position) as Record<string, unknown>),
    onCommitted: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: () => db.close(),
  };
};

const deletion = (): ProposedEvent => ({
  id: crypto.randomUUID(),
  type: '$streamDeleted',
  contentType: 'application/json',
  data: new Uint8Array(),
  metadata: new Uint8Array(),
});

const stored = (row: Record<string, unknown>): StoredEvent => ({
  stream: String(row['stream']),
  revision: Number(row['revision']),
  position: BigInt(Number(row['position'])),
  id: String(row['id']),
  type: String(row['type']),
  contentType: String(row['content_type']),
  data: row['data'] as Uint8Array,
  metadata: row['metadata'] as Uint8Array,
  createdAt: Number(row['created_at']),
});
