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
  metrics.watch({ desk: { lag: () => report }, projector: undefined });
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
