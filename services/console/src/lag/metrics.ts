import type { GroupLag, LagReport } from './report.ts';

type Labels = Readonly<Record<string, string>>;
export type MetricSample = { readonly labels: Labels; readonly value: number };
/** One gauge, as a registry needs it: all its series each time it is asked. */
export type LagMetric = {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly samples: (report: LagReport) => readonly MetricSample[];
};

/**
 * The lag as gauges, with the names and labels that existing dashboards know (those of kafka-lag-exporter). While the lag is unknown
 * there are no series at all but `dialog_lag_known` 0: a flat line would look like a healthy group.
 */
export const lagMetrics = (clusterName: string): readonly LagMetric[] => {
  const cluster = { cluster_name: clusterName };
  const perPartition = (name: string, help: string, figureOf: (one: GroupLag['partitions'][number]) => number | null): LagMetric => ({
    name,
    help,
    labelNames: ['cluster_name', 'group', 'topic', 'partition'],
    samples: ({ groups }) =>
      groups.flatMap(({ group, topic, partitions }) =>
        partitions.flatMap((one) => series({ ...cluster, group, topic, partition: String(one.partition) }, figureOf(one))),
      ),
  });
  const perGroup = (name: string, help: string, figureOf: (of: readonly GroupLag[]) => number | null): LagMetric => ({
    name,
    help,
    labelNames: ['cluster_name', 'group'],
    samples: ({ groups }) =>
      [...Map.groupBy(groups, ({ group }) => group)].flatMap(([group, its]) => series({ ...cluster, group }, figureOf(its))),
  });
  const perTopic = (name: string, help: string, figureOf: (one: GroupLag['partitions'][number]) => number): LagMetric => ({
    name,
    help,
    labelNames: ['cluster_name', 'topic', 'partition'],
    samples: ({ groups }) =>
      // Groups of one topic agree on its offsets, or are milliseconds apart.
      [...new Map(groups.map((group) => [group.topic, group]))].flatMap(([topic, { partitions }]) =>
        partitions.map((one) => ({ labels: { ...cluster, topic, partition: String(one.partition) }, value: figureOf(one) })),
      ),
  });
  const partitionsOf = (of: readonly GroupLag[]) => of.flatMap(({ partitions }) => partitions);

  return [
    perPartition('kafka_consumergroup_group_lag', 'Records not yet committed', ({ lag }) => lag),
    perPartition('kafka_consumergroup_group_lag_seconds', 'Age of the oldest record not yet committed', ({ lag, ageMs }) =>
      lag === 0 ? 0 : seconds(ageMs),
    ),
    perPartition('kafka_consumergroup_group_offset', 'Committed offset', ({ committed }) => committed),
    perGroup('kafka_consumergroup_group_max_lag', 'Largest lag of a partition', (of) =>
      Math.max(0, ...partitionsOf(of).map(({ lag }) => lag)),
    ),
    perGroup(
      'kafka_consumergroup_group_max_lag_seconds',
      'Age of the oldest record not yet committed in any partition',
      (of) => Math.max(0, ...partitionsOf(of).map(({ ageMs }) => ageMs ?? 0)) / 1000,
    ),
    perGroup('kafka_consumergroup_group_sum_lag', 'Records not yet committed in all partitions', (of) =>
      of.reduce((sum, { lag }) => sum + lag, 0),
    ),
    perTopic('kafka_partition_latest_offset', 'Offset of the next record to come', ({ high }) => high),
    perTopic('kafka_partition_earliest_offset', 'Offset of the oldest kept record', ({ low }) => low),
    perPartition('dialog_lag_clear_seconds', 'Until nothing waits, at the present rates; no series: not gaining', ({ clearInMs }) =>
      seconds(clearInMs),
    ),
    {
      name: 'dialog_lag_state',
      help: '1 for the state in which the partition is',
      labelNames: ['cluster_name', 'group', 'topic', 'partition', 'state'],
      samples: ({ groups }) =>
        groups.flatMap(({ group, topic, partitions }) =>
          partitions.flatMap(({ partition, state }) =>
            state === null ? [] : [{ labels: { ...cluster, group, topic, partition: String(partition), state }, value: 1 }],
          ),
        ),
    },
    {
      name: 'dialog_lag_known',
      help: '1 while the log tells the lag, 0 while it does not answer',
      labelNames: ['cluster_name'],
      samples: ({ at }) => [{ labels: cluster, value: at === null ? 0 : 1 }],
    },
  ];
};

const series = (labels: Labels, value: number | null): MetricSample[] => (value === null ? [] : [{ labels, value }]);
const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);
