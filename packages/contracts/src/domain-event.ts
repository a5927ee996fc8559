import { z } from 'zod';
import { effectSchema } from './effects.ts';
import { idFormSchema } from './ids.ts';
import { effectOutcomeSchema, inboxInputSchema, refusalReasonSchema } from './inbox.ts';
import { personal } from './personal.ts';
import { returnCauseSchema } from './return-cause.ts';

/** Who may speak in the chat. */
export const ownerSchema = z.enum(['bot', 'queue', 'operator', 'nobody']);
export type Owner = z.infer<typeof ownerSchema>;

export const flagCauseSchema = z.enum(['handover', 'operator_assigned', 'lost', 'webhook_refused']);
export const flagResetCauseSchema = z.union([returnCauseSchema, z.literal('webhook_repeated')]);
export const deadlineNameSchema = z.enum([
  'script',
  'no_operator',
  'auto_close',
  'abandon',
  'retry',
  'stored_data',
  'waiting',
  'silence',
  'visitor',
]);
export type DeadlineName = z.infer<typeof deadlineNameSchema>;

const value: z.ZodType = z.json();
const cursor = z.object({
  step: z.string(),
  waitsFor: z.enum(['answer', 'press', 'time', 'message', 'handover', 'close', 'http']),
  attempts: z.number(),
  timeoutMs: z.number().optional(),
});
const trace = z.object({
  won: z.string().nullable(),
  lost: z.array(z.object({ trigger: z.string(), reason: z.string() })),
  /** How many lost beyond those that are named. */
  lostMore: z.number().optional(),
  steps: z.array(z.object({ step: z.string(), line: z.number(), took: z.string().optional() })),
});

/**
 * Every event of a dialog's stream, by type: the schema of its data. The first event of each append is `InputRecorded`, the
 * normalised input; those after it say what followed. Past tense, domain words. Version 1.
 */
