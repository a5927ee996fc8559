import { type DomainEventOf, eventMetadataSchema, ownerSchema } from '@dialog/contracts/domain-event';
import type { DialogId } from '@dialog/contracts/ids';
import type { ChatImported } from '@dialog/contracts/inbox';
import type { RecordedEvent } from '@dialog/event-store/port';
import { z } from 'zod';
import { problemNames, stateNames } from './facets.ts';
import { foldWork, noWork, openWorkSchema } from './open-work.ts';

/** Raise it with every change of `foldRow`, of the row's shape or of a table: a read model of another version is thrown away and rebuilt. */
export const rowFoldVersion = 15;

/** One dialog in the list: a fold of its stream, without anything personal. */
export const dialogRowSchema = z.object({
  account: z.string(),
  chatId: z.string(),
  /** The last event that this row has taken. */
  revision: z.number().int(),
  /** `unseen`: a chat that the bot never had; it is not counted as a dialog. `imported`: such a one, of which Webim's Stored Data told what was said. */
  status: z.enum(['live', 'unseen', 'imported']),
  owner: ownerSchema.nullable(),
  /** While an operator has the chat, where Webim named one. */
  operatorId: z.string().nullable(),
  ownerSince: z.number().nullable().describe('ms since the epoch'),
  flag: z.boolean(),
  flagCause: z.string().nullable(),
  episode: z.number().int().nullable(),
  epoch: z.number().int(),
  startedAt: z.number().describe("Log's time of the first input, ms since the epoch"),
  lastAt: z.number().describe("Log's time of the last input, ms since the epoch: the newest activity"),
  recordedAt: z.number().describe("The store's time of the last event, ms since the epoch"),
  lastType: z.string(),
  /** Kind of the last input, e.g. `new_message`. */
  lastInput: z.string().nullable(),
  /** Cause of the last Return that ran. */
  returnCause: z.string().nullable(),
  closeOverdue: z.boolean(),
  parked: z.boolean(),
  /** It began with a message; its `new_chat` has not come yet. */
  incomplete: z.boolean(),
  /** Open or closed, and how. */
  state: z.enum(stateNames),
  /** Departments that it was handed over to. */
  departments: z.array(z.string()),
  /** All operators who have had it. */
  operators: z.array(z.string()),
  marks: z.array(z.string()),
  /** All causes for which a Return ran. */
  causes: z.array(z.string()),
  /** What went wrong in it; whether it is parked, overdue or incomplete stands in fields of their own. */
  troubles: z.array(z.enum(problemNames)),
  /** Redirects to a department that Webim has not answered yet: number of the effect, and the department. */
  redirects: z.array(z.tuple([z.number().int(), z.string()])),
  visitor: z.string().nullable().describe('Keyed hash of the person at this account; all his chats have it'),
  script: z.string().nullable().describe('Version of the script that it started with'),
  work: openWorkSchema,
  /** Events whose metadata this code can't read: they count, and move nothing. */
  unreadable: z.number().int(),
});
export type DialogRow = z.infer<typeof dialogRowSchema>;

/** What the fold reads of a recorded event. */
export type RowEvent = Pick<RecordedEvent, 'revision' | 'type' | 'data' | 'metadata' | 'recordedAt'>;

const blank = (id: DialogId, event: RowEvent): DialogRow => ({
  account: id.account,
  chatId: id.chatId,
  revision: -1,
  status: 'unseen',
  owner: null,
  operatorId: null,
  ownerSince: null,
  flag: false,
  flagCause: null,
  episode: null,
  epoch: 0,
  startedAt: event.recordedAt,
  lastAt: event.recordedAt,
  recordedAt: event.recordedAt,
  lastType: event.type,
  lastInput: null,
  returnCause: null,
  closeOverdue: false,
  parked: false,
  incomplete: false,
  state: 'unseen',
  departments: [],
  operators: [],
  marks: [],
  causes: [],
  troubles: [],
  redirects: [],
  visitor: null,
  script: null,
  work: noWork,
  unreadable: 0,
});

/**
 * Folds one event into a dialog's row. Pure and total. Owner, flag and epoch are what the event's metadata says of the state
 * after it; causes come from the few types that name them. The caller sees to it that revisions follow each other.
 */
export const foldRow = (id: DialogId, before: DialogRow | undefined, event: RowEvent): DialogRow => {
  const from = before ?? blank(id, event);
  const metadata = eventMetadataSchema.safeParse(event.metadata);
  const seen = { ...from, revision: event.revision, recordedAt: event.recordedAt, lastType: event.type };
  if (!metadata.success) return { ...seen, unreadable: from.unreadable + 1 };
  const { owner, flag, epoch, at } = metadata.data;
  const data = (event.data ?? {}) as Record<string, unknown>;
  const input = event.type === 'InputRecorded' ? text((data['input'] as { type?: unknown } | undefined)?.type) : from.lastInput;
  return {
    ...seen,
    work: foldWork(from.work, { revision: event.revision, type: event.type, data, at, input }),
    owner,
    flag,
    epoch,
    startedAt: before === undefined ? at : from.startedAt,
    lastAt: Math.max(at, before === undefined ? at : from.lastAt),
    ...(flag ? {} : { flagCause: null, episode: null }),
    ...(owner === 'operator' ? {} : { operatorId: null }),
    ...said(from, event, at),
  };
};

