import { type DialogId, dialogKey } from '@dialog/contracts/ids';
import type { EventStore } from '@dialog/event-store/port';
import type { PartitionedLog } from '@dialog/log/port';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aRecord, ok, type Rig, startRig } from '../test/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.end());

/** A process that dies at its n-th touch of the outside: before the call reaches it, or after, when the answer is lost. Nothing of it happens later. */
const mortal = (diesAt: number) => {
  let touches = 0;
  let dead = false;
  const touch = async <T>(call: () => Promise<T>): Promise<T> => {
    const die = () => {
      touches += 1;
      if (touches >= diesAt) dead = true;
      if (dead) throw new Error('killed');
    };
    die();
    const answer = await call();
    die();
    return answer;
  };
  const store: EventStore = {
    ...rig.store,
    read: (...args) => touch(() => rig.store.read(...args)),
    append: (...args) => touch(() => rig.store.append(...args)),
  };
  const log: PartitionedLog = { ...rig.log, append: (...args) => touch(() => rig.log.append(...args)) };
  return { store, log, died: () => dead };
};

/** What the projector does with a result that is in doubt: the next attempt. */
const untilSettled = async (id: DialogId): Promise<string[]> => {
  for (let attempt = 1; ; attempt += 1) {
    await rig.outbound().deliver(aRecord(id, { attempt, failures: attempt - 1 }));
    const outcomes = (await rig.results(id)).filter((result) => result.attempt === attempt).map(({ outcome }) => outcome);
    if (!outcomes.includes('in_doubt')) return outcomes;
    await rig.dialogAt(id, 1, { number: 1, attempt: attempt + 1 });
  }
};
const postsOf = (id: DialogId) => rig.posted.filter(({ chatId }) => chatId === Number(id.chatId)).length;

test('killed at each await in turn: nothing is lost, and a text sent twice is one that a result calls in doubt', async () => {
  const seen: string[] = [];
  for (let diesAt = 1; ; diesAt += 1) {
    const id = rig.newChat();
    await rig.dialogAt(id, 1, { number: 1, attempt: 1 });
    const { store, log, died } = mortal(diesAt);
    const first = rig.outbound({ store, log }).deliver(aRecord(id));
    if (diesAt < 100) await first.catch(() => undefined);
    const killed = died();

    const last = await untilSettled(id);
    expect(new Set(last), `killed at ${diesAt}`).toEqual(new Set(['accepted']));
    const posts = postsOf(id);
    const doubted = (await rig.results(id)).some(({ outcome }) => outcome === 'in_doubt');
    expect(posts, `killed at ${diesAt}`).toBeGreaterThanOrEqual(1);
    expect(posts, `killed at ${diesAt}`).toBeLessThanOrEqual(doubted ? 2 : 1);
    seen.push(`${posts}${doubted ? '?' : ''}`);
    if (!killed) break;
  }
  // The walk passed the interesting places: before the claim, between claim and POST, after the POST, after the result.
  expect(seen.length).toBeGreaterThan(10);
  expect(seen).toContain('1?');
  expect(seen).toContain('2?');
  expect(seen[0]).toBe('1');
  expect(seen.at(-1)).toBe('1');
}, 30_000);

test('each lost answer of the store, with the process alive: one POST, no doubt', async () => {
  for (let lost = 1; lost <= 6; lost += 1) {
    const id = rig.newChat();
    await rig.dialogAt(id, 1, { number: 1, attempt: 1 });
    let calls = 0;
    const flaky = async <T>(call: () => Promise<T>): Promise<T> => {
      calls += 1;
      const mine = calls;
      const answer = await call();
      // It landed, and the answer did not come.
      if (mine === lost) throw Object.assign(new Error('lost'), { code: 'timeout', retryable: true });
      return answer;
    };
    const outbound = rig.outbound({
      random: () => 0.1,
      claimMarginMs: 60_000,
      store: {
        ...rig.store,
        read: (...args) => flaky(() => rig.store.read(...args)),
        append: (...args) => flaky(() => rig.store.append(...args)),
      },
      log: { ...rig.log, append: (...args) => flaky(() => rig.log.append(...args)) },
    });
    await outbound.deliver(aRecord(id));
    expect(postsOf(id), `answer ${lost}`).toBe(1);
    expect((await rig.sends(id)).map(({ type }) => type)).toEqual(['Claimed', 'Settled']);
    const results = await rig.results(id);
    expect(new Set(results.map(({ inputId, outcome }) => `${inputId} ${outcome}`)).size, dialogKey(id)).toBe(1);
    expect(results[0]).toMatchObject({ outcome: 'accepted' });
  }
});

test('the POST of a claim called in doubt too late to stop it: ours is dropped, what stands is published', async () => {
  const id = rig.newChat();
  await rig.dialogAt(id, 1, { number: 1, attempt: 1 });
  let other: Promise<void> = Promise.resolve();
  rig.script.push(async (response, request, posted) => {
    // Another owner sees the claim now, and its wait is over before this answer comes.
    other = rig.outbound().deliver(aRecord(id));
    await rig.clock.sleep(9_000);
    await ok(response, request, posted);
  });
  const slowSettle: EventStore = {
    ...rig.store,
    append: async (...args) => {
      if (args[1][0]?.type === 'Settled') await other;
      return rig.store.append(...args);
    },
  };
  await rig.outbound({ store: slowSettle }).deliver(aRecord(id));
  expect(new Set((await rig.results(id)).map(({ outcome }) => outcome))).toEqual(new Set(['in_doubt']));
  expect((await rig.sends(id)).map(({ type }) => type)).toEqual(['Claimed', 'Settled']);
});
