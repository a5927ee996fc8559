import { randomUUID } from 'node:crypto';
import {
  ANY,
  EventStoreDBClient,
  excludeSystemEvents,
  jsonEvent,
  NO_STREAM,
  StreamDeletedError,
  StreamNotFoundError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EventStoreProcess, startEventStoreProcess } from '../event-store.ts';

/** The unmodified client against the server: what the adapter of the product does not use, and both of the client's own append paths. */
let server: EventStoreProcess;
let client: EventStoreDBClient;
beforeAll(async () => {
  server = await startEventStoreProcess();
  client = EventStoreDBClient.connectionString(server.url);
});
afterAll(async () => {
  await client.dispose();
  await server.destroy();
});

const events = (count: number) => Array.from({ length: count }, (_, number) => jsonEvent({ type: 'SomethingHappened', data: { number } }));
const name = () => `stream-${randomUUID().slice(0, 8)}`;
const read = async (stream: string) => {
  const found: number[] = [];
  for await (const { event } of client.readStream(stream)) found.push(Number(event?.revision));
  return found;
};

describe.each([
  ['BatchAppend', {}],
  ['Append', { credentials: { username: 'none', password: 'none' } }],
] as const)('%s, as the client itself sends it', (method, path) => {
  it('writes, repeats idempotently, tells a conflict', async () => {
    const before = (await server.state()).calls[method] ?? 0;
    const stream = name();
    const first = events(2);
    const written = await client.appendToStream(stream, first, { expectedRevision: NO_STREAM, ...path });
    expect(written).toMatchObject({ success: true, nextExpectedRevision: 1n });
    const more = events(3);
    const appended = await client.appendToStream(stream, more, { expectedRevision: 1n, ...path });
    expect(await client.appendToStream(stream, more, { expectedRevision: 1n, ...path })).toEqual(appended);
    const conflict = await client.appendToStream(stream, events(1), { expectedRevision: 1n, ...path }).catch((error: unknown) => error);
    expect(conflict).toBeInstanceOf(WrongExpectedVersionError);
    expect(conflict).toMatchObject({ streamName: stream, expectedVersion: 1n, actualVersion: 4n });
    const absent = await client.appendToStream(name(), events(1), { expectedRevision: 7n, ...path }).catch((error: unknown) => error);
    expect(absent).toMatchObject({ expectedVersion: 7n, actualVersion: 'no_stream' });
    expect((await server.state()).calls[method]).toBe(before + 5);
  });

  it('takes 1 MiB and no more', async () => {
    const big = (bytes: number) => jsonEvent({ type: 'T', data: 'x'.repeat(bytes) });
    await client.appendToStream(name(), big(1_000_000), path);
    const refused = await client.appendToStream(name(), [big(600_000), big(600_000)], path).catch((error: unknown) => error);
    expect(refused).toMatchObject({ type: 'maximum-append-size-exceeded', maxAppendSize: 1_048_576 });
  });

  it('refuses a tombstoned stream for ever', async () => {
    const stream = name();
    await client.appendToStream(stream, events(1), path);
    await client.tombstoneStream(stream);
    await expect(client.appendToStream(stream, events(1), { expectedRevision: ANY, ...path })).rejects.toBeInstanceOf(StreamDeletedError);
    await expect(read(stream)).rejects.toBeInstanceOf(StreamDeletedError);
  });
});

describe('streams', () => {
  it('a soft delete writes metadata, and the next append writes it again', async () => {
    const stream = name();
    await client.appendToStream(stream, events(3));
    await client.deleteStream(stream, { expectedRevision: 2n });
    await expect(read(stream)).rejects.toBeInstanceOf(StreamNotFoundError);
    await expect(client.deleteStream(stream, { expectedRevision: 1n })).rejects.toBeInstanceOf(WrongExpectedVersionError);
    await client.appendToStream(stream, events(1), { expectedRevision: NO_STREAM });
    expect(await read(stream)).toEqual([3]);
    expect((await client.getStreamMetadata(stream)).metadata).toMatchObject({ truncateBefore: 3 });
  });

  it('obeys $maxCount and $tb', async () => {
    const stream = name();
    await client.appendToStream(stream, events(10));
    await client.setStreamMetadata(stream, { maxCount: 4 });
    expect(await read(stream)).toEqual([6, 7, 8, 9]);
    await client.setStreamMetadata(stream, { truncateBefore: 8 });
    expect(await read(stream)).toEqual([8, 9]);
  });

  it('reads $all both ways, from a position inclusive, and tells each event’s position there only', async () => {
    const stream = name();
    await client.appendToStream(stream, events(4));
    const all: { readonly revision: number; readonly position: { readonly commit: bigint; readonly prepare: bigint } | undefined }[] = [];
    for await (const { event } of client.readAll()) {
      if (event?.streamId === stream) all.push({ revision: Number(event.revision), position: event.position });
    }
    expect(all.map(({ revision }) => revision)).toEqual([0, 1, 2, 3]);
    const from = all[2]?.position;
    if (from === undefined) throw new Error('no position');
    const rest: string[] = [];
    for await (const { event } of client.readAll({ fromPosition: from, maxCount: 2 })) rest.push(`${event?.streamId} ${event?.revision}`);
    expect(rest).toEqual([`${stream} 2`, `${stream} 3`]);
    const back: string[] = [];
    for await (const { event } of client.readAll({ direction: 'backwards', fromPosition: 'end', maxCount: 2 }))
      back.push(`${event?.revision}`);
    expect(back).toEqual(['3', '2']);
    for await (const { event } of client.readStream(stream)) expect(event?.position?.commit).toBe(2n ** 64n - 1n);
  });

  it('a filtered subscription gives checkpoints where nothing matches, and no system events', async () => {
    const stream = name();
    await client.appendToStream(stream, events(200));
    await client.setStreamMetadata(stream, { maxCount: 100 });
    const checkpoints: bigint[] = [];
    const types = new Set<string>();
    const subscription = client.subscribeToAll({
      filter: excludeSystemEvents({ checkpointReached: async (_subscription, { commit }) => void checkpoints.push(commit) }),
    });
    subscription.on('caughtUp', () => subscription.destroy());
    try {
      for await (const { event } of subscription) types.add(event?.type ?? '');
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
    }
    await subscription.unsubscribe();
    expect([...types].filter((type) => type.startsWith('$'))).toEqual([]);
    expect(checkpoints.length).toBeGreaterThanOrEqual(6);
    expect([...checkpoints].sort((a, b) => Number(a - b))).toEqual(checkpoints);
  });
});
