import { z } from 'zod';
import { personal } from './personal.ts';

/** What an operator can do from the console, and what else stands where: in the dialog's history, the account's stream, or here alone. */
export const auditActionSchema = z.enum([
  'parked_released',
  'quarantine_fed',
  'quarantine_skipped',
  'bot_stopped',
  'bot_started',
  'script_stopped',
  'script_started',
  'dialog_stopped',
  'dialog_started',
]);
export type AuditAction = z.infer<typeof auditActionSchema>;

/** The events of `audit-{account}`: who asked for what, why and when. Appended before it is done, never changed. */
export const auditEventSchemas = {
  ActionTaken: z.object({
    action: auditActionSchema,
    by: z.string().max(200),
    reason: personal(z.string().max(2000)),
    /** ms since the epoch, by the console's clock. */
    at: z.number(),
    chatId: z.string().optional(),
    /** Hash of the script's version that it concerns. */
    script: z.string().optional(),
    /** Of the record in the log that it concerns. */
    place: z.string().optional(),
    /** Of that record: when its webhook came, ms by the log's time. A log that is made anew has other records at the same places. */
    receivedAt: z.number().optional(),
    /** Of the input that it led to: the dialog's history has what came of it. */
    inputId: z.string().optional(),
  }),
} as const;
export type ActionTaken = z.infer<typeof auditEventSchemas.ActionTaken>;
