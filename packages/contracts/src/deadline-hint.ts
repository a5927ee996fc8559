import { z } from 'zod';

/** Value of a `dialog.deadlines` record (compacted, key = dialog): wake no later than the earliest true deadline. */
export const deadlineHintSchema = z.object({ wakeAt: z.number() });
export type DeadlineHint = z.infer<typeof deadlineHintSchema>;

/** The note in the projector group's commit, per partition (design §6.2). */
export const commitNoteSchema = z.object({
  /** ms: the larger of the age of the oldest record not yet handed to a lane and the time since one was last finished while any waits. */
  behindMs: z.number(),
  /** Log's time of the partition when the report was made, ms. */
  at: z.number(),
  /** The group has paused itself: what it writes to is away. Left out: it has not. */
  paused: z.boolean().optional(),
});
export type CommitNote = z.infer<typeof commitNoteSchema>;
