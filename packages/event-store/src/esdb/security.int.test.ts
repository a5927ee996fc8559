import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EventStoreProcess, startEventStoreProcess } from '@dialog/test-kit/event-store';
import { selfSigned } from '@dialog/test-kit/self-signed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, follow, numbered, numbersOf, upTo } from '../../contract/rig.ts';
import { esdbEventStore } from './event-store.ts';

let folder = '';
let server: EventStoreProcess;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'event-store-tls-'));
  const { certificate, key } = selfSigned();
  const files = { certificate: join(folder, 'ca.crt'), key: join(folder, 'server.key') };
  await writeFile(files.certificate, certificate);
  await writeFile(files.key, key, { mode: 0o600 });
  server = await startEventStoreProcess({ tls: files, user: 'dialog:s3cr+t' });
});
afterAll(async () => {
  await server.destroy();
  await rm(folder, { recursive: true });
});

const address = (user: string, options = `&tlsCAFile=${encodeURIComponent(join(folder, 'ca.crt'))}`): string =>
  `${server.url.replace('//', `//${user}`)}${options}`;

describe('TLS and credentials, by the connection string', () => {
  it('every kind of call', async () => {
    const store = esdbEventStore({ url: address(`dialog:${encodeURIComponent('s3cr+t')}@`), deadlineMs: 5_000 });
    const stream = 'dialog-secured';
    await store.append(stream, numbered(3), 'no_stream');
    expect(numbersOf(await store.read(stream, { fromLeader: true }))).toEqual(upTo(3));
    expect(await store.readAll({ after: 'start', maxCount: 10, streamPrefixes: [stream] })).toHaveLength(3);
    const follower = follow(store, { after: 'start', streamPrefixes: [stream] });
    await eventually(() => expect(follower.caughtUpAt).toEqual([3]));
    await server.cut();
    await eventually(() => store.append(stream, numbered(1, 3), 2));
    await eventually(() => expect(numbersOf(follower.events)).toEqual(upTo(4)));
    await follower.stop();
    await store.deleteStream(stream);
    await store.ping();
    await store.close();
  });

  it.each([
    ['a wrong password', 'dialog:wrong@'],
    ['no user', ''],
  ])('%s: refused, not retried, and the error holds no password', async (_name, user) => {
    const store = esdbEventStore({ url: address(user), deadlineMs: 5_000 });
    for (const refused of [store.append('x', numbered(1), 'any'), store.read('x'), store.ping()]) {
      const error = await refused.catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: 'EventStoreError', code: 'unknown', retryable: false, message: 'access denied' });
    }
    await store.close();
  });

  it('a server whose certificate nobody vouches for is not spoken to', async () => {
    const before = (await server.state()).calls;
    const store = esdbEventStore({ url: address('dialog:s3cr%2Bt@', ''), deadlineMs: 2_000 });
    await expect(store.append('x', numbered(1), 'any')).rejects.toMatchObject({ code: 'unavailable' });
    await expect(store.ping()).rejects.toMatchObject({ code: 'unavailable' });
    expect((await server.state()).calls).toEqual(before);
    await store.close();
  });
});
