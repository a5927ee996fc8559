import { randomUUID } from 'node:crypto';
import type { AuditAction } from '@dialog/contracts/audit-event';
import type { Clock } from '@dialog/contracts/clock';
import { type AccountId, accountIdSchema, type ChatId, chatIdSchema, scriptHashSchema } from '@dialog/contracts/ids';
import type { EventStore } from '@dialog/event-store/port';
import type { PartitionedLog } from '@dialog/log/port';
import { readAccount } from '@dialog/script-versions/account-stream';
import { botStopsOf, switchBot } from '@dialog/script-versions/versions';
import express, { type Request, type Response, Router } from 'express';
import type { Logger } from 'pino';
import { z } from 'zod';
import { within } from '../deadline.ts';
import { badRequest, notFound, parsed } from '../http/problem.ts';
import type { ReadModel } from '../read-model/read-model.ts';
import { recordAction, whoAndWhy } from './audit.ts';
import { appendInput } from './quarantine.ts';

const timeoutMs = 5_000;

export const botSwitchSchema = z.strictObject({
  account: accountIdSchema,
  /** One dialog alone. */
  chatId: chatIdSchema.optional(),
  /** The dialogs of one version of the script alone. */
  script: scriptHashSchema.optional(),
  ...whoAndWhy,
});
export const botSwitchedSchema = z.object({
  dryRun: z.boolean(),
  /** It was so before: nothing was done, or would be. */
  asItWas: z.boolean(),
  withBot: z.number().int().describe('Chats that the bot has now, of those that it concerns'),
  /** Of the command in the dialog's history, where it is one dialog's. */
  commandId: z.string().nullable(),
});
export type BotSwitched = z.infer<typeof botSwitchedSchema>;

export type BotSwitchOptions = {
  readonly store: EventStore;
  readonly log: PartitionedLog;
  readonly readModel: Pick<ReadModel, 'row' | 'withBot'>;
  readonly clock: Clock;
  readonly logger: Logger;
};

/**
 * `/api/stop`, `/api/start`: the switch of a bot that must not go on, for an account, a version of its script, or one dialog. A stopped bot takes
 * no input, and people get its chats: an account's or a version's with each chat's next input, a dialog's at once.
 */
export const botSwitchRouter = ({ store, log, readModel, clock, logger }: BotSwitchOptions): Router => {
  const router = Router();

  const turn = (stops: boolean) => async (request: Request, response: Response) => {
    const { account, chatId, script, by, reason, dryRun } = parsed(botSwitchSchema, request.body ?? {});
    if (chatId !== undefined && script !== undefined) {
      throw badRequest({ field: 'script', message: 'give either chatId or script' });
    }
    const history = await within(timeoutMs, 'event store: account', readAccount(store, account));
    if (history.revision === 'no_stream') throw notFound('The account');
    const row = chatId === undefined ? undefined : await readModel.row(account, chatId);
    if (chatId !== undefined && row?.status !== 'live') throw notFound('The dialog');
    const stopsNow = botStopsOf(history);
    const isStopped =
      row !== undefined ? row.work.stopped : script === undefined ? stopsNow.account !== undefined : stopsNow.scripts.has(script);
    const withBot = row !== undefined ? Number(row.owner === 'bot') : await readModel.withBot(account, script);
    const asItWas = isStopped === stops;
    const what = row !== undefined ? 'dialog' : script === undefined ? 'bot' : 'script';
    let commandId: string | null = null;
    if (!asItWas && !dryRun) {
      const at = clock.now();
      if (row !== undefined) commandId = `command:${randomUUID()}`;
      await recordAction(store, account, {
        action: `${what}_${stops ? 'stopped' : 'started'}` satisfies AuditAction,
        by,
        reason,
        at,
        ...(chatId === undefined ? {} : { chatId }),
        ...(script === undefined ? {} : { script }),
        ...(commandId === null ? {} : { inputId: commandId }),
      });
      if (commandId !== null) {
        await appendInput(log, {
          type: stops ? 'stop_bot' : 'start_bot',
          inputId: commandId,
          account: account as AccountId,
          chatId: chatId as ChatId,
          chatIdForm: 'string',
          receivedAt: log.logTime(),
          by,
          reason,
        });
      } else {
        const data = { by, reason, at, ...(script === undefined ? {} : { script }) };
        await within(timeoutMs, 'event store: account', switchBot(store, account, { type: stops ? 'BotStopped' : 'BotStarted', data }));
      }
      logger.warn({ event: stops ? 'bot_stopped' : 'bot_started', what, account, chatId, script });
    }
    response.status(dryRun || asItWas ? 200 : 202).json({ dryRun, asItWas, withBot, commandId } satisfies BotSwitched);
  };
  router.post('/stop', express.json({ strict: true }), turn(true));
  router.post('/start', express.json({ strict: true }), turn(false));
  return router;
};
