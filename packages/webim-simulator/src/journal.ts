import { appendFileSync } from 'node:fs';
import type { Clock } from '@dialog/contracts/clock';

/** One request in or out, as the simulator saw it. */
export type JournalEntry = {
  readonly seq: number;
  /** ms of the simulator's clock. */
  readonly at: number;
  readonly direction: 'in' | 'out';
  /** `webhook` and `handler` go out; `bot_api` and `stored_data` come in. */
  readonly kind: 'webhook' | 'handler' | 'bot_api' | 'stored_data';
  readonly name: string;
  readonly chatId: number | null;
  /** What was answered; 0: nothing came. */
  readonly status: number;
  readonly request: unknown;
  readonly response: unknown;
  /** A bot call that had its effect: the visitor saw it, or the chat moved. */
  readonly done: boolean;
};

export type Journal = {
  readonly add: (entry: Omit<JournalEntry, 'seq' | 'at'>) => void;
  readonly entries: () => readonly JournalEntry[];
};

export type JournalOptions = {
  readonly clock: Clock;
  /** All entries go there as JSON lines, whatever is kept. */
  readonly file?: string;
  /** Entries kept in memory: the newest. */
  readonly kept: number;
  readonly onAdded: () => void;
};

export const journalOf = ({ clock, file, kept, onAdded }: JournalOptions): Journal => {
  const entries: JournalEntry[] = [];
  let seq = 0;
  return {
    add: (entry) => {
      const whole = { seq: seq++, at: clock.now(), ...entry };
      entries.push(whole);
      if (entries.length > kept) entries.splice(0, Math.ceil(kept / 10));
      if (file !== undefined) appendFileSync(file, `${JSON.stringify(whole)}\n`);
      onAdded();
    },
    entries: () => entries,
  };
};
