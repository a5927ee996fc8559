import type { ReleaseParked } from '@dialog/contracts/inbox';
import { skipRecord } from '@dialog/domain/ownership/park';
import type { LogRecord } from '@dialog/log/port';
import {
  type Applied,
  type ApplyDependencies,
  append,
  applyRecord,
  contextOf,
  inputOf,
  placeOf,
  UnappliableRecord,
} from './apply-record.ts';
import { parkedRecords } from './parked.ts';

/**
 * An operator's command: the parked records are applied in order, each with its own offset and time, those that the command names are left out or
 * replaced, and `DialogReleased` comes last. One that fails again ends it there, and the dialog stays parked. May be repeated: what was taken is known by its id.
 *
 * @throws EventStoreError
 */
export const releaseDialog = async (
  dependencies: ApplyDependencies,
  command: LogRecord,
  input: ReleaseParked,
  generation: number,
): Promise<Applied> => {
  const skip = new Set(input.skip);
  const edits = new Map(input.edit?.map(({ place, valueBase64 }) => [place, Buffer.from(valueBase64, 'base64')]));
  let applied = 0;
  let skipped = 0;
  let failed: { place: string; reason: string } | undefined;
  for (const record of await parkedRecords(dependencies.store, { account: input.account, chatId: input.chatId })) {
    const place = placeOf(record);
    try {
      if (skip.has(place)) {
        await leaveOut(dependencies, record, input, generation);
        skipped += 1;
        continue;
      }
      const edited = edits.get(place);
      const result = await applyRecord(dependencies, edited === undefined ? record : { ...record, value: edited }, generation, {});
      if (result.kind === 'applied' && result.appended.length > 0) applied += 1;
      // Read once more from the log it would be what it was: it counts as taken.
      if (edited !== undefined) await leaveOut(dependencies, record, input, generation);
    } catch (error) {
      if (!(error instanceof UnappliableRecord)) throw error;
      failed = { place, reason: error.reason };
      break;
    }
  }
  return applyRecord(dependencies, command, generation, { outcome: { applied, skipped, ...(failed === undefined ? {} : { failed }) } });
};

const leaveOut = async (dependencies: ApplyDependencies, record: LogRecord, command: ReleaseParked, generation: number): Promise<void> => {
  const { dialogs, pins, producer, doorsOpenSince, store } = dependencies;
  const id = { account: command.account, chatId: command.chatId };
  const place = placeOf(record);
  for (;;) {
    const dialog = await dialogs.load(id, generation);
    if (dialog.state.inputs.has(place)) return;
    const context = await contextOf(pins, dialog, record, producer, doorsOpenSince);
    if (context === undefined) throw new UnappliableRecord('pins_missing');
    const ids = [place, ...readableId(record, id)].filter((one) => !dialog.state.inputs.has(one));
    const events = ids.flatMap((inputId) => skipRecord(dialog.state, { command, inputId, place, by: command.by }, context));
    try {
      dialogs.keep(await append(store, dialog, { inputId: `skip:${place}` }, events), generation);
      return;
    } catch (error) {
      dialogs.forget(id);
      if ((error as { code?: unknown }).code !== 'wrong_expected_revision') throw error;
    }
  }
};

const readableId = (record: LogRecord, id: Parameters<typeof inputOf>[1]): string[] => {
  try {
    return [inputOf(record, id).inputId];
  } catch {
    return [];
  }
};
