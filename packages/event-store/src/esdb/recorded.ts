import type { ResolvedEvent } from '@eventstore/db-client';
import type { RecordedEvent } from '../port.ts';
import { positionText } from './position.ts';

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
