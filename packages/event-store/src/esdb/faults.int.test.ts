import { randomUUID } from 'node:crypto';
import { type EventStoreProcess, startEventStoreProcess } from '@dialog/test-kit/event-store';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually, follow, idsOf, numbered, numbersOf, revisionsOf, upTo } from '../../contract/rig.ts';
import type { EventStore, NewEvent } from '../port.ts';
import { type EsdbOptions, esdbEventStore } from './event-store.ts';

/** Short, so that a test of a server that never answers ends soon; 300 ms is far above what an answer takes here. */
const deadlineMs = 600;

let server: EventStoreProcess;
const handles: EventStore[] = [];
const open = (options: Partial<EsdbOptions> = {}): EventStore => {
  const handle = esdbEventStore({ url: server.url, deadlineMs, idleMs: 30_000, ...options });
  handles.push(handle);
  return handle;
};
const name = (word: string): string => `${word}-${randomUUID().slice(0, 8)}`;

beforeAll(async () => {
  server = await startEventStoreProcess();
});
afterEach(async () => {
  await server.disarm();
  for (const handle of handles.splice(0)) await handle.close();
});
afterAll(async () => {
  await server.destroy();
});

describe('an append that goes wrong', () => {
  const method = 'BatchAppend';

  it.each([
    ['unavailable', 'unavailable'],
    ['cut_before_commit', 'unavailable'],
    ['no_answer', 'timeout'],
    ['no_leader', 'unavailable'],
    ['internal', 'unknown'],
    ['access_denied', 'unknown'],
  ] as const)('%s: told as %s, nothing written, the next one succeeds', async (kind, code) => {
    const store = open();
    const stream = name('stream');
    await store.append(stream, numbered(1), 'no_stream');
    await server.arm({ method, kind });
    const more = numbered(2, 1);
    await expect(store.append(stream, more, 0)).rejects.toMatchObject({ name: 'EventStoreError', code });
    expect(revisionsOf(await store.read(stream))).toEqual([0]);
    expect(await store.append(stream, more, 0)).toMatchObject({ revision: 2 });
  });

  it.each([
    ['cut_after_commit', 'unavailable'],
    ['no_answer_after_commit', 'timeout'],
    ['timeout_after_commit', 'timeout'],
  ] as const)('%s: told as %s; repeated with the same ids it succeeds, and stands once', async (kind, code) => {
    const store = open();
    const stream = name('stream');
    await store.append(stream, numbered(1), 'no_stream');
    await server.arm({ method, kind });
    const more = numbered(3, 1);
    await expect(store.append(stream, more, 0)).rejects.toMatchObject({ code, retryable: true });
    expect(await store.append(stream, more, 0)).toMatchObject({ revision: 3 });
    const first = name('stream');
    await server.arm({ method, kind });
    await expect(store.append(first, more, 'no_stream')).rejects.toMatchObject({ code });
    expect(await store.append(first, more, 'no_stream')).toMatchObject({ revision: 2 });
    expect(numbersOf(await store.read(stream))).toEqual(upTo(4));
    expect(idsOf(await store.read(first))).toEqual(idsOf(more));
  });

  it('not the leader: goes to the leader by itself where a repeat is safe', async () => {
    const store = open();
    const stream = name('stream');
    await server.arm({ method, kind: 'not_leader' });
    expect(await store.append(stream, numbered(1), 'no_stream')).toMatchObject({ revision: 0 });
    await server.arm({ method, kind: 'not_leader' });
    expect(await store.append(stream, numbered(1), 0)).toMatchObject({ revision: 1 });
    await server.arm({ method, kind: 'not_leader' });
    await expect(store.append(stream, numbered(1), 'any')).rejects.toMatchObject({ code: 'unavailable' });
    await server.arm({ method, kind: 'not_leader', times: 100 });
    await expect(store.append(stream, numbered(1), 1)).rejects.toMatchObject({ code: 'unavailable' });
    await server.disarm();
    expect(await store.append(stream, numbered(1), 1)).toMatchObject({ revision: 2 });
  });

  it('an answer that takes a while is waited for', async () => {
    const store = open();
    await server.arm({ method, kind: 'delay', delayMs: 250 });
    expect(await store.append(name('stream'), numbered(1), 'no_stream')).toMatchObject({ revision: 0 });
  });

  it('many at once while the connection is cut again and again: every one succeeds when repeated, and stands once, in order', async () => {
    const store = open();
    const prefix = name('dialog');
    const events = new Map<string, NewEvent[]>();
    const lanes = upTo(8).map(async (lane) => {
      const stream = `${prefix}-${lane}`;
      const written: NewEvent[] = [];
      events.set(stream, written);
      for (const at of upTo(15)) {
        const append = numbered(2, at * 2);
        written.push(...append);
        await eventually(() => store.append(stream, append, at === 0 ? 'no_stream' : at * 2 - 1));
      }
    });
    let done = false;
    const cutting = (async () => {
      while (!done) {
        await new Promise((resolve) => setTimeout(resolve, 15));
        await server.cut();
      }
    })();
    await Promise.all(lanes).finally(() => {
      done = true;
    });
    await cutting;
    for (const [stream, written] of events) {
      const read = await eventually(() => store.read(stream));
      expect(idsOf(read)).toEqual(idsOf(written));
    }
  });
});

