import { randomUUID } from 'node:crypto';
import type { Clock } from '@dialog/contracts/clock';
import { accountIdSchema, chatIdSchema, scriptHashSchema } from '@dialog/contracts/ids';
import { dialogSettingsSchema } from '@dialog/contracts/settings';
import type { EventStore } from '@dialog/event-store/port';
import { parseScript } from '@dialog/script/parse';
import { scriptHash, scriptSource } from '@dialog/script-versions/versions';
import type { DialogRef } from '@dialog/what-if/history';
import { whatIfMany } from '@dialog/what-if/many';
import { storedHistories } from '@dialog/what-if/stored';
import { type Differing, noTotals, type Totals } from '@dialog/what-if/totals';
import { type TrialSource, tryingOne } from '@dialog/what-if/try-one';
import express, { Router } from 'express';
import type { Logger } from 'pino';
import { z } from 'zod';
import { within } from '../deadline.ts';
import { badRequest, HttpProblem, notFound, parsed } from '../http/problem.ts';
import { wholeNumber } from '../http/query.ts';
import type { ReadModel } from '../read-model/read-model.ts';
import { dialogListQuerySchema } from './schemas.ts';
import { scriptErrors } from './script-errors.ts';

const readTimeoutMs = 10_000;
/** Tries that are kept with their lists, the oldest forgotten first. */
const keptTries = 8;
const maxListed = 5_000;
const pageSize = 500;

const settingsPatchSchema = z.strictObject(dialogSettingsSchema.omit({ account: true }).partial().shape);
export const whatIfSchema = z.strictObject({
  choose: dialogListQuerySchema.omit({ limit: true, cursor: true }).default({}).describe('As the list of dialogs is asked; nothing: all'),
  /** The newest of them. */
  limit: z.number().int().min(1).max(200_000).default(100_000),
  /** The text of a script, or the hash of a version that is kept. */
  source: z
    .string()
    .max(1024 * 1024)
    .optional(),
  script: scriptHashSchema.optional(),
  settings: settingsPatchSchema.optional().describe('In place of the recorded ones'),
});

const counts = z.record(z.string(), z.number());
const changeSchema = z.object({ before: z.number(), now: z.number(), gained: z.number(), lost: z.number() });
const seenSchema = z.object({
  at: z.number(),
  revision: z.number().nullable(),
  who: z.enum(['visitor', 'bot', 'people', 'webim', 'service', 'engine']),
  what: z.string(),
  text: z.string(),
  lost: z.string().optional(),
  due: z.number().optional(),
  assumed: z.literal(true).optional(),
});
const endSchema = z.enum(['absent', 'unseen', 'parked', 'bot', 'queue', 'operator', 'closed']);
const triedSchema = z.object({
  account: z.string(),
  chatId: z.string(),
  differs: z.boolean(),
  first: z
    .object({ revision: z.number(), at: z.number(), before: seenSchema.nullable(), now: seenSchema.nullable() })
    .nullable()
    .describe('The first difference: what was there and what is there now'),
  repliesChanged: z.number(),
  handovers: z.object({ before: z.number(), now: z.number() }),
  returns: z.object({ before: z.number(), now: z.number() }),
  end: z.object({ before: endSchema, now: endSchema.nullable() }),
  diverged: z
    .object({ revision: z.number(), at: z.number(), why: z.string() })
    .nullable()
    .describe('From here on the visitor can’t have meant what he typed; nothing after it is guessed'),
  gap: z.object({ revision: z.number(), missing: z.string(), what: z.string() }).nullable().describe('What no recording tells'),
  assumed: z.number(),
});
export type TriedRow = z.infer<typeof triedSchema>;

