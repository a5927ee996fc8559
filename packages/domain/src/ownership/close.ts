import type { DomainEventOf } from '@dialog/contracts/domain-event';
import type { ReturnCause } from '@dialog/contracts/return-cause';
import { type Draft, emit, liveOf } from '../draft.ts';
import { drop } from '../effects/settle.ts';
import { resetFlag, runFinalReturn } from './to-bot.ts';
import { endTrial } from './to-people.ts';

/** The dialog ends: owner nobody; where the flag is set it is reset, then the Return script runs. */
export const closeDialog = (
  draft: Draft,
  close: { cause: DomainEventOf<'DialogClosed'>['data']['cause']; final: boolean; returnCause: ReturnCause },
): void => {
  if (liveOf(draft).trial !== null) endTrial(draft, 'overtaken');
  drop(draft);
  emit(draft, { type: 'DialogClosed', data: { cause: close.cause, final: close.final } });
  const episode = resetFlag(draft, close.returnCause);
  if (episode !== null) runFinalReturn(draft, episode, close.returnCause);
};
