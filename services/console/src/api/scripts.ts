import { scriptHashSchema, scriptStream } from '@dialog/contracts/ids';
import type { EventStore } from '@dialog/event-store/port';
import { parseScript } from '@dialog/script/parse';
import { Router } from 'express';
import { z } from 'zod';
import { within } from '../deadline.ts';
import { notFound, parsed } from '../http/problem.ts';

const readTimeoutMs = 5_000;

export const scriptParamsSchema = z.object({ script: scriptHashSchema });
export const scriptSchema = z.object({
  script: scriptHashSchema,
  source: z.string().describe('As it was registered, dialog-script/1'),
  personal: z
    .array(z.string())
    .nullable()
    .describe('Names of its variables marked `pii`; null: this version can no longer read the script'),
});
export type ScriptSource = z.infer<typeof scriptSchema>;

const registered = z.object({ source: z.string() });

/** `/api/scripts`: the source of a version, which histories name by its content's hash. */
export const scriptsRouter = ({ store }: { store: EventStore }): Router => {
  const router = Router();
  router.get('/:script', async (request, response) => {
    const { script } = parsed(scriptParamsSchema, request.params);
    const [event] = await within(readTimeoutMs, 'event store: read', store.read(scriptStream(script), { from: 'start', maxCount: 1 }));
    if (event === undefined) throw notFound('The script');
    const { source } = registered.parse(event.data);
    response.json({ script, source, personal: personalVariables(source) } satisfies ScriptSource);
  });
  return router;
};

const personalVariables = (source: string): string[] | null => {
  const script = parseScript(source);
  return script.ok ? [...script.script.variables].filter(([, variable]) => variable.pii).map(([name]) => name) : null;
};
