import type { ChatId } from '@dialog/contracts/ids';
import type { HeldText } from '@dialog/contracts/inbox';
import type { VisitorEvent } from '@dialog/contracts/visitor';
import type { Value } from '@dialog/script/types';
import type { VisitorState } from './state.ts';

/** The fold of a visitor: total, deterministic, and no branch reads a personal field. An event that it does not know changes nothing. */
export const evolveVisitor = (state: VisitorState, event: VisitorEvent): VisitorState => {
  switch (event.type) {
    case 'InputRecorded':
      return { ...state, inputs: state.inputs.add(event.data.input.inputId), at: event.data.at };
    case 'RecordSkipped':
      return { ...state, inputs: state.inputs.add(event.data.inputId) };
    case 'VisitorChatOpened': {
      const { chatId, chatIdForm, since } = event.data;
      return { ...state, chats: [...without(state, chatId), { chatId, chatIdForm, since, knownChange: knownChange(state, chatId) }] };
    }
    case 'VisitorChatEnded':
      return { ...state, chats: without(state, event.data.chatId) };
    case 'VisitorTextHeld': {
      const { id, text, expiresAt } = event.data;
      return { ...state, held: [...state.held, { id, text, expiresAt, offeredTo: null, givenBackBy: [] }] };
    }
    case 'ChatAnswered':
    case 'TextsOffered':
      return offered(state, event.data.chatId, event.data.texts);
    case 'VisitorTextGivenBack': {
      const { id, chatId } = event.data;
      return {
        ...state,
        held: state.held.map((text) => (text.id === id ? { ...text, offeredTo: null, givenBackBy: [...text.givenBackBy, chatId] } : text)),
      };
    }
    case 'VisitorTextTaken':
    case 'VisitorTextExpired':
      return { ...state, held: state.held.filter((text) => text.id !== event.data.id) };
    case 'VisitorVariablesKept': {
      const { chatId, change, values } = event.data;
      return {
        ...state,
        variables: { ...state.variables, ...(values as Record<string, Value>) },
        chats: state.chats.map((chat) => (chat.chatId === chatId ? { ...chat, knownChange: Math.max(chat.knownChange, change) } : chat)),
      };
    }
    case 'ChatStartPassedOn':
    case 'VariablesPassedOn':
    case 'InputIgnored':
    case 'VisitorParked':
    case 'ReleaseFailed':
    case 'VisitorReleased':
      return state;
    default:
      event satisfies never;
      return state;
  }
};

export const foldVisitor = (events: Iterable<VisitorEvent>, from: VisitorState): VisitorState => {
  let state = from;
  for (const event of events) state = evolveVisitor(state, event);
  return state;
};

const without = (state: VisitorState, chatId: ChatId) => state.chats.filter((chat) => chat.chatId !== chatId);

const knownChange = (state: VisitorState, chatId: ChatId): number => state.chats.find((chat) => chat.chatId === chatId)?.knownChange ?? 0;

const offered = (state: VisitorState, chatId: ChatId, texts: readonly HeldText[]): VisitorState => {
  const ids = new Set(texts.map((text) => text.id));
  return { ...state, held: state.held.map((text) => (ids.has(text.id) ? { ...text, offeredTo: chatId } : text)) };
};
