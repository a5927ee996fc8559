import { isDelayedByUs } from '@dialog/contracts/attempts';
import type { DomainEvent, DomainEventOf } from '@dialog/contracts/domain-event';
import type { InboxInput } from '@dialog/contracts/inbox';
import { visitorMessages } from '@dialog/contracts/visitor-messages';
import { type Cursor, initialScriptState, type ScriptState } from '@dialog/script/types';
import { idSet } from './id-set.ts';
import { contentRepeatMs, newChatRepeatMs } from './repeats.ts';
import type { DialogState, Holder, LiveDialog, OpenEffect, Silence } from './state.ts';

/**
 * The fold: total and deterministic. An event that it does not know leaves the state as it is, and no branch reads a
 * personal field, so that a history whose personal data was erased folds to the same state.
 */
export const evolve = (state: DialogState, event: DomainEvent): DialogState => {
  if (event.type === 'InputRecorded') return inputRecorded(state, event.data);
  if (event.type === 'UnseenChatRecorded') {
    return state.status === 'unseen' ? { ...state, closed: state.closed || event.data.closed } : state;
  }
  if (event.type === 'RecordSkipped') return { ...state, inputs: state.inputs.add(event.data.inputId) };
  if (event.type === 'DialogStarted') return dialogStarted(state, event.data);
  if (event.type === 'DialogParked' && state.status !== 'live') return parkedBeforeStart(state, event.data);
  if (event.type === 'DialogReleased' && state.status === 'unseen') return { ...state, parked: null };
  return state.status === 'live' ? live(state, event) : state;
};

export const fold = (events: Iterable<DomainEvent>, from: DialogState): DialogState => {
  let state = from;
  for (const event of events) state = evolve(state, event);
  return state;
};

const webhooksRemembered = 8;

const inputRecorded = (state: DialogState, { input, at }: DomainEventOf<'InputRecorded'>['data']): DialogState => {
  const inputs = state.inputs.add(input.inputId);
  if (state.status !== 'live') {
    return {
      status: 'unseen',
      inputs,
      at,
      chatIdForm: input.chatIdForm,
      closed: state.status === 'unseen' && state.closed,
      parked: state.status === 'unseen' ? state.parked : null,
      handlersSeen: (state.status === 'unseen' && state.handlersSeen) || input.type.startsWith('chat_'),
      first: input.type === 'new_chat' || input.type === 'new_message' ? input : null,
    };
  }
  const shownAt = 'at' in input ? (input.at ?? null) : null;
  const known = { ...state, inputs, at, arriving: [], answering: null, shownAt };
  switch (input.type) {
    case 'new_chat':
    case 'new_message':
      return input.refused ? { ...known, lastActivityAt: at } : { ...known, ...botWebhook(state, input, at) };
    case 'chat_started':
    case 'chat_assigned':
    case 'chat_closed':
      return { ...known, lastActivityAt: at, handlersSeen: true, webimAt: newest(state.webimAt, input.at) };
    case 'visitor_answered':
      return { ...known, ...started(state) };
    default:
      return known;
  }
};

const newest = (a: number | null, b: number | undefined): number | null => (b === undefined ? a : a === null ? b : Math.max(a, b));

const botWebhook = (
  state: LiveDialog,
  input: Extract<InboxInput, { type: 'new_chat' | 'new_message' }>,
  at: number,
): Partial<LiveDialog> => {
  const arriving = visitorMessages(input);
  let messages = state.messages;
  let recentContent = state.recentContent;
  for (const message of arriving) {
    if (message.hashOfContent) {
      recentContent = [...recentContent.filter((seen) => at - seen.at <= contentRepeatMs), { hash: message.hash, at }];
    } else messages = messages.add(message.hash);
  }
  const webhook = { inputId: input.inputId, hashes: arriving.map((message) => message.hash), at, answered: false };
  return {
    arriving,
    messages,
    recentContent,
    ...(arriving.length === 0 ? {} : { silence: quietFrom(at), deadlines: without(state.deadlines, 'silence') }),
    recentWebhooks: [...state.recentWebhooks, webhook].slice(-webhooksRemembered),
    lastActivityAt: at,
    webimVersion: input.webimVersion ?? state.webimVersion,
    webimAt: newest(state.webimAt, input.at),
    ...(input.type === 'new_chat'
      ? {
          visitorFields: { ...state.visitorFields, ...input.visitor?.fields },
          newChats: [...state.newChats.filter((seen) => at - seen.at <= newChatRepeatMs), { bodyHash: input.bodyHash, at }],
        }
      : {}),
  };
};

