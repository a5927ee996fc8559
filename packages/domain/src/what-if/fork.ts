import type { DomainEvent, DomainEventOf } from '@dialog/contracts/domain-event';
import type { InboxInput } from '@dialog/contracts/inbox';
import type { DialogSettings } from '@dialog/contracts/settings';
import type { Script } from '@dialog/script/parse';
import { nextWake } from '../deadlines.ts';
import { type DecidedEvent, decide } from '../decide.ts';
import { fold } from '../evolve.ts';
import type { Pinned } from '../replay.ts';
import { type DialogState, inFlight, initialDialog, type OpenEffect, parkedHead } from '../state.ts';
import type { Doubt } from './doubt.ts';
import { claimBefore, type RecordedResults, recordedResults, resultOf } from './recorded-results.ts';
import { chatOf, lastScript, lastSettings } from './recording.ts';

/** One input and what followed in the fork. */
export type ForkedAppend = {
  readonly events: readonly DecidedEvent[];
  readonly at: number;
  /** `assumed`: a result that no recording tells, taken as accepted. `timer`: a deadline of the fork. */
  readonly origin: 'recorded' | 'changed' | 'assumed' | 'timer';
  readonly doubt: Doubt | null;
  /** Index of the recorded event that its input is; null: no recorded one. */
  readonly of: number | null;
};

/** A hash that could not be resolved, or more than a fork can hold: it stopped there. */
export type Gap = { readonly missing: 'script' | 'settings' | 'end' | 'http'; readonly hash: string };

type Options = {
  readonly recorded: readonly DomainEvent[];
  /** Index of the first event that is decided again. */
  readonly from: number;
  readonly pinned: Pinned;
  /** In force from the fork on. */
  readonly settings: Partial<DialogSettings> | undefined;
  /** Decides instead of the pinned one. */
  readonly script: { readonly hash: string; readonly script: Script } | undefined;
  /** Where no effect of the same content was recorded, the result of the next of the same kind counts; an http step's result is a gap then. */
  readonly resultsByKind: boolean;
  /** Hears of each decision, with the effects that were open before it. */
  readonly onDecided: ((events: readonly DomainEvent[], open: readonly OpenEffect[]) => void) | undefined;
};

type Fork = {
  readonly state: () => DialogState;
  readonly appends: readonly ForkedAppend[];
  readonly gap: () => Gap | null;
  /** Which chat it is of; undefined: nothing was ever put into it. */
  readonly chat: ReturnType<typeof chatOf>;
  /** Hashes of script and settings, and since when the doors are open, hold from a recorded input on. */
  readonly follow: (opening: DomainEventOf<'InputRecorded'>['data']) => void;
  /** The fork leaves the recording at this event: what was opened before keeps its results. */
  readonly leaveAt: (index: number) => void;
  /** Decides an input. @returns false where it could not be decided: there is a gap */
  readonly take: (input: InboxInput, time: number, origin: ForkedAppend['origin'], doubt: Doubt | null, of: number | null) => boolean;
  /** What stopped the dialog, or was left out of it, is no decision: it is taken as it stands, with the last append. */
  readonly takeAsItStands: (events: readonly DomainEvent[], time: number) => void;
  /** Results and timers of its own up to a time; without timers: until nothing is on its way. @returns false where there is a gap */
  readonly runUntil: (time: number, timers: boolean) => boolean;
};

/** A fork that does not come to rest is stopped. */
const maxAppends = 20_000;

