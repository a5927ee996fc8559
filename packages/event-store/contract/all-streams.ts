import { expect, it } from 'vitest';
import type { NewEvent } from '../src/port.ts';
import { anEvent, idsOf, numbered, readWhole, type Shared, upTo } from './rig.ts';

export const allStreamsContract = ({ rig }: Shared): void => {
  /** Appends to streams in turn, one by one. @returns the events in the order in which they were acknowledged */
  const deal = async (streams: readonly string[], count: number): Promise<NewEvent[]> => {
    const dealt: NewEvent[] = [];
    for (const number of upTo(count)) {
      const event = anEvent({ number });
      await rig().store.append(streams[number % streams.length] as string, [event], 'any');
      dealt.push(event);
    }
    return dealt;
  };

  it('gives the events of all streams under a prefix in the order in which they were appended', async () => {
    const prefix = rig().name('dialog');
    const dealt = await deal([`${prefix}-a`, `${prefix}-b`, rig().name('other'), `${prefix}-c`], 40);
    const expected = dealt.filter((_, at) => at % 4 !== 2);
    const events = await readWhole(rig().store, [prefix]);
    expect(idsOf(events)).toEqual(idsOf(expected));
    expect(new Set(events.map(({ stream }) => stream))).toEqual(new Set(['a', 'b', 'c'].map((word) => `${prefix}-${word}`)));
  });

  it('takes several prefixes as one sequence, and a prefix as the beginning of a name only', async () => {
    const [one, two, three] = [rig().name('one'), rig().name('two'), rig().name('three')];
    const dealt = await deal([`${one}-x`, `${two}-x`, `${three}-x`, `x-${one}`], 20);
    const events = await readWhole(rig().store, [one, three]);
    expect(idsOf(events)).toEqual(idsOf(dealt.filter((_, at) => at % 4 === 0 || at % 4 === 2)));
  });

  it('takes a prefix literally: its characters are no pattern', async () => {
    const word = rig().name('p.*[x]^$');
    const dealt = await deal([word, rig().name('pAAx')], 4);
    expect(idsOf(await readWhole(rig().store, [word]))).toEqual(idsOf(dealt.filter((_, at) => at % 2 === 0)));
  });

  it('goes on exactly after a position: of an event read, and of an append', async () => {
    const prefix = rig().name('dialog');
    await rig().store.append(prefix, numbered(5), 'no_stream');
    const { position } = await rig().store.append(prefix, numbered(3, 5), 4);
    await rig().store.append(prefix, numbered(2, 8), 7);
    const events = await readWhole(rig().store, [prefix]);
    expect(events.map(({ revision }) => revision)).toEqual(upTo(10));
    for (const event of events) {
      const rest = await readWhole(rig().store, [prefix], event.position, 3);
      expect(rest.map(({ revision }) => revision)).toEqual(upTo(10).slice(event.revision + 1));
    }
    expect((await readWhole(rig().store, [prefix], position)).map(({ revision }) => revision)).toEqual([8, 9]);
  });

  it('gives at most maxCount, cut at any event of an append', async () => {
    const prefix = rig().name('dialog');
    await rig().store.append(prefix, numbered(7), 'no_stream');
    expect(await rig().store.readAll({ after: 'start', maxCount: 0, streamPrefixes: [prefix] })).toEqual([]);
    for (const pageSize of [1, 2, 7, 100]) {
      const first = await rig().store.readAll({ after: 'start', maxCount: pageSize, streamPrefixes: [prefix] });
      expect(first).toHaveLength(Math.min(7, pageSize));
      const whole = await readWhole(rig().store, [prefix], 'start', pageSize);
      expect(whole.map(({ revision }) => revision)).toEqual(upTo(7));
    }
  });

  it('without prefixes gives every stream', async () => {
    const start = await rig().store.append(rig().name('before'), numbered(1), 'no_stream');
    const streams = [rig().name('dialog'), rig().name('other')];
    const dealt = await deal(streams, 6);
    const events = await rig().store.readAll({ after: start.position, maxCount: 1_000 });
    expect(idsOf(events.filter(({ stream }) => streams.includes(stream)))).toEqual(idsOf(dealt));
  });

  it('keeps the events of a soft-deleted stream', async () => {
    const prefix = rig().name('dialog');
    const events = numbered(3);
    await rig().store.append(prefix, events, 'no_stream');
    await rig().store.deleteStream(prefix);
    expect(idsOf(await readWhole(rig().store, [prefix]))).toEqual(idsOf(events));
  });

  it('finds the few among many that do not match', async () => {
    const prefix = rig().name('few');
    const others = rig().name('many');
    const wanted: NewEvent[] = [];
    for (const at of upTo(5)) {
      const event = anEvent({ at });
      await rig().store.append(`${prefix}-${at}`, [event], 'no_stream');
      wanted.push(event);
      await rig().store.append(others, numbered(200, at * 200), 'any');
    }
    expect(idsOf(await readWhole(rig().store, [prefix], 'start', 2))).toEqual(idsOf(wanted));
  });
};
