/**
 * An immutable set that only grows. Versions of one history share an index: a version sees the ids whose ordinal is
 * below its size. Adding to the newest version is O(1); adding to an older one copies.
 */
export type IdSet = {
  readonly size: number;
  readonly has: (id: string) => boolean;
  readonly add: (id: string) => IdSet;
  /** In the order of insertion. */
  readonly toJSON: () => string[];
};

const version = (index: Map<string, number>, size: number): IdSet => ({
  size,
  has: (id) => (index.get(id) ?? size) < size,
  add: (id) => {
    const ordinal = index.get(id);
    if (ordinal !== undefined && ordinal < size) return version(index, size);
    // The same history folded once more: what was decided is folded again once it is recorded.
    if (ordinal === size) return version(index, size + 1);
    if (index.size === size) {
      index.set(id, size);
      return version(index, size + 1);
    }
    const copy = new Map([...index].filter(([, at]) => at < size));
    return version(copy.set(id, size), size + 1);
  },
  toJSON: () => [...index].filter(([, at]) => at < size).map(([id]) => id),
});

export const idSet = (ids: readonly string[] = []): IdSet => version(new Map(ids.map((id, at) => [id, at])), ids.length);
