import type { Admin } from 'kafkajs';
import { AssignerProtocol } from 'kafkajs';
import type { CommittedOffset, PartitionLag } from '../port.ts';
import type { Connection } from './connection.ts';
import { within } from './deadline.ts';
import { translate } from './errors.ts';

export type Bounds = { readonly low: number; readonly high: number };

/** What the cluster knows of offsets; ms of one question. */
const deadlineMs = 10_000;

const asked = async <T>(what: string, work: Promise<T>): Promise<T> => {
  try {
    return await within(deadlineMs, what, work);
  } catch (error) {
    throw translate(error);
  }
};

/** First and next offset of each partition, by its number. */
export const boundsOf = async (admin: Admin, topic: string): Promise<ReadonlyMap<number, Bounds>> =>
  new Map(
    (await asked('offsets', admin.fetchTopicOffsets(topic))).map(({ partition, low, high }) => [
      partition,
      { low: Number(low), high: Number(high) },
    ]),
  );

export const committedOf = async (
  admin: Admin,
  connection: Connection,
  group: string,
  topic: string,
): Promise<readonly CommittedOffset[]> => {
  const count = await connection.partitions(topic);
  const [answer] = await asked('committed offsets', admin.fetchOffsets({ groupId: group, topics: [topic] }));
  const rows = new Map(answer?.partitions.map((row) => [row.partition, row]));
  return Array.from({ length: count }, (_, partition) => {
    const row = rows.get(partition);
    // −1: never committed; −2: the client's own mark after a reset, "the beginning".
    const offset = row === undefined || Number(row.offset) < 0 ? undefined : Number(row.offset);
    const note = row?.metadata;
    return { partition, offset, note: note === null || note === undefined || note === '' ? undefined : note, committedAt: undefined };
  });
};

/** The record at the committed offset dates the lag exactly: one read of one batch for each partition that lags. */
export const lagOf = async (admin: Admin, connection: Connection, group: string, topic: string): Promise<readonly PartitionLag[]> => {
  const [committed, bounds] = await Promise.all([committedOf(admin, connection, group, topic), boundsOf(admin, topic)]);
  const lags: PartitionLag[] = [];
  // One after the other: all go over one connection, and the client adds a listener for each that waits for it.
  for (const { partition, offset } of committed) {
    const { low, high } = bounds.get(partition) ?? { low: 0, high: 0 };
    const from = Math.max(low, offset ?? low);
    const lag = Math.max(0, high - from);
    const [oldest] = lag === 0 ? [] : ((await connection.fetch(topic, partition, from, 1)) ?? []);
    lags.push({ topic, partition, low, high, committed: offset, lag, oldestUncommittedAt: oldest?.appendedAt });
  }
  return lags;
};

/** Groups with an offset or a member, by topic; all members of a group count, those without a partition too. */
export const groupsOf = async (
  admin: Admin,
): Promise<readonly { readonly group: string; readonly topic: string; readonly members: number }[]> => {
  const { groups } = await asked('groups', admin.listGroups());
  const ids = groups.filter(({ protocolType }) => protocolType === 'consumer' || protocolType === '').map(({ groupId }) => groupId);
  if (ids.length === 0) return [];
  const described = await asked('groups', admin.describeGroups(ids));
  const found = await Promise.all(
    ids.map(async (group) => {
      const committed = (await asked('committed offsets', admin.fetchOffsets({ groupId: group }))).map(({ topic }) => topic);
      const members = described.groups.find(({ groupId }) => groupId === group)?.members ?? [];
      const assigned = members.flatMap(({ memberAssignment }) =>
        Object.keys(AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment ?? {}),
      );
      return [...new Set([...committed, ...assigned])].map((topic) => ({ group, topic, members: members.length }));
    }),
  );
  return found.flat().sort((a, b) => `${a.group}\n${a.topic}`.localeCompare(`${b.group}\n${b.topic}`));
};
