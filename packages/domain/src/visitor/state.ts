import type { ChatId, IdForm } from '@dialog/contracts/ids';
import type { HeldText } from '@dialog/contracts/inbox';
import type { Value } from '@dialog/script/types';
import { type IdSet, idSet } from '../id-set.ts';

export type VisitorChat = {
  readonly chatId: ChatId;
  readonly chatIdForm: IdForm;
  /** Since when it is open, log's time of the dialog, ms. */
  readonly since: number;
  /** Of its own changes of the visitor's variables the last that is known here. */
  readonly knownChange: number;
};

export type Held = HeldText & {
  /** The one chat that may say it; null: nobody may. While set, no other gets it. */
  readonly offeredTo: ChatId | null;
  /** Chats that could not say it. */
  readonly givenBackBy: readonly ChatId[];
};

/** One person at one account: his open chats, what they share, and what waits for the next of them (design §5.6). */
export type VisitorState = {
  readonly status: 'visitor';
  /** Ids of all inputs taken (design §6.3). */
  readonly inputs: IdSet;
  /** Time of the last input, ms, log's time; never runs back. */
  readonly at: number;
  /** Open ones, in the order in which they opened. */
  readonly chats: readonly VisitorChat[];
  /** Declared `keep: visitor`. */
  readonly variables: Readonly<Record<string, Value>>;
  /** In the order in which they were held. */
  readonly held: readonly Held[];
};

export const initialVisitor: VisitorState = { status: 'visitor', inputs: idSet(), at: 0, chats: [], variables: {}, held: [] };

/** The newest open chat that has not given the text back. */
export const chatFor = (state: VisitorState, text: Held): VisitorChat | undefined =>
  state.chats
    .filter((chat) => !text.givenBackBy.includes(chat.chatId))
    .reduce<VisitorChat | undefined>((newest, chat) => (newest === undefined || chat.since >= newest.since ? chat : newest), undefined);

/** When the visitor lets a text go that no chat has in hand, ms of log's time; undefined: nothing is held. One in hand waits for its result. */
export const earliestExpiry = (state: VisitorState): number | undefined => {
  const waiting = state.held.filter((text) => text.offeredTo === null).map((text) => text.expiresAt);
  return waiting.length === 0 ? undefined : Math.min(...waiting);
};
