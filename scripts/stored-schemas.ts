import { accessAuditSchemas, accessEventSchemas } from '@dialog/contracts/access-event';
import { accountEventSchemas } from '@dialog/contracts/account-event';
import { auditEventSchemas } from '@dialog/contracts/audit-event';
import { commitNoteSchema, deadlineHintSchema } from '@dialog/contracts/deadline-hint';
import { directorySchema } from '@dialog/contracts/directory';
import { domainEventSchemas, eventMetadataSchema } from '@dialog/contracts/domain-event';
import { inboxInputSchema, tickSchema } from '@dialog/contracts/inbox';
import { outboxRecordSchema } from '@dialog/contracts/outbox';
import { parkedEventSchemas } from '@dialog/contracts/parked';
import { pinEventSchemas } from '@dialog/contracts/pin-event';
import { quarantineRecordSchema } from '@dialog/contracts/quarantine';
import { sendEventSchemas } from '@dialog/contracts/send-event';
import { dialogSettingsSchema } from '@dialog/contracts/settings';
import { topics } from '@dialog/contracts/topics';
import { visitorEventMetadataSchema, visitorEventSchemas, visitorInputSchema } from '@dialog/contracts/visitor';
import type { z } from 'zod';

type Schemas = Readonly<Record<string, z.ZodType>>;
/** Where the schemas lie under `schemas/`, and each by its name there. */
export type Stored = { readonly folder: string; readonly schemas: Schemas };

const events = (folder: string, schemas: Schemas): Stored => ({ folder, schemas });
const pins = events('pin-events', pinEventSchemas);
const parked = events('parked-events', parkedEventSchemas);

/**
 * What stands in the event store, by what a stream's name begins with. A test holds it against every name that
 * `contracts` makes. Snapshots alone are left out: another fold throws them away.
 */
export const eventsOfStreams: Readonly<Record<string, Stored>> = {
  'dialog-': events('events', domainEventSchemas),
  'visitor-': events('visitor-events', visitorEventSchemas),
  'sends-': events('send-events', sendEventSchemas),
  'parked-': parked,
  'parkedvisitor-': parked,
  'account-': events('account-events', accountEventSchemas),
  'audit-': events('audit-events', auditEventSchemas),
  access: events('access-events', accessEventSchemas),
  audit: events('access-audit-events', accessAuditSchemas),
  'script-': pins,
  'settings-': pins,
  'directory-': events('directory-events', { DirectoryRead: directorySchema }),
};

const inputs = [...inboxInputSchema.options, ...visitorInputSchema.options];

/** What stands in the log, by topic. */
export const recordsOfTopics: Readonly<Record<string, Stored>> = {
  [topics.inbox]: {
    folder: 'inbox',
    schemas: { ...Object.fromEntries(inputs.map((option) => [option.shape.type.value, option])), tick: tickSchema },
  },
  [topics.outbox]: { folder: 'outbox', schemas: { effect: outboxRecordSchema } },
  [topics.deadlines]: { folder: 'deadlines', schemas: { hint: deadlineHintSchema } },
  [topics.quarantine]: { folder: 'quarantine', schemas: { webhook: quarantineRecordSchema } },
};

/** What is stored inside of those, or beside them. */
const others: Schemas = {
  'commit-note': commitNoteSchema,
  'dialog-settings': dialogSettingsSchema,
  'event-metadata': eventMetadataSchema,
  'visitor-event-metadata': visitorEventMetadataSchema,
};

export type StoredSchema = { readonly path: string; readonly title: string; readonly schema: z.ZodType };

/** All that a version reads which another has written, each once, with its path under `schemas/`. */
export const storedSchemas: readonly StoredSchema[] = [
  ...Object.values(recordsOfTopics).flatMap(({ folder, schemas }) =>
    Object.entries(schemas).map(([title, schema]) => ({ path: `${folder}/${title}`, title, schema })),
  ),
  ...Object.entries(others).map(([title, schema]) => ({ path: title, title, schema })),
  ...[...new Set(Object.values(eventsOfStreams))].flatMap(({ folder, schemas }) =>
    Object.entries(schemas).map(([title, schema]) => ({ path: `${folder}/${title}.v1`, title, schema })),
  ),
];
