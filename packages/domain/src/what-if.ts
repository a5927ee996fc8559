import type { DomainEvent, DomainEventOf } from '@dialog/contracts/domain-event';
import type { Effect } from '@dialog/contracts/effects';
import type { EffectOutcome, InboxInput, InboxInputOf } from '@dialog/contracts/inbox';
import type { Message } from '@dialog/contracts/message';
import { resultInputId } from '@dialog/contracts/outbox';
import type { DialogSettings } from '@dialog/contracts/settings';
import type { Script } from '@dialog/script/parse';
import { nextWake } from './deadlines.ts';
import { type DecidedEvent, decide } from './decide.ts';
import { fold } from './evolve.ts';
import type { Pinned } from './replay.ts';
import { type DialogState, inFlight, initialDialog, type OpenEffect, parkedHead } from './state.ts';
import { canonical } from './state-hash.ts';

export type Change = {
  /** Said by the visitor instead of the first message from the fork on, also of one that a new chat brings; where none comes, after everything. */
  readonly answer?: { readonly text: string } | { readonly button: string; readonly label: string };
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

/** Why a recorded input may not have come in the fork. */
export type Doubt = 'other_words' | 'button_not_shown' | 'other_owner' | 'closed' | 'not_asked';

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
  /** A hash that could not be resolved, or more than a fork can hold: it stopped there. */
  readonly gap: { readonly missing: 'script' | 'settings' | 'end' | 'http'; readonly hash: string } | null;
  /** Where a rule ended it: index of the recorded event that it did not take. */
  readonly stopped: { readonly of: number; readonly why: Doubt } | null;
  /** Index of the first recorded event that has no part in it, after a stop or a gap; else how many there are. */
  readonly to: number;
};

/** How long Webim takes where nothing recorded tells, ms. */
const assumedDelayMs = 200;
/** A fork that does not come to rest is stopped. */
const maxAppends = 20_000;

/** The recorded event from which a fork at this event decides again: the visitor's words that it belongs to, else the next input. */
export const forkStart = (recorded: readonly DomainEvent[], at: number): number => {
  let opening = Math.min(at, recorded.length - 1);
  while (opening > 0 && recorded[opening]?.type !== 'InputRecorded') opening -= 1;
  if (answerableAt(recorded, opening) !== undefined) return opening;
  const next = recorded.findIndex((event, index) => index > opening && event.type === 'InputRecorded');
  return next < 0 ? recorded.length : next;
};

/** @returns the message that an answer takes the place of in a fork at this event, with the index of its input; undefined: the visitor says nothing from there on. */
export const replacedBy = (
  recorded: readonly DomainEvent[],
  at: number,
): { readonly of: number; readonly message: Message } | undefined => {
  for (let of = forkStart(recorded, at); of < recorded.length; of++) {
    const message = answerableAt(recorded, of);
    if (message !== undefined) return { of, message };
  }
  return undefined;
};

type Recorded = {
  readonly opening: DomainEventOf<'InputRecorded'>['data'];
  readonly decided: readonly DomainEvent[];
  readonly taken: readonly DomainEvent[];
  /** Index of the opening. */
  readonly of: number;
};

/**
 * Decides a recorded dialog again from one event on, with something else: as long as nothing differs it takes what was recorded;
 * from then on results come from the recording where it is the same effect and are assumed accepted elsewhere, timers are the
 * fork's own. It has no executor and no way to speak to anybody.
 */
