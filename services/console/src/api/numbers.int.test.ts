import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '@dialog/contracts/clock';
import type { EventStore } from '@dialog/event-store/port';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { decidedDialog } from '../../test/decided-dialog.ts';
import { type RunningConsole, runningConsole } from '../../test/running-console.ts';
import type { BehindReport, FlowReport, NumbersReport } from './numbers.ts';

let folder: string;
let numbersFile: string;
let store: EventStore;
let desk: RunningConsole;

const definitions = (version: number, title: string): string => `format: numbers/1
version: ${version}
numbers:
  handovers:
    title: { en: ${title}, ru: Переданы }
    share: { that: { handedOver: true } }
  left_at:
    title: { en: Left at, ru: Ушли на }
    by: { field: leftAt }
`;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'console-numbers-'));
  numbersFile = join(folder, 'numbers.yaml');
  await writeFile(numbersFile, definitions(1, 'Handed'));
  desk = await runningConsole({ numbersFile });
  store = desk.store;
});
afterEach(async () => {
  await desk.stop();
  await rm(folder, { recursive: true, force: true });
});

const get = async <T>(path: string): Promise<T> => (await (await fetch(desk.address + path)).json()) as T;

it('counts episodes by the file, opens those behind a number, and the ways that dialogs took', async () => {
  const now = realClock.now();
  const alone = decidedDialog('shop', '1', now - 60_000).starts('Добрый день');
  await alone.writeTo(store);
  const handed = decidedDialog('shop', '2', now - 50_000).starts('Добрый день');
  handed.passes(2_000).says('позовите оператора');
  await handed.writeTo(store);
  const numbers = (more = '') => get<NumbersReport>(`/api/numbers?zone=Europe/Moscow${more}`);
  await vi.waitFor(async () => expect((await numbers()).numbers[0]?.base).toBe(2), { timeout: 15_000, interval: 50 });

  const asked = await numbers();
  expect(asked).toMatchObject({ version: 1, by: 'day', zone: 'Europe/Moscow' });
  expect(asked.numbers.map(({ name, wrong }) => [name, wrong])).toEqual([
    ['handovers', []],
    ['left_at', []],
  ]);
  expect(asked.numbers[0]?.series.reduce((sum, { base }) => sum + base, 0)).toBe(2);
  expect((await numbers('&account=bank')).numbers[0]).toMatchObject({ base: 0, value: null });

  const first = await get<BehindReport>('/api/numbers/left_at/episodes?none=true&limit=1');
  expect(first.episodes.map(({ chatId, revision }) => [chatId, typeof revision])).toEqual([['2', 'number']]);
  const second = await get<BehindReport>(`/api/numbers/left_at/episodes?none=true&limit=1&cursor=${first.next}`);
  expect(second.episodes.map(({ chatId }) => chatId)).toEqual(['1']);
  expect((await fetch(`${desk.address}/api/numbers/nothing/episodes`)).status).toBe(404);
  expect((await fetch(`${desk.address}/api/numbers?zone=Mars/Base`)).status).toBe(400);
  expect((await fetch(`${desk.address}/api/numbers/left_at/episodes?cursor=x`)).status).toBe(400);

  const { dialogs } = await get<{ dialogs: { script: string }[] }>('/api/dialogs');
  const script = dialogs[0]?.script;
  const flow = await get<FlowReport>(`/api/numbers/flow?script=${script}`);
  expect(flow.dialogs).toBe(2);
  expect(flow.ways.find(({ from }) => from.endsWith(' chat_start'))).toMatchObject({ dialogs: 2 });
  expect(flow.ways.every(({ dialogs }) => dialogs <= 2)).toBe(true);
  expect(flow.ways.some(({ from, dialogs }) => from === 'trigger scripts.to_human text' && dialogs === 1)).toBe(true);
});

it('takes a changed file at the next question, and says what is wrong with a broken one', async () => {
  await writeFile(numbersFile, definitions(2, 'Handed over'));
  const changed = await get<NumbersReport>('/api/numbers');
  expect([changed.version, changed.numbers[0]?.title.en]).toEqual([2, 'Handed over']);
  await writeFile(numbersFile, definitions(3, 'x').replace('handedOver', 'handed'));
  const response = await fetch(`${desk.address}/api/numbers`);
  expect([response.status, ((await response.json()) as { errors: { field: string }[] }).errors[0]?.field]).toEqual([500, '6:30']);
});
