import type { InboxInputOf } from '@dialog/contracts/inbox';
import { armAutoClose } from '../deadlines.ts';
import { type Draft, emit, recordInput } from '../draft.ts';
import { drop } from '../effects/settle.ts';
import { goOn } from '../script-run/messages.ts';

/** An operator's command: what it came to stands in the input, since the records were applied before it is decided. */
export const releaseParked = (draft: Draft, input: InboxInputOf<'release_parked'>): void => {
  recordInput(draft);
  const { outcome } = input;
  if (outcome === undefined) {
    emit(draft, { type: 'InputIgnored', data: { reason: 'not_parked' } });
    return;
  }
  if (outcome.failed !== undefined) {
    emit(draft, { type: 'ReleaseFailed', data: outcome.failed });
    return;
  }
  emit(draft, { type: 'DialogReleased', data: { by: input.by, applied: outcome.applied, skipped: outcome.skipped } });
  if (draft.state.status !== 'live') return;
  // Webim has not taken its redirect, and the bot may speak again: people need not get the chat any more.
  drop(draft, (open) => open.purpose === 'parked' && open.notBefore !== null && open.doubts === 0);
  // Timers are armed anew, and what waited goes on.
  armAutoClose(draft);
  goOn(draft);
};
