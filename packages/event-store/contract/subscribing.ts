import { expect, it } from 'vitest';
import { anEvent, eventually, type Follower, follow, idsOf, numbered, numbersOf, type Shared, upTo } from './rig.ts';

export const subscribingContract = ({ rig }: Shared): void => {
  const got = (follower: Follower, count: number) => eventually(() => expect(follower.events).toHaveLength(count));

  it('delivers what is there, says once that it has caught up, then what comes, in order', async () => {
    const prefix = rig().name('dialog');
    await rig().store.append(`${prefix}-a`, numbered(3), 'no_stream');
    await rig().store.append(`${prefix}-b`, numbered(2, 3), 'no_stream');
    const follower = follow(rig().store, { after: 'start', streamPrefixes: [prefix] });
    await eventually(() => expect(follower.caughtUpAt).toEqual([5]));
    await rig().store.append(`${prefix}-a`, numbered(2, 5), 2);
    await rig().store.append(rig().name('other'), numbered(1), 'no_stream');
    await rig().store.append(`${prefix}-c`, numbered(1, 7), 'no_stream');
    await got(follower, 8);
    expect(numbersOf(follower.events)).toEqual(upTo(8));
    expect(follower.caughtUpAt).toEqual([5]);
    await follower.stop();
    expect(follower.ended()).toEqual({ error: undefined });
  });

  it('says that it has caught up only after the last event has been handled, however slow the reader', async () => {
    const prefix = rig().name('dialog');
    await rig().store.append(prefix, numbered(8), 'no_stream');
    let handled = 0;
    const follower = follow(rig().store, {
      after: 'start',
      streamPrefixes: [prefix],
      handle: async () => {
        // Long enough for all that the store has to say to arrive meanwhile.
        await new Promise((resolve) => setTimeout(resolve, 15));
        handled += 1;
      },
    });
    await eventually(() => expect(follower.caughtUpAt).toEqual([8]));
    expect(handled).toBe(8);
    await follower.stop();
  });

  it('catches up where nothing matches', async () => {
    await rig().store.append(rig().name('other'), numbered(100), 'no_stream');
    const follower = follow(rig().store, { after: 'start', streamPrefixes: [rig().name('nothing')] });
    await eventually(() => expect(follower.caughtUpAt).toEqual([0]));
    await follower.stop();
    expect(follower.events).toEqual([]);
  });

  it('goes on exactly after any position, with what it had not seen', async () => {
    const prefix = rig().name('dialog');
    await rig().store.append(prefix, numbered(4), 'no_stream');
    await rig().store.append(rig().name('other'), numbered(50), 'no_stream');
    await rig().store.append(prefix, numbered(4, 4), 3);
    const first = follow(rig().store, { after: 'start', streamPrefixes: [prefix] });
    await got(first, 8);
    await first.stop();
    for (const event of first.events) {
      const follower = follow(rig().store, { after: event.position, streamPrefixes: [prefix] });
      await eventually(() => expect(follower.caughtUpAt).toHaveLength(1));
      expect(numbersOf(follower.events)).toEqual(upTo(8).slice(event.revision + 1));
      await follower.stop();
    }
  });

  it('takes several prefixes as one sequence', async () => {
    const [one, two] = [rig().name('one'), rig().name('two')];
    const follower = follow(rig().store, { after: 'start', streamPrefixes: [one, two] });
    await eventually(() => expect(follower.caughtUpAt).toHaveLength(1));
    for (const number of upTo(20)) await rig().store.append(`${number % 2 === 0 ? one : two}-x`, [anEvent({ number })], 'any');
    await got(follower, 20);
    expect(numbersOf(follower.events)).toEqual(upTo(20));
    await follower.stop();
  });

  it('sees what another handle appends', async () => {
    const second = await rig().another();
    const prefix = rig().name('dialog');
    const follower = follow(rig().store, { after: 'start', streamPrefixes: [prefix] });
    await eventually(() => expect(follower.caughtUpAt).toHaveLength(1));
    for (const number of upTo(10)) await second.append(prefix, [anEvent({ number })], 'any');
    await got(follower, 10);
    expect(numbersOf(follower.events)).toEqual(upTo(10));
    await follower.stop();
    await second.close();
  });

  it('hands out one event at a time and loses none to a slow reader', async () => {
    const prefix = rig().name('dialog');
    let running = 0;
    let most = 0;
    const follower = follow(rig().store, {
      after: 'start',
      streamPrefixes: [prefix],
      handle: async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
      },
    });
    for (const batch of upTo(10)) await rig().store.append(prefix, numbered(200, batch * 200), 'any');
    await got(follower, 2_000);
    expect(numbersOf(follower.events)).toEqual(upTo(2_000));
    expect(most).toBe(1);
    await follower.stop();
  });

  it('agrees with readAll, under appends of two handles at once', async () => {
    const second = await rig().another();
    const prefix = rig().name('dialog');
    const follower = follow(rig().store, { after: 'start', streamPrefixes: [prefix] });
    const busy = [rig().store, second].flatMap((store, who) =>
      upTo(5).map(async (lane) => {
        for (const number of upTo(20)) await store.append(`${prefix}-${who}-${lane}`, numbered(2, number * 2), 'any');
      }),
    );
    await Promise.all(busy);
    await got(follower, 400);
    await follower.stop();
    const whole = await rig().store.readAll({ after: 'start', maxCount: 1_000, streamPrefixes: [prefix] });
    expect(idsOf(follower.events)).toEqual(idsOf(whole));
    await second.close();
  });

  it('ends at the signal: while it waits, between two events, and before it begins', async () => {
    const prefix = rig().name('dialog');
    await rig().store.append(prefix, numbered(3), 'no_stream');
    const waiting = follow(rig().store, { after: 'start', streamPrefixes: [prefix] });
    await eventually(() => expect(waiting.caughtUpAt).toHaveLength(1));
    await waiting.stop();
    expect(waiting.ended()).toEqual({ error: undefined });

    const abort = new AbortController();
    const seen: number[] = [];
    for await (const event of rig().store.subscribe({ after: 'start', streamPrefixes: [prefix], signal: abort.signal })) {
      seen.push(event.revision);
      if (event.revision === 1) abort.abort();
    }
    expect(seen).toEqual([0, 1]);

    for await (const event of rig().store.subscribe({ after: 'start', streamPrefixes: [prefix], signal: AbortSignal.abort() })) {
      seen.push(event.revision);
    }
    expect(seen).toEqual([0, 1]);
  });

  it('may be left by break', async () => {
    const prefix = rig().name('dialog');
    await rig().store.append(prefix, numbered(3), 'no_stream');
    const seen: number[] = [];
    for await (const event of rig().store.subscribe({ after: 'start', streamPrefixes: [prefix], signal: new AbortController().signal })) {
      seen.push(event.revision);
      if (event.revision === 1) break;
    }
    expect(seen).toEqual([0, 1]);
    await rig().store.append(prefix, numbered(1), 2);
  });

  it('delivers big events', async () => {
    const prefix = rig().name('dialog');
    const text = 'x'.repeat(400_000);
    for (const number of upTo(5)) await rig().store.append(prefix, [anEvent({ number, text })], 'any');
    const follower = follow(rig().store, { after: 'start', streamPrefixes: [prefix] });
    await got(follower, 5);
    expect(follower.events.map(({ data }) => data)).toEqual(upTo(5).map((number) => ({ number, text })));
    await follower.stop();
  });
};