export const domainEventSchemas = {
  /** An input, as it was decided: with its time, and what the decision was pinned to. */
  InputRecorded: z.object({
    input: inboxInputSchema,
    /** Log's append time of the record, clamped so that it never runs back in a dialog, ms. */
    at: z.number(),
    /** `timer_due` only: since when the doors have been open, log's time; null: closed (design §5.7). */
    doorsOpenSince: z.number().nullable().optional(),
    /** Hash of the account's settings in force. */
    settings: z.string(),
    /** Hash of the script; on the event that starts the dialog. */
    script: z.string().optional(),
  }),
  DialogStarted: z.object({ script: z.string(), incomplete: z.boolean(), visitor: z.string().optional() }),
  DialogCompleted: z.object({ visitor: z.string().optional() }),
  /** A chat that the bot never had: no owner, flag or deadline. */
  UnseenChatRecorded: z.object({ kind: z.string(), closed: z.boolean() }),
  /** A redelivered content: `of` is the input id, message hash or body hash that was there before. */
  InputRepeated: z.object({ of: z.string(), what: z.enum(['message', 'new_chat', 'assignment']) }),
  /** It came too late to move anything. */
  InputLate: z.object({ reason: z.enum(['after_close', 'before_handback', 'settled']) }),
  /** Recorded, moves nothing, with the reason: e.g. on the wire at the handover, bot operator unknown. */
  InputIgnored: z.object({
    reason: z.enum([
      'within_handback_grace',
      'bot_operator_unknown',
      'bot_has_it',
      'not_newer',
      'not_a_visitor',
      'nothing_unseen',
      'already_closed',
      'unknown_webhook',
      'not_parked',
      'not_started',
      'as_it_was',
      'not_overdue',
    ]),
  }),
  /** A refused webhook (design §6.1): answered 503, or landed after its `answerBy`. */
  WebhookRefused: z.object({ of: z.string(), hashes: z.array(z.string()) }),
  WebhookRefusalTakenBack: z.object({ of: z.string() }),
  OwnerChanged: z.object({ owner: ownerSchema, operatorId: z.string().optional(), cause: z.string() }),
  FlagSet: z.object({ episode: z.number(), cause: flagCauseSchema }),
  FlagReset: z.object({ episode: z.number(), cause: flagResetCauseSchema }),
  /** The Return script of an episode runs (once per episode). `script` null: none takes this cause. */
  ReturnStarted: z.object({ episode: z.number(), cause: returnCauseSchema, script: z.string().nullable() }),
  TrialStarted: z.object({ cause: z.enum(['operator_redirect', 'no_operator']) }),
  TrialEnded: z.object({ outcome: z.enum(['accepted', 'refused', 'nothing_to_send', 'overtaken']) }),
  /** A visitor's message waits until the script can take it. */
  MessageQueued: z.object({ hash: z.string() }),
  /** Many of one input, in one event: so that a long history stays below what one append may hold (design §7). */
  MessagesQueued: z.object({ hashes: z.array(z.string()) }),
  /** Waiting messages that people saw instead. */
  MessagesSeenByPeople: z.object({ hashes: z.array(z.string()) }),
  ScriptAdvanced: z.object({
    trigger: z.string(),
    /** Hash of the message that it answers. */
    message: z.string().optional(),
    outcome: z.enum(['waiting', 'idle', 'stopped', 'unmatched', 'needs_chat', 'needs_answer', 'error']),
    script: z.string().optional(),
    cursor: cursor.nullable(),
    fallbackStreak: z.number(),
    keyboard: z.array(z.object({ id: z.string(), label: personal(z.string()), go: z.string().optional() })).nullable(),
    variables: personal(z.record(z.string(), value)),
    trace,
    /** Left out: as it was. */
    interrupted: cursor.nullable().optional(),
    /** Values that the run read, by path. */
    read: personal(z.record(z.string(), value)).optional(),
    error: z.string().optional(),
  }),
  Marked: z.object({ name: z.string() }),
  NoteRecorded: z.object({ text: personal(z.string()) }),
  /** Texts of a final Return under `deliver: drop`, or where nothing can hold them. */
  TextDropped: z.object({ text: personal(z.string()), reason: z.enum(['deliver_drop', 'visitor_unknown']) }),
  /** A text of a final Return under `deliver: next_chat`: the visitor keeps it (design §5.6). */
  TextHeld: z.object({ text: personal(z.string()) }),
  /** The visitor is asked for what he left in other chats. `waits`: the first step waits for the answer, or for the deadline `visitor`. */
  VisitorAsked: z.object({ waits: z.boolean() }),
  /** Variables declared `keep: visitor` that the script changed. */
  VisitorVariablesChanged: z.object({
    /** The dialog's own count of such changes: what comes back from the visitor says how many of them it knows. */
    change: z.number().int(),
    names: z.array(z.string()),
    values: personal(z.record(z.string(), value)),
  }),
  /** Variables that the visitor's other chats left: they count from the next step on. */
  VisitorVariablesReceived: z.object({ values: personal(z.record(z.string(), value)) }),
  /** A held text was said here: Webim accepted it, or may have. */
  HeldTextTaken: z.object({ textId: z.string() }),
  /** A held text was not said here and goes back to the visitor. */
  HeldTextGivenBack: z.object({
    textId: z.string(),
    reason: z.enum(['refused', 'expired', 'suppressed', 'unsupported', 'account_removed', 'not_bots_chat', 'closed']),
  }),
  EffectOpened: z.object({
    number: z.number(),
    effect: effectSchema,
    expiresAt: z.number().optional(),
    /** Effects of one group: the first part refused or expired drops the rest. */
    group: z.number().optional(),
    purpose: z.enum([
      'reply',
      'handover',
      'close',
      'auto_close',
      'expired_reply',
      'ask_back',
      'stored_data',
      'history',
      'parked',
      'http',
      'held',
      'stopped',
    ]),
    noOperatorAfterMs: z.number().optional(),
    /** purpose `held`: the visitor's id of the text. */
    textId: z.string().optional(),
  }),
  /** The next attempt of an open effect; `effect` where it was replaced (numbered text for a keyboard, a link for a file). */
  EffectRetried: z.object({
    number: z.number(),
    attempt: z.number(),
    notBefore: z.number().optional(),
    effect: effectSchema.optional(),
    why: z.enum(['in_doubt', 'deferred', 'refused']),
    code: z.string().optional(),
  }),
  EffectSettled: z.object({
    number: z.number(),
    attempt: z.number(),
    outcome: effectOutcomeSchema,
    reason: refusalReasonSchema.optional(),
    code: z.string().optional(),
    /** `result`: outbound said so. `evidence`: another input proved it. `dropped`: it was never published. */
    by: z.enum(['result', 'evidence', 'dropped']),
    crossed: z.boolean().optional(),
  }),
  DeadlineSet: z.object({ name: deadlineNameSchema, at: z.number() }),
  DeadlineCleared: z.object({ name: deadlineNameSchema }),
  DeadlineFired: z.object({ name: deadlineNameSchema, at: z.number(), lateMs: z.number() }),
  CloseOverdue: z.object({ cause: z.enum(['handler_not_configured', 'close_handler_or_category', 'still_open_in_webim', 'unknown']) }),
  DialogClosed: z.object({
    cause: z.enum(['webim', 'engine', 'stored_data', 'abandoned']),
    final: z.boolean(),
    /** Of the Return that this close runs, now or when the result of a redirect still open says so. */
    returnCause: returnCauseSchema.optional(),
  }),
  DialogReopened: z.object({ cause: z.enum(['new_chat', 'message']) }),
  LikelyBotOperator: z.object({ operatorId: z.string() }),
  /** An operator stopped the bot in this dialog: it takes no input. */
  BotStopped: z.object({ by: z.string() }),
  /** It may take inputs again, unless its account or script is stopped. */
  BotStarted: z.object({ by: z.string() }),
  /** From here on records of this dialog go to its parked stream (design §6.7). */
  DialogParked: z.object({
    reason: z.string(),
    inputId: z.string(),
    /** Of a dialog that is not live: nothing else in its stream may say it. */
    chatIdForm: idFormSchema.optional(),
    /** Likewise: time of the record at which it stopped, log's time, ms. */
    at: z.number().optional(),
    /** Number of the effect that outbound may have in its hands, besides the dialog's own redirect: its result comes among the parked records. */
    onItsWay: z.number().optional(),
  }),
  /** A parked record that an operator left out: it counts as taken. `inputId`: its input's id, or its place where it has none that can be read. */
  RecordSkipped: z.object({ inputId: z.string(), place: z.string(), by: z.string() }),
  /** A record could not be applied again: the dialog stays parked. */
  ReleaseFailed: z.object({ place: z.string(), reason: z.string() }),
  /** Its records were applied again; from here on it goes on. */
  DialogReleased: z.object({ by: z.string(), applied: z.number(), skipped: z.number() }),
} as const;

