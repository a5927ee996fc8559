import { scriptHashSchema, scriptStream } from '@dialog/contracts/ids';
import type { EventStore } from '@dialog/event-store/port';
import { Router } from 'express';
import { z } from 'zod';
import { within } from '../deadline.ts';
import { notFound, parsed } from '../http/problem.ts';

const readTimeoutMs = 5_000;

export const scriptParamsSchema = z.object({ script: scriptHashSchema });
export const scriptSchema = z.object({ script: scriptHashSchema, source: z.string().describe('As it was registered, dialog-script/1') });
export type ScriptSource = z.infer<typeof scriptSchema>;

/** `/api/scripts`: the source of a version, which histories name by its content's hash. */
export const scriptsRouter = ({ store }: { store: EventStore }): Router => {
  const router = Router();
  router.get('/:script', async (request, response) => {
    const { script } = parsed(scriptParamsSchema, request.params);
    const [event] = await within(readTimeoutMs, 'event store: read', store.read(scriptStream(script), { from: 'start', maxCount: 1 }));
    if (event === undefined) throw notFound('The script');
    response.json(scriptSchema.parse({ script, source: (event.data as { source?: unknown }).source }) satisfies ScriptSource);
  });
  return router;
};
