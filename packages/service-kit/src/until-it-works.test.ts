import { realClock } from '@dialog/contracts/clock';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { untilItWorks } from './until-it-works.ts';

const away = Object.assign(new Error('away'), { code: 'unavailable', retryable: true });

const rig = () => {
  const told: boolean[] = [];
  const paused: number[] = [];
  const lines: Record<string, unknown>[] = [];
  const stop = new AbortController();
  /** Each pause ends when the test says so, by its number. */
  const ends: (() => void)[] = [];
  const clock = {
    ...realClock,
    sleep: (ms: number, signal?: AbortSignal) => {
      paused.push(ms);
      return new Promise<void>((resolve, reject) => {
        ends.push(resolve);
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    },
  };
  const insist = untilItWorks<'store' | 'log'>({
    clock,
    random: () => 0.5,
    stop: stop.signal,
    onAway: (is) => told.push(is),
    logger: pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) }),
  });
  const until = (pauses: number) => expect.poll(() => paused.length).toBe(pauses);
  return { insist, stop, told, paused, ends, lines, until };
};

/** Fails so often, then gives its name. */
const failing = (times: number, name = 'done') => {
  let failures = 0;
  return async () => {
    if (failures++ < times) throw away;
    return name;
  };
};

it('repeats with ever longer pauses, half of each cap by this jitter, and grows louder', async () => {
  const { insist, paused, ends, lines, until, told } = rig();
  const running = insist('store', failing(8));
  for (let pause = 1; pause <= 8; pause++) {
    await until(pause);
    expect([insist.away(), insist.awayMs() >= 0]).toEqual([['store'], true]);
    ends[pause - 1]?.();
  }
  expect(await running).toBe('done');
  expect(paused).toEqual([50, 100, 200, 400, 800, 1_600, 2_500, 2_500]);
  expect(lines.map(({ level }) => level)).toEqual([20, 20, 20, 40, 40, 40, 50, 50]);
  expect(lines[0]).toMatchObject({ event: 'dependency_away', what: 'store', failures: 1, code: 'unavailable' });
  expect([insist.away(), insist.awayMs(), told]).toEqual([[], 0, [true, false]]);
});

it('tells which of the two is away, whatever the call was for', async () => {
  const { insist, ends, lines, until } = rig();
  const logs = Object.assign(new Error('away'), { code: 'unavailable', retryable: true, dependency: 'log' });
  let failures = 0;
  const running = insist('store', async () => {
    failures += 1;
    if (failures === 1) throw logs;
  });
  await until(1);
  expect([insist.away(), insist.missing()]).toEqual([['store'], ['log']]);
  expect(lines[0]).toMatchObject({ event: 'dependency_away', what: 'store', dependency: 'log' });
  ends[0]?.();
  await running;
  expect(insist.missing()).toEqual([]);
});

it('the first call of a kind that gets through wakes the others of its kind, and no others', async () => {
  const { insist, ends, until, told } = rig();
  const stores = [insist('store', failing(1, 'a')), insist('store', failing(1, 'b'))];
  const log = insist('log', failing(1, 'c'));
  await until(3);
  expect(insist.away()).toEqual(['store', 'log']);
  ends[0]?.();
  expect(await Promise.all(stores)).toEqual(['a', 'b']);
  expect([insist.away(), told]).toEqual([['log'], [true]]);
  ends[2]?.();
  expect([await log, told]).toEqual(['c', [true, false]]);
});

it('another error ends it, at once or later, and nothing is away any more', async () => {
  const { insist, ends, until, told } = rig();
  await expect(insist('log', () => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug');
  expect(told).toEqual([]);
  let calls = 0;
  const later = insist('log', () => Promise.reject(calls++ === 0 ? away : new Error('a bug')));
  await until(1);
  ends[0]?.();
  await expect(later).rejects.toThrow('a bug');
  expect([insist.away(), insist.awayMs(), told]).toEqual([[], 0, [true, false]]);
});

it('a stop ends the waiting; what was begun may still make its call, once, and nothing is taken up again', async () => {
  const { insist, stop, until, told, paused } = rig();
  const waiting = insist('store', failing(1));
  await until(1);
  stop.abort(new Error('stopping'));
  await expect(waiting).rejects.toThrow('stopping');
  expect([insist.away(), insist.awayMs(), told]).toEqual([[], 0, [true]]);
  expect(await insist('store', failing(0))).toBe('done');
  await expect(insist('store', failing(1))).rejects.toThrow('stopping');
  expect(paused).toHaveLength(1);
});