/** A record that can't be applied came before any that starts the dialog. */
const parkedBeforeStart = (state: Exclude<DialogState, LiveDialog>, data: DomainEventOf<'DialogParked'>['data']): DialogState => {
  const { reason, chatIdForm, at } = data;
  if (state.status === 'unseen') return { ...state, parked: reason, at: Math.max(state.at, at ?? 0) };
  if (chatIdForm === undefined || at === undefined) return state;
  return { status: 'unseen', inputs: state.inputs, chatIdForm, at, closed: false, parked: reason, handlersSeen: false, first: null };
};

const dialogStarted = (state: DialogState, data: DomainEventOf<'DialogStarted'>['data']): DialogState => {
  if (state.status !== 'unseen') return state;
  const started: LiveDialog = {
    status: 'live',
    inputs: state.inputs,
    chatIdForm: state.chatIdForm,
    at: state.at,
    holder: { owner: 'bot' },
    epoch: 0,
    ownerSince: state.at,
    flag: null,
    returnedEpisode: 0,
    returnCause: null,
    trial: null,
    incomplete: data.incomplete,
    parked: state.parked !== null,
    script: data.script,
    scriptState: initialScriptState,
    visitor: data.visitor ?? null,
    visitorFields: {},
    // Started by what parked it, not by an input: people are to get it before the script begins.
    start: state.first === null && state.parked !== null ? 'broken_off' : 'run',
    keptChanges: { count: 0, lastOf: {} },
    webimVersion: null,
    messages: idSet(),
    recentContent: [],
    newChats: [],
    recentWebhooks: [],
    refusals: [],
    arriving: [],
    answering: null,
    waiting: [],
    effects: [],
    nextEffect: 1,
    silence: quietFrom(state.at),
    deadlines: {},
    lastActivityAt: state.at,
    webimAt: null,
    shownAt: state.first?.at ?? null,
    webimAtOwner: null,
    closeOverdueAt: null,
    handlersSeen: state.handlersSeen,
  };
  return state.first === null || state.first.refused ? started : { ...started, ...botWebhook(started, state.first, state.at) };
};

type Advanced = DomainEventOf<'ScriptAdvanced'>['data'];

const cursorOf = (cursor: Advanced['cursor']): Cursor | null => {
  if (cursor === null) return null;
  const { timeoutMs, ...stands } = cursor;
  return timeoutMs === undefined ? stands : { ...stands, timeoutMs };
};

const keyboardOf = (keyboard: Advanced['keyboard']): ScriptState['keyboard'] =>
  keyboard === null ? null : keyboard.map(({ go, ...button }) => (go === undefined ? button : { ...button, go }));

/** Left out in the event: as it was. */
const interruptedOf = (before: ScriptState, interrupted: Advanced['interrupted']): Pick<ScriptState, 'interrupted'> => {
  if (interrupted !== undefined) return { interrupted: cursorOf(interrupted) };
  return before.interrupted === undefined ? {} : { interrupted: before.interrupted };
};

const quietFrom = (at: number): Silence => ({ since: at, firedMs: 0, reminding: false });

/** Webim took the bot's close, or says that the chat is closed: the next word is the visitor's. */
const endsTalk = new Set(['close_accepted', 'chat_closed']);

const silenceAfter = (silence: Silence | null, trigger: string): Silence | null => {
  if (silence === null || endsTalk.has(trigger)) return null;
  return { ...silence, reminding: trigger === 'silence' || (trigger === 'http_result' && silence.reminding) };
};

/** The rules keep their distance: one that fired late (an engine that was away) makes those after it as late. */
const silenceFired = (silence: Silence | null, { at, lateMs }: DomainEventOf<'DeadlineFired'>['data']): Silence | null =>
  silence === null ? null : { ...silence, firedMs: at - silence.since, since: silence.since + lateMs };

type LiveEvent = Exclude<DomainEvent, { type: 'InputRecorded' | 'UnseenChatRecorded' | 'DialogStarted' | 'RecordSkipped' }>;