export const whatIfParamsSchema = z.object({ id: z.uuid() });
export const whatIfStartedSchema = z.object({ id: z.uuid() });
export const whatIfStateSchema = z.object({
  now: z.number(),
  id: z.uuid(),
  state: z.enum(['running', 'done', 'cancelled', 'failed']),
  startedAt: z.number(),
  endedAt: z.number().nullable(),
  chosen: z.number().nullable().describe('Dialogs that are tried; null while they are being looked up'),
  script: scriptHashSchema.nullable(),
  settings: settingsPatchSchema.nullable().describe('In place of the recorded ones'),
  totals: z.object({
    dialogs: z.number().describe('Tried so far'),
    differ: z.number(),
    repliesChanged: z.number(),
    handovers: changeSchema,
    returns: changeSchema,
    ends: z.object({ before: counts, now: counts, changed: z.number() }),
    diverged: z.number(),
    gaps: counts,
    assumed: z.number(),
  }),
  listed: z.number().describe('Dialogs in the list; it is there when the state is no longer `running`'),
  unlisted: z.number().describe('More that differ than the list holds'),
});
export type WhatIfState = z.infer<typeof whatIfStateSchema>;

export const whatIfListQuerySchema = z.strictObject({ from: wholeNumber().default(0), limit: wholeNumber(1, 500).default(100) });
export const whatIfListSchema = z.object({ dialogs: z.array(triedSchema), next: z.number().nullable() });
export type WhatIfList = z.infer<typeof whatIfListSchema>;

export const whatIfDialogParamsSchema = z.object({ id: z.uuid(), account: accountIdSchema, chatId: chatIdSchema });
export const whatIfDialogSchema = triedSchema.extend({ transcripts: z.object({ before: z.array(seenSchema), now: z.array(seenSchema) }) });
export type WhatIfDialog = z.infer<typeof whatIfDialogSchema>;

type Try = {
  readonly id: string;
  readonly trial: TrialSource;
  readonly startedAt: number;
  readonly stop: AbortController;
  state: WhatIfState['state'];
  endedAt: number | null;
  chosen: number | null;
  totals: Totals;
  list: readonly Differing[];
  unlisted: number;
};

export type WhatIfOptions = {
  readonly store: EventStore;
  readonly readModel: Pick<ReadModel, 'list'>;
  readonly caughtUp: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where worker threads read histories; they open it themselves. */
  readonly eventsUrl: string | undefined;
  /** Ends what is running. */
  readonly signal: AbortSignal;
};

/**
 * `/api/what-if`: another script or setting tried on chosen dialogs. One try at a time, in threads of low priority; what it found is kept in
 * memory for the last few. It reads, and knows no way to Webim.
 */
