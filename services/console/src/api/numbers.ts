import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Clock } from '@dialog/contracts/clock';
import { accountIdSchema, scriptHashSchema } from '@dialog/contracts/ids';
import { countedSchema, type NumbersFile } from '@dialog/contracts/numbers';
import type { EventStore } from '@dialog/event-store/port';
import { parsePinned } from '@dialog/script/parse';
import { standsIn } from '@dialog/script-tools/graph/graph';
import { scriptSource } from '@dialog/script-versions/versions';
import { parseNumbers } from '@dialog/service-kit/numbers-file';
import { Router } from 'express';
import { z } from 'zod';
import { within } from '../deadline.ts';
import { badRequest, HttpProblem, notFound, parsed } from '../http/problem.ts';
import { cursor, cursorText, wholeNumber } from '../http/query.ts';
import type { Period } from '../read-model/episode-tables.ts';
import type { ReadModel } from '../read-model/read-model.ts';

const readTimeoutMs = 5_000;
const dayMs = 86_400_000;

const period = {
  account: accountIdSchema.optional(),
  from: wholeNumber().optional().describe('Episodes that began at this time or later, ms; default: 30 days before `to`'),
  to: wholeNumber().optional().describe('Episodes that began before it, ms; default: now'),
};
export const numbersQuerySchema = z.strictObject({
  ...period,
  by: z.enum(['hour', 'day']).default('day').describe('What a point of a series stands for'),
  zone: z.string().max(64).default('UTC').describe('Time zone of hours and days, e.g. `Europe/Moscow`'),
});
export const numbersSchema = z.object({
  now: z.number(),
  caughtUp: z.boolean(),
  version: z.number().int().describe('Of the definitions'),
  from: z.number(),
  to: z.number(),
  by: z.enum(['hour', 'day']),
  zone: z.string(),
  numbers: z.array(countedSchema),
});
export type NumbersReport = z.infer<typeof numbersSchema>;

export const numberParamsSchema = z.object({ number: z.string().max(48) });
export const behindQuerySchema = z.strictObject({
  ...period,
  part: z.string().max(400).optional().describe('One of its parts; left out: all that it counts'),
  none: z.enum(['true']).optional().describe('The part of which the field says nothing'),
  limit: wholeNumber(1, 500).default(50),
  cursor: cursor(z.object({ startedAt: z.number(), account: z.string(), chatId: z.string(), number: z.number() }))
    .optional()
    .describe('`next` of the page before'),
});
export const behindSchema = z.object({
  now: z.number(),
  caughtUp: z.boolean(),
  episodes: z
    .array(
      z.object({
        account: z.string(),
        chatId: z.string(),
        number: z.number().int().describe('Of the episode in its dialog, from 1 on'),
        revision: z.number().int().describe('Where it begins in the history'),
        startedAt: z.number(),
        endedAt: z.number().nullable(),
        handedOver: z.boolean(),
        returned: z.string().nullable(),
      }),
    )
    .describe('Newest first'),
  next: z.string().nullable(),
});
export type BehindReport = z.infer<typeof behindSchema>;

export const flowQuerySchema = z.strictObject({ ...period, script: scriptHashSchema });
export const flowSchema = z.object({
  now: z.number(),
  caughtUp: z.boolean(),
  script: z.string(),
  dialogs: z.number().int().describe('That it decided'),
  ways: z
    .array(z.object({ from: z.string(), to: z.string(), dialogs: z.number().int() }))
    .describe('How many dialogs took each way, by the names of the picture'),
  left: z.array(z.object({ step: z.string(), dialogs: z.number().int() })).describe('Where they were left while the bot waited'),
});
export type FlowReport = z.infer<typeof flowSchema>;

export type NumbersOptions = {
  readonly store: EventStore;
  readonly readModel: Pick<ReadModel, 'numbers' | 'behind' | 'flow'>;
  readonly clock: Clock;
  readonly caughtUp: () => boolean;
  /** Definitions; default: those that are shipped. */
  readonly file?: string;
};

const shipped = fileURLToPath(new URL('../../numbers.yaml', import.meta.url));

/** `/api/numbers`: what is counted over the episodes of all dialogs, by definitions in a file, which is read at each question. */
export const numbersRouter = ({ store, readModel, clock, caughtUp, file = shipped }: NumbersOptions): Router => {
  const router = Router();
  const definitions = (): NumbersFile => {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch {
      throw new HttpProblem(500, 'numbers-file', 'The definitions of the numbers can’t be read', {
        detail: 'NUMBERS_FILE names no file that can be read',
      });
    }
    const read = parseNumbers(text);
    if (read.ok) return read.file;
    throw new HttpProblem(500, 'numbers-file', 'The definitions of the numbers have mistakes', {
      errors: read.problems.map(({ line, column, message }) => ({ field: `${line}:${column}`, message })),
    });
  };
  const periodOf = ({
    account,
    from,
    to = clock.now(),
  }: {
    account?: string | undefined;
    from?: number | undefined;
    to?: number | undefined;
  }): Period => ({
    from: from ?? to - 30 * dayMs,
    to,
    ...(account === undefined ? {} : { account }),
  });

  router.get('/', async (request, response) => {
    const { by, zone, ...given } = parsed(numbersQuerySchema, request.query);
    const asked = periodOf(given);
    if (!isZone(zone)) throw badRequest({ field: 'zone', message: 'there is no such time zone' });
    const defined = definitions();
    const numbers = [...(await readModel.numbers(defined, asked, by, zone))];
    const { from, to } = asked;
    response.json({
      now: clock.now(),
      caughtUp: caughtUp(),
      version: defined.version,
      from,
      to,
      by,
      zone,
      numbers,
    } satisfies NumbersReport);
  });

  router.get('/flow', async (request, response) => {
    const { script, ...given } = parsed(flowQuerySchema, request.query);
    const source = await within(readTimeoutMs, 'event store: script', scriptSource(store, script));
    const read = source === undefined ? undefined : parsePinned(source);
    if (read?.ok !== true) throw notFound('A script that can be read');
    const flow = await readModel.flow(script, Object.fromEntries(standsIn(read.script)), periodOf(given));
    response.json({
      now: clock.now(),
      caughtUp: caughtUp(),
      script,
      dialogs: flow.dialogs,
      ways: [...flow.ways],
      left: [...flow.left],
    } satisfies FlowReport);
  });

  router.get('/:number/episodes', async (request, response) => {
    const { number } = parsed(numberParamsSchema, request.params);
    const { part, none, limit, cursor: after, ...given } = parsed(behindQuerySchema, request.query);
    const defined = definitions();
    if (defined.numbers[number] === undefined) throw notFound('A number of this name');
    const found = await readModel.behind(defined, number, none === undefined ? part : null, periodOf(given), limit, after);
    response.json({
      now: clock.now(),
      caughtUp: caughtUp(),
      episodes: found.episodes.map(({ account, chatId, episode: { number: at, revision, startedAt, endedAt, handedOver, returned } }) => ({
        account,
        chatId,
        number: at,
        revision,
        startedAt,
        endedAt,
        handedOver,
        returned,
      })),
      next: found.next === null ? null : cursorText(found.next),
    } satisfies BehindReport);
  });

  return router;
};

const isZone = (zone: string): boolean => {
  try {
    Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
};
