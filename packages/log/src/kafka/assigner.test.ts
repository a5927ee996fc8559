import fc from 'fast-check';
import { AssignerProtocol } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { partitionNumbers, shareOut } from './assigner.ts';

const members = fc.uniqueArray(fc.uuid(), { minLength: 1, maxLength: 9 });

describe('assigner of partition numbers', () => {
  it('gives every number to one member, evenly, whatever the order of the list', () => {
    fc.assert(
      fc.property(members, fc.nat(40), (ids, partitions) => {
        const shares = shareOut(ids, partitions);
        expect([...shares.values()].flat().sort((a, b) => a - b)).toEqual(Array.from({ length: partitions }, (_, at) => at));
        const sizes = [...shares.values()].map((share) => share.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        expect(shareOut([...ids].reverse(), partitions)).toEqual(shares);
      }),
    );
  });

  it('gives a member the same numbers of every topic, also with five members', async () => {
    const counts: Record<string, number> = { inbox: 12, deadlines: 12 };
    const cluster = { findTopicPartitionMetadata: (topic: string) => Array.from({ length: counts[topic] ?? 0 }) };
    const assigner = partitionNumbers({ cluster: cluster as never, groupId: 'projector', logger: undefined as never });
    for (const count of [1, 2, 3, 4, 5, 6, 13]) {
      const ids = Array.from({ length: count }, (_, at) => `member-${at}`);
      const assigned = await assigner.assign({
        members: ids.map((memberId) => ({ memberId, memberMetadata: Buffer.alloc(0) })),
        topics: ['inbox', 'deadlines'],
      });
      expect(assigned).toHaveLength(count);
      const numbers = assigned.map(({ memberAssignment }) => AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment ?? {});
      for (const one of numbers) expect(one['inbox']).toEqual(one['deadlines']);
      expect(numbers.flatMap((one) => one['inbox'] ?? []).sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, at) => at));
    }
  });
});
