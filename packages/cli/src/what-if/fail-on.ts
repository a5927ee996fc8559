import type { Totals } from '@dialog/what-if/totals';

const names = ['handover', 'returns', 'differs', 'diverged', 'replies', 'gaps'] as const;
export type FailOnName = (typeof names)[number];

/** A limit: `handover+5%`, `handover-2`, `differs+10%`. */
export type FailOn = {
  readonly text: string;
  readonly name: FailOnName;
  readonly sign: 1 | -1;
  readonly value: number;
  readonly share: boolean;
};

export const failOnHelp = `A limit is a name, + or -, and a number, with % or without:
  handover, returns   how much more (+) or fewer (-) there are now than recorded; % of those recorded
  differs, diverged   dialogs; % of all dialogs
  replies             changed replies; gaps: dialogs that could not be decided to their end`;

/** @throws Error with what is wanted */
export const parseFailOn = (text: string): FailOn => {
  const match = /^([a-z]+)\s*([+-])\s*(\d{1,9}(?:\.\d{1,3})?)(%?)$/.exec(text.trim());
  const name = names.find((one) => one === match?.[1]);
  if (match === null || name === undefined) throw new Error(`${text} is no limit; write it like handover+5% (${names.join(', ')})`);
  const sign = match[2] === '+' ? 1 : -1;
  const share = match[4] === '%';
  if (sign < 0 && name !== 'handover' && name !== 'returns') throw new Error(`${text}: only handover and returns can become fewer`);
  if (share && name === 'replies') throw new Error(`${text}: give replies as a number`);
  return { text: text.trim(), name, sign, value: Number(match[3]), share };
};

/** What is measured against the limit, in its own unit and direction. More than the limit passes it; of nothing recorded, any is more. */
export const measured = ({ name, sign, share }: FailOn, totals: Totals): number => {
  const [now, of] = amounts(name, totals);
  const amount = now * sign;
  if (!share) return amount;
  if (of === 0) return amount > 0 ? Number.POSITIVE_INFINITY : 0;
  return (amount / of) * 100;
};

export const passed = (limit: FailOn, totals: Totals): boolean => measured(limit, totals) > limit.value;

const amounts = (name: FailOnName, totals: Totals): readonly [number, number] => {
  switch (name) {
    case 'handover':
      return [totals.handovers.now - totals.handovers.before, totals.handovers.before];
    case 'returns':
      return [totals.returns.now - totals.returns.before, totals.returns.before];
    case 'differs':
      return [totals.differ, totals.dialogs];
    case 'diverged':
      return [totals.diverged, totals.dialogs];
    case 'replies':
      return [totals.repliesChanged, 0];
    case 'gaps':
      return [Object.values(totals.gaps).reduce((sum, one) => sum + one, 0), totals.dialogs];
    default:
      name satisfies never;
      return [0, 0];
  }
};
