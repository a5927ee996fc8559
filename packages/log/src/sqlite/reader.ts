import type { DatabaseSync } from 'node:sqlite';
import type { CommittedOffset, LogRecord, PartitionLag } from '../port.ts';

export type GroupState = {
  readonly generation: number;
  readonly members: readonly { readonly member: string; readonly released: number }[];
};

/** What the log reads, from the page cache, on the caller's thread. */
export type LogReader = {
  readonly topics: () => { topic: string; partitions: number }[];
  readonly partitions: (topic: string) => number | undefined;
  readonly records: (topic: string, partition: number, offset: number, limit: number) => LogRecord[];
  readonly bounds: (topic: string, partition: number) => { low: number; high: number };
  /** The next offset of each partition, by its number. */
  readonly highs: (topic: string) => number[];
  readonly newestAppend: () => number;
  readonly committed: (group: string, topic: string) => CommittedOffset[];
  readonly lag: (group: string, topic: string) => PartitionLag[];
  /** Members seen since `seenSince`, the machine's time in ms, count. */
  readonly groups: (seenSince: number) => { group: string; topic: string; members: number }[];
  readonly groupState: (group: string, topic: string) => GroupState;
};

export const logReader = (db: DatabaseSync): LogReader => {
  const allTopics = db.prepare('SELECT name, partitions FROM topics ORDER BY name');
  const topicPartitions = db.prepare('SELECT partitions FROM topics WHERE name = ?');
  const recordsFrom = db.prepare(
    'SELECT "offset", key, value, headers, appended_at FROM records WHERE topic = ? AND partition = ? AND "offset" >= ? ORDER BY "offset" LIMIT ?',
  );
  const boundsOf = db.prepare('SELECT low, high FROM partitions WHERE topic = ? AND partition = ?');
  const highsOf = db.prepare('SELECT high FROM partitions WHERE topic = ? ORDER BY partition');
  const newest = db.prepare('SELECT coalesce(max(appended_at), 0) AS at FROM partitions');
  const offsets = db.prepare('SELECT partition, "offset", note, committed_at FROM offsets WHERE grp = ? AND topic = ? ORDER BY partition');
  const nextAppendedAt = db.prepare(
    'SELECT appended_at FROM records WHERE topic = ? AND partition = ? AND "offset" >= ? ORDER BY "offset" LIMIT 1',
  );
  const allGroups = db.prepare('SELECT DISTINCT grp, topic FROM offsets UNION SELECT DISTINCT grp, topic FROM members ORDER BY grp, topic');
  const livingMembers = db.prepare('SELECT count(*) AS members FROM members WHERE grp = ? AND topic = ? AND seen_at >= ?');
  const generation = db.prepare('SELECT generation FROM generations WHERE grp = ? AND topic = ?');
  const members = db.prepare('SELECT member, released_generation FROM members WHERE grp = ? AND topic = ? ORDER BY member');

  /** A topic's count never changes: asked of the file once. */
  const counts = new Map<string, number>();
  const partitions = (topic: string): number | undefined => {
    const known = counts.get(topic);
    if (known !== undefined) return known;
    const row = topicPartitions.get(topic);
    if (row === undefined) return undefined;
    counts.set(topic, Number(row['partitions']));
    return Number(row['partitions']);
  };
  const bounds = (topic: string, partition: number) => {
    const row = boundsOf.get(topic, partition);
    return { low: Number(row?.['low'] ?? 0), high: Number(row?.['high'] ?? 0) };
  };
  const committed = (group: string, topic: string): CommittedOffset[] => {
    const rows = new Map(offsets.all(group, topic).map((row) => [Number(row['partition']), row]));
    return Array.from({ length: partitions(topic) ?? 0 }, (_, partition) => {
      const row = rows.get(partition);
      return {
        partition,
        offset: row === undefined || row['offset'] === null ? undefined : Number(row['offset']),
        note: row === undefined || row['note'] === null ? undefined : String(row['note']),
        committedAt: row === undefined ? undefined : Number(row['committed_at']),
      };
    });
  };

  return {
    topics: () => allTopics.all().map((row) => ({ topic: String(row['name']), partitions: Number(row['partitions']) })),
    partitions,
    bounds,
    highs: (topic) => highsOf.all(topic).map((row) => Number(row['high'])),
    committed,
    records: (topic, partition, offset, limit) =>
      recordsFrom.all(topic, partition, offset, limit).map((row) => ({
        topic,
        partition,
        offset: Number(row['offset']),
        key: String(row['key']),
        value: row['value'] as Uint8Array | null,
        headers: JSON.parse(String(row['headers'])) as Record<string, string>,
        appendedAt: Number(row['appended_at']),
      })),
    newestAppend: () => Number(newest.get()?.['at']),
    lag: (group, topic) =>
      committed(group, topic).map(({ partition, offset }) => {
        const { low, high } = bounds(topic, partition);
        const from = Math.max(low, offset ?? low);
        const lag = Math.max(0, high - from);
        const oldest = lag === 0 ? undefined : nextAppendedAt.get(topic, partition, from);
        return {
          topic,
          partition,
          low,
          high,
          committed: offset,
          lag,
          oldestUncommittedAt: oldest === undefined ? undefined : Number(oldest['appended_at']),
        };
      }),
    groups: (seenSince) =>
      allGroups.all().map((row) => {
        const [group, topic] = [String(row['grp']), String(row['topic'])];
        return { group, topic, members: Number(livingMembers.get(group, topic, seenSince)?.['members']) };
      }),
    groupState: (group, topic) => ({
      generation: Number(generation.get(group, topic)?.['generation'] ?? 0),
      members: members.all(group, topic).map((row) => ({ member: String(row['member']), released: Number(row['released_generation']) })),
    }),
  };
};
