import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { maxAppendBytes } from '../src/serialise.ts';
import { anEvent, numbered, revisionsOf, type Shared, upTo } from './rig.ts';

export const appendingContract = ({ rig }: Shared): void => {
  /** Exactly this much JSON, data and metadata together. */
  const eventOf = (bytes: number) => {
    const event = { ...anEvent({ text: '' }), metadata: {} };
    const frame = JSON.stringify(event.data).length + JSON.stringify(event.metadata).length;
    return { ...event, data: { text: 'x'.repeat(bytes - frame) } };
  };

  it('keeps id, type, data and metadata, and tells stream, revision and time', async () => {
    const stream = rig().name('stream');
    const before = Date.now();
    const event = { id: randomUUID(), type: 'MessageReceived', data: { a: 1 }, metadata: { epoch: 3, $causationId: 'x' } };
    await rig().store.append(stream, [event], 'no_stream');
    const [read] = await rig().store.read(stream);
    expect(read).toMatchObject({ ...event, stream, revision: 0 });
    // The store may run on another machine: a minute for its clock.
    expect(Math.abs((read?.recordedAt ?? 0) - before)).toBeLessThan(60_000);
  });

  const exact: readonly (readonly [string, unknown])[] = [
    ['a lone surrogate', { text: 'a\ud800b', '\udc00': 1 }],
    ['names that objects have of their own', JSON.parse('{"__proto__":{"x":1},"constructor":{"y":2},"toJSON":"no","hasOwnProperty":null}')],
    ['empty things', { text: '', list: [], object: {}, '': 'no name' }],
    ['numbers', { zero: 0, big: Number.MAX_SAFE_INTEGER, tiny: 5e-324, huge: 1.797e308, third: 1 / 3, negative: -7 }],
    ['nulls and booleans', { no: null, yes: true, list: [null, false] }],
    ['text of many scripts and control characters', { text: 'Здравствуйте, 👋🏽 \u0000\u0007\u2028\u2029 "\\/' }],
    ['a text that looks like JSON', { text: '{"a":1}' }],
    ['a deep nest', JSON.parse(`${'[{"a":'.repeat(200)}1${'}]'.repeat(200)}`)],
  ];
  it.each(exact)('gives back exactly: %s', async (_name, value) => {
    const stream = rig().name('stream');
    await rig().store.append(stream, [{ ...anEvent(value), metadata: value }], 'no_stream');
    const [event] = await rig().store.read(stream);
    expect(JSON.stringify(event?.data)).toBe(JSON.stringify(value));
    expect(JSON.stringify(event?.metadata)).toBe(JSON.stringify(value));
  });

  it.each([['a text'], [''], [0], [false], [null], [[1, 2]]])('gives back a value that is no object: %j', async (value) => {
    const stream = rig().name('stream');
    await rig().store.append(stream, [{ ...anEvent(value), metadata: value }], 'no_stream');
    const [event] = await rig().store.read(stream);
    expect(event).toMatchObject({ data: value, metadata: value });
  });

  it.each([
    ['a bigint', { n: 1n }],
    ['NaN', { n: Number.NaN }],
    ['an infinity', { deep: [Number.POSITIVE_INFINITY] }],
    ['a Map', { map: new Map([[1, 2]]) }],
    ['a Set', new Set([1])],
    ['nothing', undefined],
    ['a function', () => 1],
  ])('refuses what JSON would lose, and writes nothing: %s', async (_name, data) => {
    const stream = rig().name('stream');
    const bad = { ...anEvent(), data };
    await expect(rig().store.append(stream, [anEvent(), bad], 'no_stream')).rejects.toMatchObject({ code: 'unknown', retryable: false });
    expect(await rig().store.read(stream)).toEqual([]);
  });

  it('takes an append of 512 KB, in one event or in many', async () => {
    const one = rig().name('stream');
    const big = eventOf(maxAppendBytes);
    await rig().store.append(one, [big], 'no_stream');
    expect((await rig().store.read(one))[0]?.data).toEqual(big.data);
    const many = rig().name('stream');
    await rig().store.append(
      many,
      upTo(8).map(() => eventOf(maxAppendBytes / 8)),
      'no_stream',
    );
    expect(await rig().store.read(many)).toHaveLength(8);
  });

  it('refuses a bigger one as too_large, with nothing of it written', async () => {
    const stream = rig().name('stream');
    const refusal = { name: 'EventStoreError', code: 'too_large', retryable: false };
    await expect(rig().store.append(stream, [eventOf(maxAppendBytes + 1)], 'no_stream')).rejects.toMatchObject(refusal);
    const parts = [anEvent(), eventOf(maxAppendBytes)];
    await expect(rig().store.append(stream, parts, 'no_stream')).rejects.toMatchObject(refusal);
    expect(await rig().store.read(stream)).toEqual([]);
  });

  it('counts bytes, not characters', async () => {
    const stream = rig().name('stream');
    const text = 'ж'.repeat(maxAppendBytes / 2);
    await expect(rig().store.append(stream, [anEvent({ text })], 'no_stream')).rejects.toMatchObject({ code: 'too_large' });
  });

  it('keeps the order of appends to one stream that were not waited for', async () => {
    const streams = upTo(5).map(() => rig().name('stream'));
    const chains = streams.map(async (stream) => {
      for (const at of upTo(20)) await rig().store.append(stream, numbered(1, at), at === 0 ? 'no_stream' : at - 1);
    });
    await Promise.all(chains);
    for (const stream of streams) {
      const events = await rig().store.read(stream);
      expect(events.map(({ data }) => data)).toEqual(upTo(20).map((number) => ({ number })));
    }
  });

  it('an append stands whole or not at all: 200 at once, each of several events', async () => {
    const stream = rig().name('stream');
    await Promise.all(upTo(200).map((number) => rig().store.append(stream, [anEvent({ number }), anEvent({ number })], 'any')));
    const events = await rig().store.read(stream);
    expect(revisionsOf(events)).toEqual(upTo(400));
    for (const at of upTo(200)) expect(events[at * 2]?.data).toEqual(events[at * 2 + 1]?.data);
  });

  it('accepts stream names of the engine, and others that are legal there', async () => {
    const names = ['dialog-shop_1-3f6b1c2e-11', 'account-demo', 'поток', 'a b/c:d?e=f&g#h%20'].map((name) => rig().name(name));
    for (const name of names) {
      await rig().store.append(name, [anEvent({ name })], 'no_stream');
      expect((await rig().store.read(name))[0]).toMatchObject({ stream: name, data: { name } });
    }
  });
};
