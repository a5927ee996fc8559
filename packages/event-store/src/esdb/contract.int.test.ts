import { randomUUID } from 'node:crypto';
import { findEventStores } from '@dialog/test-kit/event-store';
import { eventStoreContract } from '../../contract/event-store-contract.ts';
import type { EventStore } from '../port.ts';
import { esdbEventStore } from './event-store.ts';

const servers = await findEventStores();
for (const server of servers) {
  eventStoreContract({
    adapter: server.name,
    open: async () => {
      const { url, stop } = await server.start();
      const handles: EventStore[] = [];
      const another = async (): Promise<EventStore> => {
        const handle = esdbEventStore({ url });
        handles.push(handle);
        return handle;
      };
      return {
        store: await another(),
        url,
        name: (word) => `${word}-${randomUUID().slice(0, 8)}`,
        another,
        destroy: async () => {
          for (const handle of handles) await handle.close();
          await stop();
        },
      };
    },
  });
}