export const whatIfRouter = ({ store, readModel, caughtUp, clock, logger, eventsUrl, signal }: WhatIfOptions): Router => {
  const router = Router();
  const tries = new Map<string, Try>();
  const find = (id: string): Try => {
    const found = tries.get(id);
    if (found === undefined) throw notFound('The try');
    return found;
  };
  const asked = <T>(what: Promise<T>): Promise<T> => within(readTimeoutMs, 'event store: what-if', what);

  const choose = async (given: z.infer<typeof whatIfSchema>['choose'], limit: number, stop: AbortSignal): Promise<DialogRef[]> => {
    const chosen: DialogRef[] = [];
    const filter = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    let after: { lastAt: number; account: string; chatId: string } | undefined;
    while (chosen.length < limit && !stop.aborted) {
      const page = await readModel.list({
        ...filter,
        limit: Math.min(pageSize, limit - chosen.length),
        ...(after === undefined ? {} : { after }),
      });
      for (const { account, chatId } of page) chosen.push({ account, chatId });
      const last = page.at(-1);
      if (last === undefined || page.length < pageSize) break;
      after = { lastAt: last.lastAt, account: last.account, chatId: last.chatId };
    }
    return chosen;
  };

  const run = async (one: Try, given: z.infer<typeof whatIfSchema>): Promise<void> => {
    const stop = AbortSignal.any([one.stop.signal, signal]);
    try {
      const subjects = await choose(given.choose, given.limit, stop);
      one.chosen = subjects.length;
      const { totals, list, unlisted, cancelled } = await whatIfMany({
        subjects,
        trial: one.trial,
        ...(eventsUrl === undefined ? {} : { eventsUrl }),
        background: true,
        signal: stop,
        maxListed,
        onProgress: (now) => {
          one.totals = now;
        },
      });
      Object.assign(one, { totals, list, unlisted, state: cancelled ? 'cancelled' : 'done' });
    } catch (error) {
      one.state = 'failed';
      logger.error({ event: 'what_if_failed', name: error instanceof Error ? error.name : 'unknown' });
    } finally {
      one.endedAt = clock.now();
      logger.info({ event: 'what_if_ended', state: one.state, dialogs: one.totals.dialogs, differ: one.totals.differ });
    }
  };

  router.post('/', express.json({ limit: '2mb', strict: true }), async (request, response) => {
    const given = parsed(whatIfSchema, request.body ?? {});
    if (given.source !== undefined && given.script !== undefined)
      throw badRequest({ field: 'source', message: 'give either source or script' });
    // A schema's default is no wish of who asked.
    const named = Object.keys((request.body as { settings?: object }).settings ?? {});
    const settings = Object.fromEntries(Object.entries(given.settings ?? {}).filter(([name]) => named.includes(name)));
    if (given.source === undefined && given.script === undefined && Object.keys(settings).length === 0) {
      throw badRequest({ field: 'source', message: 'give a script, settings, or both' });
    }
    if (eventsUrl === undefined) throw new HttpProblem(503, 'unavailable', 'This console has no event store of its own to read');
    const source = given.source ?? (given.script === undefined ? undefined : await asked(scriptSource(store, given.script)));
    if (given.script !== undefined && source === undefined) throw notFound('The script');
    const read = given.source === undefined ? undefined : parseScript(given.source);
    if (read?.ok === false) throw scriptErrors(read.findings);
    // Of rows that are still being made only a part would be tried, and its totals would read as those of all.
    if (!caughtUp()) throw new HttpProblem(503, 'not-caught-up', 'The list of dialogs is being rebuilt');
    // Nothing is waited for between this and the try's place among the others: of two that are asked at once one runs.
    if ([...tries.values()].some(({ state }) => state === 'running')) {
      throw new HttpProblem(409, 'busy', 'Another try is running', { detail: 'wait for it, or cancel it' });
    }
    const one: Try = {
      id: randomUUID(),
      trial: { ...(source === undefined ? {} : { script: source }), ...(Object.keys(settings).length === 0 ? {} : { settings }) },
      startedAt: clock.now(),
      stop: new AbortController(),
      state: 'running',
      endedAt: null,
      chosen: null,
      totals: noTotals,
      list: [],
      unlisted: 0,
    };
    tries.set(one.id, one);
    for (const id of [...tries.keys()].slice(0, -keptTries)) tries.delete(id);
    void run(one, given);
    response.status(202).json({ id: one.id } satisfies z.infer<typeof whatIfStartedSchema>);
  });

  router.get('/:id', (request, response) => {
    const one = find(parsed(whatIfParamsSchema, request.params).id);
    response.json(stateOf(one, clock.now()));
  });

  router.delete('/:id', (request, response) => {
    const one = find(parsed(whatIfParamsSchema, request.params).id);
    one.stop.abort();
    response.json(stateOf(one, clock.now()));
  });

  router.get('/:id/dialogs', (request, response) => {
    const { list } = find(parsed(whatIfParamsSchema, request.params).id);
    const { from, limit } = parsed(whatIfListQuerySchema, request.query);
    const dialogs = list.slice(from, from + limit);
    response.json({ dialogs: [...dialogs], next: from + limit < list.length ? from + limit : null } satisfies WhatIfList);
  });

  router.get('/:id/dialogs/:account/:chatId', async (request, response) => {
    const { id, account, chatId } = parsed(whatIfDialogParamsSchema, request.params);
    const { trial } = find(id);
    const history = await asked(storedHistories(store)({ account, chatId }));
    if (history === undefined) throw notFound('The dialog');
    const { before, now, ...tried } = tryingOne(trial).told(history);
    response.json({ account, chatId, ...tried, transcripts: { before: [...before], now: [...now] } } satisfies WhatIfDialog);
  });

  return router;
};

const stateOf = (one: Try, now: number): WhatIfState => ({
  now,
  id: one.id,
  state: one.state,
  startedAt: one.startedAt,
  endedAt: one.endedAt,
  chosen: one.chosen,
  script: one.trial.script === undefined ? null : scriptHash(one.trial.script),
  settings: one.trial.settings ?? null,
  totals: { ...one.totals, ends: { ...one.totals.ends }, gaps: { ...one.totals.gaps } } as WhatIfState['totals'],
  listed: one.list.length,
  unlisted: one.unlisted,
});
