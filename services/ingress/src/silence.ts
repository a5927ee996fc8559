import type { Clock } from '@dialog/contracts/clock';
import { type CommitNote, commitNoteSchema } from '@dialog/contracts/deadline-hint';
import { groups, topics } from '@dialog/contracts/topics';
import type { PartitionedLog } from '@dialog/log/port';

/** How often the projector's notes are read, clock's ms. */
const readPauseMs = 1_000;

/**
 * Whether the bot is silent: the projector is behind, or has not reported, for longer than the limit. Then Webim must give the chat to
 * people (design §6.2).
 */
export type Silence = {
  readonly isSilent: (partition: number) => boolean;
  readonly run: (signal: AbortSignal) => Promise<void>;
};

export const silence = ({ log, clock, limitMs }: { log: PartitionedLog; clock: Clock; limitMs: number }): Silence => {
  const notes = new Map<number, CommitNote>();
  const startedAt = clock.monotonic();

  const read = async (): Promise<void> => {
    for (const { partition, note } of await log.committed(groups.projector, topics.inbox)) {
      const parsed = note === undefined ? undefined : parseNote(note);
      if (parsed !== undefined) notes.set(partition, parsed);
    }
  };

  return {
    isSilent: (partition) => {
      // A projector that starts together with us gets the same time to say its first word.
      if (clock.monotonic() - startedAt < limitMs) return false;
      const note = notes.get(partition);
      if (note === undefined) return true;
      return note.behindMs > limitMs || log.logTime() - note.at > limitMs;
    },
    run: async (signal) => {
      while (!signal.aborted) {
        // While the log is away nothing can be accepted anyway; the notes that are known go on ageing.
        await read().catch(() => undefined);
        await clock.sleep(readPauseMs, signal).catch(() => undefined);
      }
    },
  };
};

const parseNote = (text: string): CommitNote | undefined => {
  try {
    return commitNoteSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
};
