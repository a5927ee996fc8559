import { isRetryable } from '@dialog/contracts/errors';
import type { IdForm } from '@dialog/contracts/ids';
import { type InboxInput, recordPlace } from '@dialog/contracts/inbox';
import { mayGiveAgain, parkDialog } from '@dialog/domain/ownership/park';
import { parkVisitor } from '@dialog/domain/visitor/decide';
import type { LogRecord } from '@dialog/log/port';
import { type ApplyDependencies, append, contextOf, type Decided, inputOf } from './apply-record.ts';
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
    const place = recordPlace(record);
    const input = { ...dialog.id, inputId: `parked:${place}` };
    // A visitor who stops decides nothing: the marker needs no settings.
    const context = { at: record.appendedAt, producer, settings: { heldTextTtlMs: 0 }, settingsHash: '' };
    const appended = parkVisitor(dialog.state, { input, reason, place }, context);
    return { stopped: await append(store, dialog, input, appended), appended };
  }
  const context = await contextOf(pins, dialog, record, producer, doorsOpenSince).catch((error: unknown) => {
    if (isRetryable(error)) throw error;
    return undefined;
  });
  const place = recordPlace(record);
  const first = firstOf(dialog, record);
  const input = standIn(dialog, `parked:${place}`, record.appendedAt, first.chatIdForm);
  // Without its pins nothing can be pinned to a start.
  const begins = first.begins && context !== undefined;
  const stoppedBefore = dialog.state.status === 'unseen' ? dialog.state.parked : null;
  const marker = { input, reason: stoppedBefore ?? reason, place, begins };
  // Without its pins nobody knows a department: then the marker alone, with the queue as the redirect's target.
  const events = parkDialog(dialog.state, marker, context ?? bare(record.appendedAt, producer));
  return { stopped: await append(store, dialog, input, events), appended: events };
};

/**
 * Of a parked dialog that has not begun, or whose chat people had: whether this record, new to it, gives its chat to the bot, so that people have
 * to get it now.
 */
export const beginsParked = (dialog: Loaded, record: LogRecord): boolean => {
  if (dialog.kind !== 'dialog') return false;
  const { state } = dialog;
  if (state.status === 'unseen' && state.closed) return false;
  if (state.status === 'live' && !mayGiveAgain(state)) return false;
  const { begins, inputId } = firstOf(dialog, record);
  return begins && !(inputId !== undefined && state.inputs.has(inputId));
};

/**
 * What is to be known of a record that may give the dialog's chat to the bot. One that can't be read at all may be a chat that the bot got: taken so, at worst
 * Webim refuses the redirect; not taken so, at worst a person waits for a bot that is silent.
 */
const firstOf = (
  { id }: LoadedDialog,
  record: LogRecord,
): { readonly begins: boolean; readonly chatIdForm: IdForm; readonly inputId?: string } => {
  const likely = /^\d{1,15}$/.test(id.chatId) ? 'number' : 'string';
  try {
    const input = inputOf(record, id) as InboxInput;
    const begins = (input.type === 'new_chat' || input.type === 'new_message') && input.refused !== true;
    return { begins, chatIdForm: input.chatIdForm, inputId: input.inputId };
  } catch (error) {
    return { begins: (error as { reason?: unknown }).reason !== 'wrong_key', chatIdForm: likely };
  }
};

/** The record may not be readable at all: what stands in for its input names the dialog and the time. */
const standIn = ({ id, state }: LoadedDialog, inputId: string, at: number, chatIdForm: IdForm): InboxInput => ({
  type: 'timer_due',
  inputId,
  account: id.account,
  chatId: id.chatId,
  chatIdForm: state.status === 'absent' ? chatIdForm : state.chatIdForm,
  receivedAt: at,
  dueAt: at,
});

type Context = Parameters<typeof parkDialog>[2];

const bare = (at: number, producer: string): Context =>
  ({ at, producer, settings: { department: null }, settingsHash: '', scriptHash: '' }) as unknown as Context;
