import type { ChatId } from '@dialog/contracts/ids';
import type { HeldText } from '@dialog/contracts/inbox';
import type { DialogSettings } from '@dialog/contracts/settings';
import type { VisitorEvent, VisitorEventMetadata, VisitorInput, VisitorInputOf } from '@dialog/contracts/visitor';
import { evolveVisitor } from './evolve.ts';
import { chatFor, earliestExpiry, type Held, type VisitorChat, type VisitorState } from './state.ts';

export type VisitorContext = {
  /** The record's append time, log's time, ms. */
  readonly at: number;
  readonly settings: Pick<DialogSettings, 'heldTextTtlMs'>;
  readonly settingsHash: string;
  /** Version of the code that decides. */
  readonly producer: string;
};

export type DecidedVisitorEvent = VisitorEvent & { readonly metadata: VisitorEventMetadata };
export type VisitorDecision = { readonly events: readonly DecidedVisitorEvent[]; readonly state: VisitorState };

/** More are not kept for one person: an answer carries them all, and a record has its limit. */
const maxHeld = 20;

/** Of a person's open chats so many, the newest, are told what happens in another: each is told by a record, and one by thousands of them would be a flood. */
const maxTold = 20;
const toldOf = (chats: readonly VisitorChat[]): readonly VisitorChat[] =>
  chats.length <= maxTold ? chats : [...chats].sort((a, b) => b.since - a.since).slice(0, maxTold);

/** A decision under way: what it emits is folded at once, so that decide and replay can't part. */
type Draft = {
  state: VisitorState;
  readonly input: Pick<VisitorInput, 'inputId' | 'account' | 'visitor'>;
  readonly context: VisitorContext;
  readonly at: number;
  readonly events: DecidedVisitorEvent[];
};

const openDraft = (state: VisitorState, input: Draft['input'], context: VisitorContext): Draft => ({
  state,
  input,
  context,
  at: Math.max(context.at, state.at),
  events: [],
});

const emit = (draft: Draft, event: VisitorEvent): void => {
  draft.state = evolveVisitor(draft.state, event);
  draft.events.push({
    ...event,
    metadata: {
      $correlationId: `${draft.input.account}:v:${draft.input.visitor}`,
      $causationId: draft.input.inputId,
      schemaVersion: 1,
      producer: draft.context.producer,
      at: draft.at,
    },
  });
};

/** Decides one input of a visitor. Pure. [] where nothing is to be appended: a redelivery, or a timer that is not due. */
export const decideVisitor = (state: VisitorState, input: VisitorInput, context: VisitorContext): VisitorDecision => {
  if (state.inputs.has(input.inputId)) return { events: [], state };
  const draft = openDraft(state, input, context);
  const expiry = earliestExpiry(state);
  if (input.type === 'visitor_timer_due' && (expiry === undefined || expiry > draft.at)) return { events: [], state };
  emit(draft, { type: 'InputRecorded', data: { input, at: draft.at, settings: context.settingsHash } });
  dispatch(draft, input);
  return { events: draft.events, state: draft.state };
};

const dispatch = (draft: Draft, input: VisitorInput): void => {
  switch (input.type) {
    case 'visitor_chat_open':
      return chatOpen(draft, input);
    case 'visitor_chat_ended':
      return chatEnded(draft, input);
    case 'visitor_text_held':
      return textHeld(draft, input);
    case 'visitor_text_settled':
      return textSettled(draft, input);
    case 'visitor_variables_changed':
      return variablesChanged(draft, input);
    case 'visitor_timer_due':
      return expire(draft);
    case 'visitor_release_parked':
      return released(draft, input);
    default:
      input satisfies never;
  }
};

const ignored = (draft: Draft, reason: 'unknown_text' | 'unknown_chat' | 'not_parked'): void => {
  emit(draft, { type: 'InputIgnored', data: { reason } });
};

const chatOpen = (draft: Draft, input: VisitorInputOf<'visitor_chat_open'>): void => {
  const { chatId, chatIdForm, since, reopened } = input;
  const others = draft.state.chats.filter((chat) => chat.chatId !== chatId);
  const isNew = others.length === draft.state.chats.length;
  if (isNew) emit(draft, { type: 'VisitorChatOpened', data: { chatId, chatIdForm, since, reopened } });
  if (isNew && !reopened && others.length > 0) {
    emit(draft, { type: 'ChatStartPassedOn', data: { nextChatId: chatId, to: toldOf(others).map((chat) => addressOf(chat)) } });
  }
  expire(draft);
  if (input.asks) answer(draft, chatId);
  offer(draft);
};

const addressOf = ({ chatId, chatIdForm }: VisitorChat) => ({ chatId, chatIdForm });

