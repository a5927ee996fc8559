import { type PartitionState, partitionStates } from '../../../src/lag/partition-state.ts';
import type { GroupLag, LagReport } from '../../../src/lag/report.ts';

export type Tone = 'good' | 'warn' | 'bad';

/** What the one sentence on top says. */
export type Verdict =
  | { readonly kind: 'unknown'; readonly since: number; readonly who: 'log' | 'console' }
  | { readonly kind: 'none' }
  | { readonly kind: 'well' }
  | { readonly kind: 'group'; readonly group: GroupLag; readonly parked: number; readonly tone: Tone };

const tones = ['good', 'warn', 'bad'] as const;

/** By how long people wait, not by how many records: up to 2 s nobody notices, from 30 s on the bot is taken for dead. */
export const toneOfAge = (ageMs: number | null): Tone => (ageMs === null || ageMs < 2_000 ? 'good' : ageMs < 30_000 ? 'warn' : 'bad');

/** States that need a hand, however short they are yet. */
const leastTone: Readonly<Partial<Record<PartitionState, Tone>>> = {
  LOSS_RISK: 'bad',
  STOPPED: 'bad',
  STALLED: 'warn',
  REWOUND: 'warn',
  PAUSED: 'warn',
  BLOCKED: 'warn',
};

export const toneOf = (state: PartitionState | null, ageMs: number | null): Tone => {
  const least = state === null ? 'good' : (leastTone[state] ?? 'good');
  const byAge = toneOfAge(ageMs);
  return tones.indexOf(least) > tones.indexOf(byAge) ? least : byAge;
};

/** Not known yet stands beside OK: it says nothing bad. */
const rank = (state: PartitionState | null): number => partitionStates.indexOf(state ?? 'OK');

/** `lostSince`: since when the console itself does not answer this page. */
export const verdictOf = (report: LagReport, lostSince: number | undefined): Verdict => {
  if (lostSince !== undefined) return { kind: 'unknown', since: report.unknownSince ?? lostSince, who: 'console' };
  if (report.unknownSince !== null) return { kind: 'unknown', since: report.unknownSince, who: 'log' };
  if (report.groups.length === 0) return { kind: 'none' };
  const [worst] = [...report.groups].sort((a, b) => rank(a.state) - rank(b.state) || (b.ageMs ?? 0) - (a.ageMs ?? 0));
  if (worst === undefined || rank(worst.state) === rank('OK')) return { kind: 'well' };
  return {
    kind: 'group',
    group: worst,
    parked: worst.partitions.reduce((sum, one) => sum + one.parked, 0),
    tone: toneOf(worst.state, worst.ageMs),
  };
};
