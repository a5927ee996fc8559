import { z } from 'zod';
import { personal } from './personal.ts';

/** A record of `webhook.quarantine`: a webhook that could not be taken, with its verdict; kept 7 days. */
export const quarantineRecordSchema = z.object({
  account: z.string(),
  /** Log's time, ms. */
  receivedAt: z.number(),
  verdict: z.enum([
    'not_json',
    'not_an_object',
    'too_deep',
    'unknown_event',
    'api_version_1',
    'no_chat_id',
    'bad_chat_id',
    'too_big',
    'too_slow',
    /** An account's address with a token that is not its own: neither token nor body is kept, and one record a minute stands for all. */
    'wrong_token',
  ]),
  method: z.string(),
  /** Of the query. */
  event: z.string().optional(),
  /** Of the body, where the query has none. */
  eventInBody: z.string().optional(),
  contentType: z.string().optional(),
  /** At most 64 KB of the body. */
  bodyBase64: personal(z.string()),
  truncated: z.boolean(),
});
export type QuarantineRecord = z.infer<typeof quarantineRecordSchema>;
