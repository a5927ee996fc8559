import { z } from 'zod';
import { FileFault } from './file-fault.ts';
import { accountIdSchema, chatIdSchema } from './ids.ts';
import { dialogSettingsSchema } from './settings.ts';

/**
 * One dialog's history as a file: its events with what they pin, so that it can be shown, replayed and forked anywhere, without
 * a server. A newer reader takes events of an older writer; an event type that it does not know it keeps.
 */
export const historyFileSchema = z.object({
  format: z.literal('dialog-history/1'),
  dialog: z.object({ account: accountIdSchema, chatId: chatIdSchema }),
  /** ms since the epoch. */
  savedAt: z.number(),
  /** Personal data was taken out: it folds to the same states, but is not the script's input any more. */
  erased: z.boolean(),
  events: z
    .array(
      z.object({
        revision: z.number().int().nonnegative(),
        id: z.string(),
        type: z.string(),
        recordedAt: z.number(),
        data: z.unknown(),
        metadata: z.unknown(),
      }),
    )
    .min(1)
    .refine((events) => events.every(({ revision }, at) => revision > (events[at - 1]?.revision ?? -1)), 'the revisions do not rise'),
  /** By hash, as the streams that keep them. `personal`: names of variables marked `pii`; null: not known. */
  scripts: z.record(z.string(), z.object({ source: z.string(), personal: z.array(z.string()).nullable() })),
  settings: z.record(z.string(), dialogSettingsSchema),
});
export type HistoryFile = z.infer<typeof historyFileSchema>;

/** @throws FileFault with one line that says what is wrong. */
export const parseHistoryFile = (text: string): HistoryFile => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new FileFault('not_json', 'it is not JSON');
  }
  const parsed = historyFileSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.') || 'file';
  throw new FileFault('wrong_shape', `${field}: ${issue?.message ?? 'not a history'}`, { field });
};