describe('the client’s feature probe', () => {
  it.each(['internal', 'no_answer', 'unavailable'] as const)(
    'is never asked, so that its failure (%s), which the client would keep, can fail no append',
    async (kind) => {
      await server.arm({ method: 'GetSupportedMethods', kind, times: 1_000 });
      // An address of its own has a client of its own, which has asked nothing yet.
      const store = open({ url: `${server.url}&connectionName=${name('probe')}` });
      expect(await store.append(name('stream'), numbered(1), 'no_stream')).toMatchObject({ revision: 0 });
      expect((await server.state()).calls['GetSupportedMethods']).toBeUndefined();
    },
  );
});

describe('a server that lets one append hang', () => {
  it('the others under way end too, and succeed when repeated: none twice', async () => {
    const store = open();
    const stuck = name('stuck');
    await server.arm({ method: 'BatchAppend', kind: 'no_answer_after_commit', stream: stuck });
    const prefix = name('dialog');
    const hanging = numbered(1);
    const hung = expect(store.append(stuck, hanging, 'no_stream')).rejects.toMatchObject({ code: 'timeout' });
    const lanes = upTo(4).map(async (lane) => {
      const written: NewEvent[] = [];
      for (const at of upTo(300)) {
        const append = numbered(1, at);
        written.push(...append);
        await eventually(() => store.append(`${prefix}-${lane}`, append, at === 0 ? 'no_stream' : at - 1));
        if (at % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 80));
      }
      return written;
    });
    await hung;
    for (const [lane, written] of (await Promise.all(lanes)).entries()) {
      expect(idsOf(await store.read(`${prefix}-${lane}`))).toEqual(idsOf(written));
    }
    expect(await store.append(stuck, hanging, 'no_stream')).toMatchObject({ revision: 0 });
  });
});

