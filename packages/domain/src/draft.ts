import type { DomainEvent, EventMetadata } from '@dialog/contracts/domain-event';
import type { InboxInput } from '@dialog/contracts/inbox';
import type { DialogSettings } from '@dialog/contracts/settings';
import type { Script } from '@dialog/script/parse';
import { evolve } from './evolve.ts';
import { type DialogState, inFlight, type LiveDialog, parkedHead, stamp } from './state.ts';

/** What a decision may know besides the state and the input; all of it comes in with the record. */
export type DecideContext = {
  /** The record's append time, log's time, ms. */
  readonly at: number;
  readonly settings: DialogSettings;
  readonly settingsHash: string;
  /** The dialog's pinned script, or the account's newest for a dialog that is not live yet. */
  readonly script: Script;
  readonly scriptHash: string;
  /** `timer_due` only: since when the doors have been open, log's time; null: closed. */
  readonly doorsOpenSince?: number | null;
  /** Version of the code that decides. */
  readonly producer: string;
};

export type DecidedEvent = DomainEvent & { readonly metadata: EventMetadata };

/**
 * A decision under way: what it emits is folded at once by the very `evolve` that replays it, so decide and replay can't part.
 * Lives within one call of `decide`.
 */
export type Draft = {
  state: DialogState;
  /** The state before the input. */
  readonly before: DialogState;
  readonly input: InboxInput;
  readonly context: DecideContext;
  /** Time of the input: the append time, clamped so that it never runs back in a dialog. */
  readonly at: number;
  readonly events: DecidedEvent[];
  /** Numbers of the effects that outbound may have in its hands: the head as the former append published it, and what a park found on its way. */
  readonly flying: readonly number[];
  /** Of the first `events` of its events the bytes as JSON: counted where somebody asks whether it is large. */
  readonly counted: { events: number; bytes: number };
};

/**
 * A dialog that was parked may have two: what was on its way as it stopped, and its own redirect. One that waits for its next attempt is on
 * nobody's way, parked or not: a close ends it, or it would wait for ever without its deadline.
 */
const onTheirWay = (state: LiveDialog): number[] => {
  const own = parkedHead(state);
  const before = state.parked ? state.onItsWay : inFlight(state)?.number;
  return [...(before === undefined ? [] : [before]), ...(own?.notBefore === null ? [own.number] : [])];
};

export const openDraft = (state: DialogState, input: InboxInput, context: DecideContext): Draft => ({
  state,
  before: state,
  input,
  context,
  at: state.status === 'absent' ? context.at : Math.max(context.at, state.at),
  events: [],
  counted: { events: 0, bytes: 0 },
  flying: state.status === 'live' ? onTheirWay(state) : [],
});

export const emit = (draft: Draft, event: DomainEvent): void => {
  draft.state = evolve(draft.state, event);
  draft.events.push({
    ...event,
    metadata: {
      $correlationId: `${draft.input.account}:${draft.input.chatId}`,
      $causationId: draft.input.inputId,
      schemaVersion: 1,
      producer: draft.context.producer,
      at: draft.at,
      ...stamp(draft.state),
    },
  });
};

/** Emits the normalised input: the first event of every append. */
export const recordInput = (draft: Draft, input: InboxInput = draft.input): void => {
  const starts = draft.state.status !== 'live' && (input.type === 'new_chat' || input.type === 'new_message');
  emit(draft, {
    type: 'InputRecorded',
    data: {
      input,
      at: draft.at,
      settings: draft.context.settingsHash,
      ...(input.type === 'timer_due' ? { doorsOpenSince: draft.context.doorsOpenSince ?? null } : {}),
      ...(starts ? { script: draft.context.scriptHash } : {}),
    },
  });
};

/** The live dialog of a draft. @throws where the dialog is not live: a bug of the caller. */
export const liveOf = (draft: Draft): LiveDialog => {
  if (draft.state.status !== 'live') throw new Error(`bug: the dialog is ${draft.state.status}, not live`);
  return draft.state;
};
