import { codeOf, isRetryable } from '@dialog/contracts/errors';
import { dialogKey, isVisitorId, parseSubjectKey, type SubjectId, subjectStream, visitorKey } from '@dialog/contracts/ids';
import { type InboxInput, inboxInputSchema, type ReleaseParked, recordPlace } from '@dialog/contracts/inbox';
import { type VisitorInput, type VisitorReleaseParked, visitorInputSchema } from '@dialog/contracts/visitor';
import { type DecideContext, type DecidedEvent, decide } from '@dialog/domain/decide';
import { type DialogState, parkedHead } from '@dialog/domain/state';
import { type DecidedVisitorEvent, decideVisitor, type VisitorContext } from '@dialog/domain/visitor/decide';
import type { VisitorState } from '@dialog/domain/visitor/state';
import { type DerivedEvent, type EventStore, type ExpectedRevision, isConflict } from '@dialog/event-store/port';
import type { HandleContext, LogRecord } from '@dialog/log/port';
import type { AppliedAhead } from './applied-ahead.ts';
import {
  type Dialogs,
  keepSnapshot,
  type Loaded,
  type LoadedDialog,
  type LoadedVisitor,
  movedBy,
  withDecision,
  withEvent,
} from './dialogs.ts';
import { derivedEventId } from './event-ids.ts';
import { type Pins, settingsFor } from './pins.ts';

export type Input = InboxInput | VisitorInput;
export type ReleaseCommand = ReleaseParked | VisitorReleaseParked;
export type Decided = DecidedEvent | DecidedVisitorEvent;

export type Applied =
  /** `appended` events, or none where it had been applied before (a redelivery) or was not due. */
  | { readonly kind: 'applied'; readonly dialog: Loaded; readonly input: Input; readonly appended: readonly Decided[] }
  /** The dialog is parked: the record follows it. */
  | { readonly kind: 'follows'; readonly dialog: Loaded }
  /** The dialog is parked, and this asks to go on with it. */
  | { readonly kind: 'release'; readonly dialog: Loaded; readonly input: ReleaseCommand }
  /** Not to be applied at all: an account that is not configured starts no stream; a parked dialog's timers are armed anew; an operator left it out. */
  | { readonly kind: 'skipped'; readonly reason: 'account_unknown' | 'parked_timer' | 'skipped_before' };

/** A record that can't be applied while others can: it stops its dialog, no other (design §6.7). */
export class UnappliableRecord extends Error {
  readonly code = 'unappliable_record';
  readonly reason: 'not_json' | 'not_an_input' | 'wrong_key' | 'too_large' | 'pins_missing' | 'decision_failed';
  constructor(reason: UnappliableRecord['reason'], cause?: unknown) {
    super(`the record can't be applied: ${reason}`, { cause });
    this.reason = reason;
  }
}

export type ApplyDependencies = {
  readonly store: EventStore;
  readonly dialogs: Dialogs;
  readonly pins: Pins;
  readonly producer: string;
  readonly doorsOpenSince: (partition: number, at: number) => number | null;
};

/** A record decided: its events come behind those of the steps before it. */
type Step = {
  readonly record: LogRecord;
  readonly input: Input;
  readonly events: readonly Decided[];
  readonly after: Loaded;
};

/** Records applied in one append at most. */
const stepsAtMost = 16;

/**
 * Appends with a concrete expected revision what a record decides. A conflict drops what was known and decides again.
 * @throws UnappliableRecord; @throws EventStoreError (`retryable`: the caller repeats the whole call)
 */
