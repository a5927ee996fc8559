import { workerData } from 'node:worker_threads';
import { OpError, openDatabase, serveBatches } from '@dialog/sqlite/serve-batches';
import { partitionOf } from '../partitioner.ts';
import type { Appended, NewRecord, TopicSpec } from '../port.ts';
import { isGone } from './member-id.ts';
import { schema } from './schema.ts';

type GroupTopic = { readonly group: string; readonly topic: string };
type Member = GroupTopic & { readonly member: string };

/** Its headers as JSON: a string crosses to the thread for less than an object. */
export type WrittenRecord = Omit<NewRecord, 'headers'> & { readonly headers: string };

export type WriterOp =
  | { readonly kind: 'append'; readonly records: readonly WrittenRecord[] }
  | { readonly kind: 'ensure_topics'; readonly specs: readonly TopicSpec[] }
  | (Member & {
      readonly kind: 'commit';
      readonly generation: number;
      readonly partitions: readonly { readonly partition: number; readonly offset: number; readonly note: string | null }[];
    })
  /** Tells that the member lives, and up to which generation it has let go of what it owned; expires the dead. `realNow`: machine's time, ms. */
  | (Member & { readonly kind: 'heartbeat'; readonly generation: number; readonly realNow: number; readonly sessionMs: number })
  | (Member & { readonly kind: 'leave' })
  | (GroupTopic & {
      readonly kind: 'set_committed';
      readonly partition: number;
      readonly offset: number;
      readonly realNow: number;
      readonly sessionMs: number;
    })
  /** Compaction or retention of one partition; the result tells whether some is left. */
  | { readonly kind: 'clean'; readonly topic: string; readonly partition: number };

export type WriterResult = readonly Appended[] | readonly string[] | boolean | null;

const db = openDatabase((workerData as { file: string }).file, { schema });

const topicOf = db.prepare('SELECT name, partitions, cleanup, retention_ms FROM topics WHERE name = ?');
const insertTopic = db.prepare('INSERT INTO topics (name, partitions, cleanup, retention_ms) VALUES (?, ?, ?, ?)');
const insertPartition = db.prepare('INSERT INTO partitions (topic, partition) VALUES (?, ?)');
const partitionRow = db.prepare('SELECT high, appended_at FROM partitions WHERE topic = ? AND partition = ?');
const movePartition = db.prepare('UPDATE partitions SET high = ?, appended_at = ? WHERE topic = ? AND partition = ?');
const insertRecord = db.prepare(
  'INSERT INTO records (topic, partition, "offset", key, value, headers, appended_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
);
const upsertOffset = db.prepare(
  `INSERT INTO offsets (grp, topic, partition, "offset", note, committed_at) VALUES (?, ?, ?, ?, ?, ?)
   ON CONFLICT (grp, topic, partition) DO UPDATE SET "offset" = excluded."offset", note = excluded.note, committed_at = excluded.committed_at`,
);
const raiseGeneration = db.prepare(
  'INSERT INTO generations (grp, topic, generation) VALUES (?, ?, 1) ON CONFLICT (grp, topic) DO UPDATE SET generation = generation + 1',
);
const memberOf = db.prepare('SELECT released_generation FROM members WHERE grp = ? AND topic = ? AND member = ?');
const upsertMember = db.prepare(
  `INSERT INTO members (grp, topic, member, seen_at, released_generation) VALUES (?, ?, ?, ?, ?)
   ON CONFLICT (grp, topic, member) DO UPDATE SET seen_at = excluded.seen_at, released_generation = excluded.released_generation`,
);
const deleteMember = db.prepare('DELETE FROM members WHERE grp = ? AND topic = ? AND member = ?');
const expireMembers = db.prepare('DELETE FROM members WHERE grp = ? AND topic = ? AND seen_at < ?');
const membersOf = db.prepare('SELECT member FROM members WHERE grp = ? AND topic = ?');
const countMembers = db.prepare('SELECT count(*) AS members FROM members WHERE grp = ? AND topic = ?');

const apply = (op: WriterOp, now: number): WriterResult => {
  switch (op.kind) {
    case 'append':
      return op.records.map((record) => append(record, now));
    case 'ensure_topics':
      return op.specs.flatMap(ensureTopic);
    case 'commit':
      commit(op, now);
      return null;
    case 'heartbeat':
      heartbeat(op);
      return null;
    case 'leave':
      if (deleteMember.run(op.group, op.topic, op.member).changes > 0) raiseGeneration.run(op.group, op.topic);
      return null;
    case 'set_committed': {
      // A group whose only members died is empty.
      if (expire(op) > 0) raiseGeneration.run(op.group, op.topic);
      if (Number(countMembers.get(op.group, op.topic)?.['members']) > 0) {
        throw new OpError('unknown', `the group ${op.group} has members; offsets are set while it is empty`);
      }
      upsertOffset.run(op.group, op.topic, op.partition, op.offset, null, now);
      return null;
    }
    case 'clean':
      return clean(op.topic, op.partition, now);
    default:
      op satisfies never;
      return null;
  }
};

type TopicRow = { name: string; partitions: number; cleanup: string; retention_ms: number | null };

