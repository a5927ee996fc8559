import { directorySchema, directoryStream } from '@dialog/contracts/directory';
import type { EventStore } from '@dialog/event-store/port';
import { Router } from 'express';
import { z } from 'zod';
import { within } from '../deadline.ts';

const readTimeoutMs = 5_000;

const names = z.record(z.string(), z.string());
export const directoriesSchema = z.object({
  accounts: z.record(
    z.string(),
    z.object({
      operators: names.describe('Name by id'),
      departments: names.describe('Name by the code that a handover names'),
      at: z.number().describe("When Webim's Stored Data API told it, ms since the epoch"),
    }),
  ),
});
export type Directories = z.infer<typeof directoriesSchema>;

/** `/api/directory`: what each account's Webim calls its operators and departments; an account of which nothing was read is left out. */
export const directoryRouter = ({
  store,
  accounts,
}: {
  readonly store: EventStore;
  readonly accounts: () => Promise<readonly string[]>;
}): Router => {
  const router = Router();
  router.get('/', async (_request, response) => {
    const found: [string, Directories['accounts'][string]][] = [];
    for (const account of await accounts()) {
      const [last] = await within(
        readTimeoutMs,
        'event store: directory',
        store.read(directoryStream(account), { direction: 'backwards', maxCount: 1 }),
      );
      const read = directorySchema.safeParse(last?.data).data;
      if (read === undefined) continue;
      const operators = Object.fromEntries(read.operators.map(({ id, name }) => [id, name]));
      const departments = Object.fromEntries(read.departments.map(({ key, name }) => [key, name]));
      found.push([account, { operators, departments, at: read.at }]);
    }
    response.json({ accounts: Object.fromEntries(found) } satisfies Directories);
  });
  return router;
};
