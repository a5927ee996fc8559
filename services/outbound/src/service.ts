import type { Accounts } from '@dialog/contracts/account';
import type { Clock } from '@dialog/contracts/clock';
import { codeOf } from '@dialog/contracts/errors';
import type { Secret } from '@dialog/contracts/secret';
import { groups, topics } from '@dialog/contracts/topics';
import type { EventStore } from '@dialog/event-store/port';
import type { LogRecord, PartitionedLog } from '@dialog/log/port';
import { errorFacts } from '@dialog/service-kit/error-facts';
import type { Service } from '@dialog/service-kit/service';
import { untilItWorks } from '@dialog/service-kit/until-it-works';
import type { Logger } from 'pino';
import { type AccountLimits, accountConnections } from './account/connections.ts';
import { type AttemptContext, answerAttempt, type Dependency } from './attempt.ts';
import { keepDirectories } from './directory.ts';
import { logTimeKnown } from './log-time.ts';
import type { OutboundMetrics } from './metrics.ts';
import { parseOutboxRecord } from './outbox-record.ts';

export type OutboundOptions = {
  readonly accounts: Accounts;
  readonly log: PartitionedLog;
  readonly store: EventStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: OutboundMetrics;
  /** The door's: so that a message read from Stored Data is known as the one that came by a webhook. */
  readonly hashKey: Secret;
  /** Of one HTTP attempt, on the clock. Default 10 000. The same in all outbounds: others wait so long for a claim. */
  readonly httpTimeoutMs?: number;
  /** Default 2 000. */
  readonly claimMarginMs?: number;
  /** How long requests in flight may go on after `stop`; then they are cut and settled as in doubt. Default 4 000. */
  readonly drainMs?: number;
  /** Dialogs served at once. Default 64. */
  readonly concurrency?: number;
  readonly limits?: AccountLimits;
  /** 0 ≤ x < 1, for jitter. Default Math.random. */
  readonly random?: () => number;
};

export type Outbound = Service & {
  /** Not ready while the store or the log is away: it waits and lives on. */
  readonly ready: () => { readonly ready: boolean; readonly away: readonly Dependency[] };
};

/**
 * Sends what the projector publishes in `dialog.outbox`, one effect at a time per dialog, and puts each result into the dialog's
 * inbox. `run` rejects on an error that is not retryable: then the process must end (design §6.9).
 */
export const outboundService = (options: OutboundOptions): Outbound => {
  const { accounts, log, store, clock, logger, metrics, httpTimeoutMs = 10_000, drainMs = 4_000, random = Math.random } = options;
  const stopping = new AbortController();
  const cut = new AbortController();
  let active = 0;
  let abandoned = 0;
  let onIdle: (() => void) | undefined;

  const connections = accountConnections({ accounts, clock, httpTimeoutMs, limits: options.limits ?? {}, logger, metrics });
  const insist = untilItWorks<Dependency>({
    clock,
    random,
    logger,
    stop: stopping.signal,
    onAway: (away) => (away ? consumer.pause() : consumer.resume()),
  });
  const context: AttemptContext = {
    store,
    log,
    clock,
    logger,
    metrics,
    random,
    insist,
    logTimeKnown: logTimeKnown(log, insist),
    connections,
    httpTimeoutMs,
    hashKey: options.hashKey,
    ...(options.limits?.http === undefined ? {} : { httpSteps: options.limits.http }),
    claimMarginMs: options.claimMarginMs ?? 2_000,
    stopping: stopping.signal,
    cut: cut.signal,
  };

  const answer = async (record: LogRecord, live: () => boolean): Promise<void> => {
    if (record.value === null) return;
    const asked = parseOutboxRecord(record.value);
    if (asked === undefined) {
      metrics?.unreadable();
      logger.error({ event: 'record_unreadable', partition: record.partition, offset: record.offset, alarm: true });
      return;
    }
    try {
      await answerAttempt(context, asked, { live, traceparent: record.headers['traceparent'] });
    } catch (error) {
      // The dialog's stream, or that of its sends, was deleted for good beneath the engine: there is nobody to tell.
      if (codeOf(error) !== 'stream_deleted') throw error;
      logger.error({ event: 'record_skipped', reason: 'stream_deleted', partition: record.partition, offset: record.offset });
    }
  };

  const leave = (): void => {
    active -= 1;
    if (active === 0) onIdle?.();
  };

  /** Resolving would commit the record and rejecting would be a failure: an attempt that the stop interrupts does neither. */
  const handle = async (record: LogRecord, { live }: { readonly live: () => boolean }): Promise<void> => {
    active += 1;
    try {
      await answer(record, live);
    } catch (error) {
      if (!stopping.signal.aborted) {
        logger.fatal({ event: 'cannot_go_on', partition: record.partition, offset: record.offset, ...errorFacts(error) });
        leave();
        throw error;
      }
      abandoned += 1;
      leave();
      return new Promise<never>(() => {});
    }
    leave();
  };

  const consumer = log.consumer({
    group: groups.outbound,
    topic: topics.outbox,
    handle,
    concurrency: options.concurrency ?? 64,
    onOffsetReset: (info) => logger.error({ event: 'offset_reset', ...info, alarm: true }),
  });

  const idle = (): Promise<void> =>
    active === 0
      ? Promise.resolve()
      : new Promise((resolve) => {
          onIdle = resolve;
        });

  const within = async (ms: number, wanted: Promise<void>): Promise<void> => {
    const done = new AbortController();
    await Promise.race([wanted, clock.sleep(ms, done.signal).catch(() => undefined)]);
    done.abort();
  };

  return {
    run: async () => {
      const kept = keepDirectories({ accounts, connections, store, clock, logger, signal: stopping.signal });
      try {
        await consumer.run();
      } finally {
        stopping.abort(new Error('outbound stops'));
        await kept;
      }
    },
    turnedAt: consumer.turnedAt,
    ready: () => {
      const away = insist.away();
      return { ready: away.length === 0 && !stopping.signal.aborted, away };
    },
    /** Takes no more; lets requests in flight end, then cuts them; what is answered is published and committed. */
    stop: async () => {
      stopping.abort(new Error('outbound stops'));
      await within(drainMs, idle());
      cut.abort();
      await within(1_000, idle());
      await consumer.stop(abandoned + active > 0 ? 200 : 2_000);
      await connections.close();
    },
  };
};
