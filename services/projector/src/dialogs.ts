import type { DomainEvent } from '@dialog/contracts/domain-event';
import { type DialogId, dialogKey, dialogStream } from '@dialog/contracts/ids';
import { evolve } from '@dialog/domain/evolve';
import { type DialogState, initialDialog } from '@dialog/domain/state';
import type { EventStore, RecordedEvent } from '@dialog/event-store/port';

/** A dialog as its stream has it up to a revision. */
export type LoadedDialog = {
  readonly id: DialogId;
  readonly state: DialogState;
  /** Of the last event; −1: no stream. */
  readonly revision: number;
  /** Hash of the settings of its last input. */
  readonly settingsHash: string | null;
  /** Its records go to its parked stream. */
  readonly parked: boolean;
};

export type Dialogs = {
  /** From the cache where it was checked in this assignment, else from the stream. @throws EventStoreError */
  readonly load: (id: DialogId, generation: number) => Promise<LoadedDialog>;
  readonly keep: (dialog: LoadedDialog, generation: number) => void;
  readonly forget: (id: DialogId) => void;
  readonly cached: (key: string) => LoadedDialog | undefined;
};

const pageSize = 500;

/** A cached state counts only in the assignment in which its tail revision was checked (design §6.4). */
export const dialogs = ({ store, capacity }: { store: EventStore; capacity: number }): Dialogs => {
  const cache = new Map<string, { dialog: LoadedDialog; generation: number }>();

  const keep = (dialog: LoadedDialog, generation: number): void => {
    const key = dialogKey(dialog.id);
    cache.delete(key);
    cache.set(key, { dialog, generation });
    if (cache.size > capacity) cache.delete(cache.keys().next().value as string);
  };

  return {
    load: async (id, generation) => {
      const hit = cache.get(dialogKey(id));
      if (hit !== undefined && hit.generation === generation) return hit.dialog;
      const from: LoadedDialog = hit?.dialog ?? {
        id,
        state: initialDialog,
        revision: -1,
        settingsHash: null,
        parked: false,
      };
      const dialog = await readOn(store, from);
      keep(dialog, generation);
      return dialog;
    },
    keep,
    forget: (id) => void cache.delete(dialogKey(id)),
    cached: (key) => cache.get(key)?.dialog,
  };
};

/** Reads what came after the revision that is known, page by page. */
const readOn = async (store: EventStore, from: LoadedDialog): Promise<LoadedDialog> => {
  let dialog = from;
  for (;;) {
    const page = await store.read(dialogStream(from.id), { from: dialog.revision + 1, maxCount: pageSize, fromLeader: true });
    for (const event of page) dialog = withEvent(dialog, event);
    if (page.length < pageSize) return dialog;
  }
};

export const withEvent = (dialog: LoadedDialog, event: Pick<RecordedEvent, 'revision' | 'type' | 'data'>): LoadedDialog => {
  const domain = { type: event.type, data: event.data } as DomainEvent;
  return {
    id: dialog.id,
    state: evolve(dialog.state, domain),
    revision: event.revision,
    settingsHash: domain.type === 'InputRecorded' ? domain.data.settings : dialog.settingsHash,
    parked: domain.type === 'DialogParked' || (dialog.parked && domain.type !== 'DialogReleased'),
  };
};
