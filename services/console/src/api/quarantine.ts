import type { Clock } from '@dialog/contracts/clock';
import { codeOf } from '@dialog/contracts/errors';
import { accountIdSchema } from '@dialog/contracts/ids';
import { type InboxInput, recordPlace } from '@dialog/contracts/inbox';
import { inboxRecord } from '@dialog/contracts/inbox-record';
import { type QuarantineRecord, quarantineRecordSchema } from '@dialog/contracts/quarantine';
import { groups, topics } from '@dialog/contracts/topics';
import type { VisitorInput } from '@dialog/contracts/visitor';
import type { EventStore } from '@dialog/event-store/port';
import type { LogRecord, PartitionedLog, PartitionLag } from '@dialog/log/port';
import express, { Router } from 'express';
import type { Logger } from 'pino';
import { z } from 'zod';
import { within } from '../deadline.ts';
import { HttpProblem, notFound, parsed } from '../http/problem.ts';
import { wholeNumber } from '../http/query.ts';
import type { ReadModel } from '../read-model/read-model.ts';
import { type QuarantinedRow, webhooksKeptMs } from '../read-model/webhook-tables.ts';
import { actionsSince, recordAction, whoAndWhy } from './audit.ts';

const timeoutMs = 5_000;

export const quarantineQuerySchema = z.strictObject({
  account: accountIdSchema.optional(),
  limit: wholeNumber(0, 500).default(100),
});
export const quarantinePlaceSchema = z.object({ partition: wholeNumber(0, 100_000), offset: wholeNumber() });

const quarantineEntrySchema = z.object({
  partition: z.number().int(),
  offset: z.number().int(),
  account: z.string(),
  receivedAt: z.number(),
  verdict: quarantineRecordSchema.shape.verdict,
  method: z.string(),
  event: z.string().nullable(),
  contentType: z.string().nullable(),
  bytes: z.number().int().describe('Of the body, as far as it was kept'),
  truncated: z.boolean(),
  fed: z.object({ by: z.string(), at: z.number() }).nullable().describe('Who gave it to the engine all the same, and when'),
  skipped: z.object({ by: z.string(), at: z.number() }).nullable().describe('Who said that nothing is to be done, and when'),
});
export const quarantineListSchema = z.object({
  now: z.number(),
  total: z.number().int().describe('Kept now, all accounts'),
  records: z.array(quarantineEntrySchema).describe('Newest first'),
});
export type QuarantineList = z.infer<typeof quarantineListSchema>;

export const quarantineOneSchema = quarantineEntrySchema.extend({
  skipped: z
    .object({ by: z.string(), at: z.number(), reason: z.string() })
    .nullable()
    .describe('Who said that nothing is to be done, when and why'),
  body: z.string().nullable().describe('As text, where it is text'),
  bodyBase64: z.string(),
  reads: z
    .union([z.object({ type: z.string(), chatId: z.string() }), z.object({ refused: z.string() })])
    .describe('What the door would make of it today'),
});
export type QuarantineOne = z.infer<typeof quarantineOneSchema>;

export const feedSchema = z.strictObject({
  /** Repaired by hand: what it should have been. Left out: as it came. */
  body: z.string().max(500_000).optional(),
  event: z.string().max(64).optional(),
  ...whoAndWhy,
});
export const fedSchema = z.object({
  dryRun: z.boolean(),
  account: z.string(),
  chatId: z.string(),
  type: z.string(),
  /** Of the input in the dialog's history. */
  inputId: z.string(),
});

/** `{partition}/{offset}` of each. */
const places = z
  .array(z.string().regex(/^\d{1,6}\/\d{1,15}$/))
  .min(1)
  .max(500);
export const feedAllSchema = z.strictObject({ places, ...whoAndWhy });
export const fedAllSchema = z.object({
  dryRun: z.boolean(),
  fed: z
    .array(z.object({ place: z.string(), account: z.string(), chatId: z.string(), type: z.string() }))
    .describe('In the order in which they came'),
  refused: z.array(z.object({ place: z.string(), reason: z.string() })).describe('The door can’t read them now either'),
});
export const skipSchema = z.strictObject({ places, ...whoAndWhy });
export const skippedSchema = z.object({
  dryRun: z.boolean(),
  places: z.array(z.string()).describe('Those that are skipped by this; what was given to the engine or skipped before stays as it is'),
});

/** What the door makes of a webhook that was put aside; the console has no parser of its own. */
export type ReadWebhook = (record: QuarantineRecord, inputId: string) => { readonly input: InboxInput } | { readonly refused: string };

