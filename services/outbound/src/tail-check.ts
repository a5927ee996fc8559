import { eventMetadataSchema } from '@dialog/contracts/domain-event';
import { type DialogId, dialogStream } from '@dialog/contracts/ids';
import type { EventStore } from '@dialog/event-store/port';
import type { Insist } from '@dialog/service-kit/until-it-works';
import type { OutboxEnvelope } from './outbox-record.ts';

const stampSchema = eventMetadataSchema.pick({ epoch: true, head: true });

/** What the newest event of a dialog says; undefined where there is none, or none that we can read. */
export type TailStamp = { readonly epoch: number; readonly head: { readonly number: number; readonly attempt: number } | null } | undefined;

/** Read from the leader: a follower might still show the bot's epoch (design §6.6). */
export const readTail = async (store: EventStore, insist: Insist<'store'>, id: DialogId): Promise<TailStamp> => {
  const [event] = await insist('store', () =>
    store.read(dialogStream(id), { direction: 'backwards', from: 'end', maxCount: 1, fromLeader: true }),
  );
  return stampSchema.safeParse(event?.metadata).data;
};

/** Whether the dialog still wants this very attempt. What cannot be read is not wanted: the bot must not talk over a human. */
export const stillWanted = (tail: TailStamp, { epoch, number, attempt }: OutboxEnvelope): boolean =>
  tail !== undefined && tail.epoch === epoch && tail.head?.number === number && tail.head.attempt === attempt;