const live = (state: LiveDialog, event: LiveEvent): LiveDialog => {
  switch (event.type) {
    case 'DialogCompleted':
      return { ...state, incomplete: false, visitor: event.data.visitor ?? state.visitor };
    case 'WebhookRefused': {
      const webhook = state.recentWebhooks.find((seen) => seen.inputId === event.data.of);
      const hashes = webhook?.hashes ?? event.data.hashes;
      const refusal = { of: event.data.of, hashes, answered: webhook?.answered ?? false };
      return { ...state, refusals: [...state.refusals, refusal].slice(-webhooksRemembered) };
    }
    case 'WebhookRefusalTakenBack':
      return { ...state, refusals: state.refusals.filter((refusal) => refusal.of !== event.data.of) };
    case 'OwnerChanged':
      return { ...state, ...ownerChanged(state), holder: holderOf(event.data) };
    case 'FlagSet':
      return { ...state, flag: { episode: event.data.episode, cause: event.data.cause } };
    case 'FlagReset':
      return { ...state, flag: null, ...(state.holder.owner === 'nobody' ? { holder: { ...state.holder, owedReturn: null } } : {}) };
    case 'ReturnStarted':
      return { ...state, returnedEpisode: event.data.episode, returnCause: event.data.cause };
    case 'TrialStarted':
      return {
        ...state,
        epoch: state.epoch + 1,
        trial: {
          cause: event.data.cause,
          kept: state.scriptState,
          noOperator: state.deadlines.no_operator ?? null,
          returnScript: null,
        },
        returnCause: event.data.cause,
        deadlines: without(state.deadlines, 'script', 'no_operator', 'silence'),
      };
    case 'TrialEnded':
      return trialEnded(state, event.data.outcome);
    case 'MessageQueued': {
      const message = state.arriving.find((arrived) => arrived.hash === event.data.hash);
      return message ? { ...state, waiting: [...state.waiting, { message, at: state.at }] } : state;
    }
    case 'MessagesQueued': {
      const arrived = new Map(state.arriving.map((message) => [message.hash, message]));
      const queued = event.data.hashes.flatMap((hash) => arrived.get(hash) ?? []);
      return { ...state, waiting: [...state.waiting, ...queued.map((message) => ({ message, at: state.at }))] };
    }
    case 'MessagesSeenByPeople':
      return { ...state, waiting: [] };
    case 'ScriptAdvanced':
      return {
        ...state,
        scriptState: {
          cursor: cursorOf(event.data.cursor),
          fallbackStreak: event.data.fallbackStreak,
          keyboard: keyboardOf(event.data.keyboard),
          variables: { ...state.scriptState.variables, ...(event.data.variables as LiveDialog['scriptState']['variables']) },
          ...interruptedOf(state.scriptState, event.data.interrupted),
        },
        silence: silenceAfter(state.silence, event.data.trigger),
        trial: state.trial && event.data.script !== undefined ? { ...state.trial, returnScript: event.data.script } : state.trial,
        start: 'run',
        answering: event.data.message ?? null,
        waiting: withoutFirst(state.waiting, event.data.message),
        deadlines: without(state.deadlines, 'script'),
      };
    case 'VisitorAsked':
      return event.data.waits ? { ...state, start: 'awaits_visitor' } : state;
    case 'VisitorVariablesChanged': {
      const { change, names } = event.data;
      const lastOf = { ...state.keptChanges.lastOf, ...Object.fromEntries(names.map((name) => [name, change])) };
      return { ...state, keptChanges: { count: change, lastOf } };
    }
    case 'VisitorVariablesReceived':
      return received(state, event.data.values as LiveDialog['scriptState']['variables']);
    case 'EffectOpened':
      return {
        ...state,
        nextEffect: event.data.number + 1,
        effects: [...state.effects, openEffect(state, event.data)],
        deadlines: without(state.deadlines, 'silence'),
      };
    case 'EffectRetried':
      return {
        ...answered(state, event.data.number),
        effects: state.effects.map((open) => (open.number === event.data.number ? retried(open, event.data) : open)),
      };
    case 'EffectSettled':
      return effectSettled(state, event.data);
    case 'DeadlineSet':
      return { ...state, deadlines: { ...state.deadlines, [event.data.name]: { at: event.data.at, setAt: state.at } } };
    case 'DeadlineCleared':
      return { ...state, deadlines: without(state.deadlines, event.data.name) };
    case 'DeadlineFired':
      return {
        ...state,
        ...(event.data.name === 'visitor' ? started(state) : {}),
        deadlines: without(state.deadlines, event.data.name),
        silence: event.data.name === 'silence' ? silenceFired(state.silence, event.data) : state.silence,
        effects:
          event.data.name === 'retry' ? state.effects.map((open, at) => (at === 0 ? { ...open, notBefore: null } : open)) : state.effects,
      };
    case 'CloseOverdue':
      return { ...state, closeOverdueAt: saidByStoredData.has(event.data.cause) ? (state.closeOverdueAt ?? state.at) : state.at };
    case 'DialogClosed':
      return {
        ...state,
        ...(state.holder.owner === 'nobody' ? {} : ownerChanged(state)),
        start: state.start === 'awaits_visitor' ? 'broken_off' : state.start,
        holder: {
          owner: 'nobody',
          final: event.data.final,
          // A flag that is set is reset at once, and with that nothing is owed; nor is it at a second close, after one that ran its Return.
          owedReturn:
            state.holder.owner === 'nobody' && state.holder.owedReturn === null ? null : (event.data.returnCause ?? 'final_close'),
        },
        // A close by inference is reopened by who still waits.
        waiting: event.data.final ? [] : state.waiting,
        deadlines: {},
        closeOverdueAt: null,
      };
    case 'DialogReopened':
      return { ...state, ...ownerChanged(state), holder: { owner: 'bot' } };
    case 'DialogParked':
      return { ...answered(state), parked: true, ...(event.data.onItsWay === undefined ? {} : { onItsWay: event.data.onItsWay }) };
    case 'BotStopped':
      return { ...state, botStopped: true };
    case 'BotStarted': {
      const { botStopped: _, ...rest } = state;
      return rest;
    }
    case 'DialogReleased':
      return { ...answered(state), parked: false };
    case 'InputRepeated':
    case 'InputLate':
    case 'InputIgnored':
    case 'Marked':
    case 'NoteRecorded':
    case 'TextDropped':
    case 'TextHeld':
    case 'HeldTextTaken':
    case 'HeldTextGivenBack':
    case 'LikelyBotOperator':
    case 'ReleaseFailed':
      return state;
    default:
      event satisfies never;
      return state;
  }
};

