import { startEventStoreProcess } from '@dialog/test-kit/event-store';
import { findKafka } from '@dialog/test-kit/kafka-broker';

/** The servers of the cluster's measurements, started when the first asks for them. */
export type Servers = {
  readonly brokers: readonly string[];
  readonly logUrl: string;
  readonly eventsUrl: string;
  /** What they are, for the figures. */
  readonly named: string;
};

let opened: Promise<{ servers: Servers; stop: () => Promise<void> }> | undefined;

/** @throws where there is no Kafka to measure on */
export const servers = async (): Promise<Servers> => {
  opened ??= open();
  return (await opened).servers;
};

/** Who asks for servers after it gets new ones. */
export const stopServers = async (): Promise<void> => {
  const former = await opened?.catch(() => undefined);
  opened = undefined;
  await former?.stop();
};

const open = async (): Promise<{ servers: Servers; stop: () => Promise<void> }> => {
  const kafka = await findKafka();
  if ('reason' in kafka) throw new Error(`no Kafka: ${kafka.reason}`);
  const events = await startEventStoreProcess();
  return {
    servers: {
      brokers: kafka.brokers,
      logUrl: `kafka:${kafka.brokers.join(',')}?replication=1`,
      eventsUrl: events.url,
      named: `Kafka (${kafka.from}), the test kit’s event store process`,
    },
    stop: async () => {
      await events.destroy();
      await kafka.stop();
    },
  };
};
