import { armAutoClose } from '../deadlines.ts';
import { type Draft, emit } from '../draft.ts';

/** A dialog begins: the bot owns it. Call after `recordInput`. */
export const startDialog = (draft: Draft, { incomplete }: { incomplete: boolean }): void => {
  const visitor = draft.input.type === 'new_chat' ? draft.input.visitor?.hash : undefined;
  emit(draft, {
    type: 'DialogStarted',
    data: { script: draft.context.scriptHash, incomplete, ...(visitor === undefined ? {} : { visitor }) },
  });
  emit(draft, { type: 'OwnerChanged', data: { owner: 'bot', cause: 'start' } });
  armAutoClose(draft);
};