export const whatIf = (
  recorded: readonly DomainEvent[],
  at: number,
  pinned: Pinned,
  change: Change,
  producer = 'what-if',
  rules: Rules = {},
): WhatIf => {
  const from = forkStart(recorded, at);
  const before = recorded.slice(0, from);
  const rest = appendsOf(recorded, from);
  let known: Known | undefined;
  const knownNow = (): Known => (known ??= recordedResults(recorded, from));
  const alike = rules.alike ?? same;
  const common = commonOf(recorded);
  let state = fold(before, initialDialog);
  let recordedState = state;
  let foldedTo = from;
  /** The recorded state before an event; asked for only where the fork may be elsewhere. */
  const recordedBefore = (index: number): DialogState => {
    if (index > foldedTo) recordedState = fold(recorded.slice(foldedTo, index), recordedState);
    foldedTo = Math.max(foldedTo, index);
    return recordedState;
  };
  let scriptHash = startHash(before);
  let settingsHash = lastSettings(recorded, from);
  let doorsOpenSince: number | null = 0;
  let diverged = false;
  let divergedAt: number | null = null;
  let skipped = 0;
  let gap: WhatIf['gap'] = null;
  let stopped: WhatIf['stopped'] = null;
  let place = from;
  let answer = change.answer;
  const appends: ForkedAppend[] = [];
  const said: string[] = [];
  const recordedSaid: string[] = [];
  let head: { readonly open: OpenEffect; readonly since: number } | undefined = headOf(state, undefined, 'at' in state ? state.at : 0);

  const settingsOf = (): DialogSettings | undefined => {
    const pinnedSettings = pinned.settings(settingsHash);
    return pinnedSettings === undefined ? undefined : { ...pinnedSettings, ...change.settings };
  };

  /** @returns false where it could not be decided. */
  const take = (input: InboxInput, time: number, origin: ForkedAppend['origin'], doubt: Doubt | null, of: number | null): boolean => {
    const hash = change.script?.hash ?? (state.status === 'live' ? state.script : (scriptHash ?? ''));
    const script = change.script?.script ?? pinned.script(hash);
    const settings = settingsOf();
    // A chat that the bot never had is decided without a script.
    const unknown = script === undefined && (state.status === 'live' || hash !== '');
    if (unknown || settings === undefined || appends.length >= maxAppends) {
      gap =
        settings === undefined
          ? { missing: 'settings', hash: settingsHash }
          : unknown
            ? { missing: 'script', hash }
            : { missing: 'end', hash: '' };
      return false;
    }
    const effects = state.status === 'live' ? state.effects : [];
    const decision = decide(state, input, {
      at: time,
      settings,
      settingsHash,
      script: script as Script,
      scriptHash: hash,
      producer,
      ...(input.type === 'timer_due' ? { doorsOpenSince } : {}),
    });
    state = decision.state;
    const [opening] = decision.events;
    // Its own time, not the asked one: time never runs back in a dialog.
    if (opening !== undefined) appends.push({ events: decision.events, at: opening.metadata.at, origin, doubt, of });
    if (rules.stop === undefined) said.push(...reached(decision.events, effects));
    head = headOf(state, head, time);
    return true;
  };

  /** Results and timers of the fork up to a time; without timers: until nothing is on its way. */
  const runUntil = (time: number, timers: boolean): boolean => {
    let woken = Number.NEGATIVE_INFINITY;
    while (common !== undefined) {
      const settings = settingsOf();
      const result = head === undefined ? undefined : resultOf(head, knownNow(), common, rules.resultsByKind === true);
      const wake = timers && settings !== undefined ? nextWake(state, settings, doorsOpenSince) : undefined;
      const due = wake === undefined || wake <= woken ? Number.POSITIVE_INFINITY : wake;
      if (result !== undefined && result.at <= due) {
        if (result.at > time) return true;
        const asked = head?.open.effect;
        if (rules.resultsByKind === true && result.assumed && asked?.kind === 'http') {
          gap = { missing: 'http', hash: `${asked.method} ${asked.url.split('?')[0]}` };
          return false;
        }
        if (!take(result.input, result.at, result.assumed ? 'assumed' : 'recorded', null, null)) return false;
        continue;
      }
      if (due > time || due === Number.POSITIVE_INFINITY) return true;
      woken = due;
      const wakeInput: InboxInput = { ...common, type: 'timer_due', inputId: `fork:timer:${appends.length}`, receivedAt: due, dueAt: due };
      if (!take(wakeInput, due, 'timer', null, null)) return false;
    }
    return false;
  };

  const diverge = (): void => {
    diverged = true;
    divergedAt ??= appends.length;
  };

  for (const { opening, decided, taken, of } of rest) {
    place = of;
    const { input, at: time } = opening;
    settingsHash = opening.settings;
    scriptHash = opening.script ?? scriptHash;
    if (opening.doorsOpenSince !== undefined) doorsOpenSince = opening.doorsOpenSince;
    const replaced = answer === undefined ? undefined : answerableAt(recorded, of);
    const answered = replaced !== undefined;
    if (answered) {
      claimBefore(knownNow(), of);
      diverge();
    }
    if (diverged && !runUntil(time, true)) break;
    const was = diverged || rules.stop === undefined ? recordedBefore(of) : recordedState;
    if (diverged && !answered && rules.stop !== undefined) {
      const why = rules.stop(input, state, was, was.status === 'live' ? pinned.script(was.script) : undefined);
      if (why !== null) {
        stopped = { of, why };
        break;
      }
    }
    if (rules.stop === undefined) recordedSaid.push(...reached(decided, was.status === 'live' ? was.effects : []));
    if (replaced !== undefined && answer !== undefined) {
      const changed = withMessage(input, replaced, messageOf(answer, replaced));
      answer = undefined;
      if (!take(changed, time, 'changed', null, of)) break;
      continue;
    }
    if (!diverged) {
      if (!take(input, time, 'recorded', null, of)) break;
      const last = appends.at(-1);
      if (!alike(last?.of === of ? last.events.slice(1) : [], decided)) {
        claimBefore(knownNow(), of);
        diverged = true;
        divergedAt = Math.max(appends.length - 1, 0);
      } else if (taken.length > 0 && last !== undefined) {
        // What stopped the dialog, or was left out of it, is no decision: it is taken as it stands.
        state = fold(taken, state);
        appends[appends.length - 1] = { ...last, events: [...last.events, ...(taken as DecidedEvent[])] };
        head = headOf(state, head, time);
      }
      continue;
    }
    // The fork makes its own results and timers; an operator's command is about records that it does not have.
    if (input.type === 'effect_result' || input.type === 'timer_due') continue;
    const doubt = doubtOf(input, state, was, rules.stop === undefined && !same(said, recordedSaid));
    const meaningless = doubt === 'other_owner' && !reachesFork(input, state);
    // One that never landed says of itself that people have the chat; one that the fork left out goes with it.
    const leftOut = input.type === 'webhook_refused' && was.inputs.has(input.of) && !state.inputs.has(input.of);
    const refusedHere = input.type === 'webhook_refused' && (rules.stop === undefined || leftOut);
    if (input.type === 'release_parked' || refusedHere || meaningless) {
      skipped += 1;
      continue;
    }
    if (!take(input, time, 'recorded', doubt, of)) break;
    place = recorded.length;
  }
  const whole = gap === null && stopped === null;
  const to = whole ? recorded.length : place;

  const recordedEnd = whole && !diverged ? state : recordedBefore(recorded.length);
  const end = Math.max('at' in recordedEnd ? recordedEnd.at : 0, 'at' in state ? state.at : 0);
  if (whole && answer !== undefined && common !== undefined) {
    diverge();
    const added: InboxInput = {
      ...common,
      type: 'new_message',
      inputId: 'fork:added',
      receivedAt: end + 1_000,
      message: messageOf(answer, undefined),
    };
    if (runUntil(end + 1_000, true)) take(added, end + 1_000, 'changed', null, null);
  }
  if (whole && diverged && runUntil(end, true)) runUntil(Number.MAX_SAFE_INTEGER, false);
  return { from, appends, state, recordedEnd, divergedAt, skipped, gap, stopped, to };
};

