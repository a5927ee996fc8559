import type { DeadlineName, DomainEventOf } from '@dialog/contracts/domain-event';
import { autoCloseAt, deadlinesOf, dueTime } from '../deadlines.ts';
import { type Draft, emit, liveOf, recordInput } from '../draft.ts';
import { openEffect } from '../effects/open.ts';
import { closeDialog } from '../ownership/close.ts';
import { startTrial } from '../ownership/to-bot.ts';
import { runScript } from '../script-run/advance.ts';
import { startScript } from '../script-run/begin.ts';
import { takeWaiting } from '../script-run/messages.ts';
import { mayRemind } from '../script-run/silence.ts';
import type { DialogState } from '../state.ts';

/** The state decides again, by the record's own time: what is due fires, in the order of its deadlines; nothing due appends nothing. */
export const timerDue = (draft: Draft): void => {
  const due = dueNames(draft, draft.state);
  if (due.length === 0) return;
  recordInput(draft);
  for (const name of due) {
    const deadline = liveOf(draft).deadlines[name];
    // An earlier one of this input may have cleared or moved it.
    if (deadline !== undefined && deadline.at <= draft.at) fire(draft, name, deadline.at);
  }
};

const dueNames = (draft: Draft, state: DialogState): DeadlineName[] =>
  deadlinesOf(state)
    .filter(([name, deadline]) => {
      const at = dueTime(name, deadline, draft.context.settings, draft.context.doorsOpenSince ?? null);
      return at !== undefined && at <= draft.at;
    })
    .map(([name]) => name);

const fire = (draft: Draft, name: DeadlineName, at: number): void => {
  if (name === 'auto_close' && autoCloseAt(draft) > draft.at) {
    emit(draft, { type: 'DeadlineSet', data: { name, at: autoCloseAt(draft) } });
    return;
  }
  // An earlier deadline of this input may have made the bot speak, or wait.
  if (name === 'silence' && !mayRemind(liveOf(draft))) return;
  const silentSince = liveOf(draft).silence?.since ?? at;
  emit(draft, { type: 'DeadlineFired', data: { name, at, lateMs: draft.at - at } });
  switch (name) {
    case 'script':
      runScript(draft, { kind: 'timeout' });
      takeWaiting(draft);
      return;
    case 'silence':
      // `at` is the time of the rule that armed it, counted from the silence's start.
      runScript(draft, { kind: 'silence', afterMs: at - silentSince });
      return;
    case 'retry':
      return;
    case 'no_operator':
      if (liveOf(draft).holder.owner === 'queue' && liveOf(draft).trial === null) startTrial(draft, 'no_operator');
      return;
    case 'auto_close':
      return autoClose(draft);
    case 'abandon':
      return abandon(draft);
    case 'stored_data':
      return askStoredData(draft);
    case 'waiting':
      return takeWaiting(draft);
    case 'visitor':
      return startScript(draft);
    default:
      name satisfies never;
  }
};

const autoClose = (draft: Draft): void => {
  const { closeAuthority, abandonAfterMs } = draft.context.settings;
  if (closeAuthority === 'engine') {
    if (liveOf(draft).holder.owner === 'bot') openEffect(draft, { kind: 'close' }, 'auto_close');
    else closeDialog(draft, { cause: 'engine', final: false, returnCause: 'auto_close_timeout' });
    return;
  }
  emit(draft, { type: 'CloseOverdue', data: { cause: likelyCause(draft) } });
  emit(draft, {
    type: 'DeadlineSet',
    data: { name: 'abandon', at: Math.max(draft.at, liveOf(draft).lastActivityAt + abandonAfterMs) },
  });
  askStoredData(draft);
};

/** Why `chat_closed` did not come, as far as this dialog can tell (scenario 15). */
const likelyCause = (draft: Draft): DomainEventOf<'CloseOverdue'>['data']['cause'] =>
  liveOf(draft).handlersSeen ? 'close_handler_or_category' : 'handler_not_configured';

const askStoredData = (draft: Draft): void => {
  const { settings } = draft.context;
  if (!settings.storedData || liveOf(draft).effects.some((open) => open.effect.kind === 'query_chat')) return;
  openEffect(draft, { kind: 'query_chat' }, 'stored_data');
};

const abandon = (draft: Draft): void => {
  const { closeOverdueAt, lastActivityAt } = liveOf(draft);
  if (closeOverdueAt !== null && lastActivityAt > closeOverdueAt) {
    // Somebody was there after all: the overdue close counts anew from that activity.
    emit(draft, { type: 'DeadlineSet', data: { name: 'auto_close', at: Math.max(draft.at, autoCloseAt(draft)) } });
    return;
  }
  closeDialog(draft, { cause: 'abandoned', final: false, returnCause: 'abandoned' });
};