const answer = (draft: Draft, chatId: ChatId): void => {
  const chat = draft.state.chats.find((one) => one.chatId === chatId);
  if (chat === undefined) return;
  const texts = draft.state.held.filter((text) => text.offeredTo === null && chatFor(draft.state, text) === chat).map(bare);
  const values = { ...draft.state.variables } as Record<string, never>;
  emit(draft, { type: 'ChatAnswered', data: { ...addressOf(chat), knownChange: chat.knownChange, values, texts } });
};

const bare = ({ id, text, expiresAt }: Held): HeldText => ({ id, text, expiresAt });

/** Each text that nobody has in hand goes to the newest open chat that has not given it back. */
const offer = (draft: Draft): void => {
  const to = new Map<VisitorChat, HeldText[]>();
  for (const text of draft.state.held) {
    const chat = text.offeredTo === null ? chatFor(draft.state, text) : undefined;
    if (chat !== undefined) to.set(chat, [...(to.get(chat) ?? []), bare(text)]);
  }
  for (const [chat, texts] of to) emit(draft, { type: 'TextsOffered', data: { ...addressOf(chat), texts } });
};

/** What it has in hand stays so until it says what became of it: one that is on its way to Webim may still be read there. */
const chatEnded = (draft: Draft, { chatId }: VisitorInputOf<'visitor_chat_ended'>): void => {
  if (draft.state.chats.some((chat) => chat.chatId === chatId)) emit(draft, { type: 'VisitorChatEnded', data: { chatId } });
  else ignored(draft, 'unknown_chat');
};

const textHeld = (draft: Draft, { inputId, chatId, text }: VisitorInputOf<'visitor_text_held'>): void => {
  const oldest = draft.state.held.filter((one) => one.offeredTo === null)[0];
  if (draft.state.held.length >= maxHeld && oldest !== undefined) {
    emit(draft, { type: 'VisitorTextExpired', data: { id: oldest.id, why: 'too_many' } });
  }
  const expiresAt = draft.at + draft.context.settings.heldTextTtlMs;
  emit(draft, { type: 'VisitorTextHeld', data: { id: inputId, text, expiresAt, chatId } });
  offer(draft);
};

const textSettled = (draft: Draft, { textId, chatId, taken }: VisitorInputOf<'visitor_text_settled'>): void => {
  const text = draft.state.held.find((one) => one.id === textId);
  if (text?.offeredTo !== chatId) return ignored(draft, 'unknown_text');
  if (taken) return emit(draft, { type: 'VisitorTextTaken', data: { id: textId, chatId } });
  emit(draft, { type: 'VisitorTextGivenBack', data: { id: textId, chatId } });
  expire(draft);
  offer(draft);
};

/** Of two changes the one that comes later in this log counts; the other open chats hear of it. */
const variablesChanged = (draft: Draft, { chatId, change, names, values }: VisitorInputOf<'visitor_variables_changed'>): void => {
  emit(draft, { type: 'VisitorVariablesKept', data: { chatId, change, names, values } });
  const to = toldOf(draft.state.chats.filter((chat) => chat.chatId !== chatId)).map((chat) => ({
    ...addressOf(chat),
    knownChange: chat.knownChange,
  }));
  if (to.length > 0) emit(draft, { type: 'VariablesPassedOn', data: { to, values } });
};

const expire = (draft: Draft): void => {
  for (const text of draft.state.held) {
    if (text.offeredTo === null && text.expiresAt <= draft.at)
      emit(draft, { type: 'VisitorTextExpired', data: { id: text.id, why: 'time' } });
  }
};

const released = (draft: Draft, { outcome, by }: VisitorInputOf<'visitor_release_parked'>): void => {
  if (outcome === undefined) return ignored(draft, 'not_parked');
  if (outcome.failed !== undefined) return emit(draft, { type: 'ReleaseFailed', data: outcome.failed });
  emit(draft, { type: 'VisitorReleased', data: { by, applied: outcome.applied, skipped: outcome.skipped } });
};

/** The visitor stops at a record which can't be applied; his dialogs go on without him (design §6.7). */
export const parkVisitor = (
  state: VisitorState,
  marker: { readonly input: Draft['input']; readonly reason: string; readonly place: string },
  context: VisitorContext,
): readonly DecidedVisitorEvent[] => {
  const draft = openDraft(state, marker.input, context);
  emit(draft, { type: 'VisitorParked', data: { reason: marker.reason, inputId: marker.place } });
  return draft.events;
};

/** A parked record that an operator left out, or replaced: it counts as taken. */
export const skipVisitorRecord = (
  state: VisitorState,
  skipped: { readonly command: Draft['input']; readonly inputId: string; readonly place: string; readonly by: string },
  context: VisitorContext,
): readonly DecidedVisitorEvent[] => {
  const draft = openDraft(state, skipped.command, context);
  emit(draft, { type: 'RecordSkipped', data: { inputId: skipped.inputId, place: skipped.place, by: skipped.by } });
  return draft.events;
};
