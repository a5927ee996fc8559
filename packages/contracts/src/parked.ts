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
    /** The record's value, byte for byte; null: a tombstone. Where it stands in parts, the last of them. */
    valueBase64: personal(z.string()).nullable(),
    /** How many events `RecordPart` of the same place, right before it, hold the beginning of its value. */
    parts: z.number().int().optional(),
    headers: z.record(z.string(), z.string()),
    /** The consumer group that parked it. */
    group: z.string(),
    /** How often it was tried. */
    attempts: z.number().int(),
    /** `follows`: it came behind one that could not be applied. */
    reason: z.string(),
    parkedAt: z.number(),
  }),
  /** The beginning of a value too big for one append; what follows it is another part, or the record. Left alone by a crash, it means nothing. */
  RecordPart: z.object({ offset: z.number().int(), part: z.number().int(), valueBase64: personal(z.string()) }),
  /** All before it was applied, replaced or left out. */
  Released: z.object({ commandId: z.string() }),
} as const;
export type RecordParked = z.infer<typeof parkedEventSchemas.RecordParked>;

type StoredEvent = { readonly type: string; readonly data: unknown };

/** What waits in a parked stream since its dialog was last released, in order, each value whole. */
export const waitingRecords = (events: readonly StoredEvent[]): readonly RecordParked[] => {
  const since = events.slice(events.findLastIndex((event) => event.type === 'Released') + 1);
  return since.flatMap(({ type, data }, at) => (type === 'RecordParked' ? [whole(data as RecordParked, since, at)] : []));
};

const whole = ({ parts = 0, ...record }: RecordParked, events: readonly StoredEvent[], at: number): RecordParked => {
  if (parts === 0) return record;
  const before = events.slice(at - parts, at).map(({ data }) => (data as z.infer<typeof parkedEventSchemas.RecordPart>).valueBase64);
  return { ...record, valueBase64: [...before, record.valueBase64].join('') };
};
