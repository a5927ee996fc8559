import { randomUUID } from 'node:crypto';
import { type EventStore, isConflict, type NewEvent } from './port.ts';

/**
 * The one event of a stream that is named after its content: whoever was first wrote the same. Its id is a fresh one: a derived id would be
 * found in a stream that was deleted, and the append pass for done. @returns whether it was written; false: it was there. @throws EventStoreError
 */
export const registerOnce = async (
  store: EventStore,
  stream: string,
  { type, data }: Pick<NewEvent, 'type' | 'data'>,
): Promise<boolean> => {
  try {
    await store.append(stream, [{ id: randomUUID(), type, data, metadata: { schemaVersion: 1 } }], 'no_stream');
    return true;
  } catch (error) {
    if (!isConflict(error)) throw error;
    return false;
  }
};
