import { type EventData, jsonEvent, type ResolvedEvent } from '@eventstore/db-client';
import type { RecordedEvent } from '../port.ts';
import type { SerialisedEvent } from '../serialise.ts';
import { positionText } from './position.ts';

const utf8 = new TextEncoder();

/**
 * An event for the client, out of JSON of our own. Its data goes as plain values, which the client's own JSON gives back unchanged; a bigint
 * in it would end the process. Its metadata goes as bytes: the client leaves out metadata that is falsy, and takes an object whose
 * `constructor` is a key of its own for bytes or not by chance.
 */
export const proposed = (event: SerialisedEvent): EventData =>
  jsonEvent({ id: event.id, type: event.type, data: JSON.parse(event.data), metadata: utf8.encode(event.metadata) });

/** @returns undefined for an event that is no JSON of ours, such as one of the system's */
export const recorded = (resolved: ResolvedEvent): RecordedEvent | undefined => {
  const { event } = resolved;
  if (event === undefined || !event.isJson) return undefined;
  return {
    stream: event.streamId,
    revision: Number(event.revision),
    id: event.id,
    type: event.type,
    data: event.data,
    metadata: event.metadata ?? null,
    recordedAt: event.created.getTime(),
    position: positionText(event.position),
  };
};
