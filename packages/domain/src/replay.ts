import type { DomainEvent } from '@dialog/contracts/domain-event';
import type { DialogSettings } from '@dialog/contracts/settings';
import type { Script } from '@dialog/script/parse';
import { type DecidedEvent, decide } from './decide.ts';
import { evolve } from './evolve.ts';
import { type DialogState, initialDialog } from './state.ts';

/** What a stream pins by hash; a hash that is not there is a gap, never a guess. */
export type Pinned = {
  readonly script: (hash: string) => Script | undefined;
  readonly settings: (hash: string) => DialogSettings | undefined;
};

export type Replayed = {
  readonly events: readonly DecidedEvent[];
  readonly state: DialogState;
  /** Hashes that could not be resolved, with the input at which the replay stopped. */
  readonly gap: { readonly inputId: string; readonly missing: 'script' | 'settings'; readonly hash: string } | null;
};

/**
 * Decides again the inputs of a recorded stream. The property that makes a history trustworthy: the events come out as
 * recorded. It has no executor and no way to speak to anybody.
 */
export const replay = (recorded: readonly DomainEvent[], pinned: Pinned, producer: string): Replayed => {
  let state: DialogState = initialDialog;
  const events: DecidedEvent[] = [];
  let scriptHash: string | undefined;
  let marker = false;
  let decided: string | undefined;
  for (const event of recorded) {
    if (event.type !== 'InputRecorded') {
      // What stopped the dialog, or was left out of it, is no decision about an input: it is taken as it stands, with what its append says.
      const stopped = event.type === 'DialogParked' && event.data.inputId !== decided;
      marker ||= stopped || event.type === 'RecordSkipped';
      if (!marker) continue;
      state = evolve(state, event);
      events.push(event as DecidedEvent);
      continue;
    }
    marker = false;
    const { input, at, doorsOpenSince } = event.data;
    decided = input.inputId;
    scriptHash = state.status === 'live' ? state.script : (event.data.script ?? scriptHash);
    const script = scriptHash === undefined ? undefined : pinned.script(scriptHash);
    const settings = pinned.settings(event.data.settings);
    if (settings === undefined) {
      return { events, state, gap: { inputId: input.inputId, missing: 'settings', hash: event.data.settings } };
    }
    if (script === undefined && (state.status === 'live' || event.data.script !== undefined)) {
      return { events, state, gap: { inputId: input.inputId, missing: 'script', hash: scriptHash ?? '' } };
    }
    const decision = decide(state, input, {
      at,
      settings,
      settingsHash: event.data.settings,
      script: script as Script,
      scriptHash: scriptHash ?? '',
      producer,
      ...(doorsOpenSince === undefined ? {} : { doorsOpenSince }),
    });
    events.push(...decision.events);
    state = decision.state;
  }
  return { events, state, gap: null };
};
