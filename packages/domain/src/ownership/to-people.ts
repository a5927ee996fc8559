import type { DomainEventOf } from '@dialog/contracts/domain-event';
import { armAutoClose } from '../deadlines.ts';
import { type Draft, emit, liveOf } from '../draft.ts';
import { drop } from '../effects/settle.ts';

type ToPeople = {
  readonly owner: 'queue' | 'operator';
  readonly operatorId?: string;
  /** Cause of the change. */
  readonly cause: string;
  readonly flagCause: DomainEventOf<'FlagSet'>['data']['cause'];
  /** `queue` only: the handover's own wait for an operator, ms; default: the account's. */
  readonly noOperatorAfterMs?: number | null;
};

/** The chat goes to people: what was to be said is dropped, who waited is seen by them, the flag names a new episode if none is open. */
export const toPeople = (draft: Draft, to: ToPeople): void => {
  if (liveOf(draft).trial !== null) endTrial(draft, 'overtaken');
  drop(draft);
  emit(draft, {
    type: 'OwnerChanged',
    data: { owner: to.owner, cause: to.cause, ...(to.operatorId === undefined ? {} : { operatorId: to.operatorId }) },
  });
  const state = liveOf(draft);
  if (state.flag === null) emit(draft, { type: 'FlagSet', data: { episode: state.epoch, cause: to.flagCause } });
  seenByPeople(draft);
  if (to.owner === 'queue') {
    const { noOperatorAfterMs, handlerDelayMs } = draft.context.settings;
    emit(draft, {
      type: 'DeadlineSet',
      data: { name: 'no_operator', at: draft.at + (to.noOperatorAfterMs ?? noOperatorAfterMs) + handlerDelayMs },
    });
  }
  armAutoClose(draft);
};

export const seenByPeople = (draft: Draft): void => {
  const hashes = liveOf(draft).waiting.map((waits) => waits.message.hash);
  if (hashes.length > 0) emit(draft, { type: 'MessagesSeenByPeople', data: { hashes } });
};

/** The trial failed, or something else decided: cursor and variables as before, its queue dropped. */
export const endTrial = (draft: Draft, outcome: 'refused' | 'nothing_to_send' | 'overtaken'): void => {
  const { epoch } = liveOf(draft);
  drop(draft, (open) => open.epoch === epoch && open.purpose !== 'stored_data');
  emit(draft, { type: 'TrialEnded', data: { outcome } });
  if (outcome !== 'overtaken') seenByPeople(draft);
};
