import type { Differing, Totals } from '@dialog/what-if/totals';

type Seen = NonNullable<NonNullable<Differing['first']>['now']>;

export const totalsLines = (totals: Totals): string[] => {
  const { dialogs, handovers, returns, ends } = totals;
  const share = dialogs === 0 ? '' : ` (${((totals.differ / dialogs) * 100).toFixed(1)} %)`;
  const gaps = Object.entries(totals.gaps).map(([missing, count]) => `${missing} ${count}`);
  return [
    `dialogs          ${dialogs}`,
    `differ           ${totals.differ}${share}`,
    `replies changed  ${totals.repliesChanged}`,
    `handovers        ${handovers.before} → ${handovers.now}  (+${handovers.gained} −${handovers.lost})`,
    `Return runs      ${returns.before} → ${returns.now}  (+${returns.gained} −${returns.lost})`,
    `other end        ${ends.changed}`,
    `diverged         ${totals.diverged}`,
    `gaps             ${gaps.length === 0 ? '0' : gaps.join(', ')}`,
    ...(totals.assumed === 0 ? [] : [`results assumed  ${totals.assumed}`]),
  ];
};

export const dialogLines = (one: Differing): string[] => {
  const { first, diverged, gap } = one;
  return [
    `${one.account}/${one.chatId}${first === null ? '' : ` at revision ${first.revision}`}`,
    ...(first === null || (first.before === null && first.now === null)
      ? []
      : [`  recorded: ${seenText(first.before)}`, `  now:      ${seenText(first.now)}`]),
    ...(diverged === null ? [] : [`  diverged at revision ${diverged.revision}: ${diverged.why}`]),
    ...(gap === null ? [] : [`  gap at revision ${gap.revision}: ${gap.missing} ${gap.what}`.trimEnd()]),
  ];
};

const seenText = (seen: Seen | null): string =>
  seen === null
    ? 'nothing'
    : `${seen.who} ${seen.what}${seen.text === '' ? '' : ` ${JSON.stringify(seen.text)}`}${seen.lost === undefined ? '' : ` (not delivered: ${seen.lost})`}`;