export type QuarantineOptions = {
  readonly store: EventStore;
  readonly log: PartitionedLog;
  readonly readModel: Pick<ReadModel, 'quarantined'>;
  readonly readWebhook: ReadWebhook;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** `/api/quarantine`: webhooks that the door could not take; look, give one to the engine once it can be read, or say that nothing is to be done. */
export const quarantineRouter = ({ store, log, readModel, readWebhook, clock, logger }: QuarantineOptions): Router => {
  const router = Router();
  const ask = <T>(what: string, answer: Promise<T>): Promise<T> => within(timeoutMs, `log: ${what}`, answer);

  /** No group reads the quarantine: where it begins and ends is all that is asked. */
  const partitions = async () => {
    try {
      return await ask('quarantine', log.lag(groups.projector, topics.quarantine));
    } catch (error) {
      if (codeOf(error) === 'unknown_topic') return [];
      throw error;
    }
  };

  /** By account, as far as its actions were read: they only grow, and the list is asked every other second. */
  const doneUpTo = new Map<string, { readonly next: number; readonly done: Done }>();
  const doneOf = async (account: string): Promise<Done> => {
    const { next: since, done } = doneUpTo.get(account) ?? { next: 0, done: { fed: new Map(), skipped: new Map() } };
    const { actions, next } = await actionsSince(store, account, since);
    for (const { action, place, by, at, reason, receivedAt } of actions) {
      if (place === undefined) continue;
      if (action === 'quarantine_fed') done.fed.set(place, { by, at, receivedAt });
      if (action === 'quarantine_skipped') done.skipped.set(place, { by, at, receivedAt, reason });
    }
    doneUpTo.set(account, { next, done });
    return done;
  };

  router.get('/', async (request, response) => {
    const { account, limit } = parsed(quarantineQuerySchema, request.query);
    const now = clock.now();
    const { total, rows } = await readModel.quarantined({
      since: now - webhooksKeptMs,
      limit,
      ...(account === undefined ? {} : { account }),
    });
    const done = new Map<string, Done>();
    for (const name of new Set(rows.map((row) => row.account))) done.set(name, await doneOf(name));
    response.json({ now, total, records: rows.map((row) => listed(row, done.get(row.account))) } satisfies QuarantineList);
  });

  const entryAt = async (bounds: readonly PartitionLag[], partition: number, offset: number): Promise<Entry | undefined> => {
    const known = bounds.find((one) => one.partition === partition);
    if (known === undefined || offset < known.low || offset >= known.high) return undefined;
    const [record] = await ask('quarantine', log.read(topics.quarantine, partition, offset, 1));
    return record?.offset === offset ? entryOf(record) : undefined;
  };

  const oneOf = async (params: unknown): Promise<Entry> => {
    const { partition, offset } = parsed(quarantinePlaceSchema, params);
    const entry = await entryAt(await partitions(), partition, offset);
    if (entry === undefined) throw notFound('The quarantined webhook');
    return entry;
  };

  router.get('/:partition/:offset', async (request, response) => {
    const entry = await oneOf(request.params);
    const body = Buffer.from(entry.record.bodyBase64, 'base64');
    const read = readWebhook(entry.record, inputIdOf(entry));
    response.json({
      ...shown(rowOf(entry), await doneOf(entry.record.account)),
      body: asText(body),
      bodyBase64: entry.record.bodyBase64,
      reads: 'input' in read ? { type: read.input.type, chatId: read.input.chatId } : read,
    } satisfies QuarantineOne);
  });

  const feed = async (entry: Entry, input: InboxInput, { by, reason }: { by: string; reason: string }): Promise<void> => {
    const { account, chatId, inputId } = input;
    const place = placeOf(entry);
    await recordAction(store, account, {
      action: 'quarantine_fed',
      by,
      reason,
      at: clock.now(),
      chatId,
      place,
      receivedAt: entry.record.receivedAt,
      inputId,
    });
    await appendInput(log, input);
    logger.info({ event: 'quarantine_fed', account, chatId });
  };

  router.post('/:partition/:offset/feed', express.json({ limit: '2mb', strict: true }), async (request, response) => {
    const entry = await oneOf(request.params);
    const { body, event, ...asked } = parsed(feedSchema, request.body ?? {});
    const { fed: before } = shown(rowOf(entry), await doneOf(entry.record.account));
    if (before !== null) {
      throw new HttpProblem(409, 'done-before', 'It was given to the engine before', { detail: `by ${before.by}` });
    }
    const repaired = {
      ...entry.record,
      ...(body === undefined ? {} : { bodyBase64: Buffer.from(body, 'utf8').toString('base64'), truncated: false }),
      ...(event === undefined ? {} : { event }),
    };
    const read = readWebhook(repaired, inputIdOf(entry));
    if (!('input' in read)) {
      throw new HttpProblem(422, 'unreadable', 'The webhook can’t be read now either', { detail: read.refused });
    }
    const { input } = read;
    const { dryRun } = asked;
    if (!dryRun) await feed(entry, input, asked);
    response.status(dryRun ? 200 : 202).json({
      dryRun,
      account: input.account,
      chatId: input.chatId,
      type: input.type,
      inputId: input.inputId,
    } satisfies z.infer<typeof fedSchema>);
  });

  /** Those of them with which nothing was done yet, in the order in which they came. */
  const openOf = async (given: readonly string[]): Promise<Entry[]> => {
    const open: Entry[] = [];
    const known = await partitions();
    for (const place of new Set(given)) {
      const [partition, offset] = place.split('/').map(Number);
      const entry = await entryAt(known, partition ?? 0, offset ?? 0);
      // Gone with the log's retention, or with a log that was lost.
      if (entry === undefined) continue;
      const { fed, skipped } = shown(rowOf(entry), await doneOf(entry.record.account));
      if (fed === null && skipped === null) open.push(entry);
    }
    return open.sort((a, b) => a.record.receivedAt - b.record.receivedAt || a.offset - b.offset);
  };

  router.post('/feed', express.json({ limit: '100kb', strict: true }), async (request, response) => {
    const asked = parsed(feedAllSchema, request.body ?? {});
    const answer: z.infer<typeof fedAllSchema> = { dryRun: asked.dryRun, fed: [], refused: [] };
    for (const entry of await openOf(asked.places)) {
      const place = `${entry.partition}/${entry.offset}`;
      const read = readWebhook(entry.record, inputIdOf(entry));
      if (!('input' in read)) {
        answer.refused.push({ place, reason: read.refused });
        continue;
      }
      if (!asked.dryRun) await feed(entry, read.input, asked);
      const { account, chatId, type } = read.input;
      answer.fed.push({ place, account, chatId, type });
    }
    response.status(asked.dryRun ? 200 : 202).json(answer);
  });

  router.post('/skip', express.json({ limit: '100kb', strict: true }), async (request, response) => {
    const { by, reason, dryRun, places } = parsed(skipSchema, request.body ?? {});
    const skipped: string[] = [];
    for (const entry of await openOf(places)) {
      const { account, receivedAt } = entry.record;
      if (!dryRun) {
        const place = placeOf(entry);
        await recordAction(store, account, { action: 'quarantine_skipped', by, reason, at: clock.now(), place, receivedAt });
        logger.info({ event: 'quarantine_skipped', account });
      }
      skipped.push(`${entry.partition}/${entry.offset}`);
    }
    response.json({ dryRun, places: skipped } satisfies z.infer<typeof skippedSchema>);
  });

  return router;
};

/** Writes an input where all of them enter. @throws LogError */
export const appendInput = async (log: PartitionedLog, input: InboxInput | VisitorInput): Promise<void> => {
  await log.append([inboxRecord(input)], { timeoutMs });
};

/** `receivedAt`: when the webhook came, by the log's time; former versions did not write it down. */
type Fed = { readonly by: string; readonly at: number; readonly receivedAt: number | undefined };
type Skipped = Fed & { readonly reason: string };
/** What was done with them, by place. */
type Done = { readonly fed: Map<string, Fed>; readonly skipped: Map<string, Skipped> };
type Entry = { readonly partition: number; readonly offset: number; readonly record: QuarantineRecord };

const entryOf = ({ partition, offset, value }: LogRecord): Entry | undefined => {
  if (value === null) return undefined;
  try {
    const { data } = quarantineRecordSchema.safeParse(JSON.parse(Buffer.from(value).toString('utf8')));
    return data === undefined ? undefined : { partition, offset, record: data };
  } catch {
    return undefined;
  }
};

const placeOf = ({ partition, offset }: Pick<Entry, 'partition' | 'offset'>): string =>
  recordPlace({ topic: topics.quarantine, partition, offset });
/** The same for each attempt to feed it: a second one is a redelivery, and moves nothing. In a log that is made anew the place alone may come again. */
const inputIdOf = ({ partition, offset, record }: Entry): string => `quarantine:${partition}/${offset}@${record.receivedAt}`;

const rowOf = ({ partition, offset, record }: Entry): QuarantinedRow => ({
  partition,
  offset,
  account: record.account,
  receivedAt: record.receivedAt,
  verdict: record.verdict,
  method: record.method,
  event: record.event ?? null,
  contentType: record.contentType ?? null,
  bytes: Buffer.byteLength(record.bodyBase64, 'base64'),
  truncated: record.truncated,
});

/** Why it was skipped is a person's text: for those who may look at one. */
const listed = (row: QuarantinedRow, done: Done | undefined): z.infer<typeof quarantineEntrySchema> => {
  const { skipped, ...entry } = shown(row, done);
  return { ...entry, skipped: skipped && { by: skipped.by, at: skipped.at } };
};

const shown = (row: QuarantinedRow, done: Done | undefined) => ({
  ...row,
  fed: ofThis(row, done?.fed),
  skipped: ofThis(row, done?.skipped),
});

/** What was done with it, and not with one that stood at its place in a log that was lost since, and made anew. */
const ofThis = <T extends Fed>(row: QuarantinedRow, done: ReadonlyMap<string, T> | undefined): Omit<T, 'receivedAt'> | null => {
  const one = done?.get(placeOf(row));
  if (one === undefined) return null;
  const { receivedAt, ...told } = one;
  return (receivedAt === undefined ? one.at >= row.receivedAt : receivedAt === row.receivedAt) ? told : null;
};

const asText = (bytes: Buffer): string | null => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
};