const append = (record: WrittenRecord, now: number): Appended => {
  const topic = topicOf.get(record.topic) as TopicRow | undefined;
  if (topic === undefined) throw new OpError('unknown_topic', `the topic ${record.topic} does not exist`);
  const partition = record.partition ?? partitionOf(record.key, topic.partitions);
  const row = partitionRow.get(record.topic, partition) as { high: number; appended_at: number } | undefined;
  if (row === undefined) throw new OpError('unknown_topic', `the topic ${record.topic} has no partition ${partition}`);
  const appendedAt = Math.max(now, row.appended_at);
  insertRecord.run(record.topic, partition, row.high, record.key, record.value, record.headers, appendedAt);
  movePartition.run(row.high + 1, appendedAt, record.topic, partition);
  return { partition, offset: row.high, appendedAt };
};

/** Creates what is missing. A setting that differs is told, not changed. */
const ensureTopic = (spec: TopicSpec): string[] => {
  const there = topicOf.get(spec.name) as TopicRow | undefined;
  if (there === undefined) {
    insertTopic.run(spec.name, spec.partitions, spec.cleanup, spec.retentionMs ?? null);
    for (let partition = 0; partition < spec.partitions; partition++) insertPartition.run(spec.name, partition);
    return [];
  }
  const differences: [string, unknown, unknown][] = [
    ['partitions', there.partitions, spec.partitions],
    ['cleanup', there.cleanup, spec.cleanup],
    ['retentionMs', there.retention_ms, spec.retentionMs ?? null],
  ];
  return differences
    .filter(([, is, wanted]) => is !== wanted)
    .map(([setting, is, wanted]) => `${spec.name}: ${setting} is ${String(is)}, wanted ${String(wanted)}`);
};

/**
 * A member owns what it was given in the generation up to which it has let go of everything earlier: nobody else begins while it has not
 * let go of that one too. So its last commit still counts after a newer generation was called; one of a member that was struck off does not.
 */
const commit = (op: Extract<WriterOp, { kind: 'commit' }>, now: number): void => {
  const member = memberOf.get(op.group, op.topic, op.member) as { released_generation: number } | undefined;
  if (member?.released_generation !== op.generation) throw new OpError('fenced', `generation ${op.generation} of ${op.group} is over`);
  for (const { partition, offset, note } of op.partitions) upsertOffset.run(op.group, op.topic, partition, offset, note, now);
};

const heartbeat = (op: Extract<WriterOp, { kind: 'heartbeat' }>): void => {
  const isNew = memberOf.get(op.group, op.topic, op.member) === undefined;
  upsertMember.run(op.group, op.topic, op.member, op.realNow, isNew ? 0 : op.generation);
  if (expire(op) > 0 || isNew) raiseGeneration.run(op.group, op.topic);
};

/** Strikes off the members that are silent or whose process is gone. @returns how many */
const expire = (op: GroupTopic & { readonly realNow: number; readonly sessionMs: number }): number => {
  let expired = Number(expireMembers.run(op.group, op.topic, op.realNow - op.sessionMs).changes);
  // Killed and restarted, the engine must not wait for its own former session.
  for (const { member } of membersOf.all(op.group, op.topic) as { member: string }[]) {
    if (isGone(member)) expired += Number(deleteMember.run(op.group, op.topic, member).changes);
  }
  return expired;
};

const tombstonesKeptMs = 86_400_000;

/** Records that retention removes in one go: appends wait for it. */
const removedAtOnce = 5_000;

const clean = (name: string, partition: number, now: number): boolean => {
  const topic = topicOf.get(name) as TopicRow | undefined;
  if (topic?.cleanup === 'compact') compact(name, partition, now);
  else if (topic !== undefined && topic.retention_ms !== null) return removeOlder(name, partition, now - topic.retention_ms);
  return false;
};

const removeSuperseded = db.prepare(
  `DELETE FROM records WHERE topic = ?1 AND partition = ?2 AND "offset" NOT IN (
     SELECT max("offset") FROM records WHERE topic = ?1 AND partition = ?2 GROUP BY key)`,
);
const removeTombstones = db.prepare('DELETE FROM records WHERE topic = ? AND partition = ? AND value IS NULL AND appended_at < ?');
const fromOldest = db.prepare('SELECT "offset", appended_at FROM records WHERE topic = ? AND partition = ? ORDER BY "offset"');
const removeBelow = db.prepare('DELETE FROM records WHERE topic = ? AND partition = ? AND "offset" < ?');
const raiseLow = db.prepare(
  `UPDATE partitions SET low = max(low, coalesce(
     (SELECT min("offset") FROM records WHERE topic = ?1 AND partition = ?2), high))
   WHERE topic = ?1 AND partition = ?2`,
);

const compact = (topic: string, partition: number, now: number): void => {
  removeSuperseded.run(topic, partition);
  removeTombstones.run(topic, partition, now - tombstonesKeptMs);
};

/** Append times never fall within a partition: looked at is what goes, and the first record that stays. @returns whether some is left */
const removeOlder = (topic: string, partition: number, before: number): boolean => {
  let below = 0;
  let removed = 0;
  for (const row of fromOldest.iterate(topic, partition)) {
    if (Number(row['appended_at']) >= before || removed === removedAtOnce) break;
    below = Number(row['offset']) + 1;
    removed += 1;
  }
  if (removed > 0) {
    removeBelow.run(topic, partition, below);
    raiseLow.run(topic, partition);
  }
  return removed === removedAtOnce;
};

serveBatches<WriterOp, WriterResult>(db, apply);
