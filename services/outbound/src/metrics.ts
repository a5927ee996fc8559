import type { EffectKind } from '@dialog/contracts/effects';
import type { EffectOutcome } from '@dialog/contracts/inbox';

/** What outbound counts; whoever wires it gives the instruments. */
export type OutboundMetrics = {
  readonly settled: (labels: { account: string; kind: EffectKind | 'unknown'; outcome: EffectOutcome }) => void;
  /** One HTTP attempt, seconds on the clock. */
  readonly attempted: (labels: { account: string; answer: string }, seconds: number) => void;
  readonly circuit: (labels: { account: string }, open: boolean) => void;
  readonly unreadable: () => void;
};
