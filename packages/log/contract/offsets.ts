import { expect, it } from 'vitest';
import { eventually, gate, numbered, startMember } from './rig.ts';
import type { Shared } from './shared.ts';

export const offsetsContract = (shared: Shared): void => {
  const topicOf = async (partitions: number): Promise<string> => {
    const topic = shared.rig().name('inbox');
    await shared.rig().log.ensureTopics([{ name: topic, partitions, cleanup: 'delete' }]);
    return topic;
  };

  it('commits a note for each partition every second, whether the offset moves or not', async () => {
    const { log, name, clock, another } = shared.rig();
    const topic = await topicOf(2);
    const group = name('projector');
    const reader = await another();
    let made = 0;
    const member = startMember(log, { group, topic, note: (partition) => `${partition}/${made++}/да` });
    const counts: number[][] = [[], []];
    const seen: number[] = [];
    await eventually(async () => {
      for (const { partition, note, offset } of await reader.committed(group, topic)) {
        if (note === undefined) continue;
        const [of, count, word] = note.split('/');
        expect([of, word, offset]).toEqual([String(partition), 'да', 0]);
        const of_ = counts[partition] as number[];
        if (of_.at(-1) !== Number(count)) {
          of_.push(Number(count));
          seen.push(clock.monotonic());
        }
      }
      expect(counts.every((one) => one.length >= 4)).toBe(true);
    });
    await member.stop();
    // Four notes of a partition span three pauses: a second each, not hurried and not dragged.
    const spanMs = (seen.at(-1) ?? 0) - (seen[0] ?? 0);
    expect(spanMs).toBeGreaterThan(2_000);
    expect(spanMs).toBeLessThan(shared.facts.clockCanBeSpedUp ? 30_000 : 8_000);
    for (const one of counts) expect([...one].sort((a, b) => a - b)).toEqual(one);
  });

  it('tells offset and lag of every partition, of a group that never came as well', async () => {
    const { log, name } = shared.rig();
    const topic = await topicOf(2);
    const group = name('projector');
    const appended = await log.append([0, 0, 0, 1].map((partition, at) => ({ topic, key: `k${at}`, value: null, partition })));
    expect((await log.committed(group, topic)).map(({ partition, offset, note }) => ({ partition, offset, note }))).toEqual([
      { partition: 0, offset: undefined, note: undefined },
      { partition: 1, offset: undefined, note: undefined },
    ]);
    expect(await log.lag(group, topic)).toEqual([
      { topic, partition: 0, low: 0, high: 3, committed: undefined, lag: 3, oldestUncommittedAt: appended[0]?.appendedAt },
      { topic, partition: 1, low: 0, high: 1, committed: undefined, lag: 1, oldestUncommittedAt: appended[3]?.appendedAt },
    ]);
    await log.setCommitted(group, topic, 0, 2);
    await log.setCommitted(group, topic, 1, 1);
    expect(await log.lag(group, topic)).toEqual([
      { topic, partition: 0, low: 0, high: 3, committed: 2, lag: 1, oldestUncommittedAt: appended[2]?.appendedAt },
      { topic, partition: 1, low: 0, high: 1, committed: 1, lag: 0, oldestUncommittedAt: undefined },
    ]);
    const listed = await log.groups();
    expect(listed).toContainEqual({ group, topic, members: 0 });
    const member = startMember(log, { group, topic });
    await eventually(async () => expect(await log.groups()).toContainEqual({ group, topic, members: 1 }));
    await member.stop();
    await eventually(async () => expect(await log.groups()).toContainEqual({ group, topic, members: 0 }));
  });

  it('dates the oldest uncommitted record exactly', async () => {
    const { log, name, clock } = shared.rig();
    const topic = await topicOf(1);
    const group = name('projector');
    const times: number[] = [];
    for (let at = 0; at < 12; at++) {
      const [place] = await log.append(numbered(topic, ['a'], 1));
      times.push(place?.appendedAt ?? Number.NaN);
      await clock.sleep(at % 3);
    }
    for (const at of [0, 1, 5, 11]) {
      await log.setCommitted(group, topic, 0, at);
      expect((await log.lag(group, topic))[0]).toMatchObject({ lag: 12 - at, oldestUncommittedAt: times[at] });
    }
  });

  it('sets an offset by which an empty group then begins, and refuses to while it has members', async () => {
    const { log, name } = shared.rig();
    const topic = await topicOf(1);
    const group = name('projector');
    await log.append(numbered(topic, ['a'], 10));
    await log.setCommitted(group, topic, 0, 7);
    const member = startMember(log, { group, topic });
    await eventually(() => expect(member.handled.map(({ record }) => record.offset)).toEqual([7, 8, 9]));
    await expect(log.setCommitted(group, topic, 0, 0)).rejects.toMatchObject({ name: 'LogError' });
    await member.stop();
    await log.setCommitted(group, topic, 0, 9);
    const again = startMember(log, { group, topic });
    await eventually(() => expect(again.handled.map(({ record }) => record.offset)).toEqual([9]));
    await again.stop();
  });

  it('raises an alarm for an offset past the end, and begins again at the beginning', async () => {
    const { log, name } = shared.rig();
    const topic = await topicOf(2);
    const group = name('projector');
    await log.append([0, 0, 0, 1, 1].map((partition, at) => ({ topic, key: `k${at}`, value: null, partition })));
    await log.setCommitted(group, topic, 0, 5_000);
    await log.setCommitted(group, topic, 1, 1);
    const resets: unknown[] = [];
    const member = startMember(log, { group, topic, onOffsetReset: (info) => resets.push(info) });
    await eventually(() => expect(member.handled).toHaveLength(4));
    expect(resets).toEqual([{ topic, partition: 0, committed: 5_000, low: 0, high: 3 }]);
    expect(member.handled.map(({ record }) => `${record.partition}:${record.offset}`).sort()).toEqual(['0:0', '0:1', '0:2', '1:1']);
    await eventually(async () => expect((await log.committed(group, topic)).map(({ offset }) => offset)).toEqual([3, 2]));
    await member.stop();
  });

  it('commits on, though a record is held, with the note that the handler’s side sees', async () => {
    const { log, name } = shared.rig();
    const topic = await topicOf(1);
    const group = name('projector');
    const doors = gate();
    const member = startMember(log, {
      group,
      topic,
      handle: () => doors.wait(),
      note: () => `waiting ${member.consumer.report()[0]?.queued}`,
    });
    await log.append(numbered(topic, ['a'], 4));
    await eventually(async () => expect((await log.committed(group, topic))[0]).toMatchObject({ offset: 0, note: 'waiting 4' }));
    doors.open();
    await eventually(async () => expect((await log.committed(group, topic))[0]).toMatchObject({ offset: 4, note: 'waiting 0' }));
    await member.stop();
  });

  it('ends where a commit fails for another reason than a rebalance or an outage', async () => {
    const { log, name } = shared.rig();
    const topic = await topicOf(1);
    let broken = false;
    // No text: what neither log can write, however often it is asked.
    const note = (): string => (broken ? ({} as string) : 'whole');
    const member = startMember(log, { group: name('projector'), topic, note });
    await eventually(() => expect(member.assignment()).toBeDefined());
    broken = true;
    await eventually(() => expect(member.ended()?.error).toMatchObject({ code: 'unknown' }));
    await member.stop(0);
  });
};
