import { settingsStream } from '@dialog/contracts/ids';
import { dialogSettingsSchema } from '@dialog/contracts/settings';
import type { EventStore } from '@dialog/event-store/port';
import { Router } from 'express';
import { z } from 'zod';
import { within } from '../deadline.ts';
import { notFound, parsed } from '../http/problem.ts';

const readTimeoutMs = 5_000;

export const settingsParamsSchema = z.object({ settings: z.string().regex(/^[0-9a-f]{32}$/, 'a hash') });
export const settingsPinSchema = z.object({ hash: z.string(), settings: dialogSettingsSchema });
export type SettingsPin = z.infer<typeof settingsPinSchema>;

/** `/api/settings`: an account's settings as inputs pin them by their content's hash; no secrets. */
export const settingsRouter = ({ store }: { readonly store: EventStore }): Router => {
  const router = Router();
  router.get('/:settings', async (request, response) => {
    const { settings: hash } = parsed(settingsParamsSchema, request.params);
    const [event] = await within(readTimeoutMs, 'event store: read', store.read(settingsStream(hash), { from: 'start', maxCount: 1 }));
    if (event === undefined) throw notFound('The settings');
    response.json(settingsPinSchema.parse({ hash, ...(event.data as object) }) satisfies SettingsPin);
  });
  return router;
};
