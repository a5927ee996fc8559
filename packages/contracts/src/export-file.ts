import { z } from 'zod';
import { FileFault } from './file-fault.ts';
import { accountIdSchema, chatIdSchema, dialogStream, parseDialogStream } from './ids.ts';
import { dialogSettingsSchema } from './settings.ts';

export const exportFormat = 'dialog-export/1';

/** What was asked for. With neither: everything. `dialogs` in the order of the file. */
export const exportSelectionSchema = z.strictObject({
  account: accountIdSchema.optional(),
  dialogs: z.array(z.object({ account: accountIdSchema, chatId: chatIdSchema })).optional(),
});
export type ExportSelection = z.infer<typeof exportSelectionSchema>;

const line = <T extends string>(kind: T) => ({ line: z.literal(kind) });

/** The first line of an export. */
export const exportHeaderSchema = z.object({
  ...line('header'),
  format: z.literal(exportFormat),
  /** Version of the code that wrote it. */
  producer: z.string(),
  /** When it began, ms since the epoch. */
  exportedAt: z.number(),
  /** It goes up to the first event that the store recorded later than this, ms; null: up to the end. A resumed export keeps it. */
  until: z.number().nullable(),
  selection: exportSelectionSchema,
  /** Names the key of the pseudonyms, without telling it; null: personal data stands as it was recorded. */
  pseudonyms: z.string().nullable(),
});
export type ExportHeader = z.infer<typeof exportHeaderSchema>;

/** What events pin by hash. Stands once, before the first event that names it; one that is not kept any more is left out. */
export const exportScriptSchema = z.object({
  ...line('script'),
  hash: z.string(),
  source: z.string(),
  /** Names of variables marked `pii`; null: the script can't be read any more. */
  personal: z.array(z.string()).nullable(),
});
export const exportSettingsSchema = z.object({ ...line('settings'), hash: z.string(), settings: z.record(z.string(), z.json()) });

export const exportEventSchema = z.object({
  ...line('event'),
  stream: z.string().refine((stream) => parseDialogStream(stream) !== undefined, 'no stream of a dialog'),
  revision: z.number().int().nonnegative(),
  id: z.string(),
  type: z.string(),
  /** The time of the append by the store that first recorded it, ms since the epoch. */
  recordedAt: z.number(),
  /** Place in the order of all events of the store that it was read from. Left out where dialogs were chosen one by one. */
  position: z.string().optional(),
  data: z.unknown(),
  metadata: z.unknown(),
});
export type ExportEvent = z.infer<typeof exportEventSchema>;

/** The last line: what has none was interrupted. */
export const exportEndSchema = z.object(line('end'));

/** A line of an export, `dialog-export/1`: one JSON object each, by `line`. */
export const exportLineSchema = z.discriminatedUnion('line', [
  exportHeaderSchema,
  exportScriptSchema,
  exportSettingsSchema,
  exportEventSchema,
  exportEndSchema,
]);
export type ExportLine = z.infer<typeof exportLineSchema>;
export type ExportPin = z.infer<typeof exportScriptSchema> | z.infer<typeof exportSettingsSchema>;

export const exportText = (one: ExportLine): string => `${JSON.stringify(one)}\n`;

/** @throws FileFault with one line that says what is wrong. */
export const parseExportLine = (text: string, number: number): ExportLine => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new FileFault('not_json', `line ${number}: it is not JSON`, { line: number });
  }
  const parsed = exportLineSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.path.join('.') || 'line';
    throw new FileFault('wrong_shape', `line ${number}: ${field}: ${issue?.message ?? 'not a line of an export'}`, { line: number, field });
  }
  if ((parsed.data.line === 'header') !== (number === 1)) {
    if (number === 1) throw new FileFault('no_header', `the first line is no header of ${exportFormat}`, { line: number });
    throw new FileFault('second_header', `line ${number}: a second header`, { line: number });
  }
  return parsed.data;
};

/** Where an export goes on: the last event that it has. */
export const exportCursor = (selection: ExportSelection, last: Pick<ExportEvent, 'stream' | 'revision' | 'position'>): string => {
  if (selection.dialogs === undefined) return last.position ?? '';
  return `${last.stream}@${last.revision}`;
};

/** @returns undefined where it is no cursor of an export of chosen dialogs. */
export const parseDialogCursor = (cursor: string): { readonly stream: string; readonly revision: number } | undefined => {
  const match = /^(dialog-[a-z0-9_]{1,32}-[A-Za-z0-9-]{1,64})@(\d{1,9})$/.exec(cursor);
  return match === null ? undefined : { stream: match[1] as string, revision: Number(match[2]) };
};

/** Whether a stream is asked for. */
export const selects = (selection: ExportSelection, stream: string): boolean => {
  const id = parseDialogStream(stream);
  if (id === undefined) return false;
  if (selection.dialogs !== undefined) return selection.dialogs.some((one) => dialogStream(one) === stream);
  return selection.account === undefined || selection.account === id.account;
};

/** The hashes that an event pins. */
export const pinsOfEvent = ({ type, data }: { readonly type: string; readonly data: unknown }): { script?: string; settings?: string } => {
  if (type !== 'InputRecorded' && type !== 'DialogStarted') return {};
  const { script, settings } = (data ?? {}) as { script?: unknown; settings?: unknown };
  return {
    ...(typeof script === 'string' ? { script } : {}),
    ...(type === 'InputRecorded' && typeof settings === 'string' ? { settings } : {}),
  };
};

/** Settings as an export has them, where this version can read them. */
export const exportedSettings = (settings: unknown): z.infer<typeof dialogSettingsSchema> | undefined =>
  dialogSettingsSchema.safeParse(settings).data;
