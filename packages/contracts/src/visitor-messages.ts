import type { InboxInput } from './inbox.ts';
import type { Message } from './message.ts';

/** What the visitor says in it; empty for all that is no webhook of the bot route. */
export const visitorMessages = (input: InboxInput): readonly Message[] =>
  input.type === 'new_chat'
    ? input.messages.filter((message) => message.side === 'visitor')
    : input.type === 'new_message' && input.message.side === 'visitor'
      ? [input.message]
      : [];
