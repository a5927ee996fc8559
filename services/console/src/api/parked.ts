import { randomUUID } from 'node:crypto';
import type { Clock } from '@dialog/contracts/clock';
import {
  accountIdSchema,
  isVisitorId,
  parseSubjectKey,
  type SubjectId,
  subjectName,
  subjectNameSchema,
  subjectParkedStream,
} from '@dialog/contracts/ids';
import { recordPlace, recordPlaceSchema } from '@dialog/contracts/inbox';
import { type RecordParked, waitingRecords } from '@dialog/contracts/parked';
import type { EventStore, RecordedEvent } from '@dialog/event-store/port';
import type { PartitionedLog } from '@dialog/log/port';
import express, { Router } from 'express';
import type { Logger } from 'pino';
import { z } from 'zod';
import { within } from '../deadline.ts';
import { badRequest, notFound, parsed } from '../http/problem.ts';
import type { ReadModel } from '../read-model/read-model.ts';
import { recordAction, whoAndWhy } from './audit.ts';
import { appendInput } from './quarantine.ts';

const timeoutMs = 5_000;
const pageSize = 500;
const maxListed = 500;

/** A dialog, or a visitor's own stream (design §5.6). */
export const subjectParamsSchema = z.object({ account: accountIdSchema, chatId: subjectNameSchema });

const parkedDialogSchema = z.object({
  account: z.string(),
  chatId: z.string().describe('Of a visitor’s own stream: `v:` and the visitor'),
  /** Records that wait, the one that stopped the dialog included. */
  records: z.number().int(),
  reason: z.string(),
  parkedAt: z.number(),
  oldestAppendedAt: z.number(),
});
export const parkedListSchema = z.object({ now: z.number(), caughtUp: z.boolean(), dialogs: z.array(parkedDialogSchema) });

const parkedRecordSchema = z.object({
  place: recordPlaceSchema,
  appendedAt: z.number(),
  parkedAt: z.number(),
  attempts: z.number().int(),
  reason: z.string(),
  /** As text, where it is text. */
  value: z.string().nullable(),
  valueBase64: z.string().nullable(),
});
export const parkedRecordsSchema = z.object({ now: z.number(), records: z.array(parkedRecordSchema) });

export const releaseSchema = z.strictObject({
  ...whoAndWhy,
  skip: z.array(recordPlaceSchema).max(1000).default([]),
  edit: z
    .array(z.strictObject({ place: recordPlaceSchema, value: z.string().max(500_000) }))
    .max(100)
    .default([]),
});
export const releaseClassSchema = z.strictObject({
  ...whoAndWhy,
  /** All dialogs that were parked for this reason. */
  parkedFor: z.string().min(1).max(200),
  account: accountIdSchema.optional(),
  /** The record that stopped each of them is left out. */
  skipFirst: z.boolean().default(false),
});
export const releaseClassPlanSchema = z.object({
  dryRun: z.boolean(),
  dialogs: z.array(
    z.object({
      account: z.string(),
      chatId: z.string(),
      commandId: z.string().nullable(),
      apply: z.number().int(),
      skip: z.number().int(),
    }),
  ),
});
export const releasePlanSchema = z.object({
  dryRun: z.boolean(),
  /** Of the command in the dialog's history; null for a dry run. */
  commandId: z.string().nullable(),
  plan: z.array(z.object({ place: recordPlaceSchema, does: z.enum(['apply', 'apply_edited', 'skip']) })),
});