/** The visitor's message in an input that an answer may stand for. A chat that comes again brings what was said before with it: only what is new in it counts. */
const answerableAt = (recorded: readonly DomainEvent[], at: number): Message | undefined => {
  const [first, ...more] = visitorsWords(recorded[at]);
  const event = recorded[at];
  if (first === undefined || event?.type !== 'InputRecorded' || event.data.input.type === 'new_message') return first;
  const known = new Set(recorded.slice(0, at).flatMap((earlier) => visitorsWords(earlier).map(({ hash }) => hash)));
  return [first, ...more].find(({ hash }) => !known.has(hash));
};

const visitorsWords = (event: DomainEvent | undefined): readonly Message[] => {
  if (event?.type !== 'InputRecorded') return [];
  const { input } = event.data;
  if (input.type !== 'new_message' && input.type !== 'new_chat') return [];
  const messages = input.type === 'new_message' ? [input.message] : input.messages;
  return input.refused === true ? [] : messages.filter(({ side }) => side === 'visitor');
};

const withMessage = (input: InboxInput, old: Message, message: Message): InboxInput => {
  const inputId = `fork:${input.inputId}`;
  if (input.type === 'new_message') return { ...input, inputId, message };
  return input.type === 'new_chat' ? { ...input, inputId, messages: input.messages.map((one) => (one === old ? message : one)) } : input;
};

