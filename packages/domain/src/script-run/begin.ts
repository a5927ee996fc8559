import { visitorHashSchema } from '@dialog/contracts/ids';
import type { ReturnCause } from '@dialog/contracts/return-cause';
import type { Script } from '@dialog/script/parse';
import { type Draft, emit, liveOf } from '../draft.ts';
import type { LiveDialog } from '../state.ts';
import { runScript } from './advance.ts';
import { goOn } from './messages.ts';

const finalCauses: readonly ReturnCause[] = ['final_close', 'auto_close_timeout', 'abandoned'];

/** Something that one chat leaves for another stands in the script. */
const usesVisitor = (script: Script): boolean =>
  script.visitorVariables.size > 0 ||
  finalCauses.some((cause) => script.scripts.get(script.returned.get(cause) ?? '')?.deliver === 'next_chat');

/** Asks the visitor for what his other chats left, where the script uses it and the door named him. @returns whether it asked. */
export const askVisitor = (draft: Draft, { waits }: { waits: boolean }): boolean => {
  const { visitor } = liveOf(draft);
  if (!visitorHashSchema.safeParse(visitor).success || !usesVisitor(draft.context.script)) return false;
  emit(draft, { type: 'VisitorAsked', data: { waits } });
  return true;
};

/** The chat's first step: `chat_start` on the visitor's answer, or after `visitorAnswer` without it; at once where nobody is asked. */
export const beginScript = (draft: Draft): void => {
  if (askVisitor(draft, { waits: true })) {
    emit(draft, { type: 'DeadlineSet', data: { name: 'visitor', at: draft.at + draft.context.settings.visitorAnswerMs } });
    return;
  }
  runScript(draft, { kind: 'chat_start' });
};

/** The dialog stopped at its first record, and its script has greeted nobody yet. */
export const owesStart = (state: LiveDialog): boolean =>
  state.incomplete && state.start === 'broken_off' && state.holder.owner === 'bot' && state.trial === null;

/** It waits no longer: the greeting, then who wrote meanwhile. */
export const startScript = (draft: Draft): void => {
  runScript(draft, { kind: 'chat_start' });
  goOn(draft);
};
