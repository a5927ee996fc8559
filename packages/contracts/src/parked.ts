import { z } from 'zod';
import { personal } from './personal.ts';

/** The events of `parked-{dialog}` (design §6.7): records that their dialog could not take, in order, and how far they were released. */
export const parkedEventSchemas = {
  RecordParked: z.object({
    topic: z.string(),
    partition: z.number().int(),
    offset: z.number().int(),
    /** Log's append time of the record, ms: the time that it is applied with. */
    appendedAt: z.number(),
    key: z.string(),
    /** The record's value, byte for byte; null: a tombstone. */
    valueBase64: personal(z.string()).nullable(),
    headers: z.record(z.string(), z.string()),
    /** The consumer group that parked it. */
    group: z.string(),
    /** How often it was tried. */
    attempts: z.number().int(),
    /** `follows`: it came behind one that could not be applied. */
    reason: z.string(),
    parkedAt: z.number(),
  }),
  /** All before it was applied, replaced or left out. */
  Released: z.object({ commandId: z.string() }),
} as const;
export type RecordParked = z.infer<typeof parkedEventSchemas.RecordParked>;

/** What waits in a parked stream since its dialog was last released, in order. */
export const waitingRecords = (events: readonly { readonly type: string; readonly data: unknown }[]): readonly RecordParked[] =>
  events.slice(events.findLastIndex((event) => event.type === 'Released') + 1).map((event) => event.data as RecordParked);
