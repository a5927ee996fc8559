import type { Clock } from '@dialog/contracts/clock';
import type { BotApiAnswer } from '@dialog/webim/bot-api/answer';
import { expect, test } from 'vitest';
import { accountCircuit } from './circuit.ts';
import { accountGate } from './gate.ts';
import { tokenBucket } from './token-bucket.ts';

/** A clock that stands still until it is moved. */
const handClock = () => {
  let now = 0;
  const clock: Clock = { now: () => now, monotonic: () => now, sleep: () => new Promise(() => {}) };
  return {
    clock,
    pass: (ms: number) => {
      now += ms;
    },
  };
};
const ok: BotApiAnswer = { kind: 'accepted', status: 200 };
const down: BotApiAnswer = { kind: 'not_sent', code: 'connect' };

const aGate = (bucketSize = 1000) => {
  const { clock, pass } = handClock();
  const seen: string[] = [];
  const circuit = accountCircuit({
    clock,
    failures: 3,
    pauseMs: 5_000,
    maxPauseMs: 15_000,
    onOpen: (why) => void seen.push(`open ${why}`),
    onClose: () => void seen.push('close'),
  });
  const gate = accountGate({ clock, circuit, bucket: tokenBucket({ clock, ratePerSecond: 5, burst: bucketSize }) });
  let chats = 0;
  return {
    pass,
    seen,
    /** Each of another chat unless told otherwise. */
    send: (answer: BotApiAnswer | Promise<BotApiAnswer>, who = `chat ${++chats}`) => gate.send(who, async () => answer),
  };
};

test('the burst goes at once, then five a second; who is turned away is told a time of his own', async () => {
  const { send, pass } = aGate(3);
  for (let i = 0; i < 3; i += 1) expect(await send(ok)).toEqual(ok);
  expect(await send(ok, 'first')).toEqual({ kind: 'held', code: 'rate_limit', waitMs: 200 });
  expect(await send(ok, 'second')).toEqual({ kind: 'held', code: 'rate_limit', waitMs: 400 });
  expect(await send(ok, 'second')).toEqual({ kind: 'held', code: 'rate_limit', waitMs: 400 });
  pass(200);
  expect(await send(ok, 'first')).toEqual(ok);
  expect(await send(ok, 'first')).toMatchObject({ kind: 'held' });
  pass(60_000);
  for (let i = 0; i < 3; i += 1) expect(await send(ok)).toEqual(ok);
  expect(await send(ok)).toMatchObject({ kind: 'held' });
});

test('who comes back at the time that he was told goes then, however many come for the first time meanwhile', async () => {
  const { send, pass } = aGate(1);
  expect(await send(ok)).toEqual(ok);
  const told = await send(ok, 'waits');
  if (told.kind !== 'held') throw new Error('not held');
  // Twice as many as the rate allows.
  for (let left = told.waitMs + 300; left > 0; left -= 100) {
    pass(100);
    await send(ok);
  }
  expect(await send(ok, 'waits')).toEqual(ok);
});

test('a token that is not fetched is let go of: those who gave up hold nobody up for long', async () => {
  const { send, pass } = aGate(1);
  for (let gone = 0; gone < 1_000; gone++) await send(ok);
  let sent = 0;
  for (let passed = 0; passed < 60_000; passed += 200) {
    pass(200);
    if ((await send(ok)).kind === 'accepted') sent += 1;
  }
  // Each of another chat, and none of them comes back: a third of what the rate allows still goes.
  expect(sent).toBeGreaterThan(50);
  pass(60_000);
  expect(await send(ok)).toEqual(ok);
});

test('who was told a time, and comes late because all stood still, goes at the rate and before whoever comes for the first time', async () => {
  const { send, pass } = aGate(2);
  await send(ok);
  await send(ok);
  const waiting = Array.from({ length: 60 }, (_, at) => `waits ${at}`);
  for (const who of waiting) await send(ok, who);
  // The last was told 12 s.
  pass(9_000);
  const told = await Promise.all(waiting.map((who) => send(ok, who)));
  expect(told.slice(0, 2)).toEqual([ok, ok]);
  expect(told.slice(2)).toEqual(waiting.slice(2).map((_, at) => ({ kind: 'held', code: 'rate_limit', waitMs: 200 * (at + 1) })));
  for (const who of waiting.slice(2)) {
    pass(200);
    expect(await send(ok)).toMatchObject({ kind: 'held' });
    expect(await send(ok, who)).toEqual(ok);
  }
});

