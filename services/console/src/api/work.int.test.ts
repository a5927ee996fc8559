import { realClock } from '@dialog/contracts/clock';
import type { EventStore } from '@dialog/event-store/port';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { decidedDialog } from '../../test/decided-dialog.ts';
import { type RunningConsole, runningConsole } from '../../test/running-console.ts';
import { inQueue, overdue, parked, withBot } from '../../test/sample-dialogs.ts';
import type { StuckReport, TimersReport, WaitingReport } from './work.ts';

const minute = 60_000;
let store: EventStore;
let desk: RunningConsole;

beforeEach(async () => {
  desk = await runningConsole();
  store = desk.store;
});
afterEach(() => desk.stop());

const get = async <T>(path: string): Promise<T> => (await (await fetch(desk.address + path)).json()) as T;
const until = <T>(path: string, right: (answer: T) => boolean): Promise<T> =>
  vi.waitFor(
    async () => {
      const answer = await get<T>(path);
      expect(right(answer)).toBe(true);
      return answer;
    },
    { timeout: 15_000, interval: 50 },
  );

it('sorts what does not go on by its cause, with the probable reason and what is tried', async () => {
  const now = realClock.now();
  const held = decidedDialog('bank', '5', now - 30_000).starts('Добрый день');
  held.passes(2_000).says('позовите оператора');
  held.passes(300).answers({ outcome: 'deferred', code: 'circuit_open', notBefore: now + minute });
  const silent = decidedDialog('shop', '6', now - 10 * minute).starts('Добрый день');
  silent.passes(minute).says('позовите оператора');
  silent.passes(1_000).says('ну же');
  const fine = decidedDialog('shop', '7', now - minute).starts('Добрый день');
  const samples = [
    parked('shop', '1', now - 5 * minute),
    overdue('shop', '2', now - 80 * minute),
    inQueue('shop', '3', now - 20 * minute),
    inQueue('shop', '4', now - 30_000),
    withBot('shop', '8', now - minute),
  ];
  for (const sample of samples) await sample.writeTo(store);
  await held.writeTo(store);
  await silent.writeTo(store);
  await fine.writeTo(store);
  const stuck = await until<StuckReport>('/api/stuck', ({ causes }) => causes.length === 5);
  expect(stuck.causes.map(({ cause, count }) => [cause, count]).sort()).toEqual([
    ['circuit_open', 1],
    ['close_overdue', 1],
    ['no_progress', 1],
    ['parked', 1],
    ['queue_too_long', 1],
  ]);
  const of = (cause: string) => stuck.dialogs.filter((one) => one.cause === cause);
  expect(of('parked')).toMatchObject([{ chatId: '1', reason: 'decide_failed', parked: true }]);
  expect(of('close_overdue')).toMatchObject([{ chatId: '2', reason: 'close_handler_or_category', owner: 'operator' }]);
  expect(of('queue_too_long')).toMatchObject([{ chatId: '3', owner: 'queue' }]);
  expect(of('circuit_open')).toMatchObject([
    { account: 'bank', reason: 'circuit_open', head: { attempt: 2, why: 'deferred', notBefore: now + minute } },
  ]);
  expect(of('no_progress')).toMatchObject([{ chatId: '6', waitingMessages: 1, head: { attempt: 1 } }]);
  // The limits are the asker's.
  expect((await get<StuckReport>('/api/stuck?queueMs=10000&cause=queue_too_long&account=shop')).dialogs).toHaveLength(2);
  expect((await get<StuckReport>('/api/stuck?account=bank')).causes).toMatchObject([{ cause: 'circuit_open' }]);
  expect((await fetch(`${desk.address}/api/stuck?cause=nonsense`)).status).toBe(400);

  const waiting = await get<WaitingReport>('/api/waiting');
  expect(waiting.dialogs.map(({ chatId, waitingMessages }) => [chatId, waitingMessages])).toEqual([
    ['6', 1],
    ['5', 0],
  ]);
  expect(waiting.dialogs[1]?.head).toMatchObject({ kind: 'text', attempt: 2, code: 'circuit_open' });
  expect(waiting.count).toBe(2);
});

it('lists the timers of all dialogs, earliest first, with who armed each and whether its time has come', async () => {
  const now = realClock.now();
  await inQueue('shop', '3', now - 20 * minute).writeTo(store);
  const waits = decidedDialog('shop', '6', now - minute).starts('Добрый день');
  waits.passes(1_000).presses('order', 'Где мой заказ?').delivered();
  await waits.writeTo(store);
  await parked('shop', '1', now - 2 * minute).writeTo(store);
  const all = await until<TimersReport>('/api/timers', ({ total }) => total >= 3);
  expect(all.due).toBe(1);
  expect(all.timers.map(({ at }) => at)).toEqual(all.timers.map(({ at }) => at).sort((a, b) => a - b));
  expect(all.timers[0]).toMatchObject({ chatId: '3', name: 'no_operator', state: 'overdue', input: 'effect_result' });
  const script = all.timers.find(({ name }) => name === 'script');
  expect(script?.step).toContain('order');
  expect(waits.stored()[script?.setBy ?? -1]).toMatchObject({ type: 'DeadlineSet', data: { name: 'script', at: script?.at } });
  const first = await get<TimersReport>('/api/timers?limit=1');
  expect(first.next).not.toBeNull();
  const rest = await get<TimersReport>(`/api/timers?limit=100&cursor=${first.next}`);
  expect([...first.timers, ...rest.timers]).toEqual(all.timers);
  expect((await get<TimersReport>('/api/timers?state=due')).timers).toHaveLength(1);
  expect((await get<TimersReport>('/api/timers?name=script')).timers.map(({ name }) => name)).toEqual(['script']);
  expect((await fetch(`${desk.address}/api/timers?cursor=x`)).status).toBe(400);
  // What fired is gone.
  waits.wakes();
  await waits.writeTo(store);
  await until<TimersReport>('/api/timers?name=script', ({ timers }) => timers.every(({ at }) => at !== script?.at));
});