export type DomainEventType = keyof typeof domainEventSchemas;
export type DomainEventOf<T extends DomainEventType> = { readonly type: T; readonly data: z.infer<(typeof domainEventSchemas)[T]> };
export type DomainEvent = { [T in DomainEventType]: DomainEventOf<T> }[DomainEventType];

/** Metadata of every event in a dialog's stream. */
export const eventMetadataSchema = z.object({
  /** The dialog, `{account}:{chatId}`. */
  $correlationId: z.string(),
  /** The input's id. */
  $causationId: z.string(),
  schemaVersion: z.literal(1),
  /** Version of the code that decided. */
  producer: z.string(),
  /** Time of the input, log's time, ms. */
  at: z.number(),
  /** The epoch as it is after this event. */
  epoch: z.number(),
  owner: ownerSchema.nullable(),
  flag: z.boolean(),
  /** Version of the script that decided it; left out while the dialog has none. */
  script: z.string().optional(),
  /** The head effect as it is after this event: what outbound's tail check compares. */
  head: z.object({ number: z.number(), attempt: z.number() }).nullable(),
  /** Of an imported event: when the store that it comes from recorded it, ms since the epoch. */
  recordedAt: z.number().optional(),
});
export type EventMetadata = z.infer<typeof eventMetadataSchema>;
