import { GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers';
import { freePort } from './free-port.ts';
import type { KafkaServer } from './kafka-broker.ts';
import { quickSettings } from './kafka-settings.ts';

const image = 'apache/kafka:4.1.1';
const startupMs = 180_000;

/** Kafka in a container, at a port of this machine that is fixed before it starts: clients follow the advertised address. */
export const kafkaInDocker = async (): Promise<KafkaServer | { readonly reason: string }> => {
  try {
    await getContainerRuntimeClient();
  } catch {
    return { reason: 'no Docker engine answers' };
  }
  try {
    const port = await freePort();
    const settings = quickSettings({
      listeners: 'PLAINTEXT://:9092,CONTROLLER://:9093',
      advertised: `127.0.0.1:${port}`,
      controller: 'localhost:9093',
    });
    const container = await new GenericContainer(image)
      .withExposedPorts({ container: 9092, host: port })
      .withEnvironment(
        Object.fromEntries(Object.entries(settings).map(([name, value]) => [`KAFKA_${name.toUpperCase().replaceAll('.', '_')}`, value])),
      )
      .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
      .withStartupTimeout(startupMs)
      .start();
    return {
      brokers: [`127.0.0.1:${port}`],
      from: 'docker',
      cleansQuickly: true,
      power: undefined,
      secured: undefined,
      stop: async () => void (await container.stop()),
    };
  } catch (error) {
    return { reason: `Docker did not give a Kafka (${(error as Error).message})` };
  }
};
