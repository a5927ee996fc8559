import { scaledClock } from '@dialog/contracts/clock';
import { describe, expect, it } from 'vitest';
import { stallGuard, within } from './deadline.ts';

const fast = scaledClock(1_000);

describe('deadlines', () => {
  it('ends a wait that has no end', async () => {
    await expect(within(new Promise(() => undefined), 5)).rejects.toMatchObject({ code: 'timeout', retryable: true });
  });

  it('a guard tells a stall once, only while one waits, and never after its end', async () => {
    const told: string[] = [];
    let waiting = false;
    const busy = stallGuard(
      2_000,
      fast,
      () => waiting,
      () => told.push('busy'),
    );
    const ended = stallGuard(
      2_000,
      fast,
      () => true,
      () => told.push('ended'),
    );
    ended.end();
    await fast.sleep(20_000);
    expect(told).toEqual([]);
    waiting = true;
    await fast.sleep(20_000);
    expect(told).toEqual(['busy']);
    busy.end();
  });

  it('progress puts a stall off', async () => {
    const told: string[] = [];
    const guard = stallGuard(
      20_000,
      fast,
      () => true,
      () => told.push('stalled'),
    );
    for (let at = 0; at < 10; at++) {
      await fast.sleep(5_000);
      guard.progress();
    }
    expect(told).toEqual([]);
    guard.end();
  });
});
