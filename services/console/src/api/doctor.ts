import type { Clock } from '@dialog/contracts/clock';
import { accountIdSchema, chatIdSchema, settingsStream } from '@dialog/contracts/ids';
import { type DialogSettings, dialogSettingsSchema } from '@dialog/contracts/settings';
import type { EventStore } from '@dialog/event-store/port';
import { findingNames, findingTexts } from '@dialog/service-kit/set-up/findings';
import { guideSteps, guideTexts } from '@dialog/service-kit/set-up/guide';
import { Router } from 'express';
import { z } from 'zod';
import { within } from '../deadline.ts';
import { guideOf } from '../doctor/guide.ts';
import { type DoctorFacts, diagnose } from '../doctor/rules.ts';
import { notFound, parsed } from '../http/problem.ts';
import { cursor, cursorText, wholeNumber } from '../http/query.ts';
import type { ReadModel } from '../read-model/read-model.ts';
import { webhookEvents } from '../read-model/webhook-tables.ts';

const readTimeoutMs = 5_000;

export const doctorParamsSchema = z.object({ account: accountIdSchema });

const inLanguagesSchema = z.object({ ru: z.string(), en: z.string() });
const findingSchema = z.object({
  name: z.enum(findingNames),
  severity: z.enum(['error', 'warning']),
  what: inLanguagesSchema,
  mend: inLanguagesSchema.describe('How to mend it'),
  count: z.number().int(),
  lastAt: z.number().nullable(),
  chatIds: z.array(z.string()).describe('Dialogs that show it, newest first'),
  quarantine: z.string().nullable().describe('Place of the newest in the quarantine, `topic/partition/offset`'),
});
const hookSchema = z.object({
  what: z.enum(['bot', 'chat_started', 'chat_assigned', 'chat_closed']),
  firstAt: z.number().nullable().describe('Null: never seen'),
  lastAt: z.number().nullable(),
  verdict: z.string().nullable().describe('Of the last one'),
  chatId: z.string().nullable().describe('Of the last one'),
  spacesInUrl: z.boolean(),
});
const stepSchema = z.object({
  step: z.enum(guideSteps),
  state: z.enum(['done', 'wrong', 'waiting', 'by_hand']),
  title: inLanguagesSchema,
  how: inLanguagesSchema,
  urlSuffix: z.string().nullable().describe('What is put behind the bot’s address; null: no address is pasted in this step'),
  at: z.number().nullable(),
  findings: z.array(z.enum(findingNames)),
});
export const doctorSchema = z.object({
  now: z.number(),
  caughtUp: z.boolean(),
  account: z.string(),
  configured: z.boolean().describe('The engine knows the account'),
  hooks: z.array(hookSchema),
  findings: z.array(findingSchema),
  steps: z.array(stepSchema),
});
export type DoctorReport = z.infer<typeof doctorSchema>;
export const doctorListSchema = z.object({
  now: z.number(),
  accounts: z.array(z.object({ account: z.string(), errors: z.number().int(), warnings: z.number().int() })),
});
export type DoctorList = z.infer<typeof doctorListSchema>;

export const webhooksQuerySchema = z.strictObject({
  account: accountIdSchema,
  event: z.string().max(64).optional(),
  verdict: z.string().max(64).optional(),
  chatId: chatIdSchema.optional(),
  limit: wholeNumber(1, 200).default(50),
  cursor: cursor(z.tuple([z.number(), z.string()]))
    .transform(([at, id]) => ({ at, id }))
    .optional()
    .describe('`next` of the page before'),
});
export const webhooksSchema = z.object({
  now: z.number(),
  caughtUp: z.boolean(),
  webhooks: z
    .array(
      z.object({
        account: z.string(),
        id: z.string().describe('The input’s id; of one in the quarantine its place, `topic/partition/offset`'),
        at: z.number(),
        event: z.string().nullable(),
        verdict: z.string(),
        spacesInUrl: z.boolean(),
        chatId: z.string().nullable().describe('Null: it stands in the quarantine'),
        revision: z.number().int().nullable().describe('Event of the dialog that holds the normalised input'),
      }),
    )
    .describe('Newest first; of the last 7 days'),
  next: z.string().nullable(),
});
export type WebhookLog = z.infer<typeof webhooksSchema>;

