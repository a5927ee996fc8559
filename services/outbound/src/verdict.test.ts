import { expect, test } from 'vitest';
import { backOffMs } from './back-off.ts';
import { storedDataVerdict, verdictOf } from './verdict.ts';

const most = () => 0.999999;
const waiting = (failures: number, random = most) => ({ failures, now: 1_000_000, random });
const never = () => Promise.reject(new Error('not asked'));

test('full jitter: nothing to twice as long with each failure, a minute at most', () => {
  expect(backOffMs(0, () => 0)).toBe(0);
  expect([0, 1, 2, 5, 6, 7, 5000].map((failures) => Math.ceil(backOffMs(failures, most) / 1000))).toEqual([1, 2, 4, 32, 60, 60, 60]);
});

test('nothing was sent, or Webim is busy: deferred, by the failures so far', async () => {
  expect(await verdictOf({ kind: 'not_sent', code: 'dns' }, waiting(2), never)).toEqual({
    outcome: 'deferred',
    code: 'dns',
    notBefore: 1_003_999,
  });
  expect(await verdictOf({ kind: 'retry_later', code: 'http_503', status: 503 }, waiting(1), never)).toMatchObject({
    outcome: 'deferred',
    status: 503,
    notBefore: 1_001_999,
  });
});

test('what Webim asked for is never cut short', async () => {
  const answer = { kind: 'retry_later', code: 'http_429', status: 429, retryAfterMs: 7_000 } as const;
  expect(
    await verdictOf(
      answer,
      waiting(0, () => 0),
      never,
    ),
  ).toMatchObject({ notBefore: 1_007_000 });
  expect(await verdictOf(answer, waiting(9), never)).toMatchObject({ notBefore: 1_008_000 });
});

test('a fault of Webim’s own is tried a few times', async () => {
  const answer = { kind: 'retry_later', code: 'http_500', status: 500, aFewTimes: true } as const;
  expect(await verdictOf(answer, waiting(50), async () => 3)).toMatchObject({ outcome: 'deferred' });
  expect(await verdictOf(answer, waiting(50), async () => 4)).toMatchObject({ outcome: 'refused', reason: 'other', status: 500 });
});

test('a question is asked three times, then there is no answer', () => {
  const answer = { kind: 'retry_later', code: 'timeout' } as const;
  expect(storedDataVerdict(answer, waiting(1))).toMatchObject({ outcome: 'deferred' });
  expect(storedDataVerdict(answer, waiting(2))).toEqual({ outcome: 'refused', reason: 'other', code: 'timeout' });
});
