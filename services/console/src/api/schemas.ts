import { domainEventSchemas, ownerSchema } from '@dialog/contracts/domain-event';
import { accountIdSchema, chatIdSchema, scriptHashSchema, visitorHashSchema } from '@dialog/contracts/ids';
import { personal } from '@dialog/contracts/personal';
import { returnCauseSchema } from '@dialog/contracts/return-cause';
import { z } from 'zod';
import { cursor, wholeNumber } from '../http/query.ts';
import { anyProblem, problemNames, stateNames } from '../read-model/facets.ts';
import { dialogRowSchema } from '../read-model/row.ts';

/** The API's requests and answers; the page takes its types from here, the OpenAPI document is made of them. */
const value = z.string().min(1).max(200);
const instant = z.iso.datetime({ offset: true }).transform((time) => Date.parse(time));

export const dialogParamsSchema = z.object({ account: accountIdSchema, chatId: chatIdSchema });

export const dialogListQuerySchema = z.strictObject({
  account: accountIdSchema.optional(),
  owner: ownerSchema.optional(),
  flag: z.enum(['true', 'false']).optional(),
  state: z.enum(stateNames).optional().describe('`unseen`: chats that the bot never had, which no other question finds'),
  department: value.optional().describe('It was handed over to this department'),
  operator: value.optional().describe('This operator has or had it'),
  script: scriptHashSchema.optional().describe('Version of the script that it started with'),
  mark: value.optional().describe('A `mark` step set it'),
  cause: returnCauseSchema.optional().describe('A Return ran for this cause'),
  visitor: visitorHashSchema.optional().describe('All chats of one person'),
  problem: z
    .enum([...problemNames, anyProblem])
    .optional()
    .describe('What went wrong in it; `any`: something did'),
  from: instant.optional().describe('Its last activity is not before'),
  to: instant.optional().describe('Its last activity is before'),
  text: z
    .string()
    .max(200)
    .optional()
    .describe(
      'All these words were said in it, by anybody, in any form, or are the number of its chat; `word*`: words that begin so. At most 8 words count',
    ),
  limit: wholeNumber(1, 200).default(50),
  cursor: cursor(z.tuple([z.number(), accountIdSchema, chatIdSchema]))
    .transform(([lastAt, account, chatId]) => ({ lastAt, account, chatId }))
    .optional()
    .describe('`next` of the page before'),
});

export const eventsQuerySchema = z.strictObject({
  from: wholeNumber().default(0).describe('First revision'),
  limit: wholeNumber(1, 1000).default(500),
});

const listedDialogSchema = dialogRowSchema.extend({
  said: personal(z.array(z.string())).describe('What the visitor said first and last, in short; one where they are the same'),
});
export type ListedDialog = z.infer<typeof listedDialogSchema>;

export const dialogListSchema = z.object({
  now: z.number().describe('Time here, ms since the epoch'),
  /** False while the read model is being rebuilt: dialogs may be missing. */
  caughtUp: z.boolean(),
  accounts: z.array(z.string()).describe('All accounts that have a dialog'),
  dialogs: z.array(listedDialogSchema),
  next: z.string().nullable().describe('Cursor of the next page; null: this is the last one'),
});
export type DialogList = z.infer<typeof dialogListSchema>;

const someValues = z.array(z.string());
export const facetValuesSchema = z.object({
  now: z.number(),
  values: z
    .object({
      account: someValues,
      owner: someValues,
      flag: someValues,
      state: someValues,
      department: someValues,
      operator: someValues,
      script: someValues,
      mark: someValues,
      cause: someValues,
      problem: someValues,
    })
    .describe('By what can be filtered now; at most 200 of each'),
});
export type FacetValuesAnswer = z.infer<typeof facetValuesSchema>;

export const dialogSchema = z.object({ now: z.number(), row: dialogRowSchema });
export type Dialog = z.infer<typeof dialogSchema>;

const storedEventSchema = z.object({
  revision: z.number().int(),
  id: z.string().describe('A UUID that derives from the data; to a viewer, who does not see all of that, the revision'),
  type: z.string().describe(`One of ${Object.keys(domainEventSchemas).join(', ')}; others may come with newer versions`),
  recordedAt: z.number().describe("The store's time of the append, ms since the epoch"),
  data: z.unknown(),
  metadata: z.unknown(),
});
export type StoredEvent = z.infer<typeof storedEventSchema>;

export const eventPageSchema = z.object({
  now: z.number(),
  events: z.array(storedEventSchema),
  next: z.number().int().nullable().describe('`from` of the next page; null: this is the end as of now'),
});
export type EventPage = z.infer<typeof eventPageSchema>;

export const aboutSchema = z.object({
  now: z.number(),
  caughtUp: z.boolean(),
  simulatorUrl: z.string().nullable().describe("Address of the simulator's page, where one runs"),
});
export type About = z.infer<typeof aboutSchema>;
