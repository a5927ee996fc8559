import type { DomainEvent } from '@dialog/contracts/domain-event';
import type { InboxInput } from '@dialog/contracts/inbox';
import type { DialogSettings } from '@dialog/contracts/settings';
import type { Script } from '@dialog/script/parse';
import type { Pinned } from './replay.ts';
import type { DialogState, OpenEffect } from './state.ts';
import { canonical } from './state-hash.ts';
import { type Answer, answerableAt, forkStart, messageOf, withAnswer } from './what-if/answer.ts';
import { type Doubt, doubtOf, reachesFork } from './what-if/doubt.ts';
import { type ForkedAppend, forkOf, type Gap } from './what-if/fork.ts';
import { appendsOf, recordedStates } from './what-if/recording.ts';

export type Change = {
  /** Said by the visitor instead of the first message from the fork on, also of one that a new chat brings; where none comes, after everything. */
  readonly answer?: Answer;
  /** In force from the fork on. */
  readonly settings?: Partial<DialogSettings>;
  /** Decides instead of the pinned one, from the fork on. */
  readonly script?: { readonly hash: string; readonly script: Script };
};

/** How a fork goes on where it left the recording; without them it goes on as far as it can and says what it doubts. */
export type Rules = {
  /** What may be called the same of two decisions; default: exactly the same events. */
  readonly alike?: (decided: readonly DomainEvent[], recorded: readonly DomainEvent[]) => boolean;
  /** Asked before each recorded input once the fork has left the recording: a reason ends it there. */
  readonly stop?: (input: InboxInput, fork: DialogState, recorded: DialogState, recordedScript: Script | undefined) => Doubt | null;
  /** Where no effect of the same content was recorded, the result of the next of the same kind counts; an http step's result is a gap then. */
  readonly resultsByKind?: boolean;
};

export type WhatIf = {
  /** Index of the first recorded event that is decided again; those before it are common. */
  readonly from: number;
  readonly appends: readonly ForkedAppend[];
  readonly state: DialogState;
  /** As the recording ends. */
  readonly recordedEnd: DialogState;
  /** Index in `appends` from which on the fork goes its own way; null: it came out as recorded. */
  readonly divergedAt: number | null;
  /** Recorded inputs that have no meaning in the fork and were left out. */
  readonly skipped: number;
  readonly gap: Gap | null;
  /** Where a rule ended it: index of the recorded event that it did not take. */
  readonly stopped: { readonly of: number; readonly why: Doubt } | null;
  /** Index of the first recorded event that has no part in it, after a stop or a gap; else how many there are. */
  readonly to: number;
};

/**
 * Decides a recorded dialog again from one event on, with something else: as long as nothing differs it takes what was recorded;
 * from then on results come from the recording where it is the same effect and are assumed accepted elsewhere, timers are the
 * fork's own. It has no executor and no way to speak to anybody.
 */
