import { maxRecordBytes } from '@dialog/contracts/topics';
import { expect, it } from 'vitest';

import { partitionOf } from '../src/partitioner.ts';
import type { NewRecord } from '../src/port.ts';
import { bytes, numbered, readAll, text } from './rig.ts';
import type { Shared } from './shared.ts';

export const appendingContract = (shared: Shared): void => {
  const topicOf = async (partitions: number): Promise<string> => {
    const topic = shared.rig().name('inbox');
    expect(await shared.rig().log.ensureTopics([{ name: topic, partitions, cleanup: 'delete' }])).toEqual([]);
    return topic;
  };

  it('keeps the order of a key, across calls that were not waited for', async () => {
    const { log } = shared.rig();
    const topic = await topicOf(3);
    const keys = ['a', 'b', 'c', 'd'];
    await Promise.all(
      Array.from({ length: 40 }, (_, call) =>
        log.append(keys.flatMap((key) => [0, 1].map((at) => ({ topic, key, value: bytes(String(call * 2 + at)) })))),
      ),
    );
    const all = (await Promise.all([0, 1, 2].map((partition) => readAll(log, topic, partition)))).flat();
    for (const key of keys) {
      const numbers = all.filter((record) => record.key === key).map((record) => Number(text(record.value)));
      expect(numbers).toEqual(Array.from({ length: 80 }, (_, at) => at));
    }
  });

  it('answers with place and time of each record, in the order of the call', async () => {
    const { log } = shared.rig();
    const topic = await topicOf(4);
    const records = numbered(topic, ['a', 'b', 'c', 'd', 'e', 'f'], 60);
    const appended = await log.append(records);
    expect(appended).toHaveLength(60);
    for (const [at, place] of appended.entries()) {
      const [record] = await log.read(topic, place.partition, place.offset, 1);
      expect(record).toMatchObject({ topic, ...place, key: records[at]?.key });
      expect(text(record?.value ?? null)).toBe(String(at));
    }
  });

  it('never lets the append time run back within a partition, and logTime follows it', async () => {
    const { log } = shared.rig();
    const topic = await topicOf(1);
    const appended = (await Promise.all(Array.from({ length: 30 }, () => log.append(numbered(topic, ['a', 'b', 'c'], 5))))).flat();
    const byOffset = [...appended].sort((a, b) => a.offset - b.offset);
    expect(byOffset.map(({ offset }) => offset)).toEqual(Array.from({ length: 150 }, (_, at) => at));
    for (const [at, { appendedAt }] of byOffset.entries()) expect(appendedAt).toBeGreaterThanOrEqual(byOffset[at - 1]?.appendedAt ?? 0);
    expect(log.logTime()).toBeGreaterThanOrEqual(byOffset.at(-1)?.appendedAt ?? Number.NaN);
  });

  it('keeps headers byte for byte', async () => {
    const { log } = shared.rig();
    const topic = await topicOf(1);
    const headers: Record<string, string> = {
      ce_specversion: '1.0',
      'content-type': 'application/json; charset=utf-8',
      empty: '',
      кириллица: 'Здравствуйте, 👋🏽 é é',
      lines: 'a\r\nb\tc\u0000d',
      long: 'x'.repeat(10_000),
      constructor: 'not the object’s',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    };
    await log.append([
      { topic, key: 'a', value: bytes('1'), headers },
      { topic, key: 'a', value: bytes('2') },
    ]);
    const [first, second] = await log.read(topic, 0, 0, 10);
    expect({ ...first?.headers }).toEqual(headers);
    expect({ ...second?.headers }).toEqual({});
  });

  it('keeps values byte for byte: null, empty, every byte', async () => {
    const { log } = shared.rig();
    const topic = await topicOf(1);
    const every = Uint8Array.from({ length: 256 }, (_, at) => at);
    await log.append([
      { topic, key: 'a', value: null },
      { topic, key: 'a', value: new Uint8Array(0) },
      { topic, key: 'ключ 🗝', value: every },
    ]);
    const records = await log.read(topic, 0, 0, 10);
    expect(records.map(({ key }) => key)).toEqual(['a', 'a', 'ключ 🗝']);
    expect(records[0]?.value).toBeNull();
    expect(records[1]?.value?.byteLength).toBe(0);
    expect([...(records[2]?.value ?? [])]).toEqual([...every]);
  });

  it('takes a record of 512 KB and refuses a bigger one as too_large, with nothing of that call appended', async () => {
    const { log } = shared.rig();
    const topic = await topicOf(1);
    const big = new Uint8Array(maxRecordBytes).fill(7);
    await log.append([{ topic, key: 'big', value: big }]);
    await expect(
      log.append([
        { topic, key: 'small', value: bytes('1') },
        { topic, key: 'big', value: new Uint8Array(maxRecordBytes + 1) },
      ]),
    ).rejects.toMatchObject({ name: 'LogError', code: 'too_large', retryable: false });
    const records = await log.read(topic, 0, 0, 10);
    expect(records).toHaveLength(1);
    expect(Buffer.compare(records[0]?.value ?? new Uint8Array(0), big)).toBe(0);
  });

  it('places a key as Kafka does, and obeys an explicit partition', async () => {
    const { log } = shared.rig();
    const topic = await topicOf(12);
    const keys = ['demo:1', 'demo:42', 'shop_7:3f6b1c', 'ключ', '', '21', 'foobar'];
    const appended = await log.append(keys.map((key): NewRecord => ({ topic, key, value: bytes(key) })));
    for (const [at, key] of keys.entries()) {
      expect(appended[at]?.partition).toBe(partitionOf(key, 12));
      expect(await log.partitionFor(topic, key)).toBe(partitionOf(key, 12));
    }
    const explicit = await log.append(Array.from({ length: 12 }, (_, partition) => ({ topic, key: 'tick', value: bytes('t'), partition })));
    expect(explicit.map(({ partition }) => partition)).toEqual(Array.from({ length: 12 }, (_, at) => at));
  });

  it('reads from an offset, at most the limit, and nothing past the end', async () => {
    const { log } = shared.rig();
    const topic = await topicOf(1);
    await log.append(numbered(topic, ['a'], 20));
    const offsets = async (from: number, limit: number): Promise<number[]> =>
      (await log.read(topic, 0, from, limit)).map(({ offset }) => offset);
    expect(await offsets(5, 3)).toEqual([5, 6, 7]);
    expect(await offsets(18, 100)).toEqual([18, 19]);
    expect(await offsets(20, 100)).toEqual([]);
  });

  it('reports a setting that differs, changes nothing, and creates what is missing', async () => {
    const { log, name } = shared.rig();
    const topic = await topicOf(3);
    const other = name('other');
    const differences = await log.ensureTopics([
      { name: topic, partitions: 5, cleanup: 'compact' },
      { name: other, partitions: 2, cleanup: 'delete', retentionMs: 60_000 },
    ]);
    expect(differences).toHaveLength(2);
    expect(differences.every((line) => line.startsWith(`${topic}: `))).toBe(true);
    expect(differences.join()).toMatch(/partitions is 3, wanted 5/);
    expect(differences.join()).toMatch(/cleanup is delete, wanted compact/);
    expect([await log.partitions(topic), await log.partitions(other)]).toEqual([3, 2]);
    await log.append([{ topic: other, key: 'a', value: bytes('1') }]);
    expect(await log.ensureTopics([{ name: other, partitions: 2, cleanup: 'delete', retentionMs: 60_000 }])).toEqual([]);
    expect(await log.ensureTopics([{ name: topic, partitions: 3, cleanup: 'delete' }])).toEqual([]);
  });

  it('answers unknown_topic for a topic that is not there', async () => {
    const { log, name } = shared.rig();
    const missing = name('missing');
    const refusal = { name: 'LogError', code: 'unknown_topic', retryable: false };
    await expect(log.append([{ topic: missing, key: 'a', value: bytes('1') }])).rejects.toMatchObject(refusal);
    await expect(log.partitionFor(missing, 'a')).rejects.toMatchObject(refusal);
    await expect(log.partitions(missing)).rejects.toMatchObject(refusal);
  });

  it('appends nothing for an empty call', async () => {
    expect(await shared.rig().log.append([])).toEqual([]);
  });

  it('refuses an append after close as closed; closing twice is no error', async () => {
    const topic = await topicOf(1);
    const handle = await shared.rig().another();
    await handle.append([{ topic, key: 'a', value: bytes('1') }]);
    await handle.close();
    await handle.close();
    await expect(handle.append([{ topic, key: 'a', value: bytes('2') }])).rejects.toMatchObject({ name: 'LogError', code: 'closed' });
    expect(await shared.rig().log.read(topic, 0, 0, 10)).toHaveLength(1);
  });

  it('shows to one handle what another has appended', async () => {
    const topic = await topicOf(1);
    const handle = await shared.rig().another();
    await handle.append([{ topic, key: 'a', value: bytes('1') }]);
    const [record] = await shared.rig().log.read(topic, 0, 0, 10);
    expect(text(record?.value ?? null)).toBe('1');
    await shared.rig().log.ping();
  });
};
