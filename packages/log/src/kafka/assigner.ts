import { AssignerProtocol, type PartitionAssigner } from 'kafkajs';

const version = 0;
const name = 'dialog-partition-numbers';

/** Which member has which partition numbers: number modulo members, the members in the order of their ids. */
export const shareOut = (members: readonly string[], partitions: number): Map<string, number[]> => {
  const sorted = [...members].sort();
  return new Map(
    sorted.map((member, position) => [
      member,
      Array.from({ length: partitions }, (_, number) => number).filter((number) => number % sorted.length === position),
    ]),
  );
};

/**
 * Hands out partition numbers, so that one owner has p of every topic that it reads: the client's round robin counts over the joined
 * list of topics and parts them with five members.
 */
export const partitionNumbers: PartitionAssigner = ({ cluster }) => ({
  name,
  version,
  assign: ({ members, topics }) => {
    const counts = new Map(topics.map((topic) => [topic, cluster.findTopicPartitionMetadata(topic).length]));
    const shares = shareOut(
      members.map(({ memberId }) => memberId),
      Math.max(0, ...counts.values()),
    );
    return Promise.resolve(
      [...shares].map(([memberId, numbers]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version,
          assignment: Object.fromEntries([...counts].map(([topic, count]) => [topic, numbers.filter((number) => number < count)])),
          userData: Buffer.alloc(0),
        }),
      })),
    );
  },
  protocol: ({ topics }) => ({ name, metadata: AssignerProtocol.MemberMetadata.encode({ version, topics, userData: Buffer.alloc(0) }) }),
});
