import { z } from 'zod';
import { effectResultSchema } from './inbox.ts';

/**
 * The events of `sends-{dialog}`, outbound's own record (design §6.5): each attempt is claimed before anything is sent
 * and settled by its result. Only the last event of the stream is ever asked.
 */
export const sendEventSchemas = {
  Claimed: z.object({ number: z.number().int(), attempt: z.number().int(), epoch: z.number().int() }),
  /** `result` is the inbox record as it was or will be published. */
  Settled: z.object({ number: z.number().int(), attempt: z.number().int(), result: effectResultSchema }),
} as const;

export const sendEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('Claimed'), data: sendEventSchemas.Claimed }),
  z.object({ type: z.literal('Settled'), data: sendEventSchemas.Settled }),
]);
export type SendEvent = z.infer<typeof sendEventSchema>;