export type ParkedOptions = {
  readonly store: EventStore;
  readonly log: PartitionedLog;
  readonly readModel: Pick<ReadModel, 'parked' | 'row'>;
  readonly caughtUp: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** `/api/parked`: what could not be applied, and the command that goes on with it (design §6.7). */
export const parkedRouter = ({ store, log, readModel, caughtUp, clock, logger }: ParkedOptions): Router => {
  const router = Router();

  router.get('/', async (_request, response) => {
    const parked = await readModel.parked(maxListed);
    const dialogs = parked.map(({ id, ...waits }) => ({ account: id.account, chatId: subjectName(id), ...waits }));
    response.json({ now: clock.now(), caughtUp: caughtUp(), dialogs } satisfies z.infer<typeof parkedListSchema>);
  });

  router.get('/:account/:chatId', async (request, response) => {
    const records = await waitingOf(store, subjectOf(parsed(subjectParamsSchema, request.params)));
    response.json({ now: clock.now(), records: records.map(shown) } satisfies z.infer<typeof parkedRecordsSchema>);
  });

  router.post('/:account/:chatId/release', express.json({ limit: '2mb', strict: true }), async (request, response) => {
    const id = subjectOf(parsed(subjectParamsSchema, request.params));
    const asked = parsed(releaseSchema, request.body ?? {});
    const records = await waitingOf(store, id);
    // One that stopped by its script or by a send in doubt has no record that waits, and is released all the same.
    if (records.length === 0 && (isVisitorId(id) || (await readModel.row(id.account, id.chatId))?.parked !== true)) {
      throw notFound('A parked record of this dialog');
    }
    const places = new Set(records.map(recordPlace));
    const unknown = [...asked.skip, ...asked.edit.map((one) => one.place)].filter((place) => !places.has(place));
    if (unknown.length > 0) {
      throw badRequest(...unknown.map((place) => ({ field: 'place', message: `${place} is not parked here` })));
    }
    const edited = new Set(asked.edit.map((one) => one.place));
    const skipped = new Set(asked.skip);
    const plan = records.map((record) => {
      const place = recordPlace(record);
      return { place, does: skipped.has(place) ? ('skip' as const) : edited.has(place) ? ('apply_edited' as const) : ('apply' as const) };
    });
    const commandId = asked.dryRun ? null : await ask(id, asked);
    response
      .status(commandId === null ? 200 : 202)
      .json({ dryRun: asked.dryRun, commandId, plan } satisfies z.infer<typeof releasePlanSchema>);
  });

  /** Of one class, each by a command of its own: one that fails again stops no other. */
  router.post('/release', express.json({ strict: true }), async (request, response) => {
    const { parkedFor, account, skipFirst, ...asked } = parsed(releaseClassSchema, request.body ?? {});
    const dialogs: z.infer<typeof releaseClassPlanSchema>['dialogs'] = [];
    for (const { id, reason } of await readModel.parked(maxListed)) {
      if (reason !== parkedFor || (account !== undefined && account !== id.account)) continue;
      const records = await waitingOf(store, id);
      const skip = skipFirst ? records.slice(0, 1).map(recordPlace) : [];
      const commandId = asked.dryRun ? null : await ask(id, { ...asked, skip, edit: [] });
      dialogs.push({ account: id.account, chatId: subjectName(id), commandId, apply: records.length - skip.length, skip: skip.length });
    }
    response.status(asked.dryRun ? 200 : 202).json({ dryRun: asked.dryRun, dialogs } satisfies z.infer<typeof releaseClassPlanSchema>);
  });

  const ask = async (id: SubjectId, asked: Omit<z.infer<typeof releaseSchema>, 'dryRun'>): Promise<string> => {
    const commandId = `command:${randomUUID()}`;
    const { by, reason, skip, edit } = asked;
    await recordAction(store, id.account, {
      action: 'parked_released',
      by,
      reason,
      at: clock.now(),
      chatId: subjectName(id),
      inputId: commandId,
    });
    const command = {
      inputId: commandId,
      receivedAt: log.logTime(),
      by,
      reason,
      skip,
      edit: edit.map(({ place, value }) => ({ place, valueBase64: Buffer.from(value, 'utf8').toString('base64') })),
    };
    await appendInput(
      log,
      isVisitorId(id)
        ? { type: 'visitor_release_parked', ...id, ...command }
        : { type: 'release_parked', ...id, chatIdForm: 'string', ...command },
    );
    logger.info({ event: 'release_asked', account: id.account, chatId: subjectName(id), skipped: skip.length, edited: edit.length });
    return commandId;
  };

  return router;
};

const shown = (record: RecordParked): z.infer<typeof parkedRecordSchema> => ({
  place: recordPlace(record),
  appendedAt: record.appendedAt,
  parkedAt: record.parkedAt,
  attempts: record.attempts,
  reason: record.reason,
  value: record.valueBase64 === null ? null : Buffer.from(record.valueBase64, 'base64').toString('utf8'),
  valueBase64: record.valueBase64,
});

const subjectOf = ({ account, chatId }: z.infer<typeof subjectParamsSchema>): SubjectId => {
  const id = parseSubjectKey(`${account}:${chatId}`);
  if (id === undefined) throw new Error(`bug: ${chatId} is neither a chat nor a visitor`);
  return id;
};

const waitingOf = async (store: EventStore, id: SubjectId): Promise<readonly RecordParked[]> => {
  const events: RecordedEvent[] = [];
  for (;;) {
    const from = events.length === 0 ? 'start' : (events.at(-1) as RecordedEvent).revision + 1;
    const page = await within(timeoutMs, 'event store: read', store.read(subjectParkedStream(id), { from, maxCount: pageSize }));
    events.push(...page);
    if (page.length < pageSize) return waitingRecords(events);
  }
};
