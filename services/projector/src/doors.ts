/** A gap between ticks, or since the newest, that means: the doors were closed, ms (design §5.7). */
const closedAfterMs = 30_000;

/** Since when Webim's requests could come in, per partition, from the ticks that ingress writes into it. */
export type Doors = {
  readonly tick: (partition: number, appendedAt: number) => void;
  /** Since when the doors have been open, log's time; null: closed at that time. */
  readonly openSince: (partition: number, at: number) => number | null;
  readonly forget: (partitions: readonly number[]) => void;
};

export const doors = (): Doors => {
  const seen = new Map<number, { since: number; newest: number }>();
  return {
    tick: (partition, appendedAt) => {
      const known = seen.get(partition);
      const continues = known !== undefined && appendedAt - known.newest <= closedAfterMs;
      seen.set(partition, { since: continues ? known.since : appendedAt, newest: appendedAt });
    },
    openSince: (partition, at) => {
      const known = seen.get(partition);
      return known !== undefined && at - known.newest <= closedAfterMs ? known.since : null;
    },
    forget: (partitions) => {
      for (const partition of partitions) seen.delete(partition);
    },
  };
};
