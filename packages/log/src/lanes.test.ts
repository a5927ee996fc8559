import type { Clock } from '@dialog/contracts/clock';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Lanes, lanes } from './lanes.ts';
import type { HandleContext, LogRecord } from './port.ts';

let now = 0;
const still: Clock = { now: () => now, monotonic: () => now, sleep: () => Promise.resolve() };
beforeEach(() => {
  now = 0;
});
const record = (partition: number, offset: number, key: string): LogRecord => ({
  topic: 'inbox',
  partition,
  offset,
  key,
  value: null,
  headers: {},
  appendedAt: 1_000 + offset,
});
/** Lets every promise that can go on go on. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

type Task = HandleContext & { readonly record: LogRecord; readonly finish: () => Promise<void> };

/** Lanes whose handlers end when the test says so. */
const held = ({ concurrency = 64, bypass = () => false }: { concurrency?: number; bypass?: (record: LogRecord) => boolean } = {}) => {
  const tasks: Task[] = [];
  const failures: unknown[] = [];
  const doors = new Map<Task, PromiseWithResolvers<void>>();
  const all: Lanes = lanes({
    clock: still,
    concurrency,
    bypass,
    handle: (one, context) => {
      const door = Promise.withResolvers<void>();
      const task: Task = {
        ...context,
        record: one,
        finish: async () => {
          tasks.splice(tasks.indexOf(task), 1);
          door.resolve();
          await settle();
        },
      };
      tasks.push(task);
      doors.set(task, door);
      return door.promise;
    },
    onFailure: (error) => failures.push(error),
    onFinished: () => undefined,
  });
  const fail = async (task: Task, error: unknown): Promise<void> => {
    doors.get(task)?.reject(error);
    await settle();
  };
  const task = (offset: number): Task => {
    const found = tasks.find((one) => one.record.offset === offset);
    if (found === undefined) throw new Error(`offset ${offset} is not being handled; ${tasks.map((one) => one.record.offset)} are`);
    return found;
  };
  return { lanes: all, tasks, task, fail, failures, offsets: () => tasks.map((one) => one.record.offset).sort((a, b) => a - b) };
};