export const whatIf = (recorded: readonly DomainEvent[], at: number, pinned: Pinned, change: Change, rules: Rules = {}): WhatIf => {
  const from = forkStart(recorded, at);
  const { alike = same, stop } = rules;
  const goesOnInDoubt = stop === undefined;
  const said: string[] = [];
  const recordedSaid: string[] = [];
  const fork = forkOf({
    recorded,
    from,
    pinned,
    settings: change.settings,
    script: change.script,
    resultsByKind: rules.resultsByKind === true,
    onDecided: goesOnInDoubt ? (events, open) => said.push(...reached(events, open)) : undefined,
  });
  const recordedBefore = recordedStates(recorded, from, fork.state());
  let { answer } = change;
  let divergedAt: number | null = null;
  let skipped = 0;
  let stopped: WhatIf['stopped'] = null;
  let place = from;

  for (const { opening, decided, taken, of } of appendsOf(recorded, from)) {
    const { input, at: time } = opening;
    place = of;
    fork.follow(opening);
    const replaced = answer === undefined ? undefined : answerableAt(recorded, of);
    if (replaced !== undefined) {
      fork.leaveAt(of);
      divergedAt ??= fork.appends.length;
    }
    if (divergedAt !== null && !fork.runUntil(time, true)) break;
    if (divergedAt !== null && replaced === undefined && stop !== undefined) {
      const was = recordedBefore(of);
      const why = stop(input, fork.state(), was, was.status === 'live' ? pinned.script(was.script) : undefined);
      if (why !== null) {
        stopped = { of, why };
        break;
      }
    }
    if (goesOnInDoubt) recordedSaid.push(...reached(decided, openIn(recordedBefore(of))));
    if (replaced !== undefined && answer !== undefined) {
      const changed = withAnswer(input, replaced, answer);
      answer = undefined;
      if (!fork.take(changed, time, 'changed', null, of)) break;
    } else if (divergedAt === null) {
      if (!fork.take(input, time, 'recorded', null, of)) break;
      const last = fork.appends.at(-1);
      if (alike(last?.of === of ? last.events.slice(1) : [], decided)) fork.takeAsItStands(taken, time);
      else {
        fork.leaveAt(of);
        divergedAt = Math.max(fork.appends.length - 1, 0);
      }
    } else if (!isForksOwn(input)) {
      const was = recordedBefore(of);
      const doubt = doubtOf(input, fork.state(), was, goesOnInDoubt && !same(said, recordedSaid));
      if (isMeaningless(input, fork.state(), was, doubt, goesOnInDoubt)) skipped += 1;
      else if (!fork.take(input, time, 'recorded', doubt, of)) break;
    }
  }

  const whole = fork.gap() === null && stopped === null;
  const recordedEnd = whole && divergedAt === null ? fork.state() : recordedBefore(recorded.length);
  const end = Math.max(timeOf(recordedEnd), timeOf(fork.state()));
  if (whole && answer !== undefined && fork.chat !== undefined) {
    divergedAt ??= fork.appends.length;
    const time = end + 1_000;
    const message = messageOf(answer, undefined);
    const added: InboxInput = { ...fork.chat, type: 'new_message', inputId: 'fork:added', receivedAt: time, message };
    if (fork.runUntil(time, true)) fork.take(added, time, 'changed', null, null);
  }
  if (whole && divergedAt !== null && fork.runUntil(end, true)) fork.runUntil(Number.MAX_SAFE_INTEGER, false);
  const to = whole ? recorded.length : place;
  return { from, appends: fork.appends, state: fork.state(), recordedEnd, divergedAt, skipped, gap: fork.gap(), stopped, to };
};

/** The fork makes its own results and timers. */
const isForksOwn = ({ type }: InboxInput): boolean => type === 'effect_result' || type === 'timer_due';

/** A recorded input that the fork leaves out. */
const isMeaningless = (
  input: InboxInput,
  fork: DialogState,
  recorded: DialogState,
  doubt: Doubt | null,
  goesOnInDoubt: boolean,
): boolean => {
  // An operator's command is about records that the fork does not have.
  if (input.type === 'release_parked') return true;
  if (doubt === 'other_owner' && !reachesFork(input, fork)) return true;
  // One that never landed says of itself that people have the chat; one that the fork left out goes with it.
  return input.type === 'webhook_refused' && (goesOnInDoubt || (recorded.inputs.has(input.of) && !fork.inputs.has(input.of)));
};

const timeOf = (state: DialogState): number => ('at' in state ? state.at : 0);
const openIn = (state: DialogState): readonly OpenEffect[] => (state.status === 'live' ? state.effects : []);

const same = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && canonical(a.map(bare)) === canonical(b.map(bare));
const bare = (event: unknown): unknown =>
  typeof event === 'object' && event !== null && 'type' in event && 'data' in event ? { type: event.type, data: event.data } : event;

/** What the visitor got, as comparable texts. */
const reached = (events: readonly DomainEvent[], open: readonly OpenEffect[]): string[] => {
  const effects = new Map(open.map((one) => [one.number, one.effect]));
  const got: string[] = [];
  for (const event of events) {
    if (event.type === 'EffectOpened') effects.set(event.data.number, event.data.effect);
    else if (event.type === 'EffectRetried' && event.data.effect !== undefined) effects.set(event.data.number, event.data.effect);
    else if (event.type === 'EffectSettled' && (event.data.outcome === 'accepted' || event.data.outcome === 'in_doubt')) {
      const effect = effects.get(event.data.number);
      if (effect !== undefined) got.push(canonical(effect));
    }
  }
  return got;
};
