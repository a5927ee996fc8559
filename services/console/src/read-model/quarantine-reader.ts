import type { Clock } from '@dialog/contracts/clock';
import { codeOf, isRetryable } from '@dialog/contracts/errors';
import { quarantineRecordSchema } from '@dialog/contracts/quarantine';
import { groups, topics } from '@dialog/contracts/topics';
import type { LogRecord, PartitionedLog } from '@dialog/log/port';
import type { Logger } from 'pino';
import { within } from '../deadline.ts';
import type { ReadModel } from './read-model.ts';
import type { SetAsideRecord } from './webhook-tables.ts';

export type QuarantineReaderOptions = {
  readonly log: Pick<PartitionedLog, 'lag' | 'read'>;
  readonly readModel: Pick<ReadModel, 'quarantineRead' | 'setAside'>;
  readonly clock: Clock;
  readonly logger: Logger;
};

const pauseMs = 1_000;
const timeoutMs = 5_000;
/** A record has up to 87 KB, and the log may be read on the thread that serves webhooks. */
const pageRecords = 50;

/**
 * Takes what ingress put aside into the webhook log. No group: the read model keeps its own place, in the transaction of what it took. A log
 * that is away is waited for.
 */
export const quarantineReader = ({ log, readModel, clock, logger }: QuarantineReaderOptions) => {
  const ask = <T>(answer: Promise<T>): Promise<T> => within(timeoutMs, 'log: quarantine', answer);

  const look = async (): Promise<void> => {
    const read = await readModel.quarantineRead();
    for (const { partition, low, high } of await ask(log.lag(groups.projector, topics.quarantine))) {
      const place = read[partition] ?? 0;
      // Behind the end: the log was lost and made anew, and counts from its beginning.
      for (let next = place > high ? low : Math.max(low, place); next < high; ) {
        const records = await ask(log.read(topics.quarantine, partition, next, pageRecords));
        const last = records.at(-1);
        if (last === undefined) break;
        await readModel.setAside(records.map(entryOf));
        next = last.offset + 1;
      }
    }
  };

  return {
    /** Until the signal; rejects where it can't go on. */
    run: async (signal: AbortSignal): Promise<void> => {
      while (!signal.aborted) {
        try {
          await look();
        } catch (error) {
          if (signal.aborted) return;
          const code = codeOf(error);
          if (code !== 'unknown_topic' && !isRetryable(error)) throw error;
          if (isRetryable(error)) logger.warn({ event: 'quarantine_not_read', code });
        }
        await clock.sleep(pauseMs, signal).catch(() => undefined);
      }
    },
  };
};

const entryOf = ({ partition, offset, value }: LogRecord): SetAsideRecord => {
  try {
    const { bodyBase64, ...record } = quarantineRecordSchema.parse(JSON.parse(Buffer.from(value ?? []).toString('utf8')));
    return { partition, offset, record: { ...record, bytes: Buffer.byteLength(bodyBase64, 'base64') } };
  } catch {
    return { partition, offset, record: undefined };
  }
};
