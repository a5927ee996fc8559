import type { EffectOutcome, InboxInputOf, RefusalReason } from '@dialog/contracts/inbox';
import { type Draft, emit, liveOf } from '../draft.ts';
import type { OpenEffect } from '../state.ts';

export const settle = (draft: Draft, open: OpenEffect, result: InboxInputOf<'effect_result'>): void => {
  emit(draft, {
    type: 'EffectSettled',
    data: {
      number: open.number,
      attempt: open.attempt,
      outcome: result.outcome === 'deferred' ? 'suppressed' : result.outcome,
      by: 'result',
      ...(result.reason === undefined ? {} : { reason: result.reason }),
      ...(result.code === undefined ? {} : { code: result.code }),
      ...(result.crossed ? { crossed: true } : {}),
    },
  });
  heldTextSettled(draft, open, result.outcome, result.reason);
};

/** Another input proved that Webim did it. */
export const settleByEvidence = (draft: Draft, open: OpenEffect): void => {
  emit(draft, {
    type: 'EffectSettled',
    data: { number: open.number, attempt: open.attempt, outcome: 'accepted', by: 'evidence' },
  });
};

/** Ends effects that are not on their way; one that may be on its way stays until its result. */
export const drop = (draft: Draft, which: (open: OpenEffect) => boolean = () => true): void => {
  for (const open of liveOf(draft).effects) {
    if (draft.flying.includes(open.number) || !which(open)) continue;
    emit(draft, {
      type: 'EffectSettled',
      // An attempt before this one may have reached Webim.
      data: { number: open.number, attempt: open.attempt, outcome: open.doubts > 0 ? 'in_doubt' : 'suppressed', by: 'dropped' },
    });
    heldTextSettled(draft, open, open.doubts > 0 ? 'in_doubt' : 'suppressed');
  }
};

/**
 * The last part of a held text is settled: the visitor hears whether it was said. Said in part counts as said, since said again it
 * would be read twice.
 */
const heldTextSettled = (draft: Draft, { number, held }: OpenEffect, outcome: EffectOutcome, reason?: RefusalReason): void => {
  if (held === null) return;
  const { textId } = held;
  if (liveOf(draft).effects.some((open) => open.held?.textId === textId && open.number !== number)) return;
  if (held.reached || outcome === 'accepted' || outcome === 'in_doubt') {
    emit(draft, { type: 'HeldTextTaken', data: { textId } });
    return;
  }
  const closed = reason === 'chat_closed' ? 'closed' : reason === 'not_bots_chat' ? 'not_bots_chat' : 'refused';
  emit(draft, {
    type: 'HeldTextGivenBack',
    data: { textId, reason: outcome === 'refused' ? closed : outcome === 'deferred' ? 'suppressed' : outcome },
  });
};
