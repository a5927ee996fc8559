import { type DerivedEvent, EventStoreError, type NewEvent } from './port.ts';

/** One append at most, bytes of JSON, data and metadata of all its events together (design §7). */
export const maxAppendBytes = 512 * 1024;

/** An event whose JSON is of our own making, so that no client or store changes a value on its way. */
export type SerialisedEvent = { readonly id: string; readonly type: string; readonly data: string; readonly metadata: string };

/** @throws EventStoreError `unknown` where a value is not JSON, `too_large` */
export const serialise = (events: readonly (NewEvent | DerivedEvent)[]): SerialisedEvent[] => {
  const serialised = events.map(({ id, type, data: value, metadata }) => {
    const data = json(value, type);
    return { id: typeof id === 'string' ? id : id(data), type, data, metadata: json(metadata, type) };
  });
  const bytes = serialised.reduce((sum, event) => sum + Buffer.byteLength(event.data) + Buffer.byteLength(event.metadata), 0);
  if (bytes > maxAppendBytes) throw new EventStoreError('too_large', `an append of ${bytes} bytes; the limit is ${maxAppendBytes}`);
  return serialised;
};

/** A value that JSON would drop or change is refused before it is written. */
const json = (value: unknown, type: string): string => {
  try {
    refuseUnsaid(value);
    const text = JSON.stringify(value);
    if (text === undefined) throw new TypeError('nothing');
    return text;
  } catch (error) {
    throw new EventStoreError('unknown', `an event of type ${type} is not JSON`, { cause: error });
  }
};

/** By a walk of its own: a replacer makes `JSON.stringify` several times as slow. */
const refuseUnsaid = (value: unknown): void => {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`the number ${value}`);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (value instanceof Map || value instanceof Set) throw new TypeError('a Map or Set');
  if (Array.isArray(value)) for (const inner of value) refuseUnsaid(inner);
  else for (const name in value) refuseUnsaid((value as Record<string, unknown>)[name]);
};
