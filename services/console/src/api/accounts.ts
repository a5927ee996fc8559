import { isHeld } from '@dialog/contracts/attempts';
import type { Clock } from '@dialog/contracts/clock';
import type { BotStops } from '@dialog/script-versions/versions';
import { Router } from 'express';
import { z } from 'zod';
import { parsed } from '../http/problem.ts';
import { wholeNumber } from '../http/query.ts';
import type { ReadModel } from '../read-model/read-model.ts';
import { type Send, sendsKeptMs } from '../read-model/work-tables.ts';

export const accountsQuerySchema = z.strictObject({
  windowMs: wholeNumber(10_000, sendsKeptMs).default(900_000).describe('How far back results are counted, ms'),
});

const accountLimitsSchema = z.object({
  ratePerSecond: z.number().describe('Requests a second at most'),
  burst: z.number().describe('Requests that may go at once after a quiet time'),
});
export type AccountLimits = z.infer<typeof accountLimitsSchema>;

const stopSchema = z.object({ by: z.string(), reason: z.string().nullable(), at: z.number() });

const accountStateSchema = z.object({
  account: z.string(),
  circuit: z
    .enum(['closed', 'open', 'unknown'])
    .describe('As the newest result in the histories says: open after one put off by the circuit, closed after one that Webim answered'),
  circuitAt: z.number().nullable().describe('Time of that result'),
  perMinute: z.number().describe('Attempts that reached Webim, a minute, over the last minute'),
  results: z
    .array(
      z.object({
        kind: z.string(),
        outcome: z.string(),
        code: z.string().nullable(),
        reason: z.string().nullable(),
        count: z.number().int(),
        lastAt: z.number(),
      }),
    )
    .describe('How attempts ended within the window, by what Webim said'),
  stopped: stopSchema.nullable().describe('Who stopped its bot, for all versions of the script'),
  stoppedScripts: z.array(stopSchema.extend({ script: z.string() })),
  open: z.number().int().describe('Dialogs that are not closed'),
  inQueue: z.number().int(),
  parked: z.number().int(),
});
export const accountsSchema = z.object({
  now: z.number(),
  caughtUp: z.boolean(),
  windowMs: z.number(),
  limits: accountLimitsSchema.nullable().describe('Of each account, as configured here; null: not known to this process'),
  accounts: z.array(accountStateSchema),
});
export type AccountsReport = z.infer<typeof accountsSchema>;

export type AccountsOptions = {
  readonly readModel: Pick<ReadModel, 'sends' | 'totals'>;
  readonly accounts: () => Promise<readonly string[]>;
  readonly stops: (account: string) => Promise<BotStops>;
  readonly limits: AccountLimits | undefined;
  readonly caughtUp: () => boolean;
  readonly clock: Clock;
};

const toWebim = ({ kind, code, outcome }: Send): boolean =>
  kind !== 'http' && outcome !== 'suppressed' && outcome !== 'expired' && outcome !== 'account_removed' && !isHeld(code);

/** `/api/accounts`: how each account's Webim answers. The console sends nothing itself: all of it is from the histories. */
export const accountsRouter = ({ readModel, accounts, stops, limits, caughtUp, clock }: AccountsOptions): Router => {
  const router = Router();
  router.get('/', async (request, response) => {
    const { windowMs } = parsed(accountsQuerySchema, request.query);
    const now = clock.now();
    const [names, sends, lastMinute, totals] = await Promise.all([
      accounts(),
      readModel.sends(now - windowMs),
      readModel.sends(now - 60_000),
      readModel.totals(),
    ]);
    const stopped = new Map(await Promise.all(names.map(async (name) => [name, await stops(name)] as const)));
    response.json({
      now,
      caughtUp: caughtUp(),
      windowMs,
      limits: limits ?? null,
      accounts: names.map((account) => {
        const own = sends.filter((send) => send.account === account);
        const open = totals.open.filter((one) => one.account === account);
        return {
          account,
          ...circuitOf(own),
          perMinute: lastMinute.filter((send) => send.account === account && toWebim(send)).reduce((sum, { count }) => sum + count, 0),
          results: own.map(({ kind, outcome, code, reason, count, lastAt }) => ({ kind, outcome, code, reason, count, lastAt })),
          ...stopsOf(stopped.get(account)),
          open: open.reduce((sum, { count }) => sum + count, 0),
          inQueue: open.find(({ owner }) => owner === 'queue')?.count ?? 0,
          parked: totals.parked.find((one) => one.account === account)?.count ?? 0,
        };
      }),
    } satisfies AccountsReport);
  });
  return router;
};

type Stop = z.infer<typeof stopSchema>;
const stopsOf = (stops: BotStops | undefined): { stopped: Stop | null; stoppedScripts: (Stop & { script: string })[] } => {
  const shown = ({ by, reason, at }: { by: string; reason?: string | undefined; at: number }): Stop => ({ by, reason: reason ?? null, at });
  return {
    stopped: stops?.account === undefined ? null : shown(stops.account),
    stoppedScripts: [...(stops?.scripts ?? [])].map(([script, stop]) => ({ script, ...shown(stop) })),
  };
};

const circuitOf = (sends: readonly Send[]): Pick<z.infer<typeof accountStateSchema>, 'circuit' | 'circuitAt'> => {
  const last = (which: (send: Send) => boolean): number => Math.max(0, ...sends.filter(which).map(({ lastAt }) => lastAt));
  const open = last(({ kind, code }) => kind !== 'http' && code === 'circuit_open');
  const answered = last((send) => toWebim(send) && (send.outcome === 'accepted' || send.outcome === 'refused'));
  if (open === 0 && answered === 0) return { circuit: 'unknown', circuitAt: null };
  return open > answered ? { circuit: 'open', circuitAt: open } : { circuit: 'closed', circuitAt: answered };
};
