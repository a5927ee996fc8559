import type { Console } from '@dialog/console/console';
import { groupLag, type LagReport } from '@dialog/console/lag/report';
import { expect, it } from 'vitest';
import { engineMetrics } from './metrics.ts';

it('tells the lag of the console’s newest sample, and nothing of it while it is unknown', async () => {
  const newest = {
    at: 0,
    afterGap: false,
    low: 0,
    high: 9,
    committed: 4,
    ageMs: 1_500,
    members: 1,
    notedAt: undefined,
    paused: false,
    parked: 0,
  };
  const groups = [groupLag('projector', 'dialog.inbox', [{ partition: 2, committedAt: undefined, behindMs: undefined, window: [newest] }])];
  let report: LagReport = { now: 7, at: 7, unknownSince: null, groups, lastKnown: null };
  const metrics = engineMetrics();
  metrics.watch({ desk: { lag: () => report, totals: async () => undefined }, projector: undefined });
  const place = 'cluster_name="dialog",group="projector",topic="dialog.inbox",partition="2"';
  const known = await metrics.text();
  expect(known).toContain(`kafka_consumergroup_group_lag{${place}} 5\n`);
  expect(known).toContain(`kafka_consumergroup_group_lag_seconds{${place}} 1.5\n`);
  expect(known).toContain('dialog_lag_known{cluster_name="dialog"} 1\n');
  report = { now: 9, at: null, unknownSince: 8, groups: [], lastKnown: { at: 7, groups } };
  const unknown = await metrics.text();
  expect(unknown).not.toMatch(/^kafka_/m);
  expect(unknown).toContain('dialog_lag_known{cluster_name="dialog"} 0\n');
});

it('tells what the read model counts, and no figure that it can’t tell', async () => {
  const report: LagReport = { now: 7, at: null, unknownSince: null, groups: [], lastKnown: null };
  const open = [
    { account: 'shop', owner: 'bot', count: 3, oldestSince: null, closeOverdue: 0 },
    { account: 'shop', owner: 'queue', count: 2, oldestSince: 1_000, closeOverdue: 1 },
    { account: 'shop', owner: 'operator', count: 1, oldestSince: 60_000, closeOverdue: 1 },
  ] as const;
  let totals: Awaited<ReturnType<Console['totals']>> = { now: 61_000, open, parked: [{ account: 'shop', count: 4 }] };
  const metrics = engineMetrics();
  metrics.watch({ desk: { lag: () => report, totals: async () => totals }, projector: undefined });
  for (let asked = 0; asked < 2; asked++) {
    const known = await metrics.text();
    expect(known).toContain('dialogs_open{account="shop",owner="queue"} 2\n');
    expect(known).toContain('dialogs_oldest_seconds{account="shop",owner="queue"} 60\n');
    expect(known).toContain('dialogs_close_overdue{account="shop"} 2\n');
    expect(known).toContain('dialogs_parked{account="shop"} 4\n');
  }
  totals = undefined;
  expect(await metrics.text()).not.toMatch(/^dialogs_\w+[ {]/m);
});

it('an offset reset is an increase from 0', async () => {
  const metrics = engineMetrics();
  const reset = metrics.offsetResets('projector');
  expect(await metrics.text()).toContain('log_offset_resets_total{group="projector"} 0\n');
  reset();
  expect(await metrics.text()).toContain('log_offset_resets_total{group="projector"} 1\n');
});
