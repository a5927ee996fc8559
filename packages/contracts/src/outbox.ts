import { z } from 'zod';
import { effectSchema } from './effects.ts';
import { accountIdSchema, chatIdSchema, idFormSchema } from './ids.ts';

/** One record of `dialog.outbox`: one attempt of the head effect. Outbound answers it with one `effect_result`. */
export const outboxRecordSchema = z.object({
  account: accountIdSchema,
  chatId: chatIdSchema,
  chatIdForm: idFormSchema,
  number: z.number().int(),
  attempt: z.number().int(),
  /** Suppressed where the dialog's tail shows another epoch or head. */
  epoch: z.number().int(),
  /** Log's time, ms; past → `expired`, no POST. Absent on `redirect`, `close`, `query_chat`. */
  expiresAt: z.number().optional(),
  /** Newest Webim version seen for this dialog, e.g. `10.5.62`. */
  webimVersion: z.string().optional(),
  /** Attempts of this effect that ended in doubt or deferred so far: the basis of the back-off. */
  failures: z.number().int(),
  /** A plain unknown record here is an effect type that this outbound does not know: result `unsupported`. */
  effect: effectSchema,
});
export type OutboxRecord = z.infer<typeof outboxRecordSchema>;

/** Result ids derive from dialog, number and attempt, so that a result published twice is one input. */
export const resultInputId = (r: { account: string; chatId: string; number: number; attempt: number }): string =>
  `result:${r.account}:${r.chatId}:${r.number}:${r.attempt}`;