describe('a read that goes wrong', () => {
  it.each([
    ['unavailable', 'unavailable'],
    ['cut_before_commit', 'unavailable'],
    ['no_answer', 'timeout'],
    ['no_leader', 'unavailable'],
    ['not_leader', 'unavailable'],
    ['internal', 'unknown'],
    ['access_denied', 'unknown'],
  ] as const)('%s: told as %s, the next one succeeds', async (kind, code) => {
    const store = open();
    const stream = name('stream');
    await store.append(stream, numbered(2), 'no_stream');
    await server.arm({ method: 'Read', kind });
    await expect(store.read(stream)).rejects.toMatchObject({ name: 'EventStoreError', code });
    expect(await store.read(stream)).toHaveLength(2);
    await server.arm({ method: 'Subscribe', kind });
    await expect(store.readAll({ after: 'start', maxCount: 10, streamPrefixes: [stream] })).rejects.toMatchObject({ code });
    expect(await store.readAll({ after: 'start', maxCount: 10, streamPrefixes: [stream] })).toHaveLength(2);
    await server.arm({ method: 'Read', kind });
    await expect(store.ping()).rejects.toMatchObject({ code });
    await store.ping();
  });

  it('a deletion: told, and repeated without harm', async () => {
    const store = open();
    for (const [kind, code] of [
      ['unavailable', 'unavailable'],
      ['no_answer', 'timeout'],
      ['cut_after_commit', 'unavailable'],
    ] as const) {
      const stream = name('stream');
      await store.append(stream, numbered(2), 'no_stream');
      await server.arm({ method: 'Delete', kind });
      await expect(store.deleteStream(stream)).rejects.toMatchObject({ code });
      await store.deleteStream(stream);
      expect(await store.read(stream)).toEqual([]);
    }
  });

  it('a position that is none is refused at once', async () => {
    const store = open();
    await expect(store.readAll({ after: 'here', maxCount: 1 })).rejects.toMatchObject({ code: 'unknown' });
    const follower = follow(store, { after: '', streamPrefixes: ['x'] });
    await eventually(() => expect(follower.ended()?.error).toMatchObject({ code: 'unknown' }));
  });
});

describe('a server that is away', () => {
  it('everything is told as unavailable, and goes on with the same handle when it is back, with all that was acknowledged', async () => {
    const store = open();
    const stream = name('stream');
    await store.append(stream, numbered(3), 'no_stream');
    await server.kill();
    const away = { name: 'EventStoreError', code: 'unavailable', retryable: true };
    await expect(store.append(stream, numbered(1, 3), 2)).rejects.toMatchObject(away);
    await expect(store.read(stream)).rejects.toMatchObject(away);
    await expect(store.ping()).rejects.toMatchObject(away);
    await expect(store.readAll({ after: 'start', maxCount: 1 })).rejects.toMatchObject(away);
    await server.restart();
    expect(await eventually(() => store.append(stream, numbered(1, 3), 2))).toMatchObject({ revision: 3 });
    expect(numbersOf(await store.read(stream))).toEqual(upTo(4));
  });
});

describe('a client that is built anew, or closed, while a stream is read', () => {
  /** Reads again and again. @returns how long each was that was given as whole */
  const readOn = async (store: EventStore, stream: string, done: () => boolean): Promise<{ lengths: Set<number>; failed: number }> => {
    const lengths = new Set<number>();
    let failed = 0;
    // At least one is whole: on a busy machine each that was begun before may have been broken off.
    while (!done() || lengths.size === 0) {
      await store.read(stream).then(
        (events) => lengths.add(events.length),
        () => {
          failed += 1;
        },
      );
    }
    return { lengths, failed };
  };

  it('a read is whole or fails, never cut short in silence', async () => {
    const store = open();
    const stream = name('long');
    for (const batch of upTo(5)) await store.append(stream, numbered(1_000, batch * 1_000), 'any');
    let done = false;
    const reading = readOn(store, stream, () => done);
    for (const _round of upTo(3)) {
      await server.arm({ method: 'BatchAppend', kind: 'no_answer' });
      await expect(store.append(name('stuck'), numbered(1), 'no_stream')).rejects.toMatchObject({ code: 'timeout' });
    }
    for (const _round of upTo(20)) {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
      await server.cut();
    }
    done = true;
    const { lengths, failed } = await reading;
    expect([...lengths]).toEqual([5_000]);
    expect(failed).toBeGreaterThan(3);

    const closing = open({ url: `${server.url}&connectionName=${name('closing')}` });
    const last = upTo(4).map(() =>
      closing.read(stream).then(
        ({ length }) => length,
        () => 5_000,
      ),
    );
    await new Promise((resolve) => setTimeout(resolve, 15));
    await closing.close();
    expect(await Promise.all(last)).toEqual([5_000, 5_000, 5_000, 5_000]);
  });
});

