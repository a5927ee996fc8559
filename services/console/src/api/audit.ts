import { randomUUID } from 'node:crypto';
import { type ActionTaken, auditEventSchemas } from '@dialog/contracts/audit-event';
import type { Clock } from '@dialog/contracts/clock';
import { accountIdSchema, auditStream } from '@dialog/contracts/ids';
import type { EventStore, RecordedEvent } from '@dialog/event-store/port';
import { Router } from 'express';
import { z } from 'zod';
import { within } from '../deadline.ts';
import { parsed } from '../http/problem.ts';
import { wholeNumber } from '../http/query.ts';

const timeoutMs = 5_000;
const pageSize = 500;

/** What each action takes beside its own: who asks, why, and whether it only says what it would do. */
export const whoAndWhy = {
  by: z.string().trim().min(1).max(200),
  /** Why; it stands in the history. */
  reason: z.string().trim().min(1).max(2000),
  /** Says what it would do, and does nothing. */
  dryRun: z.boolean().default(false),
};

export const auditQuerySchema = z.strictObject({
  account: accountIdSchema.optional(),
  limit: wholeNumber(1, 500).default(50),
});
export const auditSchema = z.object({
  now: z.number(),
  actions: z.array(auditEventSchemas.ActionTaken.extend({ account: z.string() })).describe('Newest first'),
});
export type AuditReport = z.infer<typeof auditSchema>;

/** Kept before the action is taken: none is without its record. @throws EventStoreError */
export const recordAction = async (store: EventStore, account: string, action: ActionTaken): Promise<void> => {
  const event = { id: randomUUID(), type: 'ActionTaken', data: action, metadata: { schemaVersion: 1 } };
  await within(timeoutMs, 'event store: audit', store.append(auditStream(account), [event], 'any'));
};

const actionOf = (event: RecordedEvent): ActionTaken | undefined =>
  event.type === 'ActionTaken' ? auditEventSchemas.ActionTaken.safeParse(event.data).data : undefined;

/** Actions on an account from a revision on, oldest first, and the revision to go on from. @throws EventStoreError */
export const actionsSince = async (
  store: EventStore,
  account: string,
  since: number,
): Promise<{ readonly actions: readonly ActionTaken[]; readonly next: number }> => {
  const actions: ActionTaken[] = [];
  for (let from = since; ; ) {
    const page = await within(timeoutMs, 'event store: audit', store.read(auditStream(account), { from, maxCount: pageSize }));
    actions.push(...page.flatMap((event) => actionOf(event) ?? []));
    from = (page.at(-1)?.revision ?? from - 1) + 1;
    if (page.length < pageSize) return { actions, next: from };
  }
};

export type AuditOptions = { readonly store: EventStore; readonly clock: Clock; readonly accounts: () => Promise<readonly string[]> };

/** `/api/audit`: what operators did, newest first. */
export const auditRouter = ({ store, clock, accounts }: AuditOptions): Router => {
  const router = Router();
  router.get('/', async (request, response) => {
    const { account, limit } = parsed(auditQuerySchema, request.query);
    const names = account === undefined ? await accounts() : [account];
    const pages = await Promise.all(
      names.map(async (name) => {
        const read = store.read(auditStream(name), { direction: 'backwards', maxCount: limit });
        const page = await within(timeoutMs, 'event store: audit', read);
        return page.flatMap((event) => {
          const action = actionOf(event);
          return action === undefined ? [] : [{ ...action, account: name }];
        });
      }),
    );
    const actions = pages
      .flat()
      .sort((a, b) => b.at - a.at)
      .slice(0, limit);
    response.json({ now: clock.now(), actions } satisfies AuditReport);
  });
  return router;
};
