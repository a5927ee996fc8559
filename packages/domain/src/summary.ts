import type { Owner } from '@dialog/contracts/domain-event';
import { deadlinesOf } from './deadlines.ts';
import type { DialogState } from './state.ts';

/** One dialog in one line, without anything personal: what a list shows. */
export type DialogSummary = {
  readonly status: DialogState['status'];
  readonly owner: Owner | null;
  readonly operatorId: string | null;
  readonly epoch: number;
  readonly flag: boolean;
  readonly flagCause: string | null;
  readonly episode: number | null;
  readonly trial: string | null;
  readonly at: number;
  readonly ownerSince: number | null;
  readonly openEffects: number;
  readonly waitingMessages: number;
  readonly deadlines: readonly { readonly name: string; readonly at: number }[];
  readonly closeOverdue: boolean;
  readonly parked: boolean;
  readonly step: string | null;
};

export const summarize = (state: DialogState): DialogSummary => {
  const live = state.status === 'live' ? state : undefined;
  return {
    status: state.status,
    owner: live?.holder.owner ?? null,
    operatorId: live?.holder.owner === 'operator' ? live.holder.operatorId : null,
    epoch: live?.epoch ?? 0,
    flag: (live?.flag ?? null) !== null,
    flagCause: live?.flag?.cause ?? null,
    episode: live?.flag?.episode ?? null,
    trial: live?.trial?.cause ?? null,
    at: state.status === 'absent' ? 0 : state.at,
    ownerSince: live?.ownerSince ?? null,
    openEffects: live?.effects.length ?? 0,
    waitingMessages: live?.waiting.length ?? 0,
    deadlines: deadlinesOf(state).map(([name, deadline]) => ({ name, at: deadline.at })),
    closeOverdue: (live?.closeOverdueAt ?? null) !== null,
    parked: live?.parked ?? (state.status === 'unseen' && state.parked !== null),
    step: live?.scriptState.cursor?.step ?? null,
  };
};
