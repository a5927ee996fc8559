import type { ScriptPublished } from '@dialog/contracts/account-event';
import type { Clock } from '@dialog/contracts/clock';
import { accountIdSchema, accountStream, scriptHashSchema } from '@dialog/contracts/ids';
import type { EventStore } from '@dialog/event-store/port';
import { parsePinned, parseScript } from '@dialog/script/parse';
import { accountEventOf, readAccount } from '@dialog/script-versions/account-stream';
import { currentOf, fileRefusalOf, publishScript, removeScript, scriptHash, scriptSource } from '@dialog/script-versions/versions';
import express, { Router } from 'express';
import type { Logger } from 'pino';
import { z } from 'zod';
import { within } from '../deadline.ts';
import { badRequest, HttpProblem, notFound, parsed } from '../http/problem.ts';
import type { ReadModel } from '../read-model/read-model.ts';
import { whoAndWhy } from './audit.ts';
import { scriptErrors } from './script-errors.ts';

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

export const scriptAccountSchema = z.object({ account: accountIdSchema });
export const scriptVersionParamsSchema = z.object({ account: accountIdSchema, script: scriptHashSchema });

const scriptVersionSchema = z.object({
  script: scriptHashSchema,
  bot: z.string(),
  source: z.enum(['file', 'command']).describe('How it was published last'),
  by: z.string(),
  reason: z.string().nullable(),
  publishedAt: z.number().describe('Last, ms since the epoch'),
  current: z.boolean().describe('What new chats take'),
  open: z.number().int().describe('Dialogs that run it and are not closed'),
  dialogs: z.number().int().describe('Dialogs whose history names it'),
  removed: z.boolean(),
});
export const scriptVersionsSchema = z.object({
  now: z.number(),
  versions: z.array(scriptVersionSchema).describe('Last published first'),
  /** The account's file as it is now has errors and does not count. */
  refused: z
    .object({ script: z.string(), at: z.number(), errors: z.array(z.object({ rule: z.string(), line: z.number(), column: z.number() })) })
    .nullable(),
});
export type ScriptVersions = z.infer<typeof scriptVersionsSchema>;

export const publishSchema = z.strictObject({
  /** The text of a script, or the hash of a version that is kept. */
  source: z
    .string()
    .max(1024 * 1024)
    .optional(),
  script: scriptHashSchema.optional(),
  ...whoAndWhy,
});
export const publishedSchema = z.object({
  dryRun: z.boolean(),
  script: scriptHashSchema,
  /** What new chats took before. */
  before: scriptHashSchema.nullable(),
  warnings: z.array(z.object({ line: z.number(), column: z.number(), rule: z.string(), message: z.string() })),
});
export const removeScriptSchema = z.strictObject(whoAndWhy);
export const removedScriptSchema = z.object({ dryRun: z.boolean(), script: scriptHashSchema });

