import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '@dialog/contracts/clock';
import { eventStoreContract } from '../../contract/event-store-contract.ts';
import type { EventStore } from '../port.ts';
import { sqliteEventStore } from './event-store.ts';

eventStoreContract({
  adapter: 'SQLite',
  open: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'event-store-'));
    const file = join(folder, 'events.db');
    const handles: EventStore[] = [];
    const another = async (): Promise<EventStore> => {
      const handle = sqliteEventStore({ file, clock: realClock });
      handles.push(handle);
      return handle;
    };
    return {
      store: await another(),
      url: `sqlite:${file}`,
      name: (word) => `${word}-${randomUUID().slice(0, 8)}`,
      another,
      destroy: async () => {
        for (const handle of handles) await handle.close();
        await rm(folder, { recursive: true });
      },
    };
  },
});
