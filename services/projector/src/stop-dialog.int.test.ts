import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Accounts } from '@dialog/contracts/account';
import { realClock } from '@dialog/contracts/clock';
import type { AccountId, ChatId } from '@dialog/contracts/ids';
import { topicSpecs, topics } from '@dialog/contracts/topics';
import type { EventStore } from '@dialog/event-store/port';
import { sqliteEventStore } from '@dialog/event-store/sqlite/event-store';
import type { LogRecord } from '@dialog/log/port';
import { sqliteLog } from '@dialog/log/sqlite/log';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { acmeAlone } from './account.fixture.ts';
import type { ApplyDependencies } from './apply-record.ts';
import { dialogs } from './dialogs.ts';
import { pins } from './pins.ts';
import { projectorService } from './projector.ts';
import { beginsParked, stopDialog } from './stop-dialog.ts';

let folder: string;
let store: EventStore;
let applying: ApplyDependencies;
let accounts: Accounts;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dialog-stop-'));
  store = sqliteEventStore({ file: join(folder, 'events.db'), clock: realClock });
  const bot = join(folder, 'bot.yaml');
  await writeFile(
    bot,
    'format: dialog-script/1\nbot: b\ndefaults: { handover: { department: people } }\nscripts:\n  w: { when: chat_start, steps: [{ say: hi }] }\n  o: { when: { fallback: { streak: 1 } }, steps: [{ say: "?" }] }\n',
  );
  accounts = acmeAlone(folder);
  const pinned = pins({ store, accounts, clock: realClock, logger: pino({ level: 'silent' }) });
  await pinned.registerAll();
  const cache = dialogs({ store, capacity: 10 });
  applying = { store, dialogs: cache, pins: pinned, producer: 'test', doorsOpenSince: () => 0 };
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const id = { account: 'acme' as AccountId, chatId: '7' as ChatId };
const record = (offset: number, value: string, of = id): LogRecord => ({
  topic: topics.inbox,
  partition: 0,
  offset,
  key: `${of.account}:${of.chatId}`,
  value: Buffer.from(value),
  headers: {},
  appendedAt: 1_000 + offset,
});
const input = (type: string, more: object = {}, of = id): string =>
  JSON.stringify({ type, inputId: `${type}-1`, ...of, chatIdForm: 'string', receivedAt: 1, bodyHash: 'b', messages: [], ...more });
/** Stops at a record, and reads what a new owner would. */
const stop = async (at: LogRecord, of = id) => {
  const before = await applying.dialogs.load(of, 1);
  const { stopped } = await stopDialog(applying, before, at, 'decision_failed');
  applying.dialogs.forget(of);
  const loaded = await dialogs({ store, capacity: 10 }).load(of, 1);
  expect(JSON.stringify(loaded)).toBe(JSON.stringify(stopped));
  applying.dialogs.keep(loaded, 1);
  return loaded;
};

it('a first record that can’t be applied: the bot has the chat and gives it to people, with the form of its number as the record says', async () => {
  const stopped = await stop(record(3, input('new_chat')));
  expect(stopped.state).toMatchObject({
    status: 'live',
    parked: true,
    chatIdForm: 'string',
    at: 1_003,
    effects: [{ purpose: 'parked', effect: { kind: 'redirect', department: 'people' } }],
  });
});

it.each([
  ['7', 'number'],
  ['a-7', 'string'],
])('one that can’t be read, of chat %s: the number is a %s', async (chatId, chatIdForm) => {
  const of = { ...id, chatId: chatId as ChatId };
  expect((await stop(record(3, '{', of), of)).state).toMatchObject({ status: 'live', chatIdForm, parked: true });
});

it.each(['chat_started', 'chat_assigned'])('a %s gives the bot no chat; the new_chat after it does, once', async (type) => {
  const first = await stop(record(3, input(type)));
  expect([first.parked, first.state]).toMatchObject([true, { status: 'unseen', parked: 'decision_failed' }]);
  expect(beginsParked(first, record(4, input('chat_closed')))).toBe(false);
  const follows = record(5, input('new_chat'));
  expect(beginsParked(first, follows)).toBe(true);
  const second = await stop(follows);
  expect(second.state).toMatchObject({ status: 'live', parked: true, effects: [{ purpose: 'parked' }] });
  expect(beginsParked(second, follows)).toBe(false);
});

it('a refused webhook is people’s already', async () => {
  const stopped = await stop(record(3, input('new_chat', { answerBy: 1_000 })));
  expect(stopped.state.status === 'unseen' && stopped.parked).toBe(true);
});

it('what a visitor wrote in a record that can’t be applied is in no line of the log, nor is the script in that of its refusal', async () => {
  const planted = 'Мой номер 4012';
  const log = sqliteLog({ file: join(folder, 'log.db'), clock: realClock });
  await log.ensureTopics(topicSpecs(1));
  const unreadable = [planted, `{"text":"${planted}`, JSON.stringify({ type: planted, text: planted, [planted]: 1 }), input(planted)];
  await log.append(unreadable.map((value, at) => ({ topic: topics.inbox, key: `acme:${at + 1}`, value: Buffer.from(value) })));
  const lines: string[] = [];
  const logger = pino({ level: 'trace' }, { write: (line) => void lines.push(line) });
  const watched = pins({ store, accounts, clock: realClock, logger });
  await watched.registerAll();
  await writeFile(join(folder, 'bot.yaml'), `format: dialog-script/1\nbot: b\n${planted}: ${planted}\n`);
  const projector = projectorService({ log, store, pins: watched, clock: realClock, logger, producer: 'test' });
  const running = projector.run();
  const told = (event: string) => lines.map((line) => JSON.parse(line)).filter((line) => line.event === event);
  await vi.waitFor(() => {
    expect(told('dialog_parked').map(({ reason }) => reason)).toEqual(expect.arrayContaining(['not_json', 'not_json', 'not_an_input']));
    expect(told('dialog_parked')).toHaveLength(unreadable.length);
    expect(told('script_refused')).toMatchObject([{ account: 'acme', errors: expect.any(Array) }]);
  }, 10_000);
  await projector.stop();
  await running;
  await log.close();
  expect(lines.filter((line) => line.includes('номер') || line.includes('4012'))).toEqual([]);
});
