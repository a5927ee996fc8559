import { type Clock, realClock } from '@dialog/contracts/clock';
import { codeOf } from '@dialog/contracts/errors';
import { groups as groupNames } from '@dialog/contracts/topics';
import type { EventStore } from '@dialog/event-store/port';
import type { Logger } from 'pino';
import { z } from 'zod';
import { within } from '../deadline.ts';
import type { LagReport } from '../lag/report.ts';

const partNames = ['log', 'store', 'projector', 'outbound'] as const;
const partSchema = z.object({
  part: z.enum(partNames),
  state: z
    .enum(['well', 'away', 'unknown'])
    .describe('away: it does not answer, or nobody reads for it; unknown: what would tell does not answer, or has not yet'),
  since: z.number().nullable().describe('Since when it is not well, ms since the epoch, as far as this console knows'),
  members: z.number().int().nullable().describe('Living readers of the group, where the log knows'),
});
export const partsSchema = z.object({
  now: z.number(),
  caughtUp: z.boolean().describe('False while the read model is being rebuilt'),
  parts: z.array(partSchema),
});
export type PartsReport = z.infer<typeof partsSchema>;
type Part = z.infer<typeof partSchema>;

export type Parts = {
  readonly run: (signal: AbortSignal) => Promise<void>;
  readonly report: () => PartsReport['parts'];
};

export type PartsOptions = {
  readonly store: EventStore;
  readonly lag: () => LagReport;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Real ms between two questions. Default 1 s. */
  readonly everyMs?: number;
};

const askTimeoutMs = 2_000;

/** Whether what the engine stands on answers, asked about once a second: an outage shows within 3 s, whether or not anything happens. */
export const partsWatch = ({ store, lag, clock, logger, everyMs = 1_000 }: PartsOptions): Parts => {
  let storeAsked = false;
  let storeAwaySince: number | null = null;
  const goneSince = new Map<string, number>();

  const askStore = async (): Promise<void> => {
    const from = clock.now();
    try {
      await within(askTimeoutMs, 'event store: ping', store.ping());
      if (storeAwaySince !== null) logger.info({ event: 'store_answers_again', awayMs: clock.now() - storeAwaySince });
      storeAwaySince = null;
    } catch (error) {
      if (storeAwaySince === null) logger.warn({ event: 'store_does_not_answer', code: codeOf(error) });
      storeAwaySince ??= from;
    }
    storeAsked = true;
  };

  /** A group is away where the log knows its members and there are none. */
  const reader = (part: 'projector' | 'outbound', report: LagReport): Part => {
    if (report.at === null) return { part, state: 'unknown', since: report.unknownSince, members: null };
    const own = report.groups.filter(({ group }) => group === groupNames[part]);
    const known = own.flatMap(({ members }) => (members === null ? [] : [members]));
    const members = known.length === 0 ? null : Math.max(...known);
    const isAway = members === 0 || own.some(({ state }) => state === 'STOPPED');
    if (isAway && !goneSince.has(part)) goneSince.set(part, report.at);
    if (!isAway) goneSince.delete(part);
    const state = own.length === 0 ? 'unknown' : isAway ? 'away' : 'well';
    return { part, state, since: goneSince.get(part) ?? null, members };
  };

  return {
    run: async (signal) => {
      while (!signal.aborted) {
        await askStore();
        await realClock.sleep(everyMs, signal).catch(() => undefined);
      }
    },
    report: () => {
      const report = lag();
      const logAway = report.unknownSince !== null;
      return [
        { part: 'log', state: logAway ? 'away' : report.at === null ? 'unknown' : 'well', since: report.unknownSince, members: null },
        { part: 'store', state: storeAwaySince !== null ? 'away' : storeAsked ? 'well' : 'unknown', since: storeAwaySince, members: null },
        reader('projector', report),
        reader('outbound', report),
      ];
    },
  };
};
