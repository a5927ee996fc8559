import { findEventStores } from '@dialog/test-kit/event-store';
import { findKafka } from '@dialog/test-kit/kafka-broker';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    readonly cluster: { readonly logUrl: string; readonly eventsUrl: string } | { readonly reason: string };
  }
}

/** Starts what the project `cluster` runs on, once for all its files. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const kafka = await findKafka();
  if ('reason' in kafka) {
    process.stderr.write(`SKIPPED the scenarios on the cluster: no Kafka: ${kafka.reason}\n`);
    project.provide('cluster', { reason: kafka.reason });
    return async () => undefined;
  }
  const [found] = await findEventStores();
  if (found === undefined) {
    process.stderr.write('SKIPPED the scenarios on the cluster: no event store was found\n');
    project.provide('cluster', { reason: 'no event store' });
    return () => kafka.stop();
  }
  const events = await found.start();
  process.stdout.write(`the scenarios on the cluster: Kafka from ${kafka.from}, events in ${found.name}\n`);
  project.provide('cluster', {
    logUrl: `kafka:${kafka.brokers.join(',')}${kafka.from === 'environment' ? '' : '?replication=1'}`,
    eventsUrl: events.url,
  });
  return async () => {
    await events.stop();
    await kafka.stop();
  };
}