/** What this very event says beyond its metadata. Its data was checked when it was decided; a shape that is not there reads as nothing. */
const said = (from: DialogRow, event: RowEvent, at: number): Partial<DialogRow> => {
  const data = (event.data ?? {}) as Record<string, unknown>;
  switch (event.type) {
    case 'InputRecorded':
      return { lastInput: text((data.input as { type?: unknown } | undefined)?.type), ...imported(from, data.input, at) };
    case 'InputRepeated':
      return { troubles: withOne(from.troubles, 'repeated') };
    case 'InputLate':
      return { troubles: withOne(from.troubles, 'late') };
    case 'DialogStarted': {
      const started = data as Partial<DomainEventOf<'DialogStarted'>['data']>;
      return {
        status: 'live',
        state: 'open',
        incomplete: started.incomplete === true,
        visitor: text(started.visitor),
        script: text(started.script),
      };
    }
    case 'DialogCompleted':
      return { incomplete: false, visitor: text(data.visitor) ?? from.visitor };
    case 'OwnerChanged': {
      const operator = data.owner === 'operator' ? text(data.operatorId) : null;
      return {
        ownerSince: at,
        closeOverdue: false,
        operatorId: operator,
        ...(operator === null ? {} : { operators: withOne(from.operators, operator) }),
        ...(data.owner === 'nobody' ? {} : { state: 'open' }),
      };
    }
    case 'DialogReopened':
      return { ownerSince: at, closeOverdue: false, state: 'open' };
    case 'TrialStarted':
      return { state: 'trial' };
    case 'TrialEnded':
      return { state: 'open', ...(data.outcome === 'accepted' ? { ownerSince: at, closeOverdue: false } : {}) };
    case 'DialogClosed':
      return {
        closeOverdue: false,
        state: data.final === true ? 'closed' : 'inferred',
        ...(from.owner === 'nobody' ? {} : { ownerSince: at }),
      };
    case 'FlagSet':
      return { flagCause: text(data.cause), episode: typeof data.episode === 'number' ? data.episode : null };
    case 'ReturnStarted': {
      const cause = text(data.cause);
      return { returnCause: cause, ...(cause === null ? {} : { causes: withOne(from.causes, cause) }) };
    }
    case 'Marked': {
      const name = text(data.name);
      return name === null ? {} : { marks: withOne(from.marks, name) };
    }
    case 'EffectOpened': {
      const { number, effect } = data as Partial<DomainEventOf<'EffectOpened'>['data']>;
      if (number === undefined || effect?.kind !== 'redirect' || effect.department === undefined) return {};
      return { redirects: [...from.redirects, [number, effect.department]] };
    }
    case 'EffectRetried': {
      const { number, effect, why } = data as Partial<DomainEventOf<'EffectRetried'>['data']>;
      const elsewhere = effect?.kind === 'redirect' && effect.department === undefined;
      return {
        ...(why === 'in_doubt' || why === 'refused' ? { troubles: withOne(from.troubles, why) } : {}),
        ...(elsewhere ? { redirects: from.redirects.filter(([open]) => open !== number) } : {}),
      };
    }
    case 'EffectSettled':
      return settled(from, data as Partial<DomainEventOf<'EffectSettled'>['data']>);
    case 'CloseOverdue':
      return { closeOverdue: true };
    case 'DialogParked':
      return { parked: true };
    case 'DialogReleased':
      return { parked: false };
    default:
      return {};
  }
};

/** It stands in the list where it belongs by Webim's own times, not by the time of the import. */
const imported = (from: DialogRow, given: unknown, at: number): Partial<DialogRow> => {
  const input = (given ?? {}) as Partial<ChatImported>;
  if (input.type !== 'chat_imported') return {};
  const operators = [input.operatorId, ...(input.messages ?? []).map(({ operatorId }) => operatorId)].filter((one) => one !== undefined);
  const known = { operators: operators.reduce<string[]>(withOne, [...from.operators]) };
  // What only adds to a dialog is no activity of it.
  if (from.status === 'live') return { ...known, lastAt: from.lastAt };
  const times = (input.messages ?? []).map((message) => message.at).filter((one) => one !== undefined);
  const first = input.startedAt ?? times[0] ?? at;
  return {
    ...known,
    status: 'imported',
    state: 'imported',
    visitor: text(input.visitor?.hash) ?? from.visitor,
    startedAt: first,
    lastAt: Math.max(first, input.closedAt ?? times.at(-1) ?? first),
  };
};

const settled = (from: DialogRow, { number, outcome }: Partial<DomainEventOf<'EffectSettled'>['data']>): Partial<DialogRow> => {
  const department = from.redirects.find(([open]) => open === number)?.[1];
  const reached = outcome === 'accepted' || outcome === 'in_doubt';
  return {
    ...(outcome === 'in_doubt' || outcome === 'refused' || outcome === 'suppressed' || outcome === 'expired'
      ? { troubles: withOne(from.troubles, outcome) }
      : {}),
    ...(department === undefined
      ? {}
      : {
          redirects: from.redirects.filter(([open]) => open !== number),
          ...(reached ? { departments: withOne(from.departments, department) } : {}),
        }),
  };
};

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** A row goes out with each change of its dialog: a list in it does not grow without end. */
const maxValues = 50;
const withOne = <T>(values: readonly T[], value: T): T[] =>
  values.includes(value) || values.length >= maxValues ? [...values] : [...values, value];
