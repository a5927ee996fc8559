import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clearInMs,
  keep,
  lagOf,
  type PartitionState,
  partitionStates,
  ratesOf,
  type Sample,
  stallSamples,
  stateOf,
  stopSamples,
  type Window,
  windowSamples,
  worstOf,
} from './partition-state.ts';

const quiet: Sample = {
  at: 0,
  afterGap: false,
  low: 0,
  high: 0,
  committed: 0,
  ageMs: undefined,
  members: 1,
  notedAt: undefined,
  paused: false,
  parked: 0,
};
/** Samples a second apart; `of(n)` says what differs from a quiet partition. */
const windowOf = (length: number, of: (n: number) => Partial<Sample>): Window =>
  Array.from({ length }, (_, n) => ({ ...quiet, at: n * 1_000, ...of(n) })).reduce<Window>(keep, []);
/** `came` and `finished` records a second, `lag` waiting at the start. */
const flow = (length: number, came: number, finished: number, lag: number, more: Partial<Sample> = {}): Window =>
  windowOf(length, (n) => ({ high: lag + came * n, committed: finished * n, ageMs: 5_000, ...more }));

describe('the state of a partition', () => {
  const cases: readonly [string, Window, PartitionState | undefined][] = [
    ['nothing ever came', windowOf(1, () => ({ committed: undefined })), 'OK'],
    ['all is read', flow(20, 50, 50, 0), 'OK'],
    ['what waited two samples ago is read: a busy partition always has a little that waits', flow(20, 50, 50, 90), 'OK'],
    ['records wait, and one sample can’t say more', flow(1, 0, 0, 5), undefined],
    ['records wait, and two samples can’t say more', flow(2, 0, 0, 5), undefined],
    ['behind and gaining', flow(20, 50, 80, 10_000), 'CATCHING_UP'],
    ['behind, as much comes as is finished', flow(20, 50, 50, 10_000), 'FALLING_BEHIND'],
    ['behind, more comes than is finished', flow(20, 80, 50, 1_000), 'FALLING_BEHIND'],
    ['gaining so little that it would take more than a day', flow(20, 50, 50.001, 10_000), 'FALLING_BEHIND'],
    ['the offset stands while records come', flow(stallSamples, 10, 0, 5), 'STALLED'],
    ['the offset stands and nothing more comes', flow(stallSamples, 0, 0, 1), 'STALLED'],
    ['the offset stands, not yet for long', flow(stallSamples - 1, 0, 0, 1), 'FALLING_BEHIND'],
    ['never committed, while records wait', flow(stallSamples, 1, 0, 5, { committed: undefined }), 'STALLED'],
    ['nobody reads', flow(stopSamples, 1, 0, 5, { members: 0 }), 'STOPPED'],
    ['nobody reads, for the time of a restart', flow(stopSamples - 1, 1, 0, 5, { members: 0 }), 'FALLING_BEHIND'],
    ['nobody reads, and nothing waits', windowOf(20, () => ({ members: 0 })), 'OK'],
    ['members unknown, the note stands still too', flow(stallSamples, 1, 0, 5, { members: undefined, notedAt: 7 }), 'STOPPED'],
    ['members unknown, notes go on', windowOf(stallSamples, (n) => ({ high: 5, members: undefined, notedAt: n })), 'STALLED'],
    ['members unknown, a group without notes', flow(stallSamples, 1, 0, 5, { members: undefined }), 'STALLED'],
    ['the offset went back', windowOf(8, (n) => ({ high: 100, committed: n < 6 ? 100 : 40 })), 'REWOUND'],
    ['the offset went back a while ago; all is read again', windowOf(8, (n) => ({ high: 100, committed: n === 3 ? 40 : 100 })), 'REWOUND'],
    ['the offset is forgotten', windowOf(8, (n) => ({ high: 100, committed: n < 6 ? 100 : undefined })), 'REWOUND'],
    [
      'the offset went back while the log was away',
      windowOf(8, (n) => ({ high: 100, committed: n < 6 ? 100 : 40, afterGap: n === 6 })),
      'REWOUND',
    ],
    ['the group has paused itself', windowOf(20, (n) => ({ high: 9, notedAt: n, paused: true })), 'PAUSED'],
    ['it has paused itself, nothing waits', windowOf(20, (n) => ({ notedAt: n, paused: true })), 'PAUSED'],
    ['it had paused itself and died', flow(20, 0, 0, 9, { members: 0, notedAt: 7, paused: true }), 'STOPPED'],
    ['it had paused itself and hangs', flow(20, 0, 0, 9, { notedAt: 7, paused: true }), 'STALLED'],
    ['a dialog is parked, the others go on', flow(20, 50, 50, 0, { parked: 1 }), 'BLOCKED'],
    ['a dialog is parked, and the offset stands', flow(20, 0, 0, 3, { parked: 1 }), 'STALLED'],
    ['records were removed unread', windowOf(1, () => ({ low: 10, high: 30, committed: 5, ageMs: 1 })), 'LOSS_RISK'],
    [
      'the next record is among the oldest kept',
      windowOf(1, () => ({ low: 1_000, high: 2_000, committed: 1_050, ageMs: 7_200_000 })),
      'LOSS_RISK',
    ],
    [
      'the topic was empty for weeks and three records have just come',
      windowOf(1, () => ({ low: 100, high: 103, committed: 100, ageMs: 20 })),
      undefined,
    ],
    ['nothing was removed yet, however far behind', flow(20, 0, 1, 1_000, { ageMs: 7_200_000 }), 'CATCHING_UP'],
    [
      'it stood still before the log went away: that says nothing of now',
      windowOf(20, (n) => ({ high: 5, afterGap: n === 18 })),
      undefined,
    ],
  ];
  it.each(cases)('%s', (_name, window, expected) => {
    expect(stateOf(window)).toBe(expected);
  });

  it('every state is shown by a case', () => {
    expect(partitionStates.filter((state) => !cases.some(([, , expected]) => expected === state))).toEqual([]);
  });
});

