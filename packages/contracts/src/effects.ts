import { z } from 'zod';
import { personal } from './personal.ts';

export const buttonSchema = z.object({ id: z.string().max(64), text: personal(z.string()) });
export type Button = z.infer<typeof buttonSchema>;

/** What the engine asks of Webim. `text`, `keyboard`, `file` expire; `redirect`, `close` do not (design §5.4). */
export const effectSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('text'), text: personal(z.string()) }),
  z.object({ kind: z.literal('keyboard'), buttons: z.array(z.array(buttonSchema)) }),
  z.object({
    kind: z.literal('file'),
    url: personal(z.string()),
    name: personal(z.string()),
    mediaType: z.string(),
  }),
  /** With neither: to the queue, which Webim takes from 10.4 on. */
  z.object({ kind: z.literal('redirect'), department: z.string().optional(), operatorId: z.string().optional() }),
  z.object({ kind: z.literal('close') }),
  /** An `http` step of the script: goes to no visitor; secrets are named, never written out. */
  z.object({
    kind: z.literal('http'),
    method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
    url: personal(z.string()),
    headers: personal(z.record(z.string(), z.string())),
    body: personal(z.json() as z.ZodType).optional(),
    timeoutMs: z.number(),
    retries: z.number().int(),
  }),
  /** The stored-data question: is the chat closed? Reads only; goes to no visitor. */
  z.object({ kind: z.literal('query_chat') }),
]);
export type Effect = z.infer<typeof effectSchema>;
export type EffectKind = Effect['kind'];
