import type { DialogSettings } from '@dialog/contracts/settings';
import type { VisitorEvent } from '@dialog/contracts/visitor';
import { type DecidedVisitorEvent, decideVisitor } from './decide.ts';
import { evolveVisitor } from './evolve.ts';
import { initialVisitor, type VisitorState } from './state.ts';

export type ReplayedVisitor = {
  readonly events: readonly DecidedVisitorEvent[];
  readonly state: VisitorState;
  /** Settings that could not be resolved, with the input at which the replay stopped. */
  readonly gap: { readonly inputId: string; readonly hash: string } | null;
};

/** Decides again the inputs of a visitor's recorded stream: the events come out as recorded. */
export const replayVisitor = (
  recorded: readonly VisitorEvent[],
  settingsOf: (hash: string) => DialogSettings | undefined,
  producer: string,
): ReplayedVisitor => {
  let state = initialVisitor;
  const events: DecidedVisitorEvent[] = [];
  for (const event of recorded) {
    // What stopped the visitor, or was left out, is no decision about an input: it is taken as it stands.
    if (event.type === 'VisitorParked' || event.type === 'RecordSkipped') {
      state = evolveVisitor(state, event);
      events.push(event as DecidedVisitorEvent);
    }
    if (event.type !== 'InputRecorded') continue;
    const { input, at, settings: hash } = event.data;
    const settings = settingsOf(hash);
    if (settings === undefined) return { events, state, gap: { inputId: input.inputId, hash } };
    const decision = decideVisitor(state, input, { at, settings, settingsHash: hash, producer });
    events.push(...decision.events);
    state = decision.state;
  }
  return { events, state, gap: null };
};
