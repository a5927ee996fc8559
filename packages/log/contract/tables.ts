import { expect, it } from 'vitest';
import type { LogRecord, NewRecord } from '../src/port.ts';
import { bytes, cannot, eventually, numbered, readAll, startMember, text } from './rig.ts';
import type { Shared } from './shared.ts';

export const tablesContract = (shared: Shared): void => {
  const pair = async (partitions: number): Promise<{ topic: string; table: string }> => {
    const topic = shared.rig().name('inbox');
    const table = shared.rig().name('deadlines');
    await shared.rig().log.ensureTopics([
      { name: topic, partitions, cleanup: 'delete' },
      { name: table, partitions, cleanup: 'compact' },
    ]);
    return { topic, table };
  };
  const put = (table: string, key: string, value: string | null): NewRecord => ({
    topic: table,
    key,
    value: value === null ? null : bytes(value),
  });
  /** What a reader of the whole table knows in the end. */
  const folded = (records: readonly LogRecord[]): Record<string, string> => {
    const rows = new Map<string, string>();
    for (const { key, value } of records) {
      const content = text(value);
      if (content === null) rows.delete(key);
      else rows.set(key, content);
    }
    return Object.fromEntries([...rows].sort());
  };

  it('reads each assigned partition of the table whole, in order, before onAssigned; what comes later is not delivered', async () => {
    const { log, name } = shared.rig();
    const { topic, table } = await pair(3);
    const keys = Array.from({ length: 30 }, (_, at) => `key-${at}`);
    await log.append(numbered(table, keys, 1_500));
    await log.append([put(table, 'key-3', null), put(table, 'key-4', 'last')]);
    await log.append(numbered(topic, keys, 30));
    const rows: LogRecord[] = [];
    let atAssigned = 0;
    let handledBefore = 0;
    const member = startMember(log, {
      group: name('projector'),
      topic,
      table: { topic: table, onTableRecord: (record) => rows.push(record) },
      handle: () => {
        if (atAssigned === 0) handledBefore += 1;
        return Promise.resolve();
      },
      onAssigned: () => {
        atAssigned = rows.length;
        return Promise.resolve();
      },
    });
    await eventually(() => expect(member.handled).toHaveLength(30));
    await log.append([put(table, 'key-5', 'too late')]);
    await log.append(numbered(topic, keys, 30));
    await eventually(() => expect(member.handled).toHaveLength(60));
    await member.stop();
    expect(handledBefore).toBe(0);
    expect(atAssigned).toBe(rows.length);
    expect(rows.every((row) => row.topic === table)).toBe(true);
    expect(folded(rows)).toEqual({
      ...Object.fromEntries(keys.filter((key) => key !== 'key-3').map((key) => [key, String(1_470 + keys.indexOf(key))])),
      'key-4': 'last',
    });
    for (const partition of [0, 1, 2]) {
      const offsets = rows.filter((row) => row.partition === partition).map(({ offset }) => offset);
      expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b));
    }
  });

  it('reads an empty table, and the table anew with each assignment', async () => {
    const { log, name, another } = shared.rig();
    const { topic, table } = await pair(2);
    const group = name('projector');
    let rows: string[] = [];
    const seen: string[][] = [];
    const member = startMember(log, {
      group,
      topic,
      table: { topic: table, onTableRecord: ({ partition, key }) => rows.push(`${partition}:${key}`) },
      onAssigned: ({ partitions }) => {
        seen.push([...partitions.map((partition) => `assigned ${partition}`), ...rows]);
        rows = [];
        return Promise.resolve();
      },
    });
    await eventually(() => expect(seen).toEqual([['assigned 0', 'assigned 1']]));
    await log.append([
      { ...put(table, 'x', '1'), partition: 0 },
      { ...put(table, 'y', '1'), partition: 1 },
    ]);
    const second = startMember(await another(), { group, topic, table: { topic: table, onTableRecord: () => undefined } });
    await eventually(() => expect(second.assignment()?.partitions).toHaveLength(1), shared.facts.takeoverMs);
    await eventually(() => expect(member.assignment()?.partitions).toHaveLength(1), shared.facts.takeoverMs);
    const [mine] = member.assignment()?.partitions ?? [];
    expect(seen.at(-1)).toEqual([`assigned ${mine}`, mine === 0 ? '0:x' : '1:y']);
    await second.stop();
    await eventually(() => expect(member.assignment()?.partitions).toHaveLength(2), shared.facts.takeoverMs);
    expect(seen.at(-1)?.sort()).toEqual(['0:x', '1:y', 'assigned 0', 'assigned 1']);
    await member.stop();
  });

  it('compaction keeps the last record of each key at its offset; a table read then says the same', async (context) => {
    const { log, name, compacted } = shared.rig();
    if (compacted === undefined) return cannot(context, 'this log’s compaction can’t be brought about from here');
    const { topic, table } = await pair(1);
    await log.append([
      ...numbered(table, ['a', 'b', 'c'], 30),
      put(table, 'b', null),
      put(table, 'd', 'once'),
      put(table, 'a', 'the last'),
    ]);
    const before = folded(await readAll(log, table, 0));
    await compacted(table);
    const left = (await readAll(log, table, 0)).filter(({ key }) => ['a', 'b', 'c', 'd'].includes(key));
    expect(left.map(({ offset, key, value }) => ({ offset, key, value: text(value) }))).toEqual([
      { offset: 29, key: 'c', value: '29' },
      { offset: 30, key: 'b', value: null },
      { offset: 31, key: 'd', value: 'once' },
      { offset: 32, key: 'a', value: 'the last' },
    ]);
    const rows: LogRecord[] = [];
    const member = startMember(log, { group: name('projector'), topic, table: { topic: table, onTableRecord: (row) => rows.push(row) } });
    await eventually(() => expect(member.assignment()).toBeDefined());
    await member.stop();
    const { a, b, c, d } = folded(rows);
    expect({ a, b, c, d }).toEqual({ ...before, b: undefined });
  });

  it('retention removes from the front: low moves, offsets stay, a group behind it is told and goes on at low', async (context) => {
    const { log, name, expired } = shared.rig();
    if (expired === undefined) return cannot(context, 'this log’s retention can’t be brought about from here');
    const topic = name('inbox');
    const group = name('projector');
    await log.ensureTopics([{ name: topic, partitions: 1, cleanup: 'delete', retentionMs: 2_000 }]);
    await log.append(numbered(topic, ['a'], 10));
    await log.setCommitted(group, topic, 0, 4);
    await expired(topic);
    const [place] = await log.append(numbered(topic, ['a'], 1, 10));
    expect(place?.offset).toBe(10);
    expect((await log.lag(group, topic))[0]).toMatchObject({ low: 10, high: 11, committed: 4, oldestUncommittedAt: place?.appendedAt });
    const resets: unknown[] = [];
    const member = startMember(log, { group, topic, onOffsetReset: (info) => resets.push(info) });
    await eventually(() => expect(member.handled.map(({ record }) => record.offset)).toEqual([10]));
    expect(resets).toEqual([{ topic, partition: 0, committed: 4, low: 10, high: 11 }]);
    await member.stop();
  });

  it('retention that overtakes a consumer at work is an alarm too, and it goes on with what is left', async (context) => {
    const { log, name, expired } = shared.rig();
    if (expired === undefined) return cannot(context, 'this log’s retention can’t be brought about from here');
    const topic = name('inbox');
    const group = name('projector');
    await log.ensureTopics([{ name: topic, partitions: 1, cleanup: 'delete', retentionMs: 2_000 }]);
    await log.append(numbered(topic, ['a'], 3));
    const resets: unknown[] = [];
    const member = startMember(log, { group, topic, onOffsetReset: (info) => resets.push(info) });
    await eventually(() => expect(member.handled).toHaveLength(3));
    member.consumer.pause();
    await log.append(numbered(topic, ['a'], 10, 3));
    await expired(topic);
    // What was on its way when the pause was asked for may have come in.
    const taken = member.handled.length;
    await log.append(numbered(topic, ['a'], 1, 13));
    member.consumer.resume();
    await eventually(() => expect(member.handled.at(-1)?.record.offset).toBe(13));
    expect(member.handled).toHaveLength(taken + 1);
    expect(resets).toEqual(taken === 13 ? [] : [{ topic, partition: 0, committed: taken, low: 13, high: 14 }]);
    await eventually(async () => expect((await log.committed(group, topic))[0]?.offset).toBe(14));
    await member.stop();
  });
};
