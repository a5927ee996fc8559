import { z } from 'zod';
import { accountIdSchema, chatIdSchema, idFormSchema, visitorHashSchema } from './ids.ts';
import { heldTextSchema, releaseFields } from './inbox.ts';
import { personal } from './personal.ts';

/** What every inbox record to a visitor carries. Key `{account}:v:{visitor}`. */
const common = {
  /** Derived from the event that it speaks of: written twice, it is one input. */
  inputId: z.string().min(1).max(128),
  account: accountIdSchema,
  visitor: visitorHashSchema,
  receivedAt: z.number(),
};
const fromDialog = { ...common, chatId: chatIdSchema };
const values = personal(z.record(z.string(), z.json()));

/** A chat of the visitor began, opened again, or asks what other chats left for it. */
export const visitorChatOpenSchema = z.object({
  type: z.literal('visitor_chat_open'),
  ...fromDialog,
  chatIdForm: idFormSchema,
  /** Since when it is open, log's time of the dialog, ms: the newest open chat gets what was held. */
  since: z.number(),
  /** It was closed by inference and goes on: no next chat of the visitor. */
  reopened: z.boolean(),
  asks: z.boolean(),
});
export const visitorChatEndedSchema = z.object({ type: z.literal('visitor_chat_ended'), ...fromDialog });
/** A text for the visitor's next chat; the id of this input names it from here on. */
export const visitorTextHeldSchema = z.object({ type: z.literal('visitor_text_held'), ...fromDialog, text: personal(z.string()) });
/** What became of a text that the visitor offered to this chat. */
export const visitorTextSettledSchema = z.object({
  type: z.literal('visitor_text_settled'),
  ...fromDialog,
  textId: z.string().max(128),
  taken: z.boolean(),
});
export const visitorVariablesChangedSchema = z.object({
  type: z.literal('visitor_variables_changed'),
  ...fromDialog,
  /** The dialog's own count of its changes. */
  change: z.number().int(),
  names: z.array(z.string()),
  values,
});
/** Written by the partition's owner when a deadline of the visitor is due; the state decides again. */
export const visitorTimerDueSchema = z.object({ type: z.literal('visitor_timer_due'), ...common, dueAt: z.number() });
/** A command from the console: the records of a parked visitor are applied again (design §6.7). */
export const visitorReleaseParkedSchema = z.object({ type: z.literal('visitor_release_parked'), ...common, ...releaseFields });
export type VisitorReleaseParked = z.infer<typeof visitorReleaseParkedSchema>;

export const visitorInputSchema = z.discriminatedUnion('type', [
  visitorChatOpenSchema,
  visitorChatEndedSchema,
  visitorTextHeldSchema,
  visitorTextSettledSchema,
  visitorVariablesChangedSchema,
  visitorTimerDueSchema,
  visitorReleaseParkedSchema,
]);
export type VisitorInput = z.infer<typeof visitorInputSchema>;
export type VisitorInputOf<T extends VisitorInput['type']> = Extract<VisitorInput, { type: T }>;

const chat = z.object({ chatId: chatIdSchema, chatIdForm: idFormSchema });
/** A chat that is told of kept variables, and how many of its own changes the visitor knew then. */
const listener = chat.extend({ knownChange: z.number().int() });

/** Every event of a visitor's stream `visitor-{account}-{hash}`, by type. The first event of each append is `InputRecorded`. */
export const visitorEventSchemas = {
  InputRecorded: z.object({
    input: visitorInputSchema,
    /** Log's append time of the record, clamped so that it never runs back, ms. */
    at: z.number(),
    /** Hash of the account's settings in force. */
    settings: z.string(),
  }),
  VisitorChatOpened: chat.extend({ since: z.number(), reopened: z.boolean() }),
  VisitorChatEnded: z.object({ chatId: chatIdSchema }),
  /** The person's other open chats hear that one began. */
  ChatStartPassedOn: z.object({ nextChatId: chatIdSchema, to: z.array(chat) }),
  /** An answer to a chat that asked; the texts are that chat's alone from here on. */
  ChatAnswered: listener.extend({ values, texts: z.array(heldTextSchema) }),
  VisitorTextHeld: heldTextSchema.extend({ chatId: chatIdSchema }),
  /** To the newest open chat that has not given them back. */
  TextsOffered: chat.extend({ texts: z.array(heldTextSchema) }),
  VisitorTextTaken: z.object({ id: z.string(), chatId: chatIdSchema }),
  VisitorTextGivenBack: z.object({ id: z.string(), chatId: chatIdSchema }),
  /** Nobody said it in time, or too many were held after it. */
  VisitorTextExpired: z.object({ id: z.string(), why: z.enum(['time', 'too_many']) }),
  VisitorVariablesKept: z.object({ chatId: chatIdSchema, change: z.number().int(), names: z.array(z.string()), values }),
  VariablesPassedOn: z.object({ to: z.array(listener), values }),
  /** Recorded, moves nothing. */
  InputIgnored: z.object({ reason: z.enum(['unknown_text', 'unknown_chat', 'not_parked']) }),
  /** From here on records of this visitor go to its parked stream; his dialogs go on without him. */
  VisitorParked: z.object({ reason: z.string(), inputId: z.string() }),
  RecordSkipped: z.object({ inputId: z.string(), place: z.string(), by: z.string() }),
  ReleaseFailed: z.object({ place: z.string(), reason: z.string() }),
  VisitorReleased: z.object({ by: z.string(), applied: z.number(), skipped: z.number() }),
} as const;

export type VisitorEventType = keyof typeof visitorEventSchemas;
export type VisitorEventOf<T extends VisitorEventType> = { readonly type: T; readonly data: z.infer<(typeof visitorEventSchemas)[T]> };
export type VisitorEvent = { [T in VisitorEventType]: VisitorEventOf<T> }[VisitorEventType];

/** Metadata of every event in a visitor's stream. */
export const visitorEventMetadataSchema = z.object({
  /** The visitor, `{account}:v:{hash}`. */
  $correlationId: z.string(),
  /** The input's id. */
  $causationId: z.string(),
  schemaVersion: z.literal(1),
  producer: z.string(),
  /** Time of the input, log's time, ms. */
  at: z.number(),
});
export type VisitorEventMetadata = z.infer<typeof visitorEventMetadataSchema>;