export const applyRecord = async (
  dependencies: ApplyDependencies,
  record: LogRecord,
  generation: number,
  options: {
    /** Of a release: the dialog is parked, and its records are applied all the same. */
    readonly release?: { readonly outcome?: ReleaseParked['outcome'] };
    /** The records of the key behind this one, and where to keep what came of those that the same append has taken along. */
    readonly ahead?: { readonly next: HandleContext['next']; readonly keep: AppliedAhead['keep'] };
  } = {},
): Promise<Applied> => {
  const { store, dialogs } = dependencies;
  const { release, ahead } = options;
  const id = subjectOf(record);
  let atMost = options.ahead === undefined ? 0 : stepsAtMost - 1;
  for (;;) {
    const dialog = await dialogs.load(id, generation);
    if (dialog.state.inputs.has(recordPlace(record))) return { kind: 'skipped', reason: 'skipped_before' };
    if (dialog.parked && release === undefined) {
      const held = whileParked(dialog, record, id);
      if (held !== undefined) return held;
    }
    const read = inputOf(record, id);
    const input = isRelease(read) ? { ...read, outcome: release?.outcome } : read;
    const first = await stepOf(dependencies, dialog, record, input);
    if (first === undefined) return { kind: 'skipped', reason: 'account_unknown' };
    if (first.events.length === 0) return appliedBy(first);
    const following = atMost === 0 ? [] : await stepsBehind(dependencies, first.after, ahead?.next(atMost) ?? []);
    const last = following.at(-1) ?? first;
    try {
      const written = [first, ...following].flatMap(({ input, events }) => derived(input.inputId, events));
      const { revision } = await store.append(subjectStream(id), written, expectedAfter(dialog));
      // Else than it was decided only where the stream was deleted: its revisions count on.
      const by = revision - last.after.revision;
      const stands = (step: Step): Step => (by === 0 ? step : { ...step, after: movedBy(step.after, by) });
      const end = stands(last).after;
      dialogs.keep(end, generation);
      for (const step of following) ahead?.keep(step.record, generation, appliedBy(stands(step)));
      await keepSnapshot(store, dialog, end);
      return appliedBy(stands(first));
    } catch (error) {
      const isTooLarge = codeOf(error) === 'too_large';
      if (isTooLarge && following.length > 0) {
        // Fewer of them fit.
        atMost = Math.floor(following.length / 2);
        continue;
      }
      dialogs.forget(id);
      if (isTooLarge) throw new UnappliableRecord('too_large', error);
      if (!isConflict(error)) throw error;
    }
  }
};

/** @returns what the record decides; undefined: the account is not configured and there is no stream. */
const stepOf = async (
  { pins, producer, doorsOpenSince }: ApplyDependencies,
  before: Loaded,
  record: LogRecord,
  input: Input,
): Promise<Step | undefined> => {
  const decided = await decideWith(pins, before, input, record, producer, doorsOpenSince);
  if (decided === undefined) return undefined;
  const { events } = decided;
  return { record, input, events, after: events.length === 0 ? before : withDecision(before, decided) };
};

const appliedBy = ({ after, input, events }: Step): Extract<Applied, { kind: 'applied' }> => ({
  kind: 'applied',
  dialog: after,
  input,
  appended: events,
});

/**
 * What waits behind a record, decided on the state after it: a backlog costs the store one append for many records. What is no plain input, fails or
 * changes nothing ends it, and is looked at in its own turn. So does what stops the dialog: those before it, redelivered, would follow into its parked
 * stream as if they still waited, and a head that they opened would never be published.
 */
const stepsBehind = async (dependencies: ApplyDependencies, first: Loaded, records: readonly LogRecord[]): Promise<readonly Step[]> => {
  const steps: Step[] = [];
  let before = first;
  try {
    for (const record of records) {
      if (before.parked || before.state.inputs.has(recordPlace(record))) break;
      const input = inputOf(record, before.id);
      const step = isRelease(input) ? undefined : await stepOf(dependencies, before, record, input);
      if (step === undefined || step.events.length === 0 || step.after.parked) break;
      steps.push(step);
      before = step.after;
    }
  } catch {
    // It will fail again in its own turn, where that is dealt with.
  }
  return steps;
};

/** What becomes of a record of a parked dialog; undefined: it is applied, since it is the answer to the dialog's own redirect. */
const whileParked = (dialog: Loaded, record: LogRecord, id: SubjectId): Applied | undefined => {
  const follows: Applied = { kind: 'follows', dialog };
  let input: Input;
  try {
    input = inputOf(record, id);
  } catch {
    return follows;
  }
  if (input.type === 'timer_due' || input.type === 'visitor_timer_due') return { kind: 'skipped', reason: 'parked_timer' };
  if (isRelease(input)) return { kind: 'release', dialog, input };
  const own = dialog.state.status === 'live' ? parkedHead(dialog.state) : undefined;
  return input.type === 'effect_result' && own !== undefined && input.number === own.number ? undefined : follows;
};

export const isRelease = (input: Input): input is ReleaseCommand =>
  input.type === 'release_parked' || input.type === 'visitor_release_parked';

export const append = async (
  store: EventStore,
  dialog: Loaded,
  input: Pick<Input, 'inputId'>,
  events: readonly Decided[],
): Promise<Loaded> => {
  const end = (await store.append(subjectStream(dialog.id), derived(input.inputId, events), expectedAfter(dialog))).revision;
  let after = dialog;
  for (const [at, { type, data }] of events.entries()) after = withEvent(after, { revision: end - events.length + 1 + at, type, data });
  return after;
};

const derived = (inputId: string, events: readonly Decided[]): readonly DerivedEvent[] =>
  events.map(({ type, data, metadata }, index) => ({
    id: (dataJson) => derivedEventId(inputId, index, type, dataJson),
    type,
    data,
    metadata,
  }));

