import { beforeAll, expect, it } from 'vitest';
import { anEvent, numbered, numbersOf, revisionsOf, type Shared, upTo } from './rig.ts';

export const readingContract = ({ rig }: Shared): void => {
  let ten = '';
  beforeAll(async () => {
    ten = rig().name('ten');
    await rig().store.append(ten, numbered(10), 'no_stream');
  });
  const read = async (options: Parameters<ReturnType<Shared['rig']>['store']['read']>[1]): Promise<number[]> =>
    revisionsOf(await rig().store.read(ten, options));

  it('reads forwards from the start by default', async () => {
    expect(await read(undefined)).toEqual(upTo(10));
    expect(numbersOf(await rig().store.read(ten))).toEqual(upTo(10));
    expect(await read({ from: 'start', maxCount: 3 })).toEqual([0, 1, 2]);
    expect(await read({ maxCount: 0 })).toEqual([]);
  });

  it('reads on from a revision, inclusive', async () => {
    expect(await read({ from: 7 })).toEqual([7, 8, 9]);
    expect(await read({ from: 7, maxCount: 2 })).toEqual([7, 8]);
    expect(await read({ from: 9 })).toEqual([9]);
    expect(await read({ from: 10 })).toEqual([]);
  });

  it('reads backwards from the end by default, or from a revision', async () => {
    expect(await read({ direction: 'backwards' })).toEqual(upTo(10).reverse());
    expect(await read({ direction: 'backwards', maxCount: 1 })).toEqual([9]);
    expect(await read({ direction: 'backwards', from: 4, maxCount: 3 })).toEqual([4, 3, 2]);
    expect(await read({ direction: 'backwards', from: 'end', maxCount: 2 })).toEqual([9, 8]);
    expect(await read({ direction: 'backwards', from: 0 })).toEqual([0]);
  });

  it('reads from the leader what was just appended', async () => {
    await rig().store.append(ten, numbered(1, 10), 9);
    expect(await read({ direction: 'backwards', maxCount: 1, fromLeader: true })).toEqual([10]);
  });

  it('an absent stream reads as nothing, in both directions', async () => {
    const absent = rig().name('absent');
    expect(await rig().store.read(absent)).toEqual([]);
    expect(await rig().store.read(absent, { direction: 'backwards', maxCount: 1 })).toEqual([]);
    expect(await rig().store.read(absent, { from: 5 })).toEqual([]);
  });

  it('keeps the newest events of a stream, however often it is asked; revisions go on counting', async () => {
    const stream = rig().name('stream');
    const { append, read: readOf, keepNewest, deleteStream } = rig().store;
    await keepNewest(stream, 2);
    expect(await readOf(stream)).toEqual([]);
    await append(stream, numbered(5), 'no_stream');
    await keepNewest(stream, 2);
    await keepNewest(stream, 2);
    expect(revisionsOf(await readOf(stream))).toEqual([3, 4]);
    expect(revisionsOf(await readOf(stream, { direction: 'backwards', maxCount: 1 }))).toEqual([4]);
    await append(stream, numbered(2, 5), 4);
    await keepNewest(stream, 2);
    expect(numbersOf(await readOf(stream))).toEqual([5, 6]);
    await append(stream, numbered(1, 7), 'any');
    await keepNewest(stream, 1);
    expect(revisionsOf(await readOf(stream))).toEqual([7]);
    await deleteStream(stream);
    await keepNewest(stream, 1);
    expect(await readOf(stream)).toEqual([]);
  });

  it('a soft-deleted stream reads as nothing, and is there again with the next append, from its next revision', async () => {
    const stream = rig().name('stream');
    await rig().store.append(stream, numbered(3), 'no_stream');
    await rig().store.deleteStream(stream);
    expect(await rig().store.read(stream)).toEqual([]);
    expect(await rig().store.read(stream, { direction: 'backwards', maxCount: 1 })).toEqual([]);
    await rig().store.append(stream, numbered(2, 3), 2);
    expect(revisionsOf(await rig().store.read(stream))).toEqual([3, 4]);
    expect(revisionsOf(await rig().store.read(stream, { direction: 'backwards' }))).toEqual([4, 3]);
    await rig().store.deleteStream(stream);
    expect(await rig().store.read(stream)).toEqual([]);
    await rig().store.append(stream, numbered(1, 5), 4);
    expect(revisionsOf(await rig().store.read(stream))).toEqual([5]);
  });

  it('deleting an absent stream, or one twice, is no error', async () => {
    const stream = rig().name('stream');
    await rig().store.deleteStream(stream);
    await rig().store.append(stream, numbered(1), 'any');
    expect(numbersOf(await rig().store.read(stream))).toEqual([0]);
    await rig().store.deleteStream(stream);
    await rig().store.deleteStream(stream);
    expect(await rig().store.read(stream)).toEqual([]);
  });

  it('a stream of 10,000 events, whole and by pages, in both directions', async () => {
    const stream = rig().name('long');
    for (const batch of upTo(10))
      await rig().store.append(stream, numbered(1_000, batch * 1_000), batch === 0 ? 'no_stream' : batch * 1_000 - 1);
    expect(numbersOf(await rig().store.read(stream))).toEqual(upTo(10_000));
    const pages: number[] = [];
    for (let from = 0; ; ) {
      const page = await rig().store.read(stream, { from, maxCount: 999 });
      pages.push(...revisionsOf(page));
      if (page.length < 999) break;
      from += page.length;
    }
    expect(pages).toEqual(upTo(10_000));
    expect(revisionsOf(await rig().store.read(stream, { direction: 'backwards', maxCount: 2_500 }))).toEqual(
      upTo(2_500).map((at) => 9_999 - at),
    );
  });

  it('one handle sees at once what another has appended', async () => {
    const second = await rig().another();
    const stream = rig().name('stream');
    for (const number of upTo(10)) {
      await second.append(stream, [anEvent({ number })], 'any');
      expect(numbersOf(await rig().store.read(stream))).toEqual(upTo(number + 1));
    }
    await second.close();
  });
};
