import type { Clock } from '@dialog/contracts/clock';
import { dialogStream } from '@dialog/contracts/ids';
import type { EventStore } from '@dialog/event-store/port';
import { Router } from 'express';
import { within } from '../deadline.ts';
import { notFound, parsed } from '../http/problem.ts';
import { cursorText } from '../http/query.ts';
import type { ReadModel } from '../read-model/read-model.ts';
import {
  type Dialog,
  type DialogList,
  dialogListQuerySchema,
  dialogParamsSchema,
  type EventPage,
  eventsQuerySchema,
  type FacetValuesAnswer,
} from './schemas.ts';

const readTimeoutMs = 5_000;
/** Of each facet that the page offers to choose from. */
const maxValues = 200;

export type DialogsOptions = {
  readonly store: EventStore;
  readonly readModel: ReadModel;
  readonly clock: Clock;
  readonly caughtUp: () => boolean;
};

/** `/api/dialogs`: rows from the read model, events from the event store itself. */
export const dialogsRouter = ({ store, readModel, clock, caughtUp }: DialogsOptions): Router => {
  const router = Router();

  router.get('/', async (request, response) => {
    const { cursor: after, limit, ...asked } = parsed(dialogListQuerySchema, request.query);
    const [found, accounts] = await Promise.all([
      readModel.list({
        // One more than asked for tells whether there is a next page.
        limit: limit + 1,
        ...given(asked),
        ...(after === undefined ? {} : { after }),
      }),
      readModel.accounts(),
    ]);
    const rows = found.slice(0, limit);
    const said = await readModel.said(rows.map(({ account, chatId }) => ({ account, chatId })));
    const last = rows.at(-1);
    response.json({
      now: clock.now(),
      caughtUp: caughtUp(),
      accounts: [...accounts],
      dialogs: rows.map((row, at) => ({ ...row, said: [...(said[at] ?? [])] })),
      next: found.length > limit && last ? cursorText([last.lastAt, last.account, last.chatId]) : null,
    } satisfies DialogList);
  });

  router.get('/values', async (_request, response) => {
    const values = (await readModel.values(maxValues)) as FacetValuesAnswer['values'];
    response.json({ now: clock.now(), values } satisfies FacetValuesAnswer);
  });

  router.get('/:account/:chatId', async (request, response) => {
    const { account, chatId } = parsed(dialogParamsSchema, request.params);
    const row = await readModel.row(account, chatId);
    if (row === undefined) throw notFound('The dialog');
    response.json({ now: clock.now(), row } satisfies Dialog);
  });

  router.get('/:account/:chatId/events', async (request, response) => {
    const id = parsed(dialogParamsSchema, request.params);
    const { from, limit } = parsed(eventsQuerySchema, request.query);
    const read = await within(readTimeoutMs, 'event store: read', store.read(dialogStream(id), { from, maxCount: limit }));
    if (read.length === 0 && from === 0) throw notFound('The dialog');
    const last = read.at(-1);
    response.json({
      now: clock.now(),
      events: read.map(({ revision, id: eventId, type, recordedAt, data, metadata }) => ({
        revision,
        id: eventId,
        type,
        recordedAt,
        data,
        metadata,
      })),
      next: last !== undefined && read.length === limit ? last.revision + 1 : null,
    } satisfies EventPage);
  });

  return router;
};

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };
/** Only what was asked for. */
export const given = <T extends object>(asked: T): Given<T> =>
  Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)) as Given<T>;
