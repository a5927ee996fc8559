import type { Clock } from '@dialog/contracts/clock';
import { deadlineNameSchema, ownerSchema } from '@dialog/contracts/domain-event';
import { accountIdSchema, chatIdSchema } from '@dialog/contracts/ids';
import { Router } from 'express';
import { z } from 'zod';
import { parsed } from '../http/problem.ts';
import { cursor, cursorText, wholeNumber } from '../http/query.ts';
import { armedDeadlineSchema, openWorkSchema } from '../read-model/open-work.ts';
import type { ReadModel } from '../read-model/read-model.ts';
import type { DialogRow } from '../read-model/row.ts';
import { stuckCauses, type Timer } from '../read-model/work-tables.ts';

const limit = wholeNumber(1, 500).default(50);

const stuckCauseSchema = z
  .enum(stuckCauses)
  .describe(
    [
      'parked: a record could not be applied',
      'in_doubt: nobody knows whether Webim took a reply',
      'circuit_open: the account’s Webim is not asked for now',
      'close_overdue: Webim should have closed it',
      'no_progress: what is open has no result, or messages wait and nothing is open',
      'queue_too_long: nobody took it from the queue',
    ].join('; '),
  );

export const stuckQuerySchema = z.strictObject({
  account: accountIdSchema.optional(),
  cause: stuckCauseSchema.optional(),
  noProgressMs: wholeNumber().default(60_000).describe('Without a result for so long, ms'),
  queueMs: wholeNumber().default(300_000).describe('In the queue for so long, ms'),
  limit: limit.describe('Of each cause'),
});

const waitingDialogSchema = z.object({
  account: z.string(),
  chatId: z.string(),
  owner: ownerSchema.nullable(),
  since: z.number().describe('Since when it waits, ms since the epoch'),
  /** What is tried now: attempt, why the one before did not end it, and when it may begin. */
  head: openWorkSchema.shape.effects.element.nullable(),
  openEffects: z.number().int(),
  waitingMessages: z.number().int(),
  step: z.string().nullable(),
  waitsFor: z.string().nullable(),
});
const stuckDialogSchema = waitingDialogSchema.extend({
  cause: stuckCauseSchema,
  reason: z.string().nullable().describe('Why it was parked, why its close is probably overdue, or what the last attempt was told'),
  parked: z.boolean(),
});
export const stuckSchema = z.object({
  now: z.number(),
  caughtUp: z.boolean(),
  causes: z.array(z.object({ cause: stuckCauseSchema, count: z.number().int(), oldestSince: z.number() })),
  dialogs: z.array(stuckDialogSchema).describe('Of each cause the oldest'),
});
export type StuckReport = z.infer<typeof stuckSchema>;

export const waitingQuerySchema = z.strictObject({ account: accountIdSchema.optional(), limit });
export const waitingSchema = z.object({
  now: z.number(),
  caughtUp: z.boolean(),
  count: z.number().int(),
  dialogs: z.array(waitingDialogSchema).describe('Longest first'),
});
export type WaitingReport = z.infer<typeof waitingSchema>;

export const timersQuerySchema = z.strictObject({
  account: accountIdSchema.optional(),
  name: deadlineNameSchema.optional(),
  state: z.enum(['all', 'due']).default('all'),
  limit: limit.describe('Of one page'),
  cursor: cursor(z.tuple([z.number(), accountIdSchema, chatIdSchema, z.string()]))
    .transform(([at, account, chatId, name]) => ({ at, account, chatId, name }))
    .optional()
    .describe('`next` of the page before'),
});
const timerSchema = armedDeadlineSchema.extend({
  account: z.string(),
  chatId: z.string(),
  state: z
    .enum(['armed', 'due', 'overdue', 'held'])
    .describe('due: its time has come; overdue: more than 10 s ago; held: its dialog is parked, it is armed anew when that is released'),
});
export const timersSchema = z.object({
  now: z.number(),
  caughtUp: z.boolean(),
  total: z.number().int(),
  due: z.number().int(),
  timers: z.array(timerSchema).describe('Earliest first'),
  next: z.string().nullable(),
});
export type TimersReport = z.infer<typeof timersSchema>;

export type WorkOptions = {
  readonly readModel: Pick<ReadModel, 'stuck' | 'waiting' | 'timers'>;
  readonly caughtUp: () => boolean;
  readonly clock: Clock;
};

/** A timer is due by the log's time, and the record that says so is on its way for a moment, ms. */
const overdueAfterMs = 10_000;

/** `/api/stuck`, `/api/waiting`, `/api/timers`: what does not go on, what is on its way, and what time will bring. */
export const workRouter = ({ readModel, caughtUp, clock }: WorkOptions): Router => {
  const router = Router();

  router.get('/stuck', async (request, response) => {
    const { account, cause, ...limits } = parsed(stuckQuerySchema, request.query);
    const now = clock.now();
    const { counts, dialogs } = await readModel.stuck({
      now,
      ...limits,
      ...(account === undefined ? {} : { account }),
      ...(cause === undefined ? {} : { cause }),
    });
    response.json({
      now,
      caughtUp: caughtUp(),
      causes: counts.filter((one) => cause === undefined || one.cause === cause),
      dialogs: dialogs.map(({ cause: why, since, row }) => ({
        ...waits(row, since),
        cause: why,
        reason:
          row.work.parked?.reason ?? (why === 'close_overdue' ? (row.work.overdue?.cause ?? null) : (row.work.effects[0]?.code ?? null)),
        parked: row.parked,
      })),
    } satisfies StuckReport);
  });

  router.get('/waiting', async (request, response) => {
    const { account, limit: most } = parsed(waitingQuerySchema, request.query);
    const { count, rows } = await readModel.waiting({ limit: most, ...(account === undefined ? {} : { account }) });
    response.json({
      now: clock.now(),
      caughtUp: caughtUp(),
      count,
      dialogs: rows.map(({ since, row }) => waits(row, since)),
    } satisfies WaitingReport);
  });

  router.get('/timers', async (request, response) => {
    const { account, name, state, limit: most, cursor: after } = parsed(timersQuerySchema, request.query);
    const now = clock.now();
    const { rows, total, due } = await readModel.timers(
      {
        limit: most + 1,
        ...(account === undefined ? {} : { account }),
        ...(name === undefined ? {} : { name }),
        ...(state === 'due' ? { until: now } : {}),
        ...(after === undefined ? {} : { after }),
      },
      now,
    );
    const last = rows.length > most ? rows[most - 1] : undefined;
    response.json({
      now,
      caughtUp: caughtUp(),
      total,
      due,
      timers: rows.slice(0, most).map(({ parked, ...timer }) => ({ ...timer, state: stateOf({ ...timer, parked }, now) })),
      next: last === undefined ? null : cursorText([last.at, last.account, last.chatId, last.name]),
    } satisfies TimersReport);
  });

  return router;
};

const waits = ({ account, chatId, owner, work }: DialogRow, since: number): z.infer<typeof waitingDialogSchema> => ({
  account,
  chatId,
  owner,
  since,
  head: work.effects[0] ?? null,
  openEffects: work.effects.length,
  waitingMessages: work.waiting.reduce((sum, { count }) => sum + count, 0),
  step: work.step,
  waitsFor: work.waitsFor,
});

const stateOf = ({ at, parked }: Timer, now: number): z.infer<typeof timerSchema>['state'] => {
  if (at > now) return 'armed';
  if (parked) return 'held';
  return now - at > overdueAfterMs ? 'overdue' : 'due';
};
