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
  /** The stored-data question: is the chat closed? Reads only; goes to no visitor. */
  z.object({ kind: z.literal('query_chat') }),
]);
export type Effect = z.infer<typeof effectSchema>;
export type EffectKind = Effect['kind'];
