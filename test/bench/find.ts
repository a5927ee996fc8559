import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { consoleService } from '@dialog/console/console';
import { openTables } from '@dialog/console/read-model/tables';
import { realClock } from '@dialog/contracts/clock';
import { sqliteEventStore } from '@dialog/event-store/sqlite/event-store';
import { sqliteLog } from '@dialog/log/sqlite/log';
import { pino } from 'pino';
import { corpus, facets, rankedWord, seeded, visitorOf } from './dialog-corpus.ts';
import { type Figure, quantile } from './figures.ts';

const dialogs = 100_000;
const batchEvents = 500;
const rounds = 200;
const goalMs = 200;

type Question = Readonly<Record<string, string>>;
const random = seeded(42);
const one = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
const until = Date.parse('2026-11-01T00:00:00Z');
const dayMs = 86_400_000;
const somewhere = (): Question => {
  const from = until - Math.floor(random() * 300) * dayMs;
  return { from: new Date(from).toISOString(), to: new Date(from + 7 * dayMs).toISOString() };
};
const number = (): string => String(Math.floor(random() * 1_000_000));

/** What people ask; each time with other values. */
const questions: Readonly<Record<string, () => Question>> = {
  'the newest dialogs': () => ({}),
  'an account': () => ({ account: one(facets.accounts) }),
  'an owner': () => ({ owner: one(['bot', 'queue', 'operator', 'nobody']) }),
  'the flag': () => ({ flag: one(['true', 'false']) }),
  'a state': () => ({ state: one(['open', 'trial', 'closed', 'inferred', 'unseen']) }),
  'a department': () => ({ department: one(facets.departments) }),
  'an operator': () => ({ operator: one(facets.operators) }),
  'a version of a script': () => ({ script: one(facets.scripts) }),
  'a mark': () => ({ mark: one(facets.marks) }),
  'a cause of return': () => ({ cause: one(facets.causes) }),
  'a problem': () => ({
    problem: one(['any', 'parked', 'overdue', 'in_doubt', 'refused', 'suppressed', 'expired', 'repeated', 'incomplete']),
  }),
  'all chats of a person': () => ({ visitor: visitorOf(Math.floor(random() * (dialogs / 3))) }),
  'a week': somewhere,
  'account, owner, week': () => ({ account: one(facets.accounts), owner: 'nobody', ...somewhere() }),
  'account, department, mark, cause': () => ({
    account: one(facets.accounts),
    department: one(facets.departments),
    mark: one(facets.marks),
    cause: one(facets.causes),
  }),
  'what no dialog is: closed, with the flag, of a script': () => ({ owner: 'nobody', flag: 'true', script: one(facets.scripts) }),
  'two long lists that never meet': () => ({ state: 'closed', owner: 'bot', flag: 'false' }),
  'a word': () => ({ text: rankedWord(random) }),
  'the commonest word': () => ({ text: 'заказами' }),
  'three words': () => ({ text: `${rankedWord(random)} ${rankedWord(random)} ${rankedWord(random)}` }),
  'three of the commonest words': () => ({ text: 'заказы доставки возврату' }),
  'an order number': () => ({ text: number() }),
  'the beginning of a word': () => ({ text: `${number().slice(0, 3)}*` }),
  'a word, account, problem': () => ({ text: rankedWord(random), account: one(facets.accounts), problem: 'any' }),
  'a common word, mark, week': () => ({ text: one(['заказ', 'оплаты', 'курьером']), mark: one(facets.marks), ...somewhere() }),
  'common words under what no dialog is': () => ({ text: 'заказ доставка', owner: 'nobody', flag: 'true' }),
};

/** The list's answers over HTTP, with a read model of a hundred thousand dialogs and two million events made through its own door. */
export const find = async (folder: string): Promise<readonly Figure[]> => {
  await mkdir(folder, { recursive: true });
  const dataFile = join(folder, 'console.db');
  const tables = openTables(dataFile);
  let events = 0;
  const applied: number[] = [];
  const from = performance.now();
  for (const batch of corpus(dialogs, batchEvents, until)) {
    const before = performance.now();
    tables.apply(batch);
    applied.push(performance.now() - before);
    events += batch.length;
  }
  const filledMs = applied.reduce((sum, ms) => sum + ms, 0);
  const madeMs = performance.now() - from - filledMs;
  tables.close();
  const store = sqliteEventStore({ file: join(folder, 'events.db'), clock: realClock });
  const log = sqliteLog({ file: join(folder, 'log.db'), clock: realClock });
  const desk = consoleService({ store, log, clock: realClock, logger: pino({ level: 'silent' }), dataFile, port: 0 });
  const running = desk.run();
  const address = await desk.listening();
  const ask = async (question: Question): Promise<{ readonly ms: number; readonly found: number; readonly next: string | null }> => {
    const before = performance.now();
    const response = await fetch(`${address}/api/dialogs?${new URLSearchParams(question)}`);
    const list = (await response.json()) as { dialogs: unknown[]; next: string | null };
    if (!response.ok) throw new Error(`answered ${response.status}`);
    return { ms: performance.now() - before, found: list.dialogs.length, next: list.next };
  };
  const figures: Figure[] = [
    {
      name: 'filling the read model: rows, facets and words',
      value: (events / filledMs) * 1000,
      atLeast: true,
      unit: 'events/s',
      detail: `${events} events of ${dialogs} dialogs in ${(filledMs / 1000).toFixed(0)} s (made in ${(madeMs / 1000).toFixed(0)} s), batches of ${batchEvents}: p50 ${quantile(applied, 0.5).toFixed(1)} ms, p99 ${quantile(applied, 0.99).toFixed(1)} ms; ${((await stat(dataFile)).size / 2 ** 20).toFixed(0)} MiB`,
    },
  ];
  try {
    for (const [name, make] of Object.entries(questions)) {
      const times: number[] = [];
      const found: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const question = make();
        const first = await ask(question);
        times.push(first.ms);
        found.push(first.found);
        // The page after it costs the same: by key, not by counting.
        if (first.next !== null && round % 4 === 0) times.push((await ask({ ...question, cursor: first.next })).ms);
      }
      figures.push({
        name: `find: ${name}`,
        value: quantile(times, 0.99),
        goal: goalMs,
        atLeast: false,
        unit: 'ms (p99)',
        detail: `p50 ${quantile(times, 0.5).toFixed(1)} ms, worst ${Math.max(...times).toFixed(1)} ms over ${times.length} pages of at most 50; ${quantile(found, 0.5)} dialogs (median)`,
      });
    }
  } finally {
    await desk.stop();
    await running;
    await log.close();
    await store.close();
  }
  return figures;
};