export type DoctorOptions = {
  readonly store: Pick<EventStore, 'read'>;
  readonly readModel: Pick<ReadModel, 'connection' | 'webhooks'>;
  /** Those that are configured here. */
  readonly configured: readonly string[];
  readonly accounts: () => Promise<readonly string[]>;
  readonly caughtUp: () => boolean;
  readonly clock: Clock;
};

/** `/api/doctor`, `/api/webhooks`: what an integrator asks while he connects an account. It asks Webim nothing. */
export const doctorRouter = ({ store, readModel, configured, accounts, caughtUp, clock }: DoctorOptions): Router => {
  const router = Router();
  const factsOf = async (account: string): Promise<DoctorFacts> => {
    const facts = await readModel.connection(account);
    return { ...facts, now: clock.now(), pinned: facts.settings === null ? undefined : await settingsOf(store, facts.settings) };
  };

  router.get('/doctor', async (_request, response) => {
    const list: DoctorList['accounts'] = [];
    for (const account of await accounts()) {
      const severities = diagnose(await factsOf(account)).map(({ name, facts }) => findingTexts[name](facts).severity);
      list.push({
        account,
        errors: severities.filter((one) => one === 'error').length,
        warnings: severities.filter((one) => one === 'warning').length,
      });
    }
    response.json({ now: clock.now(), accounts: list } satisfies DoctorList);
  });

  router.get('/doctor/:account', async (request, response) => {
    const { account } = parsed(doctorParamsSchema, request.params);
    if (!(await accounts()).includes(account)) throw notFound('The account');
    const facts = await factsOf(account);
    const found = diagnose(facts);
    response.json({
      now: facts.now,
      caughtUp: caughtUp(),
      account,
      configured: configured.includes(account),
      hooks: hooksOf(facts),
      findings: found.map(({ name, facts: words, ...evidence }) => ({
        name,
        ...findingTexts[name](words),
        ...evidence,
        chatIds: [...evidence.chatIds],
      })),
      steps: guideOf(facts, found, configured.includes(account)).map(({ step, state, at, findings }) => {
        const { title, how, urlSuffix } = guideTexts[step];
        return { step, state, title, how, urlSuffix: urlSuffix ?? null, at, findings: [...findings] };
      }),
    } satisfies DoctorReport);
  });

  router.get('/webhooks', async (request, response) => {
    const { account, event, verdict, chatId, limit, cursor: before } = parsed(webhooksQuerySchema, request.query);
    const rows = await readModel.webhooks({
      account,
      limit: limit + 1,
      ...(event === undefined ? {} : { event }),
      ...(verdict === undefined ? {} : { verdict }),
      ...(chatId === undefined ? {} : { chatId }),
      ...(before === undefined ? {} : { before }),
    });
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    response.json({
      now: clock.now(),
      caughtUp: caughtUp(),
      webhooks: [...page],
      next: rows.length > limit && last !== undefined ? cursorText([last.at, last.id]) : null,
    } satisfies WebhookLog);
  });
  return router;
};

const settingsOf = async (store: Pick<EventStore, 'read'>, hash: string): Promise<DialogSettings | undefined> => {
  const [event] = await within(readTimeoutMs, 'event store: read', store.read(settingsStream(hash), { from: 'start', maxCount: 1 }));
  return dialogSettingsSchema.safeParse((event?.data as { settings?: unknown } | undefined)?.settings).data;
};

const hooksOf = ({ seen }: DoctorFacts): DoctorReport['hooks'] =>
  (['bot', ...webhookEvents.filter((one) => one.startsWith('chat_'))] as DoctorReport['hooks'][number]['what'][]).map((what) => {
    const own = seen.filter((one) => (what === 'bot' ? one.what === 'new_chat' || one.what === 'new_message' : one.what === what));
    const last = own.reduce<(typeof own)[number] | undefined>(
      (best, one) => (best === undefined || one.lastAt >= best.lastAt ? one : best),
      undefined,
    );
    return {
      what,
      firstAt: own.length === 0 ? null : Math.min(...own.map(({ firstAt }) => firstAt)),
      lastAt: last?.lastAt ?? null,
      verdict: last?.verdict ?? null,
      chatId: last?.chatId ?? null,
      spacesInUrl: own.some(({ spacesInUrl }) => spacesInUrl),
    };
  });
