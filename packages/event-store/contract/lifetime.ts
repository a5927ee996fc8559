import { expect, it } from 'vitest';
import { eventually, follow, numbered, numbersOf, type Shared, upTo } from './rig.ts';

export const lifetimeContract = ({ rig }: Shared): void => {
  const closed = { name: 'EventStoreError', code: 'closed', retryable: false };

  it('answers a ping', async () => {
    await rig().store.ping();
  });

  it('keeps what was appended after its handle is closed, for a handle opened later', async () => {
    const stream = rig().name('stream');
    const first = await rig().another();
    await first.append(stream, numbered(3), 'no_stream');
    await first.close();
    const later = await rig().another();
    expect(numbersOf(await later.read(stream))).toEqual(upTo(3));
    await expect(later.append(stream, numbered(1), 'no_stream')).rejects.toMatchObject({ code: 'wrong_expected_revision', actual: 2 });
    expect(await later.append(stream, numbered(1, 3), 2)).toMatchObject({ revision: 3 });
    await later.close();
  });

  it('an append that was under way when close was called is settled, and stands if it was acknowledged', async () => {
    const stream = rig().name('stream');
    const handle = await rig().another();
    const appends = upTo(20).map((at) => handle.append(`${stream}-${at}`, numbered(2), 'no_stream'));
    const outcomes = Promise.allSettled(appends);
    await handle.close();
    for (const [at, outcome] of (await outcomes).entries()) {
      if (outcome.status === 'fulfilled') expect(await rig().store.read(`${stream}-${at}`)).toHaveLength(2);
      else expect(outcome.reason).toMatchObject({ name: 'EventStoreError' });
    }
  });

  it('refuses every call after close as closed, others of the store go on; closing twice is no error', async () => {
    const stream = rig().name('stream');
    const handle = await rig().another();
    await handle.append(stream, numbered(1), 'no_stream');
    await handle.close();
    await handle.close();
    await expect(handle.append(stream, numbered(1), 0)).rejects.toMatchObject(closed);
    await expect(handle.read(stream)).rejects.toMatchObject(closed);
    await expect(handle.readAll({ after: 'start', maxCount: 1 })).rejects.toMatchObject(closed);
    await expect(handle.deleteStream(stream)).rejects.toMatchObject(closed);
    await expect(handle.ping()).rejects.toMatchObject(closed);
    expect(await rig().store.append(stream, numbered(1), 0)).toMatchObject({ revision: 1 });
  });

  it('closing a handle ends its subscriptions, others go on', async () => {
    const prefix = rig().name('dialog');
    const handle = await rig().another();
    const [ending, staying] = [handle, rig().store].map((store) => follow(store, { after: 'start', streamPrefixes: [prefix] }));
    await eventually(() => expect([ending?.caughtUpAt, staying?.caughtUpAt]).toEqual([[0], [0]]));
    await handle.close();
    await eventually(() => expect(ending?.ended()).toEqual({ error: undefined }));
    await rig().store.append(prefix, numbered(2), 'no_stream');
    await eventually(() => expect(staying?.events).toHaveLength(2));
    await staying?.stop();
  });
};
