import { type SubjectId, subjectParkedStream } from '@dialog/contracts/ids';
import { recordPlace } from '@dialog/contracts/inbox';
import { type RecordParked, waitingRecords } from '@dialog/contracts/parked';
import { type EventStore, isConflict, type RecordedEvent } from '@dialog/event-store/port';
import type { LogRecord } from '@dialog/log/port';
import { derivedEventId } from './event-ids.ts';

/** Base64 characters in one event: well below what one append may hold. A multiple of four, so that the parts put together are Base64 again. */
const partLength = 256 * 1024;

/**
 * Keeps a record that its dialog can't take, byte for byte, in the dialog's parked stream; in order, each once. What is too big for one append
 * stands in parts: whatever can be in the log can be parked, or one record would stop them all.
 * @throws EventStoreError
 */
export const park = async (
  store: EventStore,
  id: SubjectId,
  record: LogRecord,
  why: { reason: string; group: string; attempts: number; at: number },
): Promise<void> => {
  const stream = subjectParkedStream(id);
  for (;;) {
    const [last] = await store.read(stream, { direction: 'backwards', maxCount: 1, fromLeader: true });
    if (last?.type === 'RecordParked' && isRedelivered(record, last.data as RecordParked)) return;
    const base64 = record.value === null ? null : Buffer.from(record.value).toString('base64');
    const parts = base64 === null ? [] : (base64.match(new RegExp(`.{1,${partLength}}`, 'g')) ?? []).slice(0, -1);
    const data: RecordParked = {
      topic: record.topic,
      partition: record.partition,
      offset: record.offset,
      appendedAt: record.appendedAt,
      key: record.key,
      valueBase64: base64 === null ? null : base64.slice(parts.length * partLength),
      ...(parts.length === 0 ? {} : { parts: parts.length }),
      headers: record.headers,
      group: why.group,
      attempts: why.attempts,
      reason: why.reason,
      parkedAt: why.at,
    };
    const place = recordPlace(record);
    let expected = last === undefined ? ('no_stream' as const) : last.revision;
    const append = async (type: string, id: string, content: unknown): Promise<void> => {
      expected = (await store.append(stream, [{ id, type, data: content, metadata: { schemaVersion: 1 } }], expected)).revision;
    };
    try {
      // Fresh ids: begun anew after a crash, they must stand right before their record once more.
      for (const [part, valueBase64] of parts.entries()) {
        await append('RecordPart', crypto.randomUUID(), { offset: record.offset, part, valueBase64 });
      }
      await append('RecordParked', derivedEventId(place, 0, 'RecordParked', stream), data);
      return;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
};

/**
 * Whether the record was parked before: it is not behind the last that was. A log that was lost and made anew counts its offsets from 0 again, and what
 * comes by it is later than all that the former one brought.
 */
const isRedelivered = ({ offset, appendedAt }: LogRecord, last: Pick<RecordParked, 'offset' | 'appendedAt'>): boolean =>
  offset <= last.offset && appendedAt <= last.appendedAt;

/** What waits since the dialog was last released, in order. @throws EventStoreError */
export const parkedRecords = async (store: EventStore, id: SubjectId): Promise<readonly LogRecord[]> =>
  waitingRecords(await readWhole(store, subjectParkedStream(id))).map(
    ({ topic, partition, offset, appendedAt, key, headers, valueBase64 }) => {
      const value = valueBase64 === null ? null : Buffer.from(valueBase64, 'base64');
      return { topic, partition, offset, appendedAt, key, headers, value };
    },
  );

/** After a release: what stands before it was taken. May be repeated. @throws EventStoreError */
export const markReleased = async (store: EventStore, id: SubjectId, commandId: string): Promise<void> => {
  const stream = subjectParkedStream(id);
  for (;;) {
    const [last] = await store.read(stream, { direction: 'backwards', maxCount: 1, fromLeader: true });
    if (last === undefined || last.type === 'Released') return;
    const event = {
      id: derivedEventId(commandId, 0, 'Released', stream),
      type: 'Released',
      data: { commandId },
      metadata: { schemaVersion: 1 },
    };
    try {
      await store.append(stream, [event], last.revision);
      return;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
};

const pageSize = 500;

const readWhole = async (store: EventStore, stream: string): Promise<readonly RecordedEvent[]> => {
  const events: RecordedEvent[] = [];
  for (;;) {
    const page = await store.read(stream, {
      from: events.length === 0 ? 'start' : (events.at(-1) as RecordedEvent).revision + 1,
      maxCount: pageSize,
      fromLeader: true,
    });
    events.push(...page);
    if (page.length < pageSize) return events;
  }
};
