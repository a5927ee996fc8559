import { expect, it } from 'vitest';
import { inTime } from './in-time.ts';

const late = (): Error => new Error('late');
const never = new Promise<never>(() => undefined);

it('gives what came in time, and the error that came in time', async () => {
  expect(await inTime(Promise.resolve(7), 1_000, late)).toBe(7);
  await expect(inTime(Promise.reject(new Error('no')), 1_000, late)).rejects.toThrow('no');
});

it('ends a wait that has no end; a time that is over ends it at once', async () => {
  await expect(inTime(never, 5, late)).rejects.toThrow('late');
  await expect(inTime(never, -5, late)).rejects.toThrow('late');
});

it('work that fails after its time is heard by nobody and ends no process', async () => {
  const work = Promise.withResolvers<never>();
  await expect(inTime(work.promise, 5, late)).rejects.toThrow('late');
  work.reject(new Error('too late'));
  await new Promise((resolve) => setImmediate(resolve));
});

it('a time beyond what a timer can wait does not end at once', async () => {
  const outcome = await Promise.race([
    inTime(never, Number.POSITIVE_INFINITY, late).catch(() => 'late'),
    new Promise((resolve) => setTimeout(resolve, 20, 'waits')),
  ]);
  expect(outcome).toBe('waits');
});
