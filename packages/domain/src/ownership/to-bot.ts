import type { ReturnCause } from '@dialog/contracts/return-cause';
import { armAutoClose } from '../deadlines.ts';
import { type Draft, emit, liveOf } from '../draft.ts';
import { openEffect } from '../effects/open.ts';
import { settleByEvidence } from '../effects/settle.ts';
import { applyAdvance, armScript, runScript, tryScript } from '../script-run/advance.ts';
import { takeWaiting } from '../script-run/messages.ts';
import { changedSince, tellVisitor } from '../script-run/visitor-variables.ts';
import { isStopped, openRedirectOfStop } from './stopped.ts';
import { endTrial } from './to-people.ts';

/** Webim says that the bot has the chat again: flag reset with its cause, Return once per episode. */
export const cameBack = (draft: Draft): void => {
  emit(draft, { type: 'OwnerChanged', data: { owner: 'bot', cause: 'operator_redirect' } });
  const episode = resetFlag(draft, 'operator_redirect');
  if (episode !== null) runReturn(draft, episode, 'operator_redirect');
  armAutoClose(draft);
};

/** Resets the flag where it is set. @returns its episode. */
export const resetFlag = (draft: Draft, cause: ReturnCause | 'webhook_repeated'): number | null => {
  const { flag } = liveOf(draft);
  if (flag === null) return null;
  emit(draft, { type: 'FlagReset', data: { episode: flag.episode, cause } });
  return flag.episode;
};

/** Runs the Return script in an open chat. */
const runReturn = (draft: Draft, episode: number, cause: ReturnCause): void => {
  if (liveOf(draft).returnedEpisode >= episode) return;
  const trigger = { kind: 'returned', cause } as const;
  const result = tryScript(draft, trigger);
  startReturn(draft, episode, cause, result.script ?? null);
  applyAdvance(draft, trigger, result);
};

/** Runs the Return script after a close: there is no open chat, so silent steps run and texts are dropped. */
export const runFinalReturn = (draft: Draft, episode: number, cause: ReturnCause): void => {
  if (liveOf(draft).returnedEpisode >= episode) return;
  const trigger = { kind: 'returned', cause } as const;
  const result = tryScript(draft, trigger, 'final');
  startReturn(draft, episode, cause, result.script ?? null);
  applyAdvance(draft, trigger, result, { mode: 'final' });
};

const startReturn = (draft: Draft, episode: number, cause: ReturnCause, script: string | null): void => {
  emit(draft, { type: 'ReturnStarted', data: { episode, cause, script } });
};

/** The bot asks for a chat that people have; it speaks only once Webim has agreed (design §5.1). */
export const startTrial = (draft: Draft, cause: 'operator_redirect' | 'no_operator'): void => {
  emit(draft, { type: 'TrialStarted', data: { cause } });
  const before = liveOf(draft).nextEffect;
  const { botOperatorId } = draft.context.settings;
  // People have it, and nobody else may: where the bot has it back after all, that very redirect shows it.
  if (isStopped(draft)) {
    if (cause === 'operator_redirect') openRedirectOfStop(draft);
  } else if (cause === 'no_operator' && botOperatorId !== null) {
    openEffect(draft, { kind: 'redirect', operatorId: botOperatorId }, 'ask_back');
  }
  runScript(draft, cause === 'no_operator' ? { kind: 'no_operator' } : { kind: 'returned', cause });
  if (liveOf(draft).nextEffect === before && liveOf(draft).trial !== null) endTrial(draft, 'nothing_to_send');
};

/** Webim agreed: owner bot in the trial's epoch, flag reset, the Return counts, the queue goes on. */
export const acceptTrial = (draft: Draft): void => {
  const { trial } = liveOf(draft);
  if (trial === null) return;
  emit(draft, { type: 'TrialEnded', data: { outcome: 'accepted' } });
  tellVisitor(draft, changedSince(trial.kept, liveOf(draft).scriptState));
  const episode = resetFlag(draft, trial.cause);
  if (episode !== null && liveOf(draft).returnedEpisode < episode) {
    startReturn(draft, episode, trial.cause, trial.returnScript);
  }
  // Where something else than its result said so, asking further would ask for what the bot has.
  for (const open of liveOf(draft).effects) if (open.purpose === 'ask_back') settleByEvidence(draft, open);
  armAutoClose(draft);
  armScript(draft);
  takeWaiting(draft);
};
