import type { InboxInput } from '@dialog/contracts/inbox';
import type { Message } from '@dialog/contracts/message';
import type { Script } from '@dialog/script/parse';
import type { DialogState, LiveDialog } from '../state.ts';
import type { Doubt } from './doubt.ts';

/**
 * Why the recorded visitor can't have meant in the fork what he typed; null: he can. What he says to people, or to a bot that asked him
 * something else, belongs to the recording only, and nobody knows what he would have said instead.
 */
export const cannotMean = (
  input: InboxInput,
  fork: DialogState,
  forkScript: Script | undefined,
  recorded: DialogState,
  recordedScript: Script | undefined,
): Doubt | null => {
  const words = wordsOf(input, fork);
  if (words.length === 0 || fork.status !== 'live' || recorded.status !== 'live') return null;
  const [here, there] = [fork.holder.owner, recorded.holder.owner];
  if (here === 'nobody' && there !== 'nobody') return 'closed';
  if (here !== there && there !== 'nobody') return 'other_owner';
  if (here !== 'bot') return null;
  for (const message of words) {
    const why = otherQuestion(message, fork, forkScript, recorded, recordedScript);
    if (why !== null) return why;
  }
  return null;
};

/** What the visitor said in it that the fork has not heard yet. */
const wordsOf = (input: InboxInput, fork: DialogState): readonly Message[] => {
  const said = input.type === 'new_message' ? [input.message] : input.type === 'new_chat' ? input.messages : [];
  return said.filter(({ side, hash }) => side === 'visitor' && !(fork.status === 'live' && fork.messages.has(hash)));
};

const otherQuestion = (
  message: Message,
  fork: LiveDialog,
  forkScript: Script | undefined,
  recorded: LiveDialog,
  recordedScript: Script | undefined,
): Doubt | null => {
  const [here, there] = [fork.scriptState.keyboard, recorded.scriptState.keyboard];
  if (message.button !== undefined) {
    const { id } = message.button;
    const shown = here?.some((one) => one.id === id) === true;
    return !shown && there?.some((one) => one.id === id) === true ? 'button_not_shown' : null;
  }
  const [asksHere, asksThere] = [questionOf(fork, forkScript), questionOf(recorded, recordedScript)];
  if (!sameQuestion(asksHere, asksThere)) return 'not_asked';
  if (asksHere !== null) return null;
  if ((here === null) !== (there === null)) return 'not_asked';
  if (here === null || there === null) return null;
  // A number chooses by place, other words by what they say.
  const ids = (keyboard: readonly { readonly id: string }[]): string => keyboard.map(({ id }) => id).join('\n');
  const known = new Set(here.map(({ id }) => id));
  const other = /^\s*\d+\s*$/.test(message.text ?? '') ? ids(here) !== ids(there) : !there.some(({ id }) => known.has(id));
  return other ? 'not_asked' : null;
};

type Question = { readonly saves: string; readonly text: string } | 'unknown' | null;

const questionOf = ({ scriptState: { cursor } }: LiveDialog, script: Script | undefined): Question => {
  if (cursor?.waitsFor !== 'answer') return null;
  const step = script?.steps.get(cursor.step);
  return step?.verb === 'ask' ? { saves: step.save, text: JSON.stringify(step.text) } : 'unknown';
};

/** Reworded it is the same while its answer goes to the same variable. */
const sameQuestion = (a: Question, b: Question): boolean => {
  if (a === null || b === null) return a === b;
  if (a === 'unknown' || b === 'unknown') return false;
  return a.saves === b.saves || a.text === b.text;
};