describe('lanes', () => {
  it('hands out one record a key, keys side by side', async () => {
    const rig = held();
    rig.lanes.assign(0, 1, 0);
    for (const [offset, key] of ['a', 'a', 'b', 'a', 'c'].entries()) rig.lanes.push(record(0, offset, key));
    expect(rig.offsets()).toEqual([0, 2, 4]);
    await rig.task(0).finish();
    expect(rig.offsets()).toEqual([1, 2, 4]);
  });

  it('moves the prefix only over what is finished from the front on', async () => {
    const rig = held();
    rig.lanes.assign(0, 1, 10);
    for (const [at, key] of ['a', 'b', 'c'].entries()) rig.lanes.push(record(0, 10 + at * 2, key));
    expect(rig.lanes.finishedPrefix(0)).toBe(10);
    await rig.task(12).finish();
    await rig.task(14).finish();
    expect(rig.lanes.finishedPrefix(0)).toBe(10);
    expect(rig.lanes.queued(0)).toBe(1);
    await rig.task(10).finish();
    // Compaction leaves gaps between offsets: what follows the last finished one is next.
    expect(rig.lanes.finishedPrefix(0)).toBe(15);
    expect(rig.lanes.finishedPrefix(1)).toBeUndefined();
  });

  it('shows a handler the records of its key behind its own, as many as it asks for, while its assignment stands', async () => {
    const rig = held({ bypass: (one) => one.key === 'tick' });
    rig.lanes.assign(0, 1, 0);
    for (const [offset, key] of ['a', 'b', 'a', 'tick', 'a'].entries()) rig.lanes.push(record(0, offset, key));
    const behind = (offset: number, atMost: number): number[] =>
      rig
        .task(offset)
        .next(atMost)
        .map((one) => one.offset);
    expect([behind(0, 9), behind(0, 1), behind(1, 9), behind(3, 9)]).toEqual([[2, 4], [2], [], []]);
    rig.lanes.push(record(0, 5, 'a'));
    expect(behind(0, 9)).toEqual([2, 4, 5]);
    await rig.task(0).finish();
    expect(behind(2, 9)).toEqual([4, 5]);
    rig.lanes.revoke();
    rig.lanes.assign(0, 2, 2);
    rig.lanes.push(record(0, 2, 'a'));
    expect(behind(2, 9)).toEqual([]);
  });

  it('drops records of partitions that are not assigned', () => {
    const rig = held();
    rig.lanes.assign(0, 1, 0);
    rig.lanes.push(record(1, 0, 'a'));
    expect(rig.offsets()).toEqual([]);
  });

  it('drops what waits at a revoke; what runs ends unheard, and its key waits for it in the next generation', async () => {
    const rig = held();
    rig.lanes.assign(0, 1, 0);
    for (const [offset, key] of ['a', 'a', 'b'].entries()) rig.lanes.push(record(0, offset, key));
    const [old] = [rig.task(0)];
    await rig.task(2).finish();
    rig.lanes.revoke();
    expect(old.live()).toBe(false);
    expect(rig.lanes.finishedPrefix(0)).toBeUndefined();
    rig.lanes.assign(0, 2, 0);
    for (const [offset, key] of ['a', 'a', 'b'].entries()) rig.lanes.push(record(0, offset, key));
    expect(rig.tasks.map((one) => `${one.generation} ${one.record.offset}`).sort()).toEqual(['1 0', '2 2']);
    await old.finish();
    expect(rig.lanes.finishedPrefix(0)).toBe(0);
    expect(rig.tasks.map((one) => `${one.generation} ${one.record.offset}`).sort()).toEqual(['2 0', '2 2']);
    expect(rig.task(0).live()).toBe(true);
  });

  it('hands out nothing more after a handler rejected, and tells the error', async () => {
    const rig = held();
    rig.lanes.assign(0, 1, 0);
    for (const [offset, key] of ['a', 'a', 'b', 'b'].entries()) rig.lanes.push(record(0, offset, key));
    const bug = new Error('bug');
    const [task] = [rig.task(0)];
    await rig.fail(task, bug);
    expect(rig.failures).toEqual([bug]);
    await rig.task(2).finish();
    expect(rig.offsets()).toEqual([0]);
    expect(rig.lanes.finishedPrefix(0)).toBe(0);
    rig.lanes.push(record(0, 4, 'c'));
    expect(rig.offsets()).toEqual([0]);
  });

  it('takes a handler that throws at once for a rejection', () => {
    const failures: unknown[] = [];
    const all = lanes({
      clock: still,
      concurrency: 1,
      bypass: () => false,
      handle: () => {
        throw new TypeError('at once');
      },
      onFailure: (error) => failures.push(error),
      onFinished: () => undefined,
    });
    all.assign(0, 1, 0);
    all.push(record(0, 0, 'a'));
    expect(failures).toEqual([new TypeError('at once')]);
  });

  it('begins what is ready in portions, so that the loop hears others between them', async () => {
    const rig = held();
    rig.lanes.assign(0, 1, 0);
    for (let offset = 0; offset < 20; offset++) rig.lanes.push(record(0, offset, `key-${offset}`));
    const begun = [rig.tasks.length];
    for (let turns = 0; turns < 3; turns++) {
      await settle();
      begun.push(rig.tasks.length);
    }
    expect(begun).toEqual([8, 16, 20, 20]);
  });

  it('drains: what runs, those of the bypass too, is waited for; nothing is begun', async () => {
    const rig = held({ bypass: ({ key }) => key === 'tick' });
    rig.lanes.assign(0, 1, 0);
    for (const [offset, key] of ['a', 'a', 'tick'].entries()) rig.lanes.push(record(0, offset, key));
    let drained = false;
    const done = rig.lanes.drain().then(() => {
      drained = true;
    });
    await rig.task(0).finish();
    expect([drained, rig.offsets()]).toEqual([false, [2]]);
    await rig.task(2).finish();
    await done;
    expect(rig.lanes.finishedPrefix(0)).toBe(1);
    await rig.lanes.drain();
  });

  it('says since when a partition stands still, ticks or not', async () => {
    const rig = held({ bypass: ({ key }) => key === 'tick' });
    const stands = (): number | undefined => rig.lanes.report()[0]?.standsSinceMonotonic;
    rig.lanes.assign(0, 1, 0);
    now = 60;
    // Nothing waits, however long ago the last was finished.
    expect(stands()).toBe(60);
    rig.lanes.push(record(0, 0, 'stuck'));
    now = 70;
    rig.lanes.push(record(0, 1, 'tick'));
    await rig.task(1).finish();
    now = 80;
    expect(stands()).toBe(60);
    rig.lanes.push(record(0, 2, 'other'));
    await rig.task(2).finish();
    expect(stands()).toBe(80);
    await rig.task(0).finish();
    now = 90;
    rig.lanes.push(record(0, 3, 'tick'));
    expect(stands()).toBe(90);
  });

  it('reports what waits, partition by partition', () => {
    const rig = held({ concurrency: 1 });
    rig.lanes.assign(0, 1, 0);
    rig.lanes.assign(1, 1, 0);
    rig.lanes.push(record(0, 0, 'a'));
    rig.lanes.push(record(0, 1, 'b'));
    rig.lanes.push(record(1, 0, 'c'));
    expect(rig.lanes.report()).toEqual([
      {
        partition: 0,
        queued: 2,
        inFlight: 1,
        oldestWaitingAppendedAt: 1_001,
        standsSinceMonotonic: 0,
      },
      {
        partition: 1,
        queued: 1,
        inFlight: 0,
        oldestWaitingAppendedAt: 1_000,
        standsSinceMonotonic: 0,
      },
    ]);
  });

  it('holds its promises under any order of pushes, ends, failing members and new generations', async () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('push' as const), partition: fc.nat(2), key: fc.nat(4) }) },
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('finish' as const), which: fc.nat(20) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('rebalance' as const), partitions: fc.subarray([0, 1, 2]) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120 }), fc.integer({ min: 1, max: 4 }), async (steps, concurrency) => {
        const rig = held({ concurrency });
        // The log: per partition its records; the group: what is committed.
        const log: LogRecord[][] = [[], [], []];
        const committed = [0, 0, 0];
        const fetched = [0, 0, 0];
        const finished = new Set<LogRecord>();
        let generation = 0;
        let assigned: number[] = [];
        const rebalance = (partitions: number[]): void => {
          for (const partition of assigned) committed[partition] = rig.lanes.finishedPrefix(partition) ?? 0;
          rig.lanes.revoke();
          generation += 1;
          assigned = partitions;
          for (const partition of partitions) {
            rig.lanes.assign(partition, generation, committed[partition] ?? 0);
            fetched[partition] = committed[partition] ?? 0;
          }
        };
        rebalance([0, 1, 2]);
        for (const one of steps) {
          if (one.kind === 'push') {
            const partition = log[one.partition] as LogRecord[];
            partition.push(record(one.partition, partition.length, `${one.partition}:${one.key}`));
          } else if (one.kind === 'finish') {
            const task = rig.tasks[one.which % Math.max(1, rig.tasks.length)];
            if (task?.live()) finished.add(task.record);
            await task?.finish();
          } else rebalance(one.partitions);
          for (const partition of assigned) {
            for (const next of (log[partition] as LogRecord[]).slice(fetched[partition])) rig.lanes.push(next);
            fetched[partition] = (log[partition] as LogRecord[]).length;
          }
          const keys = rig.tasks.map((task) => task.record.key);
          expect(new Set(keys).size).toBe(keys.length);
          expect(rig.tasks.length).toBeLessThanOrEqual(concurrency);
          for (const task of rig.tasks.filter((running) => running.live())) {
            const earlier = (log[task.record.partition] as LogRecord[]).filter(
              (other) => other.key === task.record.key && other.offset < task.record.offset,
            );
            for (const other of earlier) expect(finished.has(other)).toBe(true);
          }
          for (const partition of assigned) {
            const prefix = rig.lanes.finishedPrefix(partition) ?? 0;
            for (const other of (log[partition] as LogRecord[]).slice(0, prefix)) expect(finished.has(other)).toBe(true);
          }
        }
        rebalance([0, 1, 2]);
        for (const partition of assigned)
          for (const next of (log[partition] as LogRecord[]).slice(committed[partition])) rig.lanes.push(next);
        while (rig.tasks[0] !== undefined) await rig.tasks[0].finish();
        expect([0, 1, 2].map((partition) => rig.lanes.finishedPrefix(partition))).toEqual(log.map((records) => records.length));
      }),
      { numRuns: 150 },
    );
  });
});
