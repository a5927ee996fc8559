import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '@dialog/contracts/clock';
import { sampleBot } from '@dialog/standalone/world';
import { startEventStoreProcess } from '@dialog/test-kit/event-store';
import { findKafka } from '@dialog/test-kit/kafka-broker';
import { sampleAccount } from '@dialog/webim-simulator/account';
import { webimSimulator } from '@dialog/webim-simulator/simulator';
import { cluster } from './cluster-processes.ts';

/**
 * `npm run cluster`: the topology of docker-compose.yml without Docker: a real Kafka on the JVM, an event store in a process of its own, ingress, two
 * projectors, outbound and console as separate processes, and the simulated Webim. For trying out: what it writes is removed at the end.
 */
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const stopping = Promise.withResolvers<void>();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.resolve());

say('Starting Kafka …');
const kafka = await findKafka();
if ('reason' in kafka) {
  process.stderr.write(`There is no Kafka to be had: ${kafka.reason}\n`);
  process.exit(1);
}
const dataDir = await mkdtemp(join(tmpdir(), 'dialog-cluster-'));
const events = await startEventStoreProcess();
const botToken = randomBytes(24).toString('hex');
const webhookToken = randomBytes(32).toString('base64url');
const simulator = webimSimulator({
  clock: realClock,
  port: Number(process.env['SIMULATOR_PORT'] ?? 8082),
  account: sampleAccount(botToken),
});
simulator.run().catch(stopping.reject);
await simulator.listening();
const engine = await cluster({
  dataDir,
  logUrl: `kafka:${kafka.brokers.join(',')}?replication=1`,
  eventsUrl: events.url,
  webimUrl: simulator.baseUrl(),
  botToken,
  webhookToken,
  scriptFile: sampleBot,
  account: 'demo',
  onEnded: (name, how, said) => say(`${name} ended (${how}); the others go on without it.${how.startsWith('code') ? said : ''}`),
  ports: { ingress: Number(process.env['INGRESS_PORT'] ?? 8080), console: Number(process.env['CONSOLE_PORT'] ?? 8081) },
});
const members = [
  engine.member('ingress', 'ingress'),
  engine.member('projector', 'projector-1'),
  engine.member('projector', 'projector-2'),
  engine.member('outbound', 'outbound'),
  engine.member('console', 'console'),
];
try {
  await Promise.all(members.map((member) => member.start()));
  simulator.setHooks({
    botUrl: engine.hookUrl,
    startedUrl: `${engine.hookUrl}?event=chat_started`,
    assignedUrl: `${engine.hookUrl}?event=chat_assigned`,
    closedUrl: `${engine.hookUrl}?event=chat_closed`,
  });
  say(`Seven processes: Kafka (${kafka.from}), the event store, ${members.map((member) => member.name).join(', ')}.`);
  say(`  Simulator  ${simulator.baseUrl()}   a visitor, an operator, and Webim itself`);
  say(`  Webhooks   ${engine.hookUrl}`);
  say(`  Console    ${engine.consoleUrl}`);
  say(`  Kafka      ${kafka.brokers.join(',')}`);
  say(`  Events     ${events.url}`);
  say('Health and metrics, at /healthz, /readyz and /metrics of each:');
  for (const member of members) say(`  ${member.name.padEnd(11)} ${member.operationsUrl()}   pid ${member.pid()}`);
  say(`Data and log lines in ${dataDir}/{name}, removed at the end. Ctrl+C stops.`);
  await stopping.promise;
} finally {
  for (const member of members) await member.stop();
  await simulator.stop();
  await events.destroy();
  await kafka.stop();
  await rm(dataDir, { recursive: true, force: true });
}
process.exit(0);
