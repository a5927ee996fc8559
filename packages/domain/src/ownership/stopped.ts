import { type Draft, emit, liveOf } from '../draft.ts';
import { openEffect } from '../effects/open.ts';
import { drop } from '../effects/settle.ts';

/** The bot takes no input: in this dialog, or as the account's settings say for it. */
export const isStopped = (draft: Draft): boolean =>
  draft.context.settings.botStopped === true || (draft.state.status === 'live' && draft.state.botStopped === true);

/** After Webim refused to take a chat, ms. */
const refusedPauseMs = 60_000;

/**
 * While the bot is stopped a chat that it has goes to people: what it had to say is dropped, unless it is on its way. Asked of every input, so
 * that whichever comes first after the stop does it. A refusal of that very redirect does not ask again at once: the next input does, or a minute.
 */
export const handToPeopleIfStopped = (draft: Draft): void => {
  const { state, input } = draft;
  if (draft.events.length === 0 || state.status !== 'live' || state.holder.owner !== 'bot' || state.parked || !isStopped(draft)) return;
  if (state.effects.some((open) => open.effect.kind === 'redirect' && open.purpose !== 'ask_back' && open.epoch === state.epoch)) return;
  if (input.type === 'effect_result' && settledHere(draft, input.number) === 'redirect') return askLater(draft);
  drop(draft, (open) => open.purpose !== 'auto_close' && open.purpose !== 'stored_data');
  // It ends: nobody needs it, unless Webim refuses that.
  if (liveOf(draft).effects.some((open) => open.purpose === 'auto_close')) return;
  openRedirectOfStop(draft);
};

/** Who has written must not wait for his own next word. */
const askLater = (draft: Draft): void => {
  const { waiting, deadlines } = liveOf(draft);
  if (waiting.length > 0 && deadlines.waiting === undefined) {
    emit(draft, { type: 'DeadlineSet', data: { name: 'waiting', at: draft.at + refusedPauseMs } });
  }
};

export const openRedirectOfStop = (draft: Draft): void => {
  const { department } = draft.context.settings;
  openEffect(draft, { kind: 'redirect', ...(department === null ? {} : { department }) }, 'stopped');
};

/** Kind of the effect that this very input settled; undefined: none. */
const settledHere = (draft: Draft, number: number): string | undefined =>
  draft.events.some((event) => event.type === 'EffectSettled' && event.data.number === number)
    ? effectsBefore(draft).find((open) => open.number === number)?.effect.kind
    : undefined;

const effectsBefore = ({ before }: Draft) => (before.status === 'live' ? before.effects : []);