describe('rates and the time to clear', () => {
  it('are those of a steady flow, exactly', () => {
    const window = flow(20, 50, 80, 10_000);
    expect(ratesOf(window)?.inPerSecond).toBeCloseTo(50, 9);
    expect(ratesOf(window)?.outPerSecond).toBeCloseTo(80, 9);
    expect(clearInMs(lagOf(window.at(-1) as Sample), ratesOf(window))).toBeCloseTo(((10_000 - 30 * 19) / 30) * 1000, 3);
  });
  it('follow a change within seconds, and do not jump with one sample', () => {
    const step = (n: number) => (n < 20 ? 0 : (n - 19) * 100);
    const after = (samples: number) => ratesOf(windowOf(20 + samples, (n) => ({ high: step(n) })))?.inPerSecond ?? 0;
    expect(after(1)).toBeLessThan(20);
    expect(after(10)).toBeGreaterThan(70);
  });
  it('do not count what retention removed unread as finished', () => {
    expect(ratesOf(windowOf(10, (n) => ({ high: 1_000, low: n * 50, committed: 3 })))?.outPerSecond).toBe(0);
    expect(ratesOf(windowOf(10, (n) => ({ high: 1_000, low: n * 50, committed: undefined })))?.outPerSecond).toBe(0);
  });
  it('begin anew after a rewind and after a gap', () => {
    expect(ratesOf(windowOf(5, (n) => ({ high: n < 4 ? 0 : 9_000, afterGap: n === 4 })))).toBeUndefined();
    expect(ratesOf(windowOf(6, (n) => ({ high: 100, committed: n < 4 ? 100 : 40 + n })))?.outPerSecond).toBe(1);
  });
  it('there is no time to clear without a gain', () => {
    expect(clearInMs(5, undefined)).toBeNull();
    expect(clearInMs(5, { inPerSecond: 2, outPerSecond: 2 })).toBeNull();
    expect(clearInMs(0, undefined)).toBe(0);
  });
});

