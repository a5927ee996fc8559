import { expect, it } from 'vitest';
import type { ExpectedRevision, NewEvent } from '../src/port.ts';
import { anEvent, idsOf, numbered, revisionsOf, type Shared, upTo } from './rig.ts';

/**
 * The commit check, row by row: `EventStore.Core/Services/Storage/ReaderIndex/IndexWriter.cs`, `CheckCommit`, the same in EventStoreDB 23.10
 * and KurrentDB 26. What a soft delete changes: the revisions count on, so the conflict reports the head and not `no_stream`; `stream_exists`
 * is answered with "the stream is deleted"; `no_stream` may write.
 */
export const expectedRevisionContract = ({ rig }: Shared): void => {
  const conflict = (actual: number | 'no_stream') => ({
    name: 'EventStoreError',
    code: 'wrong_expected_revision',
    actual,
    retryable: false,
  });

  /** A stream of its own with these events in it. */
  const streamOf = async (events: readonly NewEvent[]): Promise<string> => {
    const stream = rig().name('stream');
    if (events.length > 0) await rig().store.append(stream, events, 'no_stream');
    return stream;
  };
  const deletedStreamOf = async (events: readonly NewEvent[]): Promise<string> => {
    const stream = await streamOf(events);
    await rig().store.deleteStream(stream);
    return stream;
  };
  const append = (stream: string, events: readonly NewEvent[], expected: ExpectedRevision) => rig().store.append(stream, events, expected);
  const idsIn = async (stream: string): Promise<string[]> => idsOf(await rig().store.read(stream));

  it('revision N, head = N: writes, and answers with the revision of the last event', async () => {
    const stream = await streamOf(numbered(3));
    const more = numbered(2);
    expect(await append(stream, more, 2)).toMatchObject({ revision: 4 });
    expect((await idsIn(stream)).slice(3)).toEqual(idsOf(more));
  });

  it('revision N, head > N, all ids new: a conflict that tells the actual revision, nothing written', async () => {
    const events = numbered(3);
    const stream = await streamOf(events);
    await expect(append(stream, numbered(1), 1)).rejects.toMatchObject(conflict(2));
    await expect(append(stream, numbered(1), 0)).rejects.toMatchObject(conflict(2));
    expect(await idsIn(stream)).toEqual(idsOf(events));
  });

  it('revision N, head > N, all ids in place: success with the original revision and position, nothing written', async () => {
    const events = numbered(2);
    const stream = await streamOf(events);
    const more = numbered(3);
    const original = await append(stream, more, 1);
    expect(original.revision).toBe(4);
    expect(await append(stream, more, 1)).toEqual(original);
    await append(stream, numbered(2), 4);
    expect(await append(stream, more, 1)).toEqual(original);
    expect(await idsIn(stream)).toHaveLength(7);
  });

  it('revision N, head > N, only part of the ids in place: a conflict, nothing written', async () => {
    const stream = await streamOf(numbered(1));
    const [first, second] = [anEvent(), anEvent()];
    await append(stream, [first, second], 0);
    await expect(append(stream, [first, anEvent()], 0)).rejects.toMatchObject(conflict(2));
    await expect(append(stream, [anEvent(), second], 0)).rejects.toMatchObject(conflict(2));
    await expect(append(stream, [second, first], 0)).rejects.toMatchObject(conflict(2));
    expect(await idsIn(stream)).toHaveLength(3);
  });

  it('revision N, ids there but at another place: a conflict', async () => {
    const events = numbered(4);
    const stream = await streamOf(events);
    await expect(append(stream, [events[3] as NewEvent], 0)).rejects.toMatchObject(conflict(3));
    await expect(append(stream, [events[0] as NewEvent], 1)).rejects.toMatchObject(conflict(3));
  });

  it('revision N, head < N, or no stream at all: a conflict', async () => {
    const stream = await streamOf(numbered(2));
    await expect(append(stream, numbered(1), 2)).rejects.toMatchObject(conflict(1));
    await expect(append(stream, numbered(1), 40)).rejects.toMatchObject(conflict(1));
    await expect(append(rig().name('absent'), numbered(1), 0)).rejects.toMatchObject(conflict('no_stream'));
  });

  it('events re-grouped on a retry: a conflict where the group reaches past what is there', async () => {
    const stream = await streamOf(numbered(1));
    const [first, second, third] = [anEvent(), anEvent(), anEvent()];
    await append(stream, [first, second], 0);
    await expect(append(stream, [first, second, third], 0)).rejects.toMatchObject(conflict(2));
    expect(await append(stream, [second], 1)).toMatchObject({ revision: 2 });
    expect(await idsIn(stream)).toHaveLength(3);
  });

  it('revision N = head, ids already in the stream: writes them again, no comparison takes place', async () => {
    const events = numbered(2);
    const stream = await streamOf(events);
    expect(await append(stream, events, 1)).toMatchObject({ revision: 3 });
    expect(await idsIn(stream)).toEqual([...idsOf(events), ...idsOf(events)]);
  });

  it('no_stream, absent: writes from revision 0', async () => {
    const stream = rig().name('fresh');
    expect(await append(stream, numbered(2), 'no_stream')).toMatchObject({ revision: 1 });
    expect(revisionsOf(await rig().store.read(stream))).toEqual([0, 1]);
  });

  it('no_stream, exists: a conflict for new ids, a success for its first events, a conflict for part of them', async () => {
    const events = numbered(2);
    const stream = rig().name('stream');
    const original = await append(stream, events, 'no_stream');
    await append(stream, numbered(2), 1);
    await expect(append(stream, numbered(1), 'no_stream')).rejects.toMatchObject(conflict(3));
    expect(await append(stream, events, 'no_stream')).toEqual(original);
    await expect(append(stream, [events[0] as NewEvent, anEvent()], 'no_stream')).rejects.toMatchObject(conflict(3));
    await expect(append(stream, [events[1] as NewEvent], 'no_stream')).rejects.toMatchObject(conflict(3));
    expect(await idsIn(stream)).toHaveLength(4);
  });

  it('no_stream, soft-deleted: writes, the revisions count on, what was before stays unseen', async () => {
    const stream = await deletedStreamOf(numbered(3));
    const again = numbered(2);
    expect(await append(stream, again, 'no_stream')).toMatchObject({ revision: 4 });
    const events = await rig().store.read(stream);
    expect(revisionsOf(events)).toEqual([3, 4]);
    expect(idsOf(events)).toEqual(idsOf(again));
  });

  it('no_stream, soft-deleted, the ids of its first events: an idempotent success that writes nothing', async () => {
    const events = numbered(2);
    const stream = await deletedStreamOf(events);
    expect(await append(stream, events, 'no_stream')).toMatchObject({ revision: 1 });
    await expect(append(stream, [events[0] as NewEvent, anEvent()], 'no_stream')).rejects.toMatchObject(conflict(1));
    expect(await idsIn(stream)).toEqual([]);
  });

  it('stream_exists, absent: a conflict; it exists: writes', async () => {
    const absent = rig().name('absent');
    await expect(append(absent, numbered(1), 'stream_exists')).rejects.toMatchObject(conflict('no_stream'));
    const stream = await streamOf(numbered(1));
    expect(await append(stream, numbered(2), 'stream_exists')).toMatchObject({ revision: 2 });
  });

  it('stream_exists, soft-deleted: refused as deleted, nothing written', async () => {
    const stream = await deletedStreamOf(numbered(1));
    await expect(append(stream, numbered(1), 'stream_exists')).rejects.toMatchObject({ code: 'stream_deleted', retryable: false });
    expect(await idsIn(stream)).toEqual([]);
  });

  it('any: writes whether the stream is there or not', async () => {
    const stream = rig().name('stream');
    expect(await append(stream, numbered(2), 'any')).toMatchObject({ revision: 1 });
    expect(await append(stream, numbered(2), 'any')).toMatchObject({ revision: 3 });
    const deleted = await deletedStreamOf(numbered(2));
    expect(await append(deleted, numbered(1), 'any')).toMatchObject({ revision: 2 });
    expect(revisionsOf(await rig().store.read(deleted))).toEqual([2]);
  });

  it('any and stream_exists, ids just written: success with the original revision; the first only: a conflict', async () => {
    const events = numbered(2);
    const stream = rig().name('stream');
    const original = await append(stream, events, 'any');
    await append(stream, numbered(1), 1);
    expect(await append(stream, events, 'any')).toEqual(original);
    expect(await append(stream, events, 'stream_exists')).toEqual(original);
    await expect(append(stream, [events[0] as NewEvent, anEvent()], 'any')).rejects.toMatchObject(conflict(2));
    expect(await idsIn(stream)).toHaveLength(3);
  });

  it('after a soft delete a concrete revision is compared with the head as before', async () => {
    const stream = await deletedStreamOf(numbered(3));
    await expect(append(stream, numbered(1), 1)).rejects.toMatchObject(conflict(2));
    await expect(append(stream, numbered(1), 3)).rejects.toMatchObject(conflict(2));
    expect(await append(stream, numbered(1), 2)).toMatchObject({ revision: 3 });
    expect(revisionsOf(await rig().store.read(stream))).toEqual([3]);
  });

  it('two handles append to one stream at once: one wins each round, the loser learns the actual revision', async () => {
    const second = await rig().another();
    const stream = await streamOf(numbered(1));
    for (const round of upTo(20)) {
      const attempts = [rig().store, second].map((store) => store.append(stream, numbered(2), round * 2));
      const outcomes = await Promise.allSettled(attempts);
      const lost = outcomes.filter((outcome) => outcome.status === 'rejected');
      expect(lost).toHaveLength(1);
      expect(lost[0]?.reason).toMatchObject(conflict(round * 2 + 2));
    }
    expect(revisionsOf(await second.read(stream))).toEqual(upTo(41));
    await second.close();
  });
};
