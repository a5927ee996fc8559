import type { DomainEvent } from '@dialog/contracts/domain-event';
import type { DialogSettings } from '@dialog/contracts/settings';
import type { Script } from '@dialog/script/parse';
import type { Pinned } from '../replay.ts';
import type { DialogState } from '../state.ts';
import { type WhatIf, whatIf } from '../what-if.ts';
import { alike } from './alike.ts';
import { cannotMean } from './asked.ts';
import type { Doubt } from './doubt.ts';
import type { Gap } from './fork.ts';
import { type Seen, seenOf } from './seen.ts';

/** What is tried on a recorded dialog: another script from its beginning, other settings, or both. */
export type Trial = {
  readonly script?: { readonly hash: string; readonly script: Script };
  readonly settings?: Partial<DialogSettings>;
};

/** A recorded dialog, its events in order with the revision of the first. */
export type RecordedDialog = {
  readonly events: readonly DomainEvent[];
  /** Of each event; default: its place. */
  readonly revisions?: readonly number[];
  readonly pinned: Pinned;
};

export type End = 'absent' | 'unseen' | 'parked' | 'bot' | 'queue' | 'operator' | 'closed';
export type Counted = { readonly before: number; readonly now: number };

export type TriedDialog = {
  readonly differs: boolean;
  /** Null: nothing differs. `before` or `now` null: there was nothing (more) there. */
  readonly first: { readonly revision: number; readonly at: number; readonly before: Seen | null; readonly now: Seen | null } | null;
  /** Turns of the visitor (and the beginning) to which the bot said something else. */
  readonly repliesChanged: number;
  /** Handovers that came about, up to where both can be compared. */
  readonly handovers: Counted;
  readonly returns: Counted;
  /** `now` null: not known, since it diverged or has a gap. */
  readonly end: { readonly before: End; readonly now: End | null };
  /** From here on the recorded visitor can't have meant what he typed; nothing after it is guessed. */
  readonly diverged: { readonly revision: number; readonly at: number; readonly why: Doubt } | null;
  /** What no recording tells: it could not go on from there. */
  readonly gap: { readonly revision: number; readonly missing: Gap['missing']; readonly what: string } | null;
  /** Results that no recording tells, taken as accepted. */
  readonly assumed: number;
};
export type TriedWithTranscripts = TriedDialog & { readonly before: readonly Seen[]; readonly now: readonly Seen[] };

/** A deadline that is due this much earlier or later is the same, ms: results that are assumed take a time of their own. */
const sameDueMs = 5_000;

/**
 * Decides every recorded input again under a trial and says what comes out differently for visitor, people and services. Where the
 * decisions are the same it takes what was recorded; it has no executor and no way to speak to anybody.
 */
export const whatIfOne = (recorded: RecordedDialog, trial: Trial): TriedDialog => {
  const { before: _before, now: _now, ...tried } = whatIfTold(recorded, trial);
  return tried;
};

