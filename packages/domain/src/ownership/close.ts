import type { DomainEventOf } from '@dialog/contracts/domain-event';
import type { ReturnCause } from '@dialog/contracts/return-cause';
import { armAutoClose } from '../deadlines.ts';
import { type Draft, emit, liveOf } from '../draft.ts';
import { openEffect } from '../effects/open.ts';
import { drop } from '../effects/settle.ts';
import { takeWaiting } from '../script-run/messages.ts';
import { redirectAtWebim } from './handover.ts';
import { resetFlag, runFinalReturn } from './to-bot.ts';
import { endTrial, seenByPeople } from './to-people.ts';

/** The dialog ends: owner nobody; where the flag is set it is reset, then the Return script runs. */
export const closeDialog = (
  draft: Draft,
  close: { cause: DomainEventOf<'DialogClosed'>['data']['cause']; final: boolean; returnCause: ReturnCause },
): void => {
  if (liveOf(draft).trial !== null) {
    endTrial(draft, 'overtaken');
    seenByPeople(draft);
  }
  // Its last attempt was in doubt and no other is on its way: no result will come to say more.
  const redirect = redirectAtWebim(liveOf(draft));
  const inDoubt = liveOf(draft).flag === null && redirect !== undefined && redirect.notBefore !== null;
  drop(draft);
  emit(draft, { type: 'DialogClosed', data: { cause: close.cause, final: close.final, returnCause: close.returnCause } });
  if (inDoubt) returnAfterRedirect(draft);
  const episode = resetFlag(draft, close.returnCause);
  if (episode !== null) runFinalReturn(draft, episode, close.returnCause);
  // What people said in it was not ours to see; an answer of Stored Data that closed it has brought it already.
  if (close.final && close.cause !== 'stored_data' && liveOf(draft).returnedEpisode > 0 && draft.context.settings.storedData) {
    openEffect(draft, { kind: 'query_chat' }, 'history');
  }
  if (close.final || liveOf(draft).waiting.length === 0) return;
  // Who wrote while the close was on its way is answered as who writes right after it.
  emit(draft, { type: 'DialogReopened', data: { cause: 'message' } });
  armAutoClose(draft);
  takeWaiting(draft);
};

/** People had the chat when it closed, as a redirect that was open then shows: flag set and reset, Return runs, unless one ran at that close. */
export const returnAfterRedirect = (draft: Draft): void => {
  const { holder, epoch } = liveOf(draft);
  if (holder.owner !== 'nobody' || holder.owedReturn === null) return;
  const cause = holder.owedReturn;
  emit(draft, { type: 'FlagSet', data: { episode: epoch, cause: 'handover' } });
  const episode = resetFlag(draft, cause);
  if (episode !== null) runFinalReturn(draft, episode, cause);
};