export type ScriptsOptions = {
  readonly store: EventStore;
  readonly readModel: Pick<ReadModel, 'scripts'>;
  readonly caughtUp: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** A version that new chats took less than so long ago may be one that a dialog has just started with, ms. */
const settledAfterMs = 3_600_000;

/** `/api/scripts` and `/api/accounts/{account}/scripts`: versions of scripts, by their content's hash. */
export const scriptsRouter = ({ store, readModel, caughtUp, clock, logger }: ScriptsOptions): Router => {
  const router = Router();
  const asked = <T>(what: Promise<T>): Promise<T> => within(readTimeoutMs, 'event store: scripts', what);

  router.get('/scripts/:script', async (request, response) => {
    const { script } = parsed(scriptParamsSchema, request.params);
    const source = await asked(scriptSource(store, script));
    if (source === undefined) throw notFound('The script');
    response.json({ script, source, personal: personalVariables(source) } satisfies ScriptSource);
  });

  router.get('/accounts/:account/scripts', async (request, response) => {
    const { account } = parsed(scriptAccountSchema, request.params);
    const { events } = await asked(readAccount(store, account));
    const used = new Map((await readModel.scripts(account)).map((one) => [one.script, one]));
    const versions = new Map<string, ScriptVersions['versions'][number]>();
    for (const { type, data } of events) {
      if (type === 'ScriptRemoved') {
        const removed = versions.get(data.script);
        if (removed !== undefined) versions.set(data.script, { ...removed, removed: true });
      }
      if (type !== 'ScriptPublished') continue;
      versions.delete(data.script);
      versions.set(data.script, { ...shown(data), current: false, open: 0, dialogs: 0, removed: false });
    }
    const history = { events, revision: 'no_stream' } as const;
    const current = currentOf(history)?.script;
    response.json({
      now: clock.now(),
      versions: [...versions.values()].reverse().map((version) => ({
        ...version,
        current: version.script === current,
        open: used.get(version.script)?.open ?? 0,
        dialogs: used.get(version.script)?.dialogs ?? 0,
      })),
      refused: fileRefusalOf(history) ?? null,
    } satisfies ScriptVersions);
  });

  router.post('/accounts/:account/scripts', express.json({ limit: '2mb', strict: true }), async (request, response) => {
    const { account } = parsed(scriptAccountSchema, request.params);
    const { by, reason, dryRun, ...what } = parsed(publishSchema, request.body ?? {});
    if ((what.source === undefined) === (what.script === undefined))
      throw badRequest({ field: 'source', message: 'give either source or script' });
    const before = currentOf(await asked(readAccount(store, account)))?.script ?? null;
    // An account that was never published is one that no projector knows: it would take chats by a script that nobody runs.
    if (before === null) throw notFound('The account');
    const source = what.source ?? (await asked(scriptSource(store, what.script as string)));
    if (source === undefined) throw notFound('The script');
    const script = parseScript(source);
    if (!script.ok) throw scriptErrors(script.findings);
    if (!dryRun) {
      await asked(publishScript(store, account, source, { bot: script.script.name, by, reason, at: clock.now() }));
      logger.info({ event: 'script_published', account, script: scriptHash(source) });
    }
    response.json({
      dryRun,
      script: scriptHash(source),
      before,
      warnings: script.warnings.map(({ position, rule, message }) => ({ ...position, rule, message })),
    } satisfies z.infer<typeof publishedSchema>);
  });

  router.post('/accounts/:account/scripts/:script/remove', express.json({ strict: true }), async (request, response) => {
    const { account, script } = parsed(scriptVersionParamsSchema, request.params);
    const { by, reason, dryRun } = parsed(removeScriptSchema, request.body ?? {});
    const history = await asked(readAccount(store, account));
    if (!history.events.some((event) => event.type === 'ScriptPublished' && event.data.script === script)) throw notFound('The script');
    const needed = await whyNeeded(account, script);
    if (needed !== undefined) throw new HttpProblem(409, 'still-needed', 'The script is still needed', { detail: needed });
    if (!dryRun) {
      const removed = await asked(removeScript(store, account, { script, by, reason, at: clock.now() }));
      if (!removed) throw new HttpProblem(409, 'still-needed', 'The script is still needed', { detail: 'new chats take it' });
      logger.info({ event: 'script_removed', account, script });
    }
    response.json({ dryRun, script } satisfies z.infer<typeof removedScriptSchema>);
  });

  /** A history is worth nothing without the script that decided it: any dialog, open or closed, keeps its version. */
  const whyNeeded = async (account: string, script: string): Promise<string | undefined> => {
    if (!caughtUp()) return 'the read model is being rebuilt; which dialogs need it is not known yet';
    const [used] = (await readModel.scripts()).filter((one) => one.script === script);
    if (used !== undefined) return `${used.dialogs} dialog(s) of ${used.account} were decided by it, ${used.open} of them open`;
    for (const other of await accountsWith(script)) {
      const published = (await asked(readAccount(store, other))).events.flatMap((event) =>
        event.type === 'ScriptPublished' ? [event.data] : [],
      );
      if (published.at(-1)?.script === script) return `new chats of ${other} take it`;
      const replacedAt = published.find((_, at) => published[at - 1]?.script === script)?.at ?? clock.now();
      if (other === account && clock.now() - replacedAt < settledAfterMs) return 'new chats took it less than an hour ago';
    }
    return undefined;
  };

  const accountsWith = async (script: string): Promise<readonly string[]> => {
    const found = new Set<string>();
    for (let after = 'start'; ; ) {
      const page = await asked(store.readAll({ after, maxCount: pageSize, streamPrefixes: [accountStream('')] }));
      for (const recorded of page) {
        const event = accountEventOf(recorded);
        if (event?.type === 'ScriptPublished' && event.data.script === script) found.add(recorded.stream.slice(accountStream('').length));
      }
      if (page.length < pageSize) return [...found];
      after = page.at(-1)?.position ?? after;
    }
  };

  return router;
};

const personalVariables = (source: string): string[] | null => {
  const script = parsePinned(source);
  return script.ok ? [...script.script.variables].filter(([, variable]) => variable.pii).map(([name]) => name) : null;
};

const pageSize = 500;

const shown = ({ script, bot, source, by, reason, at }: ScriptPublished) => ({
  script,
  bot,
  source,
  by,
  reason: reason ?? null,
  publishedAt: at,
});