/** The same with both transcripts: the whole recording, and what the trial made of it as far as it goes. */
export const whatIfTold = ({ events, revisions, pinned }: RecordedDialog, trial: Trial): TriedWithTranscripts => {
  const revisionAt = (index: number): number => revisions?.[index] ?? index;
  const fork = whatIf(events, -1, pinned, trial, {
    alike,
    resultsByKind: true,
    stop: (input, state, was, script) => cannotMean(input, state, scriptOf(state, pinned, trial), was, script),
  });
  const whole = fork.stopped === null && fork.gap === null;
  const botOf = (settings: string): string | null | undefined => trial.settings?.botOperatorId ?? pinned.settings(settings)?.botOperatorId;
  const all = seenOf([{ events, revisionOf: revisionAt }], botOf);
  const unchanged = fork.divergedAt === null && whole;
  const now = unchanged ? all : seenInFork(fork, revisionAt, botOf);
  const end = revisionAt(Math.min(fork.to, events.length - 1));
  const before = whole ? all : all.filter(({ revision }) => fork.to < events.length && (revision ?? 0) < end);
  const first = unchanged ? null : firstDifference(before, now, end);
  const placeOf = (index: number): number => revisionAt(Math.min(index, events.length - 1));
  const atStop = (index: number): number => {
    const event = events[index];
    return event?.type === 'InputRecorded' ? event.data.at : 0;
  };
  const diverged =
    fork.stopped === null ? null : { revision: placeOf(fork.stopped.of), at: atStop(fork.stopped.of), why: fork.stopped.why };
  return {
    differs: first !== null || diverged !== null,
    first: first ?? (diverged === null ? null : { revision: diverged.revision, at: diverged.at, before: null, now: null }),
    repliesChanged: first === null ? 0 : repliesChanged(before, now),
    handovers: countBoth(before, now, ({ what, text }) => what === 'flag_set' && text === 'handover'),
    returns: countBoth(before, now, ({ what }) => what === 'return'),
    end: { before: endOf(fork.recordedEnd), now: whole ? endOf(fork.state) : null },
    diverged,
    gap: fork.gap === null ? null : { revision: placeOf(fork.to), missing: fork.gap.missing, what: fork.gap.hash },
    assumed: fork.appends.filter(({ origin }) => origin === 'assumed').length,
    before: all,
    now,
  };
};

const scriptOf = (state: DialogState, pinned: Pinned, trial: Trial): Script | undefined =>
  trial.script?.script ?? (state.status === 'live' ? pinned.script(state.script) : undefined);

const seenInFork = (
  { appends }: WhatIf,
  revisionAt: (index: number) => number,
  botOf: (settings: string) => string | null | undefined,
): Seen[] =>
  seenOf(
    appends.map(({ events, of, origin }) => ({
      events,
      revisionOf: () => (of === null ? null : revisionAt(of)),
      assumed: origin === 'assumed',
    })),
    botOf,
  );

const sameLine = (a: Seen, b: Seen): boolean =>
  a.who === b.who &&
  a.what === b.what &&
  a.text === b.text &&
  a.lost === b.lost &&
  (a.due === undefined) === (b.due === undefined) &&
  Math.abs((a.due ?? 0) - (b.due ?? 0)) <= sameDueMs;

const firstDifference = (before: readonly Seen[], now: readonly Seen[], end: number): TriedDialog['first'] => {
  const length = Math.max(before.length, now.length);
  for (let at = 0; at < length; at++) {
    const [was, is] = [before[at] ?? null, now[at] ?? null];
    if (was !== null && is !== null && sameLine(was, is)) continue;
    return { revision: was?.revision ?? is?.revision ?? end, at: was?.at ?? is?.at ?? 0, before: was, now: is };
  }
  return null;
};

const says = new Set<Seen['what']>(['text', 'buttons', 'file', 'held', 'dropped']);

/** What the bot said after the beginning and after each of the visitor's turns. */
const replies = (seen: readonly Seen[]): string[] => {
  const turns = [''];
  for (const { who, what, text, lost } of seen) {
    if (who === 'visitor') turns.push('');
    else if (who === 'bot' && says.has(what)) turns[turns.length - 1] += `${what} ${lost ?? ''} ${text}\u0000`;
  }
  return turns;
};

const repliesChanged = (before: readonly Seen[], now: readonly Seen[]): number => {
  const [was, is] = [replies(before), replies(now)];
  let changed = 0;
  for (let at = 0; at < Math.max(was.length, is.length); at++) if ((was[at] ?? '') !== (is[at] ?? '')) changed += 1;
  return changed;
};

const countBoth = (before: readonly Seen[], now: readonly Seen[], is: (seen: Seen) => boolean): Counted => ({
  before: before.filter(is).length,
  now: now.filter(is).length,
});

const endOf = (state: DialogState): End => {
  if (state.status !== 'live') return state.status;
  if (state.parked) return 'parked';
  return state.holder.owner === 'nobody' ? 'closed' : state.holder.owner;
};
