import { fileURLToPath } from 'node:url';
import type { Clock } from '@dialog/contracts/clock';
import type { EventStore } from './port.ts';
import { sqliteEventStore } from './sqlite/event-store.ts';

/** Opens the event store that an `EVENTS_URL` names: `sqlite:{file}`. @throws Error for another address */
export const openEventStore = async ({ url, clock }: { url: string; clock: Clock }): Promise<EventStore> => {
  if (url.startsWith('sqlite:')) {
    const file = url.slice('sqlite:'.length);
    return sqliteEventStore({ file: file.startsWith('//') ? fileURLToPath(`file:${file}`) : file, clock });
  }
  throw new Error('EVENTS_URL must begin with sqlite:');
};
