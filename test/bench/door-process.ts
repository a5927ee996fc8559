import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { realClock } from '@dialog/contracts/clock';
import type { AccountId } from '@dialog/contracts/ids';
import { Secret } from '@dialog/contracts/secret';
import { topics } from '@dialog/contracts/topics';
import { ingressService } from '@dialog/ingress/ingress';
import { sqliteLog } from '@dialog/log/sqlite/log';
import { defaultSettings, sampleBot } from '@dialog/standalone/world';
import express from 'express';
import { pino } from 'pino';

/** One door in a process of its own: our ingress, or the barest express route that appends to the same kind of log. */
const { door, file, tokenHash } = JSON.parse(process.env['BENCH_DOOR'] ?? '') as {
  door: 'ingress' | 'bare';
  file: string;
  tokenHash: string;
};
const log = sqliteLog({ file, clock: realClock });
await log.ensureTopics([
  { name: topics.inbox, partitions: 4, cleanup: 'delete' },
  { name: topics.quarantine, partitions: 4, cleanup: 'delete' },
]);
process.once('disconnect', () => process.exit(0));

if (door === 'bare') {
  const app = express();
  app.use(express.json({ limit: '8mb' }));
  app.post('/{*any}', async (request, response) => {
    const body = request.body as { chat_id: number };
    await log.append([
      { topic: topics.inbox, key: `bench:${body.chat_id}`, value: Buffer.from(JSON.stringify({ id: randomUUID(), body })) },
    ]);
    response.json({ result: 'ok' });
  });
  const server = createServer(app).listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
} else {
  const account = {
    id: 'bench' as AccountId,
    webim: { host: '127.0.0.1', baseUrl: 'http://127.0.0.1:9', token: new Secret('x') },
    webhookTokenHashes: [tokenHash],
    scriptFile: sampleBot,
    settings: defaultSettings('bench'),
  };
  const ingress = ingressService({
    accounts: { get: (id) => (id === 'bench' ? account : undefined), all: () => [account] },
    log,
    clock: realClock,
    logger: pino({ level: 'error' }),
    hashKey: new Secret('bench-hash-key-of-thirty-two-bytes'),
    host: '127.0.0.1',
    port: 0,
    ackTimeoutMs: 5_000,
    botSilenceLimitMs: 3_600_000,
    partitions: 4,
  });
  void ingress.run();
  await ingress.listening();
  process.send?.({ port: Number(new URL(ingress.address()).port) });
}
