import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '@dialog/contracts/clock';
import { codeOf } from '@dialog/contracts/errors';
import { type ExportLine, type ExportSelection, exportText, parseDialogCursor } from '@dialog/contracts/export-file';
import { accountIdSchema, chatIdSchema, dialogStream } from '@dialog/contracts/ids';
import type { EventStore } from '@dialog/event-store/port';
import { exportHeader, exportLines } from '@dialog/export/export-lines';
import { Router } from 'express';
import type { Logger } from 'pino';
import { z } from 'zod';
import packageJson from '../../package.json' with { type: 'json' };
import { badRequest, HttpProblem, parsed } from '../http/problem.ts';
import { wholeNumber } from '../http/query.ts';
import type { ReadModel } from '../read-model/read-model.ts';
import type { DialogRow } from '../read-model/row.ts';
import type { ListFilter } from '../read-model/tables.ts';
import { given } from './dialogs.ts';
import { dialogListQuerySchema } from './schemas.ts';

/** Of one request, so that its address stays short; who wants more asks again, or by a filter. */
const maxDialogsAsked = 100;
const listPage = 200;

const dialogName = z
  .string()
  .regex(/^[a-z0-9_]{1,32}\/[A-Za-z0-9-]{1,64}$/, '{account}/{chatId}')
  .transform((name) => {
    const [account, chatId] = name.split('/');
    return { account: accountIdSchema.parse(account), chatId: chatIdSchema.parse(chatId) };
  });

/** As the list of dialogs is asked, or by name. */
export const exportQuerySchema = dialogListQuerySchema.omit({ cursor: true, limit: true }).extend({
  dialog: z
    .union([dialogName.transform((one) => [one]), z.array(dialogName).max(maxDialogsAsked)])
    .optional()
    .describe(`\`{account}/{chatId}\`, up to ${maxDialogsAsked} times; with neither this nor a question of the list: all`),
  until: wholeNumber().optional().describe('Ends before the first event recorded later, ms since the epoch. Default: now'),
  after: z
    .string()
    .regex(/^\S{1,200}$/)
    .optional()
    .describe('Goes on after this event, without a header: its `position`, or `{stream}@{revision}` where dialogs are named'),
});

export type ExportRouterOptions = {
  readonly store: EventStore;
  readonly readModel: ReadModel;
  readonly clock: Clock;
  readonly caughtUp: () => boolean;
  readonly logger: Logger;
};

/** `GET /api/export`: histories as NDJSON (`dialog-export/1`), as fast as they are taken. An answer without its last line was interrupted. */
export const exportRouter = ({ store, readModel, clock, caughtUp, logger }: ExportRouterOptions): Router => {
  const router = Router();

  const found = async (filter: Omit<ListFilter, 'limit' | 'after'>): Promise<ExportSelection['dialogs']> => {
    if (!caughtUp()) throw new HttpProblem(503, 'not-caught-up', 'The list of dialogs is being rebuilt');
    const dialogs: NonNullable<ExportSelection['dialogs']> = [];
    for (let after: DialogRow | undefined; ; ) {
      const page: readonly DialogRow[] = await readModel.list({ ...filter, limit: listPage, ...(after === undefined ? {} : { after }) });
      for (const row of page) dialogs.push({ account: accountIdSchema.parse(row.account), chatId: chatIdSchema.parse(row.chatId) });
      after = page.at(-1);
      if (page.length < listPage) break;
    }
    // A dialog may move in the list while its pages are read.
    return [...new Map(dialogs.map((one) => [dialogStream(one), one])).values()];
  };

  router.get('/', async (request, response) => {
    const { dialog, until = clock.now(), after, ...asked } = parsed(exportQuerySchema, request.query);
    const { account, ...filter } = given(asked);
    const filtered = Object.keys(filter).length > 0;
    if (filtered && after !== undefined)
      throw badRequest({ field: 'after', message: 'the list may have changed: name the dialogs of the header instead' });
    if (dialog !== undefined && (filtered || account !== undefined))
      throw badRequest({ field: 'dialog', message: 'either dialogs or a filter' });
    const selection: ExportSelection =
      dialog !== undefined
        ? { dialogs: dialog }
        : filtered
          ? { dialogs: await found(given(asked)) }
          : account === undefined
            ? {}
            : { account };
    if (after !== undefined && dialog !== undefined) {
      const cursor = parseDialogCursor(after);
      if (cursor === undefined || !dialog.some((one) => dialogStream(one) === cursor.stream))
        throw badRequest({ field: 'after', message: 'none of these dialogs' });
    }
    if (after !== undefined && dialog === undefined && !/^\d{1,20}(\/\d{1,20})?$/.test(after))
      throw badRequest({ field: 'after', message: 'no position' });
    const header = exportHeader({ producer: packageJson.version, exportedAt: clock.now(), until, selection });
    const lines = exportLines({ store, selection, until, ...(after === undefined ? {} : { after }) });
    // A store that does not answer is told as a problem; after the first line it is an answer that breaks off.
    const first = await lines.next();
    response.status(200).type('application/x-ndjson');
    response.set('content-disposition', `attachment; filename="dialogs-${new Date(until).toISOString().slice(0, 10)}.ndjson"`);
    // The pipeline asks for a line only when the answer takes one, and closes the answer without its end where a read fails.
    await pipeline(Readable.from(texts(after === undefined ? header : undefined, first, lines), { highWaterMark: 16 }), response).catch(
      (error: unknown) => logger.warn({ event: 'export_broken_off', code: codeOf(error) }),
    );
  });
  return router;
};

async function* texts(
  header: ExportLine | undefined,
  first: IteratorResult<ExportLine, undefined>,
  lines: AsyncIterable<ExportLine>,
): AsyncGenerator<string> {
  if (header !== undefined) yield exportText(header);
  if (first.done !== true) yield exportText(first.value);
  for await (const line of lines) yield exportText(line);
}
