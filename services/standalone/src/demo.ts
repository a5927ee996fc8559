import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DomainEvent, EventMetadata } from '@dialog/contracts/domain-event';
import { type AccountId, type ChatId, dialogStream } from '@dialog/contracts/ids';
import type { RecordedEvent } from '@dialog/event-store/port';
import { pino } from 'pino';
import { judge } from './demo-judge.ts';
import { tell } from './demo-tell.ts';
import { openWorld } from './world.ts';

/**
 * Drives one dialog through its whole life against a fresh engine and simulator, the clock of both fast: two episodes, the first ended by the
 * operator's redirect back, with a Return that the visitor hears, the second by the auto-close timeout. Exits non-zero if the history is not as it must be.
 */
const json = process.argv.includes('--json');
const dataDir = await mkdtemp(join(tmpdir(), 'dialog-demo-'));
const world = await openWorld({
  dataDir,
  clockRate: 30,
  logger: pino({ level: process.env['LOG_LEVEL'] ?? 'fatal' }, process.stderr),
  simulator: { timeouts: { inactivityMs: 60_000, closedByOperatorMs: 30_000, gridMs: 30_000 } },
});
const { simulator } = world;
const { webim } = simulator;
const anna = 240007;

const events = async (chatId: number): Promise<readonly (RecordedEvent & DomainEvent & { metadata: EventMetadata })[]> =>
  (await world.engine().store.read(dialogStream({ account: world.accountId as AccountId, chatId: String(chatId) as ChatId }))) as never;

const until = async (chatId: number, what: string, holds: (metadata: EventMetadata) => boolean): Promise<void> => {
  for (const from = performance.now(); performance.now() - from < 20_000; await world.clock.sleep(300)) {
    const last = (await events(chatId)).at(-1);
    if (last !== undefined && holds(last.metadata)) return;
  }
  throw new Error(`never: ${what}`);
};

const heard = (chatId: number, text: string): Promise<void> =>
  simulator.until(() => webim.chat(chatId).messages.some((message) => (message.text ?? '').includes(text)), `the visitor hears "${text}"`);

let failure: unknown;
try {
  await Promise.race([world.start(), world.ended]);
  const visitor = webim.newVisitor({ name: 'Ирина' });
  const { id } = webim.open(visitor.id, 'Здравствуйте');
  await heard(id, 'Чем помочь?');
  await until(id, 'the bot waits', (last) => last.head === null);
  webim.press(id, 'order');
  await heard(id, 'Назовите номер заказа');
  await until(id, 'the bot waits', (last) => last.head === null);
  webim.say(id, '204512');
  await heard(id, 'в пути');
  await until(id, 'the bot waits', (last) => last.head === null);

  webim.say(id, 'позовите оператора');
  await until(id, 'the chat is handed over', (last) => last.owner === 'queue' && last.flag);
  webim.take(id, anna);
  await until(id, 'the operator has it', (last) => last.owner === 'operator');
  webim.answer(id, anna, 'Здравствуйте, Анна на связи.');
  webim.redirectToBot(id);
  await heard(id, 'Снова на связи бот');
  await until(id, 'the bot has it back', (last) => last.owner === 'bot' && !last.flag && last.head === null);

  webim.press(id, 'human');
  await until(id, 'the chat is handed over again', (last) => last.owner === 'queue' && last.flag);
  webim.take(id, anna);
  await until(id, 'the operator has it again', (last) => last.owner === 'operator');
  webim.answer(id, anna, 'Чем могу помочь?');
  await until(id, 'the auto-close timeout closed it', (last) => last.owner === 'nobody' && !last.flag);

  const history = await events(id);
  for (const event of history) {
    if (json) {
      const { owner, epoch, flag } = event.metadata;
      process.stdout.write(`${JSON.stringify({ revision: event.revision, type: event.type, owner, epoch, flag, data: event.data })}\n`);
    } else process.stdout.write(tell(event));
  }
  const faults = judge(history);
  if (faults.length > 0) failure = new Error(faults.join('\n'));
} catch (error) {
  failure = error;
}
await world.stop();
await rm(dataDir, { recursive: true, force: true });
if (failure !== undefined) {
  process.stderr.write(`the demo failed: ${failure instanceof Error ? failure.message : String(failure)}\n`);
  process.exit(1);
}
if (!json) process.stdout.write('\nTwo episodes, two resets of the flag, two Returns: as it must be.\n');
process.exit(0);