/** A dialog beside its recording: it decides what it is given, has its effects answered and wakes at its own deadlines. */
export const forkOf = ({ recorded, from, pinned, settings: changed, script: other, resultsByKind, onDecided }: Options): Fork => {
  const before = recorded.slice(0, from);
  const chat = chatOf(recorded);
  let state = fold(before, initialDialog);
  let scriptHash = lastScript(before);
  let settingsHash = lastSettings(recorded, from);
  let doorsOpenSince: number | null = 0;
  let results: RecordedResults | undefined;
  const recordedOnes = (): RecordedResults => (results ??= recordedResults(recorded, from));
  const appends: ForkedAppend[] = [];
  let gap: Gap | null = null;
  let head = headOf(state, undefined, 'at' in state ? state.at : 0);

  const settingsNow = (): DialogSettings | undefined => {
    const settings = pinned.settings(settingsHash);
    return settings === undefined ? undefined : { ...settings, ...changed };
  };

  const take: Fork['take'] = (input, time, origin, doubt, of) => {
    const hash = other?.hash ?? (state.status === 'live' ? state.script : (scriptHash ?? ''));
    const script = other?.script ?? pinned.script(hash);
    const settings = settingsNow();
    if (settings === undefined) gap = { missing: 'settings', hash: settingsHash };
    // A chat that the bot never had is decided without a script.
    else if (script === undefined && (state.status === 'live' || hash !== '')) gap = { missing: 'script', hash };
    else if (appends.length >= maxAppends) gap = { missing: 'end', hash: '' };
    if (settings === undefined || gap !== null) return false;
    const open = state.status === 'live' ? state.effects : [];
    const decision = decide(state, input, {
      at: time,
      settings,
      settingsHash,
      script: script as Script,
      scriptHash: hash,
      producer: 'what-if',
      ...(input.type === 'timer_due' ? { doorsOpenSince } : {}),
    });
    state = decision.state;
    const [opening] = decision.events;
    // Its own time, not the asked one: time never runs back in a dialog.
    if (opening !== undefined) appends.push({ events: decision.events, at: opening.metadata.at, origin, doubt, of });
    onDecided?.(decision.events, open);
    head = headOf(state, head, time);
    return true;
  };

  const runUntil: Fork['runUntil'] = (time, timers) => {
    let woken = Number.NEGATIVE_INFINITY;
    while (chat !== undefined) {
      const settings = settingsNow();
      const result = head === undefined ? undefined : resultOf(head, recordedOnes(), chat, resultsByKind);
      const wake = timers && settings !== undefined ? nextWake(state, settings, doorsOpenSince) : undefined;
      const due = wake === undefined || wake <= woken ? Number.POSITIVE_INFINITY : wake;
      if (result !== undefined && result.at <= due) {
        if (result.at > time) return true;
        const asked = head?.open.effect;
        if (resultsByKind && result.assumed && asked?.kind === 'http') {
          gap = { missing: 'http', hash: `${asked.method} ${asked.url.split('?')[0]}` };
          return false;
        }
        if (!take(result.input, result.at, result.assumed ? 'assumed' : 'recorded', null, null)) return false;
        continue;
      }
      if (due > time || due === Number.POSITIVE_INFINITY) return true;
      woken = due;
      const wakeInput: InboxInput = { ...chat, type: 'timer_due', inputId: `fork:timer:${appends.length}`, receivedAt: due, dueAt: due };
      if (!take(wakeInput, due, 'timer', null, null)) return false;
    }
    return false;
  };

  return {
    state: () => state,
    appends,
    gap: () => gap,
    chat,
    follow: (opening) => {
      settingsHash = opening.settings;
      scriptHash = opening.script ?? scriptHash;
      if (opening.doorsOpenSince !== undefined) doorsOpenSince = opening.doorsOpenSince;
    },
    leaveAt: (index) => claimBefore(recordedOnes(), index),
    take,
    takeAsItStands: (events, time) => {
      const last = appends.at(-1);
      if (last === undefined || events.length === 0) return;
      state = fold(events, state);
      appends[appends.length - 1] = { ...last, events: [...last.events, ...(events as DecidedEvent[])] };
      head = headOf(state, head, time);
    },
    runUntil,
  };
};

type Head = { readonly open: OpenEffect; readonly since: number };

/** The effect that is on its way, and since when this attempt of it is. */
const headOf = (state: DialogState, before: Head | undefined, time: number): Head | undefined => {
  if (state.status !== 'live') return undefined;
  const open = state.parked ? parkedHead(state) : inFlight(state);
  if (open === undefined) return undefined;
  const still = before !== undefined && before.open.number === open.number && before.open.attempt === open.attempt;
  return { open, since: still ? before.since : time };
};
