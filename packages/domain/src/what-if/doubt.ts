import type { InboxInput } from '@dialog/contracts/inbox';
import type { DialogState } from '../state.ts';

/** Why a recorded input may not have come in the fork. */
export type Doubt = 'other_words' | 'button_not_shown' | 'other_owner' | 'closed' | 'not_asked';

/** @param otherWords whether the visitor has got something else in the fork than in the recording */
export const doubtOf = (input: InboxInput, fork: DialogState, recorded: DialogState, otherWords: boolean): Doubt | null => {
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

/** With another owner: Webim sends a message to the bot only while the bot has the chat, and gives a chat to people or back only from where it is. */
export const reachesFork = (input: InboxInput, fork: DialogState): boolean =>
  input.type === 'chat_closed' ||
  input.type === 'chat_started' ||
  input.type === 'chat_imported' ||
  (input.type === 'new_message' && (fork.status !== 'live' || fork.holder.owner === 'bot'));
