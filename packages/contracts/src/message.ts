import { z } from 'zod';
import { personal } from './personal.ts';

/** Where a message comes from; anything that is neither visitor's nor an operator's is `system`. */
export const messageSideSchema = z.enum(['visitor', 'operator', 'system']);

/** A message as ingress normalised it from Webim (webim-protocol §2.4). Every part but `kind` may be missing at the source. */
export const messageSchema = z.object({
  /** Webim's own id, where it sent one. Not personal. */
  id: z.string().max(200).optional(),
  /** 16 hex digits: HMAC(HASH_KEY, account, chat, message id), or of kind and text or button where there is no id. */
  hash: z.string(),
  /** True where `hash` was made of the content since Webim sent no id: then only a repeat within 10 s counts. */
  hashOfContent: z.boolean(),
  kind: z.string().max(64),
  side: messageSideSchema,
  text: personal(z.string()).optional(),
  button: z.object({ id: z.string(), text: personal(z.string()).optional() }).optional(),
  file: z
    .object({
      url: personal(z.string()).optional(),
      name: personal(z.string()).optional(),
      mediaType: z.string().optional(),
      sizeBytes: z.number().optional(),
    })
    .optional(),
  operatorId: z.string().optional(),
  /** Webim's own time of the message, ms since the epoch, where it sent one. */
  at: z.number().optional(),
  /** The text was longer than kept. */
  truncated: z.boolean().optional(),
});
export type Message = z.infer<typeof messageSchema>;
