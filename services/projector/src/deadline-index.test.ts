import { expect, it } from 'vitest';
import { deadlineIndex } from './deadline-index.ts';

it('a partition that is given up takes its hints along, also those whose entry is taken: as its next owner’s they would say what no topic says', () => {
  const index = deadlineIndex();
  for (const [key, partition] of [
    ['acme:1', 0],
    ['acme:2', 0],
    ['acme:3', 1],
  ] as const) {
    index.set(key, partition, 100);
    index.setHinted(key, partition, 100);
  }
  expect(index.takeDue(100, 1)).toHaveLength(1);
  index.forget([0]);
  expect(['acme:1', 'acme:2', 'acme:3'].map(index.hinted)).toEqual([undefined, undefined, 100]);
  expect([index.size(), index.takeDue(100, 10).map(({ key }) => key)]).toEqual([1, ['acme:3']]);
});
