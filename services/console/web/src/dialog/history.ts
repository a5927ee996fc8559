import type { DomainEvent, EventMetadata } from '@dialog/contracts/domain-event';
import { evolve } from '@dialog/domain/evolve';
import { type DialogState, initialDialog } from '@dialog/domain/state';
import type { StoredEvent } from '../../../src/api/schemas.ts';

/** One event with the state after it: the engine's own fold, run here. */
export type Step = {
  readonly event: StoredEvent & DomainEvent;
  /** null where it can't be read. */
  readonly metadata: EventMetadata | null;
  readonly state: DialogState;
  /** The first event of an append. */
  readonly opens: boolean;
  /** Revision of the input that it follows from; its own, where it is one. */
  readonly input: number;
};

/**
 * Folds further events onto a history; those that are there already are left out. Every state is kept: they share what an
 * event did not change, so that a step to any place is a look-up and 10,000 of them take a few megabytes.
 */
export const extend = (history: readonly Step[], events: readonly StoredEvent[], from: DialogState = initialDialog): readonly Step[] => {
  let last = history.at(-1);
  const steps = [...history];
  for (const event of events) {
    if (last !== undefined && event.revision <= last.event.revision) continue;
    const known = event as StoredEvent & DomainEvent;
    const before = last?.state ?? from;
    const metadata = metadataOf(event.metadata);
    const opens = event.type === 'InputRecorded';
    last = { event: known, metadata, state: folded(before, known), opens, input: opens ? event.revision : (last?.input ?? event.revision) };
    steps.push(last);
  }
  return steps;
};

/** Whose dialog it is, as its first input says. */
export const accountOf = (history: readonly Step[]): string | undefined => {
  const first = history[0]?.event;
  return first?.type === 'InputRecorded' ? first.data.input.account : undefined;
};

/** An event whose data is not as its schema has it must not take the page with it: the state stays as it was. */
const folded = (state: DialogState, event: DomainEvent): DialogState => {
  try {
    return evolve(state, event);
  } catch {
    return state;
  }
};

const owners: readonly unknown[] = ['bot', 'queue', 'operator', 'nobody', null];

/** By hand what the schema says of the fields shown here: zod itself would be a third of the page. */
const metadataOf = (value: unknown): EventMetadata | null => {
  if (typeof value !== 'object' || value === null) return null;
  const { at, epoch, owner, flag } = value as Partial<Record<keyof EventMetadata, unknown>>;
  return typeof at === 'number' && typeof epoch === 'number' && typeof flag === 'boolean' && owners.includes(owner)
    ? (value as EventMetadata)
    : null;
};

/** Index of the step with this revision, or of the last one before it. Revisions rise, with gaps where a history was cut. */
export const indexOf = (history: readonly Step[], revision: number): number => {
  let low = 0;
  let high = history.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((history[middle]?.event.revision ?? Number.POSITIVE_INFINITY) <= revision) low = middle;
    else high = middle - 1;
  }
  return low;
};