/** An answer to the question once more, which tells nothing of who was there since. */
const saidByStoredData: ReadonlySet<DomainEventOf<'CloseOverdue'>['data']['cause']> = new Set(['still_open_in_webim', 'unknown']);

/** Every change of owner raises the epoch and ends what only the former owner could be asked. */
const ownerChanged = (state: LiveDialog): Partial<LiveDialog> => ({
  epoch: state.epoch + 1,
  ownerSince: state.at,
  webimAtOwner: state.shownAt === null ? null : state.webimAt,
  closeOverdueAt: null,
  silence: quietFrom(state.at),
  start: state.start === 'awaits_visitor' ? 'broken_off' : state.start,
  // `retry` stays: it belongs to the head, which may outlive its owner.
  deadlines: without(state.deadlines, 'script', 'no_operator', 'abandon', 'stored_data', 'waiting', 'silence', 'visitor'),
});

/** `chat_start` waits no longer. */
const started = (state: LiveDialog): Partial<LiveDialog> => ({
  start: state.start === 'awaits_visitor' ? 'run' : state.start,
  deadlines: without(state.deadlines, 'visitor'),
});

/** A trial that fails goes back to where the script stood, not to what other chats left since. */
const received = (state: LiveDialog, values: ScriptState['variables']): LiveDialog => {
  const into = (script: ScriptState): ScriptState => ({ ...script, variables: { ...script.variables, ...values } });
  return {
    ...state,
    scriptState: into(state.scriptState),
    trial: state.trial === null ? null : { ...state.trial, kept: into(state.trial.kept) },
  };
};

const holderOf = (data: DomainEventOf<'OwnerChanged'>['data']): Holder => {
  switch (data.owner) {
    case 'operator':
      return { owner: 'operator', operatorId: data.operatorId ?? null };
    case 'nobody':
      return { owner: 'nobody', final: false, owedReturn: null };
    default:
      return { owner: data.owner };
  }
};

