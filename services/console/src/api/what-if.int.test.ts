import { scriptStream } from '@dialog/contracts/ids';
import type { EventStore } from '@dialog/event-store/port';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { handedOver, supportLife, supportSource } from '../../test/decided-dialog.ts';
import { neverCaughtUp, type RunningConsole, runningConsole } from '../../test/running-console.ts';
import type { WhatIfDialog, WhatIfList, WhatIfState } from './what-if.ts';

const t0 = Date.parse('2026-03-02T09:00:00Z');
const hour = 3_600_000;
let store: EventStore;
let desk: RunningConsole;

beforeEach(async () => {
  desk = await runningConsole();
  store = desk.store;
});
afterEach(() => desk.stop());

const ask = async <T>(
  path: string,
  body?: object,
  method = body === undefined ? 'GET' : 'POST',
): Promise<{ status: number; answer: T }> => {
  const response = await fetch(`${desk.address}/api${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  return { status: response.status, answer: (await response.json()) as T };
};
const poll = { timeout: 30_000, interval: 50 };
const ended = (id: string): Promise<WhatIfState> =>
  vi.waitFor(async () => {
    const { answer } = await ask<WhatIfState>(`/what-if/${id}`);
    expect(answer.state).not.toBe('running');
    return answer;
  }, poll);
const tried = async (body: object): Promise<WhatIfState> => {
  const { status, answer } = await ask<{ id: string }>('/what-if', body);
  expect(status, JSON.stringify(answer)).toBe(202);
  return ended(answer.id);
};
const recorded = async (): Promise<void> => {
  for (let at = 0; at < 6; at++) {
    const life = at % 2 === 0 ? handedOver : supportLife;
    await life(at < 4 ? 'shop' : 'bank', String(at), t0 + at * hour).writeTo(store);
  }
  await vi.waitFor(async () => {
    const { answer } = await ask<{ dialogs: readonly unknown[] }>('/dialogs');
    expect(answer.dialogs).toHaveLength(6);
  }, poll);
};
const reworded = supportSource.replace(/Здравствуйте[^"\n]*/u, 'Добрый день!');

it('tries a script on chosen dialogs: totals, the list, one dialog with both transcripts', async () => {
  await recorded();
  const same = await tried({ source: supportSource });
  expect(same).toMatchObject({ state: 'done', chosen: 6, listed: 0, totals: { dialogs: 6, differ: 0, gaps: {} } });
  const ofShop = await tried({ choose: { account: 'shop' }, source: reworded });
  expect(ofShop).toMatchObject({ state: 'done', chosen: 4, listed: 4, totals: { dialogs: 4, differ: 4, repliesChanged: 4 } });
  const inTime = await tried({ choose: { from: new Date(t0 + 4 * hour).toISOString() }, source: reworded });
  expect(inTime.chosen).toBe(2);

  const { answer: page } = await ask<WhatIfList>(`/what-if/${ofShop.id}/dialogs?limit=3`);
  expect([page.dialogs.length, page.next]).toEqual([3, 3]);
  const [one] = page.dialogs;
  expect(one?.first).toMatchObject({ now: { text: 'Добрый день!' } });
  const { answer: whole } = await ask<WhatIfDialog>(`/what-if/${ofShop.id}/dialogs/${one?.account}/${one?.chatId}`);
  expect(whole.first?.revision).toBe(one?.first?.revision);
  expect(whole.transcripts.now.map(({ text }) => text)).toContain('Добрый день!');
  expect(whole.transcripts.before.length).toBe(whole.transcripts.now.length);
});

it('tries a kept version by its hash, and settings', async () => {
  await recorded();
  const hash = supportLife('shop', '1', t0).scriptHash;
  expect(await tried({ script: hash })).toMatchObject({ script: hash, totals: { dialogs: 6, differ: 0 } });
  // Without buttons each menu is a numbered text.
  expect((await tried({ settings: { inlineButtons: false } })).totals.differ).toBe(6);
  expect((await tried({ settings: { handbackGraceMs: 9_000 } })).totals.differ).toBe(0);
});

it('refuses what can not be tried, with the reason', async () => {
  expect(await ask('/what-if', {})).toMatchObject({ status: 400 });
  expect(await ask('/what-if', { source: 'format: dialog-script/1\nbot: x\nscripts: { a: { steps: [ { go: b } ] } }' })).toMatchObject({
    status: 422,
    answer: { errors: [{ field: '3:32' }] },
  });
  expect(await ask('/what-if', { script: '0'.repeat(32) })).toMatchObject({ status: 404 });
  expect(await ask('/what-if', { settings: { account: 'other' } })).toMatchObject({ status: 400 });
  expect(await ask('/what-if/0198c6a2-3f4e-4bcb-9d0e-6c3b1d6f2a11')).toMatchObject({ status: 404 });
});

it('tries nothing while the list of dialogs is being rebuilt: a part of them would read as all', async () => {
  await recorded();
  const rebuilding = await runningConsole({ store: neverCaughtUp(store) });
  try {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ source: reworded });
    const response = await fetch(`${rebuilding.address}/api/what-if`, { method: 'POST', headers, body });
    expect([response.status, await response.json()]).toMatchObject([503, { title: 'The list of dialogs is being rebuilt' }]);
  } finally {
    await rebuilding.stop();
  }
});

it('of two that are asked at once, each of a version that is still being read, one runs', async () => {
  await recorded();
  const script = supportLife('shop', '1', t0).scriptHash;
  const bothAsk = Promise.withResolvers<void>();
  let asking = 0;
  const slow = await runningConsole({
    store: {
      ...store,
      read: async (stream, options) => {
        if (stream === scriptStream(script) && ++asking === 2) bothAsk.resolve();
        if (stream === scriptStream(script)) await bothAsk.promise;
        return store.read(stream, options);
      },
    },
  });
  await vi.waitFor(async () => expect(await (await fetch(`${slow.address}/api/about`)).json()).toMatchObject({ caughtUp: true }), poll);
  const start = async (): Promise<number> => {
    const headers = { 'content-type': 'application/json' };
    return (await fetch(`${slow.address}/api/what-if`, { method: 'POST', headers, body: JSON.stringify({ script }) })).status;
  };
  try {
    expect((await Promise.all([start(), start()])).sort()).toEqual([202, 409]);
  } finally {
    await slow.stop();
  }
});

it('one at a time; a cancelled one keeps what it found', async () => {
  await recorded();
  const first = await ask<{ id: string }>('/what-if', { source: reworded });
  expect(await ask('/what-if', { source: reworded })).toMatchObject({ status: 409 });
  await ask(`/what-if/${first.answer.id}`, undefined, 'DELETE');
  const state = await ended(first.answer.id);
  expect(['cancelled', 'done']).toContain(state.state);
  expect(state.totals.dialogs).toBeLessThanOrEqual(6);
  expect((await tried({ source: reworded })).totals.dialogs).toBe(6);
});
