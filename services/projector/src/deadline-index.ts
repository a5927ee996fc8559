import { parseSubjectKey } from '@dialog/contracts/ids';

/** When to look at which dialog: a heap of hints in the memory of the partition's owner (design §5.7). */
export type DeadlineIndex = {
  /** Wakes no later than `at`, log's time, ms; replaces what stood there. */
  readonly set: (key: string, partition: number, at: number) => void;
  readonly remove: (key: string) => void;
  /** What the topic says for the dialog; undefined: nothing. */
  readonly hinted: (key: string) => number | undefined;
  readonly setHinted: (key: string, partition: number, at: number | undefined) => void;
  /** Takes out what is due. */
  readonly takeDue: (now: number, limit: number) => { key: string; partition: number }[];
  readonly next: () => number | undefined;
  readonly forget: (partitions: readonly number[]) => void;
  readonly size: () => number;
};

type Entry = { readonly key: string; readonly partition: number; readonly at: number };

export const deadlineIndex = (): DeadlineIndex => {
  const entries = new Map<string, Entry>();
  /** By key; with the partition, since a key's entry is taken out when it is due, and its hint stays. */
  const hints = new Map<string, { readonly partition: number; readonly at: number }>();
  let heap: Entry[] = [];

  const current = (entry: Entry): boolean => entries.get(entry.key) === entry;

  return {
    set: (key, partition, at) => {
      if (parseSubjectKey(key) === undefined) return;
      const known = entries.get(key);
      if (known !== undefined && known.at === at) return;
      const entry = { key, partition, at };
      entries.set(key, entry);
      push(heap, entry);
      // Entries replaced stay in the heap until they surface; rebuild where they outnumber the live ones.
      if (heap.length > 1000 && heap.length > entries.size * 3) {
        heap = [];
        for (const live of entries.values()) push(heap, live);
      }
    },
    remove: (key) => void entries.delete(key),
    hinted: (key) => hints.get(key)?.at,
    setHinted: (key, partition, at) => void (at === undefined ? hints.delete(key) : hints.set(key, { partition, at })),
    takeDue: (now, limit) => {
      const due: Entry[] = [];
      while (due.length < limit && heap[0] !== undefined && (heap[0].at <= now || !current(heap[0]))) {
        const entry = pop(heap) as Entry;
        if (!current(entry)) continue;
        entries.delete(entry.key);
        due.push(entry);
      }
      return due;
    },
    next: () => {
      while (heap[0] !== undefined && !current(heap[0])) pop(heap);
      return heap[0]?.at;
    },
    forget: (partitions) => {
      const gone = new Set(partitions);
      for (const known of [entries, hints]) {
        for (const [key, { partition }] of known) if (gone.has(partition)) known.delete(key);
      }
    },
    size: () => entries.size,
  };
};

const push = (heap: Entry[], entry: Entry): void => {
  let at = heap.push(entry) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if ((heap[parent] as Entry).at <= entry.at) break;
    heap[at] = heap[parent] as Entry;
    at = parent;
  }
  heap[at] = entry;
};

const pop = (heap: Entry[]): Entry | undefined => {
  const top = heap[0];
  const last = heap.pop();
  if (top === undefined || last === undefined || heap.length === 0) return top;
  let at = 0;
  for (;;) {
    let child = at * 2 + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && (heap[child + 1] as Entry).at < (heap[child] as Entry).at) child++;
    if ((heap[child] as Entry).at >= last.at) break;
    heap[at] = heap[child] as Entry;
    at = child;
  }
  heap[at] = last;
  return top;
};
