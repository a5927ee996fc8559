import { z } from 'zod';
import { accountIdSchema } from './ids.ts';

/**
 * The settings of one account that can change a decision: no secrets. Pinned by hash in each input event, so that a
 * replay needs nothing else. All durations in milliseconds.
 */
export const dialogSettingsSchema = z.object({
  account: accountIdSchema,
  botOperatorId: z.string().nullable(),
  department: z.string().nullable(),
  inlineButtons: z.boolean(),
  /** Administrator credentials for the Stored Data API are configured. */
  storedData: z.boolean(),
  autoCloseAfterMs: z.number(),
  abandonAfterMs: z.number(),
  closeAuthority: z.enum(['webim', 'engine']),
  noOperatorAfterMs: z.number(),
  handbackGraceMs: z.number(),
  replyTtlMs: z.number(),
  onReplyExpired: z.enum(['handover', 'drop']),
  inDoubt: z.enum(['resend', 'park']),
  /** How late Webim delivers an event handler's request at most, plus a margin (5 s + 1 s). */
  handlerDelayMs: z.number(),
  /** Webim looks at its timers this often. */
  webimTimerGridMs: z.number(),
  /** Operators stopped the bot, for the account or for the script of the dialog: it takes no input, and its chats go to people. Left out: it runs. */
  botStopped: z.literal(true).optional(),
  /** How long a dialog's first step waits for what is known of its visitor. Left out in settings pinned before 0.2. */
  visitorAnswerMs: z.number().default(3_000),
  /** How long a text waits for the visitor's next chat. */
  heldTextTtlMs: z.number().default(2_592_000_000),
});
export type DialogSettings = z.infer<typeof dialogSettingsSchema>;