const expectedAfter = ({ revision }: Loaded): ExpectedRevision => (revision < 0 ? 'no_stream' : revision);

/** @returns undefined: the account is not configured and there is no stream. */
const decideWith = async (
  pins: Pins,
  loaded: Loaded,
  input: Input,
  record: LogRecord,
  producer: string,
  doorsOpenSince: ApplyDependencies['doorsOpenSince'],
): Promise<{ readonly events: readonly Decided[]; readonly state: DialogState | VisitorState } | undefined> => {
  if (loaded.kind === 'visitor') {
    const context = await visitorContextOf(pins, loaded, record, producer);
    return context && orRefuse(() => decideVisitor(loaded.state, input as VisitorInput, context));
  }
  const context = await contextOf(pins, loaded, record, producer, doorsOpenSince);
  return context && orRefuse(() => decide(loaded.state, input as InboxInput, context));
};

const orRefuse = <T>(decision: () => T): T => {
  try {
    return decision();
  } catch (error) {
    throw new UnappliableRecord('decision_failed', error);
  }
};

const subjectOf = (record: LogRecord): SubjectId => {
  const id = parseSubjectKey(record.key);
  if (id === undefined) throw new UnappliableRecord('wrong_key');
  return id;
};

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The input of a record: a visitor's by a visitor's key, else a dialog's. @throws UnappliableRecord */
export const inputOf = (record: LogRecord, id: SubjectId): Input => {
  let json: unknown;
  try {
    json = JSON.parse(utf8.decode(record.value ?? new Uint8Array()));
  } catch (error) {
    throw new UnappliableRecord('not_json', error);
  }
  if (isVisitorId(id)) {
    const parsed = visitorInputSchema.safeParse(json);
    if (!parsed.success) throw new UnappliableRecord('not_an_input', parsed.error);
    if (visitorKey(parsed.data) !== record.key) throw new UnappliableRecord('wrong_key');
    return parsed.data;
  }
  const parsed = inboxInputSchema.safeParse(json);
  if (!parsed.success) throw new UnappliableRecord('not_an_input', parsed.error);
  const input = parsed.data;
  if (dialogKey({ account: input.account, chatId: input.chatId }) !== dialogKey(id)) throw new UnappliableRecord('wrong_key');
  // Landed too late for its answer: Webim was told 503, or will be (design §6.1).
  const lateForAnswer = input.answerBy !== undefined && record.appendedAt > input.answerBy;
  return lateForAnswer ? { ...input, refused: true } : input;
};

/** The pins of a decision; undefined: the account is not configured and the dialog has no stream. */
export const contextOf = async (
  pins: Pins,
  dialog: LoadedDialog,
  record: Pick<LogRecord, 'partition' | 'appendedAt'>,
  producer: string,
  doorsOpenSince: ApplyDependencies['doorsOpenSince'],
): Promise<DecideContext | undefined> => {
  const current = pins.current(dialog.id.account);
  const { state } = dialog;
  const scriptHash = state.status === 'live' ? state.script : current?.scriptHash;
  // Not configured, and nothing to go on with.
  if (scriptHash === undefined) return undefined;
  const inForce = current === undefined ? undefined : settingsFor(current, scriptHash);
  const settingsHash = inForce?.settingsHash ?? dialog.settingsHash;
  if (settingsHash === null) return undefined;
  try {
    return {
      at: record.appendedAt,
      settings: inForce?.settings ?? (await pins.settings(settingsHash)),
      settingsHash,
      script: await pins.script(scriptHash),
      scriptHash,
      producer,
      doorsOpenSince: doorsOpenSince(record.partition, record.appendedAt),
    };
  } catch (error) {
    if (isRetryable(error)) throw error;
    throw new UnappliableRecord('pins_missing', error);
  }
};

/** The pins of a visitor's decision: settings alone. @returns undefined: the account is not configured and the visitor has no stream. */
export const visitorContextOf = async (
  pins: Pins,
  { id, settingsHash: last }: LoadedVisitor,
  record: Pick<LogRecord, 'appendedAt'>,
  producer: string,
): Promise<VisitorContext | undefined> => {
  const current = pins.current(id.account);
  const settingsHash = current?.settingsHash ?? last;
  if (settingsHash === null) return undefined;
  try {
    return { at: record.appendedAt, settings: current?.settings ?? (await pins.settings(settingsHash)), settingsHash, producer };
  } catch (error) {
    if (isRetryable(error)) throw error;
    throw new UnappliableRecord('pins_missing', error);
  }
};
