import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { realClock } from '@dialog/contracts/clock';
import type { AccountId } from '@dialog/contracts/ids';
import { Secret } from '@dialog/contracts/secret';
import { defaultPartitions, topics } from '@dialog/contracts/topics';
import { ingressService } from '@dialog/ingress/ingress';
import { openLog } from '@dialog/log/open-log';
import { defaultSettings, sampleBot } from '@dialog/standalone/world';
import express from 'express';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { pino } from 'pino';

/** One door in a process of its own: our ingress, or the barest express route that appends to the same kind of log. */
const { door, logUrl, topic, brokers, tokenHash } = JSON.parse(process.env['BENCH_DOOR'] ?? '') as {
  door: 'ingress' | 'bare';
  logUrl: string;
  /** Of the bare route on Kafka, which uses the client as it is. */
  topic?: string;
  brokers?: string[];
  tokenHash: string;
};
const log = await openLog({ url: logUrl, clock: realClock });
await log.ensureTopics([
  { name: topics.inbox, partitions: defaultPartitions, cleanup: 'delete' },
  { name: topics.quarantine, partitions: defaultPartitions, cleanup: 'delete' },
]);
process.once('disconnect', () => process.exit(0));
// Asked between the rounds: what it has cost so far, µs of processor.
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpu: user + system });
});

/** One record of the bare route: acknowledged when it resolves. */
const appender = async (): Promise<(key: string, value: Buffer) => Promise<unknown>> => {
  if (brokers === undefined) return (key, value) => log.append([{ topic: topics.inbox, key, value }]);
  const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer({
    idempotent: false,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  return (key, value) => producer.send({ topic: topic ?? topics.inbox, acks: -1, messages: [{ key, value }] });
};

if (door === 'bare') {
  const append = await appender();
  const app = express();
  app.use(express.json({ limit: '8mb' }));
  app.post('/{*any}', async (request, response) => {
    const body = request.body as { chat_id: number };
    await append(`bench:${body.chat_id}`, Buffer.from(JSON.stringify({ id: randomUUID(), body })));
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
  });
  void ingress.run();
  await ingress.listening();
  process.send?.({ port: Number(new URL(ingress.address()).port) });
}
