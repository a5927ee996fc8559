import type { InboxInput } from '@dialog/contracts/inbox';
import { parkDialog } from '@dialog/domain/ownership/park';
import { parkVisitor } from '@dialog/domain/visitor/decide';
import type { LogRecord } from '@dialog/log/port';
import { type ApplyDependencies, append, contextOf, type Decided, placeOf } from './apply-record.ts';
import type { Loaded, LoadedDialog } from './dialogs.ts';

/**
 * The marker in the dialog's own stream, with its own redirect to people where the bot has the chat: the tail check lets that one through and
 * suppresses what was on its way (design §6.7). @returns the dialog as it is then, and what was appended; @throws EventStoreError
 */
export const stopDialog = async (
  { store, pins, producer, doorsOpenSince }: ApplyDependencies,
  dialog: Loaded,
  record: LogRecord,
  reason: string,
): Promise<{ readonly stopped: Loaded; readonly appended: readonly Decided[] }> => {
  if (dialog.kind === 'visitor') {
    const place = placeOf(record);
    const input = { ...dialog.id, inputId: `parked:${place}` };
    // A visitor who stops decides nothing: the marker needs no settings.
    const context = { at: record.appendedAt, producer, settings: { heldTextTtlMs: 0 }, settingsHash: '' };
    const appended = parkVisitor(dialog.state, { input, reason, place }, context);
    return { stopped: await append(store, dialog, input, appended), appended };
  }
  const context = await contextOf(pins, dialog, record, producer, doorsOpenSince).catch((error: unknown) => {
    if ((error as { retryable?: unknown }).retryable === true) throw error;
    return undefined;
  });
  const place = placeOf(record);
  const input = standIn(dialog, `parked:${place}`, record.appendedAt);
  const marker = { input, reason, place };
  // Without its pins nobody knows a department: then the marker alone, with the queue as the redirect's target.
  const events = parkDialog(dialog.state, marker, context ?? bare(record.appendedAt, producer));
  return { stopped: await append(store, dialog, input, events), appended: events };
};

/** The record may not be readable at all: what stands in for its input names the dialog and the time. */
const standIn = ({ id, state }: LoadedDialog, inputId: string, at: number): InboxInput => ({
  type: 'timer_due',
  inputId,
  account: id.account,
  chatId: id.chatId,
  chatIdForm: state.status === 'absent' ? 'string' : state.chatIdForm,
  receivedAt: at,
  dueAt: at,
});

type Context = Parameters<typeof parkDialog>[2];

const bare = (at: number, producer: string): Context =>
  ({ at, producer, settings: { department: null }, settingsHash: '', scriptHash: '' }) as unknown as Context;