describe('a cluster, found by gossip', () => {
  const port = (): string => new URL(server.url.replace('esdb:', 'http:')).port;
  it.each([
    ['discovery by a name', () => `esdb+discover://127.0.0.1:${port()}?tls=false&discoveryInterval=20`],
    ['several hosts, one of them gone', () => `esdb://127.0.0.1:1,127.0.0.1:${port()}?tls=false&discoveryInterval=20`],
  ])('%s: found, told as away while it is gone, and found again', async (_name, url) => {
    const store = open({ url: url(), deadlineMs: 3_000 });
    const stream = name('dialog');
    const follower = follow(store, { after: 'start', streamPrefixes: [stream] });
    await store.append(stream, numbered(2), 'no_stream');
    await eventually(() => expect(follower.events).toHaveLength(2));
    await server.kill();
    await expect(store.append(stream, numbered(1, 2), 1)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(store.read(stream)).rejects.toMatchObject({ code: 'unavailable' });
    await server.restart();
    await eventually(() => store.append(stream, numbered(1, 2), 1));
    await eventually(() => expect(numbersOf(follower.events)).toEqual(upTo(3)));
    await follower.stop();
  });
});

describe('a server that is killed at random moments under load', () => {
  it('every acknowledged append is there once and whole, none by half, and a follower has seen exactly what is there', async () => {
    const store = open();
    const prefix = name('dialog');
    const follower = follow(store, { after: 'start', streamPrefixes: [prefix] });
    const acknowledged = new Map<string, NewEvent[]>();
    let done = false;
    const lanes = upTo(6).map(async (lane) => {
      const written: NewEvent[] = [];
      acknowledged.set(`${prefix}-${lane}`, written);
      for (let head = -1; !done; ) {
        const append = numbered(1 + (written.length % 4), head + 1);
        const { revision } = await eventually(() => store.append(`${prefix}-${lane}`, append, head < 0 ? 'no_stream' : head));
        expect(revision).toBe(head + append.length);
        written.push(...append);
        head = revision;
      }
    });
    for (const _round of upTo(5)) {
      await new Promise((resolve) => setTimeout(resolve, 100 + Math.random() * 200));
      await server.kill();
      await server.restart();
    }
    done = true;
    await Promise.all(lanes);
    const all = [...acknowledged.values()].flat();
    for (const [stream, written] of acknowledged) expect(idsOf(await store.read(stream))).toEqual(idsOf(written));
    await eventually(() => expect(follower.events).toHaveLength(all.length));
    expect(new Set(idsOf(follower.events))).toEqual(new Set(idsOf(all)));
    expect(all.length).toBeGreaterThan(100);
    await follower.stop();
  });
});

describe('a subscription that breaks', () => {
  const appendAll = async (store: EventStore, stream: string, from: number, count: number): Promise<void> => {
    for (const at of upTo(count)) {
      const append = numbered(1, from + at);
      await eventually(() => store.append(stream, append, from + at === 0 ? 'no_stream' : from + at - 1));
    }
  };

  it('survives a restart of the server while events are appended: none lost, none repeated', async () => {
    const store = open();
    const prefix = name('dialog');
    const follower = follow(store, { after: 'start', streamPrefixes: [prefix] });
    await eventually(() => expect(follower.caughtUpAt).toHaveLength(1));
    for (const round of upTo(3)) {
      const appending = appendAll(store, prefix, round * 60, 60);
      await eventually(() => expect(follower.events.length).toBeGreaterThan(round * 60 + 10));
      await server.kill();
      await server.restart();
      await appending;
    }
    await eventually(() => expect(follower.events).toHaveLength(180));
    expect(numbersOf(follower.events)).toEqual(upTo(180));
    expect(follower.caughtUpAt).toHaveLength(1);
    await follower.stop();
  });

  it('survives cut connections in the middle of much that is there already, with a slow reader', async () => {
    const store = open();
    const prefix = name('dialog');
    for (const batch of upTo(10)) await store.append(prefix, numbered(200, batch * 200), 'any');
    const follower = follow(store, {
      after: 'start',
      streamPrefixes: [prefix],
      handle: async (event) => {
        if (event.revision % 250 === 100) await server.cut();
        if (event.revision % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
      },
    });
    await eventually(() => expect(follower.events.length).toBeGreaterThanOrEqual(2_000));
    expect(numbersOf(follower.events)).toEqual(upTo(2_000));
    await follower.stop();
  });

  it('begins anew where the server refuses it for a while', async () => {
    const store = open();
    const prefix = name('dialog');
    await store.append(prefix, numbered(3), 'no_stream');
    await server.arm({ method: 'Subscribe', kind: 'unavailable', times: 2 });
    await server.arm({ method: 'Subscribe', kind: 'no_answer' });
    await server.arm({ method: 'Subscribe', kind: 'no_leader' });
    const follower = follow(store, { after: 'start', streamPrefixes: [prefix] });
    await eventually(() => expect(follower.caughtUpAt).toEqual([3]));
    await follower.stop();
  });

  it('ends with an error where the server refuses it for good', async () => {
    await server.arm({ method: 'Subscribe', kind: 'access_denied', times: 1_000 });
    const follower = follow(open(), { after: 'start', streamPrefixes: ['x'] });
    await eventually(() => expect(follower.ended()?.error).toMatchObject({ code: 'unknown' }));
  });

  it('that falls silent without an error is begun anew', async () => {
    const store = open({ idleMs: 400 });
    const prefix = name('dialog');
    const follower = follow(store, { after: 'start', streamPrefixes: [prefix] });
    await eventually(() => expect(follower.caughtUpAt).toHaveLength(1));
    await server.stall();
    await store.append(prefix, numbered(3), 'no_stream');
    await eventually(() => expect(follower.events).toHaveLength(3));
    await follower.stop();
  });

  it('goes on from the last checkpoint where nothing matched since, not from the last event', async () => {
    const store = open();
    const prefix = name('dialog');
    await store.append(prefix, numbered(1), 'no_stream');
    const follower = follow(store, { after: 'start', streamPrefixes: [prefix] });
    await eventually(() => expect(follower.caughtUpAt).toEqual([1]));
    for (const batch of upTo(4)) await store.append(name('other'), numbered(500, batch * 500), 'any');
    const last = Number(follower.events[0]?.position.split('/')[0]);
    await eventually(async () => {
      await server.cut();
      await eventually(async () => expect((await server.state()).subscriptions).toBe(1));
      expect(Number((await server.state()).lastSubscribedFrom)).toBeGreaterThan(last);
    });
    await store.append(prefix, numbered(2, 1), 0);
    await eventually(() => expect(follower.events).toHaveLength(3));
    expect(numbersOf(follower.events)).toEqual(upTo(3));
    await follower.stop();
  });

  it('leaves no call open at the server when it is stopped', async () => {
    const store = open();
    const followers = upTo(3).map(() => follow(store, { after: 'start', streamPrefixes: ['x'] }));
    await eventually(() => expect(followers.every(({ caughtUpAt }) => caughtUpAt.length === 1)).toBe(true));
    expect((await server.state()).subscriptions).toBeGreaterThanOrEqual(3);
    for (const follower of followers) await follower.stop();
    await eventually(async () => expect((await server.state()).subscriptions).toBe(0));
    await store.readAll({ after: 'start', maxCount: 1 });
    await eventually(async () => expect((await server.state()).subscriptions).toBe(0));
  });
});
