import { expect, it } from 'vitest';
import type { LogRecord } from '../src/port.ts';
import { bytes, eventually, gate, type Member, numbered, startMember, text } from './rig.ts';
import type { Shared } from './shared.ts';

export const consumingContract = (shared: Shared): void => {
  const topicOf = async (partitions: number): Promise<string> => {
    const topic = shared.rig().name('inbox');
    await shared.rig().log.ensureTopics([{ name: topic, partitions, cleanup: 'delete' }]);
    return topic;
  };
  const place = ({ partition, offset }: LogRecord): string => `${partition}:${offset}`;

  it('begins a new group at the beginning, and hands out each record as it was appended', async () => {
    const { log, name } = shared.rig();
    const topic = await topicOf(3);
    const keys = ['a', 'b', 'c', 'd', 'e'];
    const before = await log.append(
      numbered(topic, keys, 50).map((record, at) => ({ ...record, headers: { ce_id: `${at}`, текст: 'да' } })),
    );
    const member = startMember(log, { group: name('projector'), topic });
    await eventually(() => expect(member.handled).toHaveLength(50));
    const after = await log.append([...numbered(topic, keys, 10, 50), { topic, key: 'gone', value: null }]);
    await eventually(() => expect(member.handled).toHaveLength(61));
    await member.stop();
    const places = [...before, ...after];
    for (const { record } of member.handled) {
      const at = places.findIndex(({ partition, offset }) => partition === record.partition && offset === record.offset);
      expect(record.topic).toBe(topic);
      expect(record.appendedAt).toBe(places[at]?.appendedAt);
      expect(text(record.value)).toBe(at === 60 ? null : String(at));
      if (at < 50) expect({ ...record.headers }).toEqual({ ce_id: `${at}`, текст: 'да' });
    }
    expect(new Set(member.handled.map(({ record }) => place(record))).size).toBe(61);
    expect(member.ended()).toEqual({ error: undefined });
  });

  it('turns while nothing comes and while it is paused, and does not while a takeover hangs', async () => {
    const { log, name } = shared.rig();
    const topic = await topicOf(1);
    const goesOn = ({ consumer }: Member): Promise<void> => {
      const from = performance.now();
      return eventually(() => expect(consumer.turnedAt()).toBeGreaterThan(from));
    };
    const member = startMember(log, { group: name('projector'), topic });
    await eventually(() => expect(member.assignment()).toBeDefined());
    await goesOn(member);
    member.consumer.pause();
    await goesOn(member);
    const takeover = gate();
    const hung = startMember(log, { group: name('outbound'), topic, onAssigned: takeover.wait });
    await eventually(() => expect(hung.journal).toContain('assigned 1'));
    const from = performance.now();
    // The other one's turns are the measure of time.
    for (let turn = 0; turn < 5; turn++) await goesOn(member);
    expect(hung.consumer.turnedAt()).toBeLessThan(from);
    takeover.open();
    await goesOn(hung);
    await member.stop();
    await hung.stop();
  });

  it('hands out one record at a time per key, in order, while other keys go on', async () => {
    const { log, name } = shared.rig();
    const topic = await topicOf(2);
    const keys = Array.from({ length: 10 }, (_, at) => `key-${at}`);
    const running = new Map<string, number>();
    let overlaps = 0;
    let together = 0;
    const member = startMember(log, {
      group: name('projector'),
      topic,
      handle: async ({ key }) => {
        running.set(key, (running.get(key) ?? 0) + 1);
        if ((running.get(key) ?? 0) > 1) overlaps += 1;
        together = Math.max(together, [...running.values()].filter((count) => count > 0).length);
        await new Promise((resolve) => setImmediate(resolve));
        running.set(key, (running.get(key) ?? 0) - 1);
      },
    });
    await log.append(numbered(topic, keys, 400));
    await eventually(() => expect(member.handled).toHaveLength(400));
    await member.stop();
    expect(overlaps).toBe(0);
    expect(together).toBeGreaterThan(1);
    for (const key of keys) {
      const numbers = member.handled.filter(({ record }) => record.key === key).map(({ record }) => Number(text(record.value)));
      expect(numbers).toEqual(Array.from({ length: 40 }, (_, at) => at * 10 + keys.indexOf(key)));
    }
  });

  it('handles no more keys at once than the bound', async () => {
    const { log, name } = shared.rig();
    const topic = await topicOf(2);
    const keys = Array.from({ length: 20 }, (_, at) => `key-${at}`);
    const doors = gate();
    let running = 0;
    let most = 0;
    const member = startMember(log, {
      group: name('projector'),
      topic,
      concurrency: 3,
      handle: async () => {
        running += 1;
        most = Math.max(most, running);
        await doors.wait();
        running -= 1;
      },
    });
    await log.append(numbered(topic, keys, 60));
    await eventually(() => expect(running).toBe(3));
    // All that was appended has been fetched, and still no fourth was begun.
    await eventually(() => expect(member.consumer.report().reduce((sum, { queued }) => sum + queued, 0)).toBe(60));
    expect(running).toBe(3);
    doors.open();
    await eventually(() => expect(member.handled).toHaveLength(60));
    await member.stop();
    expect(most).toBe(3);
  });

  it('commits the finished prefix only: a slow key holds it back, the others go on, and it catches up', async () => {
    const { log, name } = shared.rig();
    const topic = await topicOf(1);
    const group = name('projector');
    const doors = gate();
    const member = startMember(log, { group, topic, handle: ({ key }) => (key === 'slow' ? doors.wait() : Promise.resolve()) });
    await log.append([
      ...numbered(topic, ['a', 'b'], 5),
      { topic, key: 'slow', value: bytes('held') },
      ...numbered(topic, ['a', 'b', 'c'], 30),
    ]);
    await eventually(() => expect(member.handled).toHaveLength(36));
    await eventually(async () => expect((await log.committed(group, topic))[0]?.offset).toBe(5));
    const report = member.consumer.report();
    expect(report).toHaveLength(1);
    expect(report[0]).toMatchObject({ partition: 0, inFlight: 1 });
    expect((await log.lag(group, topic))[0]).toMatchObject({ committed: 5, lag: 31 });
    doors.open();
    await eventually(async () => expect((await log.committed(group, topic))[0]?.offset).toBe(36));
    await member.stop();
  });

  it('goes on after the committed offset when the group comes back; what was not finished comes again', async () => {
    const { log, name, another } = shared.rig();
    const topic = await topicOf(1);
    const group = name('projector');
    const never = gate();
    await log.append(numbered(topic, ['a', 'b', 'c'], 30));
    const first = startMember(log, {
      group,
      topic,
      handle: ({ offset }) => (offset === 20 ? never.wait() : Promise.resolve()),
    });
    // Key c (2, 5, …) stands still at 20; a and b are through.
    await eventually(() => expect(first.handled).toHaveLength(27));
    await first.stop(50);
    const [{ offset: committed } = { offset: undefined }] = await log.committed(group, topic);
    expect(committed).toBe(20);
    const second = startMember(await another(), { group, topic });
    await eventually(() => expect(second.handled.length).toBeGreaterThanOrEqual(10));
    await second.stop();
    expect(second.handled.map(({ record }) => record.offset).sort((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, at) => 20 + at));
    expect((await log.committed(group, topic))[0]?.offset).toBe(30);
    never.open();
  });

  it('lets records of the bypass pass a busy lane and a full house, in partition order', async () => {
    const { log, name } = shared.rig();
    const topic = await topicOf(1);
    const doors = gate();
    const ticks: string[] = [];
    const member = startMember(log, {
      group: name('projector'),
      topic,
      concurrency: 1,
      bypass: ({ key }) => key === 'tick',
      handle: async ({ key, value }) => {
        if (key === 'tick') ticks.push(text(value) ?? '');
        else await doors.wait();
      },
    });
    await log.append([...numbered(topic, ['a', 'b'], 6), ...numbered(topic, ['tick'], 5)]);
    await eventually(() => expect(ticks).toEqual(['0', '1', '2', '3', '4']));
    doors.open();
    await eventually(() => expect(member.handled).toHaveLength(11));
    await member.stop();
  });

  it('stops fetching a partition above the high mark and goes on below the low one', async () => {
    const { log, name } = shared.rig();
    const topic = await topicOf(1);
    const group = name('projector');
    const doors = gate();
    const value = new Uint8Array(4096);
    for (let call = 0; call < 10; call++) {
      await log.append(Array.from({ length: 200 }, (_, at) => ({ topic, key: `key-${at}`, value })));
    }
    let reads = 0;
    const member = startMember(log, {
      group,
      topic,
      concurrency: 8,
      highWater: 100,
      lowWater: 20,
      handle: () => doors.wait(),
      note: () => String(reads++),
    });
    await eventually(() => expect(member.consumer.report()[0]?.queued).toBeGreaterThanOrEqual(100));
    // Several turns of the consumer later (each note is one) it has taken one page at most, not the 2,000.
    const noted = reads;
    await eventually(() => expect(reads).toBeGreaterThan(noted + 2));
    expect(member.consumer.report()[0]?.queued).toBeLessThanOrEqual(100 + 600);
    doors.open();
    await eventually(() => expect(member.handled).toHaveLength(2000));
    await member.stop();
    expect((await log.committed(group, topic))[0]?.offset).toBe(2000);
  });

  it('fetches nothing while paused, and everything once resumed', async () => {
    const { log, name } = shared.rig();
    const topic = await topicOf(1);
    let notes = 0;
    const member = startMember(log, { group: name('projector'), topic, note: () => String(notes++) });
    await log.append(numbered(topic, ['a'], 3));
    await eventually(() => expect(member.handled).toHaveLength(3));
    member.consumer.pause();
    // What was on its way when the pause was asked for may still come in; a note later nothing does.
    const asked = notes;
    await eventually(() => expect(notes).toBeGreaterThan(asked));
    await log.append(numbered(topic, ['a'], 3));
    const paused = notes;
    await eventually(() => expect(notes).toBeGreaterThan(paused + 1));
    expect(member.handled).toHaveLength(3);
    member.consumer.resume();
    await eventually(() => expect(member.handled).toHaveLength(6));
    await member.stop();
  });

  it('reports what waits: since when, how many, how many in flight', async () => {
    const { log, name } = shared.rig();
    const topic = await topicOf(1);
    const doors = gate();
    const member = startMember(log, { group: name('projector'), topic, concurrency: 1, handle: () => doors.wait() });
    const appended = await log.append([...numbered(topic, ['a'], 3), ...numbered(topic, ['b'], 2)]);
    await eventually(() => expect(member.consumer.report()[0]).toMatchObject({ queued: 5, inFlight: 1 }));
    const [report] = member.consumer.report();
    expect(report?.oldestWaitingAppendedAt).toBe(appended[1]?.appendedAt);
    doors.open();
    await eventually(() =>
      expect(member.consumer.report()[0]).toMatchObject({ queued: 0, inFlight: 0, oldestWaitingAppendedAt: undefined }),
    );
    await member.stop();
  });

  it('rejects run when a handler rejects; nothing after that record of its key is handed out or committed', async () => {
    const { log, name } = shared.rig();
    const topic = await topicOf(1);
    const group = name('projector');
    await log.append(numbered(topic, ['a'], 10));
    const bug = new TypeError('a bug in the handler');
    const member = startMember(log, { group, topic, handle: ({ offset }) => (offset === 4 ? Promise.reject(bug) : Promise.resolve()) });
    await eventually(() => expect(member.ended()).toEqual({ error: bug }));
    await member.consumer.stop();
    expect(member.handled.map(({ record }) => record.offset)).toEqual([0, 1, 2, 3, 4]);
    expect((await log.committed(group, topic))[0]?.offset ?? 0).toBeLessThanOrEqual(4);
  });

  it('rejects run when onAssigned rejects', async () => {
    const { log, name } = shared.rig();
    const topic = await topicOf(1);
    const bug = new Error('cannot take over');
    const member = startMember(log, { group: name('projector'), topic, onAssigned: () => Promise.reject(bug) });
    await eventually(() => expect(member.ended()).toEqual({ error: bug }));
    await member.consumer.stop();
  });

  it('rejects run for a topic that is not there', async () => {
    const { log, name } = shared.rig();
    const member = startMember(log, { group: name('projector'), topic: name('missing') });
    await eventually(() => expect(member.ended()?.error).toMatchObject({ name: 'LogError', code: 'unknown_topic' }));
    await member.consumer.stop();
  });

  it('stop waits for what is in flight and commits it', async () => {
    const { log, name } = shared.rig();
    const topic = await topicOf(1);
    const group = name('projector');
    const doors = gate();
    const member = startMember(log, { group, topic, handle: () => doors.wait() });
    await log.append(numbered(topic, ['a', 'b'], 2));
    await eventually(() => expect(member.handled).toHaveLength(2));
    const stopped = member.stop(20_000);
    doors.open();
    await stopped;
    expect((await log.committed(group, topic))[0]?.offset).toBe(2);
    expect(member.journal.at(-1)).toMatch(/^revoked/);
  });
};
