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

/**
 * The visitor's messages of a `new_chat` that were not seen before, each once. Its messages are the chat's talk in order: of those without an id all up to
 * the last one that a former webhook brought are seen, however long ago. Without that a chat that comes back would be answered from its beginning, and its
 * "operator, please" would give it to people again. Not where the start is yet to come: what stands before an overtaking message was never seen.
 */
export const unseenOf = (state: LiveDialog, messages: readonly Message[], at: number): Message[] => {
  const said = messages.filter((message) => message.side === 'visitor');
  const heard = new Set(state.recentWebhooks.flatMap((webhook) => webhook.hashes));
  const wasHeard = (message: Message): boolean => message.hashOfContent && heard.has(message.hash);
  const seenUpTo = state.incomplete ? -1 : said.findLastIndex(wasHeard);
  const isSeen = (message: Message, place: number): boolean =>
    isKnown(state, message, at) || wasHeard(message) || (message.hashOfContent && place <= seenUpTo);
  const unseen = said.filter((message, place) => !isSeen(message, place));
  return [...new Map(unseen.map((message) => [message.hash, message])).values()];
};
