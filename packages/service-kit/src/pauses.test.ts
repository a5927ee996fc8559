import { realClock } from '@dialog/contracts/clock';
import { expect, it } from 'vitest';
import { pauses } from './pauses.ts';

const hourMs = 3_600_000;

it('ends after its time, or when another call got through', async () => {
  const waits = pauses(realClock, new AbortController().signal);
  await waits.pause(5);
  const long = [waits.pause(hourMs), waits.pause(hourMs)];
  waits.end();
  await Promise.all(long);
  // What begins later waits again.
  const ended = await Promise.race([waits.pause(hourMs).then(() => true), realClock.sleep(20).then(() => false)]);
  expect(ended).toBe(false);
  waits.end();
});

it('throws the reason of the stop, also where it came before', async () => {
  const stop = new AbortController();
  const waits = pauses(realClock, stop.signal);
  const waiting = waits.pause(hourMs);
  stop.abort(new Error('stopping'));
  await expect(waiting).rejects.toThrow('stopping');
  await expect(waits.pause(hourMs)).rejects.toThrow('stopping');
});
