import type { Clock } from '@dialog/contracts/clock';
import { codeOf } from '@dialog/contracts/errors';
import { tickKey, topics } from '@dialog/contracts/topics';
import type { PartitionedLog } from '@dialog/log/port';
import type { Logger } from 'pino';

/** A tick to each partition so often, ms: tells its owner that the doors are open (design §5.7). */
export const tickPauseMs = 10_000;
/** Until the log has taken the first, ms. */
const firstPauseMs = 1_000;

export const writeTicks = async (options: {
  log: PartitionedLog;
  clock: Clock;
  logger: Logger;
  ingress: string;
  signal: AbortSignal;
  onTurn: () => void;
  /** The first was taken, or refused. */
  onFirst: () => void;
}): Promise<void> => {
  const { log, clock, logger, signal } = options;
  let taken = false;
  while (!signal.aborted) {
    options.onTurn();
    const value = Buffer.from(JSON.stringify({ type: 'tick', at: clock.now(), ingress: options.ingress }));
    try {
      await tick(log, value);
      taken = true;
    } catch (error) {
      logger.warn({ event: 'tick_not_written', code: codeOf(error) });
    }
    options.onFirst();
    await clock.sleep(taken ? tickPauseMs : firstPauseMs, signal).catch(() => undefined);
  }
};

/** One to each partition that there is: where the configured count was changed afterwards, the doors of the others would stay closed for ever. */
const tick = async (log: PartitionedLog, value: Uint8Array): Promise<void> => {
  const partitions = await log.partitions(topics.inbox);
  const ticks = Array.from({ length: partitions }, (_, partition) => ({
    topic: topics.inbox,
    key: tickKey,
    partition,
    value,
    headers: { 'content-type': 'application/json', ce_type: 'ru.webim.tick.v1' },
  }));
  await log.append(ticks);
};
