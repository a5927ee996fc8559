import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { realClock } from '@dialog/contracts/clock';
import { expect, it } from 'vitest';
import { eventually, gate, type Handled, type Member, numbered, readAll, startMember, text } from './rig.ts';
import type { Shared } from './shared.ts';

export const groupsContract = (shared: Shared): void => {
  const topicOf = async (partitions: number): Promise<string> => {
    const topic = shared.rig().name('inbox');
    await shared.rig().log.ensureTopics([{ name: topic, partitions, cleanup: 'delete' }]);
    return topic;
  };
  const shares = (...members: Member[]): number[][] => members.map((member) => [...(member.assignment()?.partitions ?? [])]);
  const whole = (partitions: number, ...members: Member[]): void => {
    expect(
      shares(...members)
        .flat()
        .sort((a, b) => a - b),
    ).toEqual(Array.from({ length: partitions }, (_, at) => at));
  };
  /** No record of a key is handed out before all earlier ones of that key were: redelivery may step back, never skip. */
  const expectInOrder = (journal: readonly Handled[], keys: readonly string[], count: number): void => {
    for (const key of keys) {
      let next = 0;
      const numbers = journal.filter(({ record }) => record.key === key).map(({ record }) => Number(text(record.value)));
      const wanted = Array.from({ length: count }, (_, at) => at).filter((at) => keys[at % keys.length] === key);
      for (const number of numbers) {
        const at = wanted.indexOf(number);
        expect(at, `${key}: ${number} came before ${wanted[next]}`).toBeLessThanOrEqual(next);
        next = Math.max(next, at + 1);
      }
      expect(next, `${key}: all were handed out`).toBe(wanted.length);
    }
  };

  it('shares the partitions among members as they come and go: none lost, none out of order per key', async () => {
    const { log, name, another } = shared.rig();
    const topic = await topicOf(6);
    const group = name('projector');
    const keys = Array.from({ length: 24 }, (_, at) => `key-${at}`);
    const total = 1_200;
    const journal: Handled[] = [];
    const member = (handle: typeof log, named: string): Member =>
      startMember(handle, {
        group,
        topic,
        name: named,
        handle: async (record, { generation, live }) => {
          await new Promise((resolve) => setImmediate(resolve));
          if (live()) journal.push({ member: named, generation, record });
        },
      });
    let appended = 0;
    const feed = async (until: number): Promise<void> => {
      for (; appended < until; appended += 24) await log.append(numbered(topic, keys, 24, appended));
    };
    const first = member(log, 'first');
    await feed(240);
    await eventually(() => whole(6, first), shared.facts.takeoverMs);
    const second = member(await another(), 'second');
    await feed(480);
    await eventually(() => {
      whole(6, first, second);
      expect(shares(first, second).map((share) => share.length)).toEqual([3, 3]);
    }, shared.facts.takeoverMs);
    await feed(720);
    const third = member(await another(), 'third');
    await feed(960);
    await eventually(() => {
      whole(6, first, second, third);
      expect(shares(first, second, third).map((share) => share.length)).toEqual([2, 2, 2]);
    }, shared.facts.takeoverMs);
    await first.stop();
    await feed(total);
    await eventually(() => whole(6, second, third), shared.facts.takeoverMs);
    await eventually(async () => {
      const lag = await log.lag(group, topic);
      expect(lag.reduce((sum, one) => sum + one.lag, 0)).toBe(0);
    }, shared.facts.takeoverMs);
    await Promise.all([second.stop(), third.stop()]);
    expectInOrder(journal, keys, total);
    for (const one of [first, second, third]) {
      expect(one.ended()).toEqual({ error: undefined });
      // assigned and revoked alternate, generations rise, nothing is handed out in between.
      let held: number | undefined;
      let last = Number.NEGATIVE_INFINITY;
      for (const line of one.journal) {
        const [what, generation] = line.split(' ');
        if (what === 'assigned') {
          expect(held).toBeUndefined();
          expect(Number(generation)).toBeGreaterThan(last);
          last = held = Number(generation);
        } else if (what === 'revoked') {
          expect(Number(generation)).toBe(held);
          held = undefined;
        } else expect(held, line).toBeDefined();
      }
      expect(held).toBeUndefined();
    }
  });

  it('a handler of a former assignment learns that it is over, and its result commits nothing', async () => {
    const { log, name, another } = shared.rig();
    const topic = await topicOf(2);
    const group = name('projector');
    const doors = gate();
    const lives = new Map<string, () => boolean>();
    const first = startMember(log, {
      group,
      topic,
      handle: async ({ partition, offset }, { generation, live }) => {
        lives.set(`${generation} ${partition}:${offset}`, live);
        await doors.wait();
      },
    });
    await log.append([0, 1].map((partition) => ({ topic, key: `k${partition}`, value: null, partition })));
    await eventually(() => expect(lives.size).toBe(2));
    const held = [...lives.values()];
    expect(held.map((live) => live())).toEqual([true, true]);
    const second = startMember(await another(), { group, topic, name: 'second', handle: () => gate().wait() });
    await eventually(() => whole(2, first, second), shared.facts.takeoverMs);
    await eventually(() => expect(shares(second)[0]).toHaveLength(1), shared.facts.takeoverMs);
    expect(held.map((live) => live())).toEqual([false, false]);
    // The other member has been given the record anew: what the former owner finishes now must not commit it.
    await eventually(() => expect(second.handled).toHaveLength(1));
    doors.open();
    const [theirs] = shares(second)[0] ?? [];
    await first.stop();
    expect((await log.committed(group, topic))[theirs as number]?.offset ?? 0).toBe(0);
    await second.stop(10);
  });

  it('within one member a key’s next record waits for the former assignment’s handler of that key', async () => {
    const { log, name, another } = shared.rig();
    const topic = await topicOf(1);
    const group = name('projector');
    const doors = gate();
    let running = 0;
    let most = 0;
    const member = startMember(log, {
      group,
      topic,
      handle: async () => {
        running += 1;
        most = Math.max(most, running);
        await doors.wait();
        running -= 1;
      },
    });
    await log.append(numbered(topic, ['a'], 3));
    await eventually(() => expect(running).toBe(1));
    const generation = member.assignment()?.generation ?? 0;
    // Two members for one partition: one of them is idle. When the second has gone the first has the partition in a later generation.
    const second = startMember(await another(), { group, topic, name: 'second', handle: () => gate().wait() });
    await eventually(() => expect(second.assignment()).toBeDefined(), shared.facts.takeoverMs);
    await second.stop(10);
    await eventually(() => {
      expect(member.assignment()?.generation).toBeGreaterThan(generation);
      expect(member.assignment()?.partitions).toEqual([0]);
      expect(member.consumer.report()[0]?.queued).toBe(3);
    }, shared.facts.takeoverMs);
    expect(running).toBe(1);
    doors.open();
    await eventually(async () => expect((await log.committed(group, topic))[0]?.offset).toBe(3));
    await member.stop();
    expect(most).toBe(1);
  });

  it('a member that takes long to take over keeps its place in the group', async () => {
    const { log, name, another } = shared.rig();
    const topic = await topicOf(2);
    const group = name('projector');
    await log.append([0, 1].map((partition) => ({ topic, key: `k${partition}`, value: null, partition })));
    const slow = startMember(log, {
      group,
      topic,
      name: 'slow',
      // Longer than the session, within which a silent member is given up; once, when the other is there.
      onAssigned: ({ partitions }) => (partitions.length === 1 ? realClock.sleep(shared.facts.sessionMs + 1_500) : Promise.resolve()),
    });
    await eventually(() => expect(slow.handled).toHaveLength(2));
    const quick = startMember(await another(), { group, topic, name: 'quick' });
    await eventually(() => expect(shares(slow, quick).map((share) => share.length)).toEqual([1, 1]), 40_000);
    // Given up, it would have been assigned again, and the other with it.
    expect(slow.journal.filter((line) => line.startsWith('assigned'))).toHaveLength(2);
    expect(quick.journal.filter((line) => line.startsWith('assigned'))).toHaveLength(1);
    await Promise.all([slow.stop(), quick.stop()]);
  });

  it('a member stopped at any moment of its joining leaves nobody behind', async () => {
    const { log, name } = shared.rig();
    const topic = await topicOf(2);
    const moments = [0, 5, 15, 30, 60, 120, 240, 480];
    const left = moments.map(() => name('projector'));
    await Promise.all(
      moments.map(async (ms, at) => {
        const member = startMember(log, { group: left[at] as string, topic });
        // Real time: that is what joining takes.
        await realClock.sleep(ms);
        await member.stop();
      }),
    );
    // Longer than a silent member is waited for: who is there now lives.
    await eventually(async () => {
      const found = (await log.groups()).filter(({ group }) => left.includes(group));
      expect(found.filter(({ members }) => members !== 0)).toEqual([]);
    }, shared.facts.takeoverMs);
    await log.append(numbered(topic, ['a', 'b'], 4));
    await realClock.sleep(300);
    expect((await Promise.all(left.map((group) => log.committed(group, topic)))).flat().filter(({ offset }) => (offset ?? 0) > 0)).toEqual(
      [],
    );
  });

  it('groups do not disturb one another', async () => {
    const { log, name } = shared.rig();
    const topic = await topicOf(2);
    const keys = ['a', 'b', 'c'];
    await log.append(numbered(topic, keys, 30));
    const members = ['projector', 'audit'].map((word) => startMember(log, { group: name(word), topic, name: word }));
    await eventually(() => {
      for (const member of members) expect(member.handled).toHaveLength(30);
    });
    await Promise.all(members.map((member) => member.stop()));
  });

  it('a killed member’s unfinished records come again to the others; what it had committed does not', async () => {
    const { log, name, url } = shared.rig();
    const topic = await topicOf(2);
    const group = name('projector');
    const keys = ['a', 'b', 'c', 'd', 'stuck'];
    const total = 200;
    await log.append(numbered(topic, keys, total));
    const child = spawn(process.execPath, [new URL('./member-process.ts', import.meta.url).pathname, url, group, topic, 'stuck'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const theirs: { partition: number; offset: number; key: string }[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => theirs.push(JSON.parse(line)));
    try {
      await eventually(() => expect(theirs.filter(({ key }) => key !== 'stuck')).toHaveLength(160));
      await eventually(async () => {
        const committed = await log.committed(group, topic);
        expect(committed.reduce((sum, { offset }) => sum + (offset ?? 0), 0)).toBeGreaterThan(0);
      });
    } finally {
      child.kill('SIGKILL');
    }
    const committed = await log.committed(group, topic);
    const member = startMember(log, { group, topic });
    const expected = (
      await Promise.all(
        committed.map(async ({ partition, offset }) => (await readAll(log, topic, partition)).filter((one) => one.offset >= (offset ?? 0))),
      )
    ).flat();
    expect(expected.some(({ key }) => key === 'stuck')).toBe(true);
    expect(expected.length).toBeLessThan(total);
    await eventually(() => expect(member.handled).toHaveLength(expected.length), shared.facts.takeoverMs);
    const placed = (records: readonly { partition: number; offset: number }[]): string[] =>
      records.map(({ partition, offset }) => `${partition}:${offset}`).sort();
    expect(placed(member.handled.map(({ record }) => record))).toEqual(placed(expected));
    await member.stop();
  });
};
