import { type DialogId, dialogStream, parkedStream } from '@dialog/contracts/ids';
import { stamp } from '@dialog/domain/state';
import type { EventStore } from '@dialog/event-store/port';
import type { LogRecord } from '@dialog/log/port';
import type { LoadedDialog } from './dialogs.ts';
import { derivedEventId } from './event-ids.ts';

/**
 * Keeps a record that its dialog can't take, byte for byte, in the dialog's parked stream; in order, each once.
 * @throws EventStoreError
 */
export const park = async (
  store: EventStore,
  id: DialogId,
  record: LogRecord,
  why: { reason: string; group: string; attempts: number; at: number },
): Promise<void> => {
  const stream = parkedStream(id);
  for (;;) {
    const [last] = await store.read(stream, { direction: 'backwards', maxCount: 1, fromLeader: true });
    const lastOffset = last === undefined ? -1 : Number((last.data as { offset?: unknown }).offset);
    if (lastOffset >= record.offset) return;
    const data = {
      topic: record.topic,
      partition: record.partition,
      offset: record.offset,
      appendedAt: record.appendedAt,
      key: record.key,
      valueBase64: record.value === null ? null : Buffer.from(record.value).toString('base64'),
      headers: record.headers,
      group: why.group,
      attempts: why.attempts,
      reason: why.reason,
      parkedAt: why.at,
    };
    const eventId = derivedEventId(`${record.topic}/${record.partition}/${record.offset}`, 0, 'RecordParked', parkedStream(id));
    try {
      await store.append(
        stream,
        [{ id: eventId, type: 'RecordParked', data, metadata: { schemaVersion: 1 } }],
        last === undefined ? 'no_stream' : last.revision,
      );
      return;
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'wrong_expected_revision') throw error;
    }
  }
};

/** The marker in the dialog's own stream: its epoch, and no head, so that what is on its way is suppressed. @throws EventStoreError */
export const markParked = async (
  store: EventStore,
  dialog: LoadedDialog,
  marker: { reason: string; inputId: string; at: number; producer: string },
): Promise<void> => {
  const data = { reason: marker.reason, inputId: marker.inputId };
  const metadata = {
    $correlationId: `${dialog.id.account}:${dialog.id.chatId}`,
    $causationId: marker.inputId,
    schemaVersion: 1,
    producer: marker.producer,
    at: marker.at,
    ...stamp(dialog.state),
    head: null,
  };
  const id = derivedEventId(marker.inputId, 0, 'DialogParked', JSON.stringify(data));
  await store.append(
    dialogStream(dialog.id),
    [{ id, type: 'DialogParked', data, metadata }],
    dialog.revision < 0 ? 'no_stream' : dialog.revision,
  );
};
