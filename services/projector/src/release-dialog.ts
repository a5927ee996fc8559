import type { SubjectId } from '@dialog/contracts/ids';
import { type EffectResult, type ReleaseParked, recordPlace } from '@dialog/contracts/inbox';
import type { VisitorReleaseParked } from '@dialog/contracts/visitor';
import { leftOutResult, skipRecord } from '@dialog/domain/ownership/park';
import { skipVisitorRecord } from '@dialog/domain/visitor/decide';
import { isConflict } from '@dialog/event-store/port';
import type { LogRecord } from '@dialog/log/port';
import {
  type Applied,
  type ApplyDependencies,
  append,
  applyRecord,
  contextOf,
  type Decided,
  type Input,
  inputOf,
  type ReleaseCommand,
  UnappliableRecord,
  visitorContextOf,
} from './apply-record.ts';
import type { Loaded } from './dialogs.ts';
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
  input: ReleaseCommand,
  generation: number,
  /** What each record tells other aggregates. */
  tell: Tell,
): Promise<Applied> => {
  const id = subjectOfInput(input);
  const skip = new Set(input.skip);
  const edits = new Map(input.edit?.map(({ place, valueBase64 }) => [place, Buffer.from(valueBase64, 'base64')]));
  let applied = 0;
  let skipped = 0;
  let failed: { place: string; reason: string } | undefined;
  for (const record of await parkedRecords(dependencies.store, id)) {
    const place = recordPlace(record);
    try {
      if (skip.has(place)) {
        await leaveOut(dependencies, record, input, generation, tell);
        skipped += 1;
        continue;
      }
      const edited = edits.get(place);
      const result = await applyRecord(dependencies, edited === undefined ? record : { ...record, value: edited }, generation, {
        release: {},
      });
      if (result.kind === 'applied') await tell(result);
      if (result.kind === 'applied' && result.appended.length > 0) applied += 1;
      // Read once more from the log it would be what it was: it counts as taken.
      if (edited !== undefined) await leaveOut(dependencies, record, input, generation, tell);
    } catch (error) {
      if (!(error instanceof UnappliableRecord)) throw error;
      failed = { place, reason: error.reason };
      break;
    }
  }
  const outcome = { applied, skipped, ...(failed === undefined ? {} : { failed }) };
  return applyRecord(dependencies, command, generation, { release: { outcome } });
};

type Tell = (applied: Extract<Applied, { kind: 'applied' }>) => Promise<void>;

/** The result of an effect counts as one in doubt: its effect would have no end. */
const leaveOut = async (
  dependencies: ApplyDependencies,
  record: LogRecord,
  command: ReleaseCommand,
  generation: number,
  tell: Tell,
): Promise<void> => {
  const { dialogs, pins, producer, doorsOpenSince, store } = dependencies;
  const id = subjectOfInput(command);
  const place = recordPlace(record);
  for (;;) {
    const dialog = await dialogs.load(id, generation);
    if (dialog.state.inputs.has(place)) return;
    const result = awaitedResult(dialog, record);
    if (result !== undefined) {
      const value = Buffer.from(JSON.stringify(leftOutResult(result)));
      const applied = await applyRecord(dependencies, { ...record, value }, generation, { release: {} });
      if (applied.kind === 'applied') await tell(applied);
      if (!dialog.state.inputs.has(result.inputId)) continue;
    }
    const ids = [place, ...readableId(record, id)].filter((one) => !dialog.state.inputs.has(one));
    const skipped = ids.map((inputId) => ({ inputId, place, by: command.by }));
    let events: readonly Decided[];
    if (dialog.kind === 'visitor') {
      const context = await visitorContextOf(pins, dialog, record, producer);
      if (context === undefined) throw new UnappliableRecord('pins_missing');
      events = skipped.flatMap((one) => skipVisitorRecord(dialog.state, { command: command as VisitorReleaseParked, ...one }, context));
    } else {
      const context = await contextOf(pins, dialog, record, producer, doorsOpenSince);
      if (context === undefined) throw new UnappliableRecord('pins_missing');
      events = skipped.flatMap((one) => skipRecord(dialog.state, { command: command as ReleaseParked, ...one }, context));
    }
    try {
      dialogs.keep(await append(store, dialog, { inputId: `skip:${place}` }, events), generation);
      return;
    } catch (error) {
      dialogs.forget(id);
      if (!isConflict(error)) throw error;
    }
  }
};

const subjectOfInput = (input: ReleaseCommand): SubjectId =>
  'visitor' in input ? { account: input.account, visitor: input.visitor } : { account: input.account, chatId: input.chatId };

/** The result that a record holds, where its effect is open, or where it was applied before, by a release that was cut off. */
const awaitedResult = ({ id, kind, state }: Loaded, record: LogRecord): EffectResult | undefined => {
  if (kind !== 'dialog' || state.status !== 'live') return undefined;
  const input = readable(record, id);
  if (input?.type !== 'effect_result') return undefined;
  const open = state.effects.some(({ number, attempt }) => number === input.number && attempt === input.attempt);
  return open || state.inputs.has(input.inputId) ? input : undefined;
};

const readableId = (record: LogRecord, id: SubjectId): string[] => {
  const input = readable(record, id);
  return input === undefined ? [] : [input.inputId];
};

const readable = (record: LogRecord, id: SubjectId): Input | undefined => {
  try {
    return inputOf(record, id);
  } catch {
    return undefined;
  }
};
