import type { FindingName } from '@dialog/service-kit/set-up/findings';
import { type GuideStep, guideSteps, guideTexts } from '@dialog/service-kit/set-up/guide';
import type { DoctorFacts, Found } from './rules.ts';

/** `by_hand`: nothing that reaches us can tell whether it was done. */
export type StepState = {
  readonly step: GuideStep;
  readonly state: 'done' | 'wrong' | 'waiting' | 'by_hand';
  /** When what makes it done was last seen, ms. */
  readonly at: number | null;
  readonly findings: readonly FindingName[];
};

/** How far the set-up is, step by step. `isConfigured`: the engine knows the account. */
export const guideOf = (facts: DoctorFacts, found: readonly Found[], isConfigured: boolean): readonly StepState[] =>
  guideSteps.map((step): StepState => {
    const { doneBy, wrongBy } = guideTexts[step];
    const findings = found.filter((one) => wrongBy.includes(one.name) && concerns(step, one)).map(({ name }) => name);
    const seen = facts.seen.filter(({ what }) => doneBy?.includes(what)).map(({ lastAt }) => lastAt);
    const at = seen.length === 0 ? null : Math.max(...seen);
    const isDone = step === 'account' ? isConfigured : at !== null;
    const state = findings.length > 0 ? 'wrong' : isDone ? 'done' : doneBy === undefined && step !== 'account' ? 'by_hand' : 'waiting';
    return { step, state, at, findings: [...new Set(findings)] };
  });

/** A finding that names its addresses or events concerns their steps alone. */
const concerns = (step: GuideStep, { facts }: Found): boolean => {
  const named = facts['addresses'] ?? facts['events'] ?? facts['meant'];
  if (named === undefined) return true;
  const events = named.split(', ');
  return step === 'bot_url' ? events.includes('new_chat') || events.includes('new_message') : events.includes(step);
};
