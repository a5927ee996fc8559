import type { DomainEvent, DomainEventOf } from '@dialog/contracts/domain-event';
import type { InboxInput } from '@dialog/contracts/inbox';
import { fold } from '../evolve.ts';
import type { DialogState } from '../state.ts';

/** An input of a recording and what followed it. */
export type RecordedAppend = {
  readonly opening: DomainEventOf<'InputRecorded'>['data'];
  readonly decided: readonly DomainEvent[];
  /** What stopped the dialog after it, or was left out of it. */
  readonly taken: readonly DomainEvent[];
  /** Index of the opening. */
  readonly of: number;
};

export const appendsOf = (events: readonly DomainEvent[], from: number): RecordedAppend[] => {
  const appends: { opening: DomainEventOf<'InputRecorded'>['data']; decided: DomainEvent[]; taken: DomainEvent[]; of: number }[] = [];
  for (let of = from; of < events.length; of++) {
    const event = events[of] as DomainEvent;
    const open = appends.at(-1);
    if (event.type === 'InputRecorded') appends.push({ opening: event.data, decided: [], taken: [], of });
    else if (open !== undefined) {
      const stops = event.type === 'RecordSkipped' || (event.type === 'DialogParked' && event.data.inputId !== open.opening.input.inputId);
      if (stops || open.taken.length > 0) open.taken.push(event);
      else open.decided.push(event);
    }
  }
  return appends;
};

/** The recorded state before an event, for indexes that only grow from that of `state` on. Folded only as far as it is asked for. */
export const recordedStates = (recorded: readonly DomainEvent[], from: number, state: DialogState): ((index: number) => DialogState) => {
  let folded = state;
  let foldedTo = from;
  return (index) => {
    if (index > foldedTo) folded = fold(recorded.slice(foldedTo, index), folded);
    foldedTo = Math.max(foldedTo, index);
    return folded;
  };
};

/** Of the last input that pins a script. */
export const lastScript = (events: readonly DomainEvent[]): string | undefined =>
  events.reduce<string | undefined>((hash, event) => (event.type === 'InputRecorded' ? (event.data.script ?? hash) : hash), undefined);

/** Of the last input before the fork, else of the first one after it. */
export const lastSettings = (events: readonly DomainEvent[], from: number): string => {
  let hash = '';
  for (const [at, event] of events.entries()) {
    if (event.type !== 'InputRecorded') continue;
    if (at < from || hash === '') hash = event.data.settings;
  }
  return hash;
};

/** Which chat it is: the same in all inputs of a dialog. */
export type Chat = Pick<InboxInput, 'account' | 'chatId' | 'chatIdForm'>;

export const chatOf = (recorded: readonly DomainEvent[]): Chat | undefined => {
  // What parked it may stand before any input.
  const first = recorded.find((event) => event.type === 'InputRecorded');
  if (first === undefined) return undefined;
  const { account, chatId, chatIdForm } = first.data.input;
  return { account, chatId, chatIdForm };
};
