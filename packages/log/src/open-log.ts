import type { Clock } from '@dialog/contracts/clock';
import { sqliteFile } from '@dialog/sqlite/address';
import type { KafkaAccess } from './kafka/address.ts';
import type { Notices } from './kafka/client.ts';
import type { PartitionedLog } from './port.ts';
import { sqliteLog } from './sqlite/log.ts';

/**
 * Opens the log that a `LOG_URL` names: `sqlite:{file}` or `kafka:host:port[,host:port][?settings]` (`kafka/address.ts`). The Kafka client
 * is loaded only where it is used. @throws Error for an address that is neither, or that lacks something
 */
export const openLog = async ({
  url,
  clock,
  kafka = {},
  notices,
}: {
  url: string;
  clock: Clock;
  /** How a cluster is entered, where its address asks for that. */
  kafka?: KafkaAccess;
  /** Where the Kafka client's own warnings go; a pino logger fits. */
  notices?: Notices;
}): Promise<PartitionedLog> => {
  if (url.startsWith('sqlite:')) return sqliteLog({ file: sqliteFile(url, 'LOG_URL'), clock });
  if (url.startsWith('kafka:')) {
    const [{ kafkaLog }, { kafkaAddress }] = await Promise.all([import('./kafka/log.ts'), import('./kafka/address.ts')]);
    return kafkaLog({ address: kafkaAddress(url, kafka), clock, ...(notices === undefined ? {} : { notices }) });
  }
  throw new Error('LOG_URL must begin with sqlite: or kafka:');
};
