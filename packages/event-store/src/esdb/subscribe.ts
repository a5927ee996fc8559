import type { Clock } from '@dialog/contracts/clock';
import type { Logger } from 'pino';
import type { RecordedEvent, SubscribeOptions } from '../port.ts';
import type { Connection } from './connection.ts';
import { translate } from './errors.ts';
import { followAll } from './follow-all.ts';
import { parsePosition } from './position.ts';

const firstWaitMs = 100;
const longestWaitMs = 5_000;
/** Failures in a row without an event or a checkpoint between them that are borne where the error does not say that the server is away. */
const strangeFailures = 5;

/**
 * `$all` for ever: the client's subscription ends with any broken connection and does not come back, so it is begun anew from the last place
 * that was handled, after a wait with full jitter that grows with the failures in a row. What the server refuses for another reason than being
 * away is thrown in the end.
 */
export async function* resumingSubscription(
  options: SubscribeOptions & {
    readonly connection: Connection;
    readonly clock: Clock;
    readonly logger: Logger | undefined;
    readonly deadlineMs: number;
    readonly idleMs: number;
  },
): AsyncGenerator<RecordedEvent> {
  const { signal, clock, logger } = options;
  parsePosition(options.after);
  let position = options.after;
  let failures = 0;
  let caughtUp = false;
  while (!signal.aborted) {
    try {
      yield* followAll({
        client: await options.connection.client(),
        after: position,
        streamPrefixes: options.streamPrefixes,
        signal,
        clock,
        deadlineMs: options.deadlineMs,
        idleMs: options.idleMs,
        onHandledUpTo: (handled) => {
          if (handled !== '') position = handled;
          failures = 0;
        },
        onCaughtUp: () => {
          failures = 0;
          if (caughtUp) return;
          caughtUp = true;
          options.onCaughtUp?.();
        },
      });
    } catch (error) {
      const { code, retryable } = translate(error);
      failures += 1;
      if (!retryable && failures >= strangeFailures) throw translate(error);
      const waitMs = Math.random() * Math.min(longestWaitMs, firstWaitMs * 2 ** failures);
      const line = { event: 'event_store_subscription_resumes', code, failures, waitMs: Math.round(waitMs) };
      if (failures > 3) logger?.warn(line);
      else logger?.info(line);
      await clock.sleep(waitMs, signal).catch(() => undefined);
    }
  }
}
