import { z } from 'zod';
import { scriptHashSchema } from './ids.ts';
import { personal } from './personal.ts';

/**
 * The events of `account-{account}`: which version of the script new chats take, and whether the bot runs. The last `ScriptPublished` counts, so all processes
 * agree; a dialog keeps the version that it started with.
 */
export const accountEventSchemas = {
  ScriptPublished: z.object({
    script: scriptHashSchema,
    /** `bot` of the file. */
    bot: z.string(),
    /** `file`: the account's file, as it was read; `command`: an operator's word. */
    source: z.enum(['file', 'command']),
    by: z.string().max(200),
    reason: personal(z.string().max(2000)).optional(),
    /** ms since the epoch, by the clock of who published. */
    at: z.number(),
  }),
  /** The account's file was changed to one with errors: what was published before goes on. */
  ScriptRefused: z.object({
    script: scriptHashSchema,
    errors: z.array(z.object({ rule: z.string(), line: z.number().int(), column: z.number().int() })),
    at: z.number(),
  }),
  /** The account's file is again what was published from it last: the refusal before this is over. */
  ScriptFileMended: z.object({ script: scriptHashSchema, at: z.number() }),
  /** From now on the bot takes no input in the account's chats, or in those of one version of the script: people get them. */
  BotStopped: z.object({
    /** Left out: whatever the version. */
    script: scriptHashSchema.optional(),
    by: z.string().max(200),
    reason: personal(z.string().max(2000)).optional(),
    at: z.number(),
  }),
  /** Takes back the `BotStopped` of the same extent. */
  BotStarted: z.object({
    script: scriptHashSchema.optional(),
    by: z.string().max(200),
    reason: personal(z.string().max(2000)).optional(),
    at: z.number(),
  }),
  /** Its source is gone; nothing referred to it. */
  ScriptRemoved: z.object({
    script: scriptHashSchema,
    by: z.string().max(200),
    reason: personal(z.string().max(2000)).optional(),
    at: z.number(),
  }),
} as const;

export type AccountEventType = keyof typeof accountEventSchemas;
export type AccountEventOf<T extends AccountEventType> = z.infer<(typeof accountEventSchemas)[T]>;
export type ScriptPublished = AccountEventOf<'ScriptPublished'>;