const trialEnded = (state: LiveDialog, outcome: DomainEventOf<'TrialEnded'>['data']['outcome']): LiveDialog => {
  if (state.trial === null) return state;
  const { kept, noOperator } = state.trial;
  return outcome === 'accepted'
    ? {
        ...state,
        trial: null,
        holder: { owner: 'bot' },
        ownerSince: state.at,
        webimAtOwner: state.shownAt === null ? null : state.webimAt,
        closeOverdueAt: null,
        silence: quietFrom(state.at),
        deadlines: without(state.deadlines, 'abandon', 'stored_data'),
      }
    : {
        ...state,
        trial: null,
        scriptState: kept,
        deadlines: noOperator === null ? state.deadlines : { ...state.deadlines, no_operator: noOperator },
      };
};

/** A message without an id may wait twice under one hash: only the one that was answered goes. */
const withoutFirst = (waiting: LiveDialog['waiting'], hash: string | undefined): LiveDialog['waiting'] => {
  const answered = waiting.findIndex((waits) => waits.message.hash === hash);
  return answered < 0 ? waiting : waiting.toSpliced(answered, 1);
};

const openEffect = (state: LiveDialog, data: DomainEventOf<'EffectOpened'>['data']): OpenEffect => ({
  number: data.number,
  attempt: 1,
  effect: data.effect,
  epoch: state.epoch,
  purpose: data.purpose,
  group: data.group ?? null,
  expiresAt: data.expiresAt ?? null,
  notBefore: null,
  failures: 0,
  doubts: 0,
  noOperatorAfterMs: data.noOperatorAfterMs ?? null,
  answers: state.answering,
  held: data.textId === undefined ? null : { textId: data.textId, reached: false },
});

const retried = (open: OpenEffect, data: DomainEventOf<'EffectRetried'>['data']): OpenEffect => ({
  ...open,
  attempt: data.attempt,
  notBefore: data.notBefore ?? null,
  effect: data.effect ?? open.effect,
  // An `http` effect that was put off by us is as untried as before.
  failures: open.failures + (open.effect.kind === 'http' && isDelayedByUs(data.code) ? 0 : 1),
  doubts: open.doubts + (data.why === 'in_doubt' ? 1 : 0),
});

/** What was on its way when the dialog stopped is so no longer; `number`: of the effect that was answered, default: whichever it was. */
const answered = (state: LiveDialog, number = state.onItsWay): LiveDialog => {
  if (state.onItsWay === undefined || state.onItsWay !== number) return state;
  const { onItsWay: _, ...rest } = state;
  return rest;
};

const speaks = new Set(['text', 'keyboard', 'file']);

const effectSettled = (state: LiveDialog, data: DomainEventOf<'EffectSettled'>['data']): LiveDialog => {
  const settled = state.effects.find((open) => open.number === data.number);
  if (settled === undefined) return state;
  const reached = data.outcome === 'accepted' || data.outcome === 'in_doubt';
  const textId = reached ? settled.held?.textId : undefined;
  const effects = state.effects
    .filter((open) => open.number !== data.number)
    .map((open) => (textId !== undefined && open.held?.textId === textId ? { ...open, held: { textId, reached: true } } : open));
  const givesToPeople = reached && settled.effect.kind === 'redirect' && settled.purpose !== 'ask_back';
  return {
    ...answered(state, data.number),
    effects,
    // Not the refused webhook alone: its repeat takes nothing back then.
    ...(givesToPeople && state.flag?.cause === 'webhook_refused' ? { flag: { ...state.flag, cause: 'handover' } } : {}),
    // `silence` runs from the delivery of the last thing said; a reminder of its own is none.
    ...(effects.length === 0 && state.silence?.reminding === false ? { silence: { ...state.silence, since: state.at } } : {}),
    deadlines: state.effects[0] === settled ? without(state.deadlines, 'retry') : state.deadlines,
    ...(reached && speaks.has(settled.effect.kind) ? replyReached(state, settled.answers) : {}),
  };
};

const replyReached = (state: LiveDialog, message: string | null): Partial<LiveDialog> => {
  const answered = <T extends { readonly hashes: readonly string[] }>(one: T): T =>
    message !== null && one.hashes.includes(message) ? { ...one, answered: true } : one;
  return {
    lastActivityAt: state.at,
    recentContent: [],
    recentWebhooks: state.recentWebhooks.map(answered),
    refusals: state.refusals.map(answered),
  };
};

const without = <T extends Record<string, unknown>>(from: T, ...names: readonly (keyof T)[]): T => {
  if (!names.some((name) => name in from)) return from;
  const rest = { ...from };
  for (const name of names) delete rest[name];
  return rest;
};
