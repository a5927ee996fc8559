import { expect, it } from 'vitest';
import { lagMetrics } from './metrics.ts';
import type { Sample } from './partition-state.ts';
import { groupLag, type LagReport } from './report.ts';

const sample: Sample = {
  at: 0,
  afterGap: false,
  low: 10,
  high: 30,
  committed: 25,
  ageMs: 4_200,
  members: 1,
  notedAt: undefined,
  paused: false,
  parked: 0,
};
const facts = (partition: number, more: Partial<Sample>) => ({
  partition,
  committedAt: undefined,
  behindMs: undefined,
  window: [{ ...sample, ...more }],
});
const known: LagReport = {
  now: 5,
  at: 5,
  unknownSince: null,
  groups: [
    groupLag('projector', 'dialog.inbox', [facts(0, {}), facts(1, { committed: 30, ageMs: undefined })]),
    groupLag('audit', 'dialog.outbox', [facts(0, { committed: undefined, ageMs: 9_000 })]),
  ],
  lastKnown: null,
};
const seriesOf = (report: LagReport, name: string): readonly string[] =>
  (
    lagMetrics('shop')
      .find((metric) => metric.name === name)
      ?.samples(report) ?? []
  ).map(({ labels, value }) => `${Object.entries(labels).map(([label, of]) => `${label}=${of}`)} ${value}`);

it.each([
  [
    'kafka_consumergroup_group_lag',
    [
      'cluster_name=shop,group=projector,topic=dialog.inbox,partition=0 5',
      'cluster_name=shop,group=projector,topic=dialog.inbox,partition=1 0',
      // Never committed: all that is kept waits, not −1.
      'cluster_name=shop,group=audit,topic=dialog.outbox,partition=0 20',
    ],
  ],
  [
    'kafka_consumergroup_group_lag_seconds',
    [
      'cluster_name=shop,group=projector,topic=dialog.inbox,partition=0 4.2',
      'cluster_name=shop,group=projector,topic=dialog.inbox,partition=1 0',
      'cluster_name=shop,group=audit,topic=dialog.outbox,partition=0 9',
    ],
  ],
  [
    'kafka_consumergroup_group_offset',
    [
      'cluster_name=shop,group=projector,topic=dialog.inbox,partition=0 25',
      'cluster_name=shop,group=projector,topic=dialog.inbox,partition=1 30',
    ],
  ],
  ['kafka_consumergroup_group_max_lag', ['cluster_name=shop,group=projector 5', 'cluster_name=shop,group=audit 20']],
  ['kafka_consumergroup_group_max_lag_seconds', ['cluster_name=shop,group=projector 4.2', 'cluster_name=shop,group=audit 9']],
  ['kafka_consumergroup_group_sum_lag', ['cluster_name=shop,group=projector 5', 'cluster_name=shop,group=audit 20']],
  [
    'kafka_partition_latest_offset',
    [
      'cluster_name=shop,topic=dialog.inbox,partition=0 30',
      'cluster_name=shop,topic=dialog.inbox,partition=1 30',
      'cluster_name=shop,topic=dialog.outbox,partition=0 30',
    ],
  ],
  [
    'kafka_partition_earliest_offset',
    [
      'cluster_name=shop,topic=dialog.inbox,partition=0 10',
      'cluster_name=shop,topic=dialog.inbox,partition=1 10',
      'cluster_name=shop,topic=dialog.outbox,partition=0 10',
    ],
  ],
  ['dialog_lag_state', ['cluster_name=shop,group=projector,topic=dialog.inbox,partition=1,state=OK 1']],
  ['dialog_lag_known', ['cluster_name=shop 1']],
])('%s', (name, expected) => {
  expect(seriesOf(known, name)).toEqual(expected);
});

it('every series has exactly the labels that its metric declares', () => {
  for (const { labelNames, samples } of lagMetrics('shop'))
    for (const { labels } of samples(known)) expect(Object.keys(labels)).toEqual(labelNames);
});

it('while the lag is unknown no figure is told, only that', () => {
  const unknown: LagReport = { now: 9, at: null, unknownSince: 8, groups: [], lastKnown: { at: 5, groups: known.groups } };
  for (const { name, samples } of lagMetrics('shop'))
    expect(samples(unknown)).toEqual(name === 'dialog_lag_known' ? [{ labels: { cluster_name: 'shop' }, value: 0 }] : []);
});
