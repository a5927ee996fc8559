import { tickKey, topics } from '@dialog/contracts/topics';
import type { PartitionedLog } from '@dialog/log/port';
import type { Insist } from '@dialog/service-kit/until-it-works';

/**
 * Makes sure, once, that the log's time is known here. A log knows it from the newest append that its process has seen: where all were down and outbound
 * is back first, that is from before the outage, and a reply long expired would pass for a fresh one. A record of its own, which says
 * nothing, tells it by its acknowledgement; from then on it goes on by the monotonic clock.
 */
export const logTimeKnown = (log: PartitionedLog, insist: Insist<'log'>): (() => Promise<void>) => {
  let known: Promise<unknown> | undefined;
  return async () => {
    known ??= insist('log', () => log.append([{ topic: topics.outbox, key: tickKey, value: null }]));
    await known;
  };
};