/** Any history of a partition: records come, are finished, the offset jumps, members come and go, retention moves, the log is away. */
const anyWindow = fc
  .array(
    fc.record({
      ms: fc.integer({ min: 1, max: 5_000 }),
      came: fc.integer({ min: 0, max: 200 }),
      finished: fc.integer({ min: -20, max: 200 }),
      removed: fc.integer({ min: 0, max: 3 }),
      forgets: fc.integer({ min: 0, max: 30 }).map((n) => n === 0),
      afterGap: fc.integer({ min: 0, max: 15 }).map((n) => n === 0),
      members: fc.constantFrom(undefined, 0, 1, 1, 2),
      notes: fc.boolean(),
      paused: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      parked: fc.constantFrom(0, 0, 0, 1),
      ageMs: fc.integer({ min: 0, max: 9_000_000 }),
    }),
    { minLength: 1, maxLength: 45 },
  )
  .map((steps) => {
    let last: Sample = { ...quiet, committed: undefined };
    return steps.reduce<Window>((window, step) => {
      const high = last.high + step.came;
      const low = Math.min(high, last.low + step.removed);
      const committed = step.forgets ? undefined : Math.min(high, Math.max(0, (last.committed ?? 0) + step.finished));
      last = {
        at: last.at + step.ms,
        afterGap: step.afterGap,
        low,
        high,
        committed,
        ageMs: Math.max(low, committed ?? low) < high ? step.ageMs : undefined,
        members: step.members,
        notedAt: step.notes ? last.at : last.notedAt,
        paused: step.paused,
        parked: step.parked,
      };
      return keep(window, last);
    }, []);
  });
const newestOf = (window: Window): Sample => window.at(-1) as Sample;

describe('whatever the history of a partition', () => {
  const holds = (claim: (window: Window, state: PartitionState | undefined) => void): void =>
    fc.assert(
      fc.property(anyWindow, (window) => claim(window, stateOf(window))),
      { numRuns: 2_000 },
    );

  it('the window stays bounded and the lag is never below 0', () =>
    holds((window) => {
      expect(window.length).toBeLessThanOrEqual(windowSamples);
      for (const sample of window) expect(lagOf(sample)).toBeGreaterThanOrEqual(0);
    }));
  it('where nothing waits no state says that something does', () =>
    holds((window, state) => {
      if (lagOf(newestOf(window)) === 0) expect(['OK', 'BLOCKED', 'PAUSED', 'REWOUND']).toContain(state);
    }));
  it('OK means that all that waited two samples ago is read', () =>
    holds((window, state) => {
      const earlier = window.at(-3);
      const newest = newestOf(window);
      if (state === 'OK' && lagOf(newest) > 0) expect(newest.committed ?? newest.low).toBeGreaterThanOrEqual(earlier?.high ?? Number.NaN);
    }));
  it('catching up has a time to clear, falling behind has none', () =>
    holds((window, state) => {
      const ms = clearInMs(lagOf(newestOf(window)), ratesOf(window));
      if (state === 'CATCHING_UP') expect(ms).toBeGreaterThan(0);
      if (state === 'FALLING_BEHIND') expect(ms).toBeNull();
    }));
  it('stalled means: not one move while records waited', () =>
    holds((window, state) => {
      if (state !== 'STALLED') return;
      const last = window.slice(-stallSamples);
      expect(new Set(last.map(({ committed }) => committed)).size).toBe(1);
      expect(last.every((sample) => lagOf(sample) > 0)).toBe(true);
    }));
  it('a rewind in the window is told, unless something worse or its own pause is', () =>
    holds((window, state) => {
      const rewound = window.some((sample, at) => {
        const before = window[at - 1]?.committed;
        return before !== undefined && (sample.committed ?? -1) < before;
      });
      if (rewound) expect(['LOSS_RISK', 'STOPPED', 'STALLED', 'REWOUND', 'PAUSED']).toContain(state);
      else expect(state).not.toBe('REWOUND');
    }));
  it('rates are never negative, and do not depend on when the clock began', () =>
    holds((window) => {
      const rates = ratesOf(window);
      if (rates === undefined) return;
      expect(Math.min(rates.inPerSecond, rates.outPerSecond)).toBeGreaterThanOrEqual(0);
      const later = ratesOf(window.map((sample) => ({ ...sample, at: sample.at + 1_048_576 })));
      expect(later).toEqual(rates);
    }));
});

it('the worst of several partitions is that of the group', () => {
  expect(worstOf(['OK', null, 'STALLED', 'CATCHING_UP'])).toBe('STALLED');
  expect(worstOf(['OK', null])).toBe('OK');
  expect(worstOf([null])).toBeNull();
  expect(worstOf([])).toBeNull();
});
