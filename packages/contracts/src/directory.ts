import { z } from 'zod';

/** What an account's Webim calls its people and departments, as its Stored Data API told last: the newest event of this stream counts. */
export const directoryStream = (account: string): string => `directory-${account}`;

export const directorySchema = z.object({
  operators: z.array(z.object({ id: z.string().max(64), name: z.string().max(200) })),
  /** `key`: the code by which a handover names it. */
  departments: z.array(z.object({ key: z.string().max(200), name: z.string().max(200) })),
  /** When it was read, ms since the epoch. */
  at: z.number(),
});
export type Directory = z.infer<typeof directorySchema>;