test('after a pause that Webim asked for the burst goes and no more, however many had been told a time within it', async () => {
  const { send, pass } = aGate(2);
  await send(ok);
  await send({ kind: 'retry_later', code: 'http_429', status: 429, retryAfterMs: 10_000 });
  pass(10_000);
  await send(ok);
  await send(ok);
  const waiting = Array.from({ length: 30 }, (_, at) => `waits ${at}`);
  for (const who of waiting) expect(await send(ok, who)).toMatchObject({ code: 'rate_limit' });
  pass(200);
  await send({ kind: 'retry_later', code: 'http_429', status: 429, retryAfterMs: 8_000 }, waiting.shift());
  pass(4_000);
  for (const who of waiting) expect(await send(ok, who)).toEqual({ kind: 'held', code: 'rate_limit', waitMs: 4_000 });
  pass(4_000);
  const answers = await Promise.all(waiting.map((who) => send(ok, who)));
  expect(answers.filter(({ kind }) => kind === 'accepted')).toHaveLength(2);
});

test('failures in a row open the circuit; a refusal between them says that Webim is well', async () => {
  const { send, seen } = aGate();
  await send(down);
  await send(down);
  await send({ kind: 'refused', reason: 'other', code: 'x', status: 400 });
  await send(down);
  await send({ kind: 'in_doubt', code: 'timeout' });
  expect(seen).toEqual([]);
  await send({ kind: 'retry_later', code: 'http_503', status: 503 });
  expect(seen).toEqual(['open failures']);
  expect(await send(ok)).toEqual({ kind: 'held', code: 'circuit_open', waitMs: 5_000 });
});

test('after its pause one probe goes; it fails: a longer pause, capped; it succeeds: closed', async () => {
  const { send, seen, pass } = aGate();
  for (let i = 0; i < 3; i += 1) await send(down);
  pass(5_000);
  let answer: (value: BotApiAnswer) => void = () => undefined;
  const probe = send(
    new Promise<BotApiAnswer>((resolve) => {
      answer = resolve;
    }),
  );
  expect(await send(ok)).toMatchObject({ kind: 'held', code: 'circuit_open' });
  answer(down);
  expect(await probe).toEqual(down);
  expect(await send(ok)).toEqual({ kind: 'held', code: 'circuit_open', waitMs: 10_000 });
  pass(10_000);
  await send(down);
  expect(await send(ok)).toEqual({ kind: 'held', code: 'circuit_open', waitMs: 15_000 });
  pass(15_000);
  expect(await send(ok)).toEqual(ok);
  expect(seen).toEqual(['open failures', 'open failures', 'open failures', 'close']);
  for (let i = 0; i < 3; i += 1) await send(down);
  expect(await send(ok)).toMatchObject({ waitMs: 5_000 });
});

test('a refused token opens it at once, and only so long as it is refused', async () => {
  const { send, seen, pass } = aGate();
  await send({ kind: 'refused', reason: 'unauthorized', code: 'http_401', status: 401 });
  expect(seen).toEqual(['open unauthorized']);
  pass(5_000);
  await send(ok);
  await send(down);
  expect(seen).toEqual(['open unauthorized', 'close']);
});

test('429 does not open the circuit; its Retry-After holds the account, ten minutes at most', async () => {
  const { send, seen, pass } = aGate();
  for (let i = 0; i < 5; i += 1) await send({ kind: 'retry_later', code: 'http_429', status: 429 });
  expect(seen).toEqual([]);
  await send({ kind: 'retry_later', code: 'http_429', status: 429, retryAfterMs: 86_400_000 });
  expect(await send(ok)).toEqual({ kind: 'held', code: 'rate_limit', waitMs: 600_000 });
  pass(600_000);
  expect(await send(ok)).toEqual(ok);
});
