import type { EffectKind } from '@dialog/contracts/effects';
import type { EffectOutcome } from '@dialog/contracts/inbox';

/** What outbound counts; whoever wires it gives the instruments. */
export type OutboundMetrics = {
  readonly settled: (labels: { account: string; kind: EffectKind | 'unknown'; outcome: EffectOutcome }) => void;
  /** One request to Webim's bot API, seconds on the clock. */
  readonly attempted: (labels: { account: string; answer: string }, seconds: number) => void;
  /** One request of a script's `http` step, to whichever host: none of Webim's times. */
  readonly stepAsked: (labels: { account: string; answer: string }, seconds: number) => void;
  readonly circuit: (labels: { account: string }, open: boolean) => void;
  readonly unreadable: () => void;
};