const appendsOf = (events: readonly DomainEvent[], from: number): Recorded[] => {
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

const startHash = (events: readonly DomainEvent[]): string | undefined =>
  events.reduce<string | undefined>((hash, event) => (event.type === 'InputRecorded' ? (event.data.script ?? hash) : hash), undefined);

/** Of the last input before the fork, else of the first one after it. */
const lastSettings = (events: readonly DomainEvent[], from: number): string => {
  let hash = '';
  for (const [at, event] of events.entries()) {
    if (event.type !== 'InputRecorded') continue;
    if (at < from || hash === '') hash = event.data.settings;
  }
  return hash;
};

const same = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && canonical(a.map(bare)) === canonical(b.map(bare));
const bare = (event: unknown): unknown =>
  typeof event === 'object' && event !== null && 'type' in event && 'data' in event ? { type: event.type, data: event.data } : event;

const headOf = (state: DialogState, before: { open: OpenEffect; since: number } | undefined, time: number) => {
  if (state.status !== 'live') return undefined;
  const open = state.parked ? parkedHead(state) : inFlight(state);
  if (open === undefined) return undefined;
  const still = before !== undefined && before.open.number === open.number && before.open.attempt === open.attempt;
  return { open, since: still ? before.since : time };
};

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

type KnownResult = { readonly result: InboxInputOf<'effect_result'>; readonly delayMs: number };
type KnownEffect = {
  readonly kind: Effect['kind'];
  readonly number: number;
  /** Index of the event that opened it. */
  readonly opened: number;
  readonly results: Map<number, KnownResult>;
  takenBy: number | undefined;
};
type Known = { readonly byContent: Map<string, KnownEffect[]>; readonly inOrder: KnownEffect[] };

/** What was opened before the fork left the recording has the same number in it: its results are its own. */
const claimBefore = (known: Known, at: number): void => {
  for (const one of known.inOrder) if (one.opened < at) one.takenBy ??= one.number;
};

/** What Webim answered, by what it was asked: of effects open at the fork or opened after it. */
const recordedResults = (recorded: readonly DomainEvent[], from: number): Known => {
  const byContent = new Map<string, KnownEffect[]>();
  const inOrder: KnownEffect[] = [];
  const open = new Map<number, { effect: Effect; known: KnownEffect; since: number }>();
  let now = 0;
  for (const [at, event] of recorded.entries()) {
    if (event.type === 'InputRecorded') {
      now = event.data.at;
      const { input } = event.data;
      if (input.type !== 'effect_result' || at < from) continue;
      const asked = open.get(input.number);
      asked?.known.results.set(input.attempt, { result: input, delayMs: Math.max(0, now - asked.since) });
    } else if (event.type === 'EffectOpened') {
      const { number, effect } = event.data;
      const known: KnownEffect = { kind: effect.kind, number, opened: at, results: new Map(), takenBy: undefined };
      inOrder.push(known);
      open.set(event.data.number, { effect: event.data.effect, known, since: now });
      const key = canonical(event.data.effect);
      byContent.set(key, [...(byContent.get(key) ?? []), known]);
    } else if (event.type === 'EffectRetried') {
      const asked = open.get(event.data.number);
      if (asked !== undefined) asked.since = now;
    } else if (event.type === 'EffectSettled') {
      const first = [...open.keys()].find((number) => number > event.data.number);
      const next = first === undefined ? undefined : open.get(first);
      // The one behind it goes out now.
      if (next !== undefined) next.since = now;
    }
  }
  return { byContent, inOrder };
};

const resultOf = (
  { open, since }: { readonly open: OpenEffect; readonly since: number },
  known: Known,
  common: Common,
  byKind: boolean,
): { readonly input: InboxInputOf<'effect_result'>; readonly at: number; readonly assumed: boolean } => {
  const alike = known.byContent.get(canonical(open.effect)) ?? [];
  const free = (one: KnownEffect): boolean => one.takenBy === undefined && one.results.size > 0;
  const mine =
    known.inOrder.find((one) => one.takenBy === open.number) ??
    alike.find(free) ??
    (byKind && open.effect.kind !== 'http' ? known.inOrder.find((one) => one.kind === open.effect.kind && free(one)) : undefined);
  if (mine !== undefined) mine.takenBy = open.number;
  const told = mine?.results.get(open.attempt);
  const outcome: EffectOutcome = told?.result.outcome ?? 'accepted';
  const at = since + (told?.delayMs ?? assumedDelayMs);
  return {
    at,
    assumed: told === undefined,
    input: {
      ...(told?.result ?? {}),
      type: 'effect_result',
      ...common,
      receivedAt: at,
      inputId: resultInputId({ ...common, number: open.number, attempt: open.attempt }),
      number: open.number,
      attempt: open.attempt,
      epoch: open.epoch,
      outcome,
    },
  };
};

type Common = Pick<InboxInput, 'account' | 'chatId' | 'chatIdForm'>;
const commonOf = (recorded: readonly DomainEvent[]): Common | undefined => {
  // What parked it may stand before any input.
  const first = recorded.find((event) => event.type === 'InputRecorded');
  if (first === undefined) return undefined;
  const { account, chatId, chatIdForm } = first.data.input;
  return { account, chatId, chatIdForm };
};

/** With another owner: Webim sends a message to the bot only while the bot has the chat, and gives a chat to people or back only from where it is. */
const reachesFork = (input: InboxInput, fork: DialogState): boolean =>
  input.type === 'chat_closed' ||
  input.type === 'chat_started' ||
  input.type === 'chat_imported' ||
  (input.type === 'new_message' && (fork.status !== 'live' || fork.holder.owner === 'bot'));

const messageOf = (answer: NonNullable<Change['answer']>, instead: Message | undefined): Message => {
  const base = { hash: `fork:${instead?.hash ?? 'added'}`, hashOfContent: false, side: 'visitor' as const };
  return 'text' in answer
    ? { ...base, kind: 'visitor', text: answer.text }
    : { ...base, kind: 'keyboard_response', button: { id: answer.button, text: answer.label } };
};

const doubtOf = (input: InboxInput, fork: DialogState, recorded: DialogState, otherWords: boolean): Doubt | null => {
  if (fork.status !== 'live' || recorded.status !== 'live') return fork.status === recorded.status ? null : 'other_owner';
  if (fork.holder.owner === 'nobody' && recorded.holder.owner !== 'nobody') return 'closed';
  if (fork.holder.owner !== recorded.holder.owner) return 'other_owner';
  if (input.type !== 'new_message' || input.message.side !== 'visitor') return null;
  const { button } = input.message;
  if (button !== undefined && !fork.scriptState.keyboard?.some(({ id }) => id === button.id)) return 'button_not_shown';
  const asked = (state: typeof fork) => (state.scriptState.cursor?.waitsFor === 'answer' ? state.scriptState.cursor.step : null);
  if (asked(fork) !== asked(recorded)) return 'not_asked';
  return otherWords ? 'other_words' : null;
};
