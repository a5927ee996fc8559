import type { Message } from '@dialog/contracts/message';
import { contentRepeatMs } from '../repeats.ts';
import type { LiveDialog } from '../state.ts';

/** A message seen before: by Webim's id for ever, by content only within 10 s and never across a reply of ours (design §6.3). */
export const isKnown = (state: LiveDialog, message: Message, at: number): boolean =>
  message.hashOfContent
    ? state.recentContent.some((seen) => seen.hash === message.hash && at - seen.at <= contentRepeatMs)
    : state.messages.has(message.hash);

/**
 * Of a chat's messages in their order those after which a person of the company wrote: he has seen them, and the bot answers them no more. None
 * where nobody knows which operator the bot is.
 */
export const seenByPeople = (messages: readonly Message[], botOperatorId: string | null): ReadonlySet<string> => {
  const isPerson = ({ side, operatorId }: Message) => side === 'operator' && operatorId !== undefined && operatorId !== botOperatorId;
  const last = botOperatorId === null ? -1 : messages.findLastIndex(isPerson);
  return new Set(messages.slice(0, last + 1).map((message) => message.hash));
};

/** Visitor messages not seen before, each once. */
export const unseenOf = (state: LiveDialog, messages: readonly Message[], at: number): Message[] => {
  const unseen = new Map<string, Message>();
  for (const message of messages) {
    if (message.side === 'visitor' && !isKnown(state, message, at)) unseen.set(message.hash, message);
  }
  return [...unseen.values()];
};
