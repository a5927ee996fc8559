import { fileURLToPath } from 'node:url';
import type { Clock } from '@dialog/contracts/clock';
import type { PartitionedLog } from './port.ts';
import { sqliteLog } from './sqlite/log.ts';

/**
 * Opens the log that a `LOG_URL` names: `sqlite:{file}`. @throws Error for another address
 */
export const openLog = async ({ url, clock }: { url: string; clock: Clock }): Promise<PartitionedLog> => {
  if (url.startsWith('sqlite:')) {
    const file = url.slice('sqlite:'.length);
    return sqliteLog({ file: file.startsWith('//') ? fileURLToPath(`file:${file}`) : file, clock });
  }
  throw new Error('LOG_URL must begin with sqlite:');
};
