import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '@dialog/contracts/clock';
import type { QuarantineRecord } from '@dialog/contracts/quarantine';
import { topics } from '@dialog/contracts/topics';
import type { PartitionedLog } from '@dialog/log/port';
import { sqliteLog } from '@dialog/log/sqlite/log';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { quarantineReader } from './quarantine-reader.ts';
import { openReadModel } from './read-model.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quarantine-reader-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const logOf = async (name: string): Promise<PartitionedLog> => {
  const log = sqliteLog({ file: join(folder, name), clock: realClock });
  await log.ensureTopics([{ name: topics.quarantine, partitions: 1, cleanup: 'delete' }]);
  return log;
};
const putAside = async (log: PartitionedLog, verdict: QuarantineRecord['verdict']): Promise<void> => {
  const record = { account: 'shop', receivedAt: realClock.now(), verdict, method: 'POST', truncated: false, bodyBase64: '' };
  await log.append([{ topic: topics.quarantine, key: 'shop', value: Buffer.from(JSON.stringify(record)) }]);
};

it('the log was lost and made anew: what is put aside from then on is read from its beginning, each once', async () => {
  const readModel = openReadModel({ file: join(folder, 'console.db') });
  const verdicts = async (): Promise<string[]> => {
    const { rows } = await readModel.quarantined({ since: 0, limit: 10 });
    return rows.map(({ verdict }) => verdict).sort();
  };
  const reads = async (log: PartitionedLog, expected: readonly string[]): Promise<void> => {
    const stopping = new AbortController();
    const running = quarantineReader({ log, readModel, clock: realClock, logger: pino({ level: 'silent' }) }).run(stopping.signal);
    await vi.waitFor(async () => expect(await verdicts()).toEqual(expected), { timeout: 10_000 });
    stopping.abort();
    await running;
  };
  const lost = await logOf('lost.db');
  for (const verdict of ['not_json', 'too_big', 'no_chat_id'] as const) await putAside(lost, verdict);
  await reads(lost, ['no_chat_id', 'not_json', 'too_big']);
  await lost.close();

  const anew = await logOf('anew.db');
  await putAside(anew, 'unknown_event');
  // It stands at the place of the first that was lost.
  await reads(anew, ['no_chat_id', 'too_big', 'unknown_event']);
  expect(await readModel.quarantineRead()).toEqual({ 0: 1 });
  await putAside(anew, 'wrong_token');
  await reads(anew, ['no_chat_id', 'unknown_event', 'wrong_token']);
  await anew.close();
  await readModel.close();
});
