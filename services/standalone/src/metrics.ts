import type { Console } from '@dialog/console/console';
import { lagMetrics } from '@dialog/console/lag/metrics';
import type { IngressMetrics } from '@dialog/ingress/metrics';
import type { OutboundMetrics } from '@dialog/outbound/metrics';
import type { Projector } from '@dialog/projector/projector';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from '@prometheus-io/client';

/** What the label `cluster_name` of the lag says. */
const clusterName = 'dialog';

/** The process's instruments, with the names that existing dashboards know for lag. */
export const engineMetrics = () => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const webhooks = new Counter({
    name: 'webhooks_total',
    help: 'Webhooks answered',
    labelNames: ['account', 'event', 'verdict'],
    registers: [registry],
  });
  const acknowledged = new Histogram({
    name: 'webhook_acknowledgement_seconds',
    help: 'Time of the log to acknowledge a webhook',
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 2],
    registers: [registry],
  });
  const spooled = new Gauge({
    name: 'webhooks_spooled',
    help: 'Webhooks kept on the disk of ingress until the log takes them',
    registers: [registry],
  });
  const settled = new Counter({
    name: 'effects_settled_total',
    help: 'Attempts of effects settled',
    labelNames: ['account', 'kind', 'outcome'],
    registers: [registry],
  });
  const attempts = new Histogram({
    name: 'webim_request_seconds',
    help: 'Requests to the bot API of Webim',
    labelNames: ['account', 'answer'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10],
    registers: [registry],
  });
  const steps = new Histogram({
    name: 'http_step_request_seconds',
    help: 'Requests of http steps of scripts',
    labelNames: ['account', 'answer'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30],
    registers: [registry],
  });
  const circuit = new Gauge({
    name: 'webim_circuit_open',
    help: '1 while the circuit of an account is open',
    labelNames: ['account'],
    registers: [registry],
  });
  const unreadable = new Counter({ name: 'outbox_unreadable_total', help: 'Outbox records that could not be read', registers: [registry] });
  const resets = new Counter({
    name: 'log_offset_resets_total',
    help: 'Times a consumer had to begin elsewhere than where it stood: records may be lost',
    labelNames: ['group'],
    registers: [registry],
  });
  const ingress: IngressMetrics = {
    webhook: (labels) => webhooks.inc(labels),
    acknowledged: (seconds) => acknowledged.observe(seconds),
    spooled: (inputs) => spooled.set(inputs),
  };
  const outbound: OutboundMetrics = {
    settled: (labels) => settled.inc(labels),
    attempted: (labels, seconds) => attempts.observe(labels, seconds),
    stepAsked: (labels, seconds) => steps.observe(labels, seconds),
    circuit: (labels, open) => circuit.set(labels, open ? 1 : 0),
    unreadable: () => unreadable.inc(),
  };

  /** What is read when Prometheus asks. The lag is told by the process of the console alone, so that no series comes twice. */
  const watch = ({ desk, projector }: { desk: Pick<Console, 'lag' | 'totals'> | undefined; projector: Projector | undefined }): void => {
    if (desk !== undefined) {
      watchDialogs(registry, desk);
      for (const { name, help, labelNames, samples } of lagMetrics(clusterName)) {
        const gauge: Gauge<string> = new Gauge({
          name,
          help,
          labelNames: [...labelNames],
          registers: [registry],
          collect: () => {
            // Only what is known now: no series of a partition, a state or a figure that was.
            gauge.reset();
            for (const { labels, value } of samples(desk.lag())) gauge.set(labels, value);
          },
        });
      }
    }
    if (projector === undefined) return;
    const behind: Gauge<string> = new Gauge({
      name: 'projector_behind_seconds',
      help: 'What the projector reports of itself',
      registers: [registry],
      collect: (): void => behind.set(projector.health().behindMs / 1000),
    });
    const deadlines: Gauge<string> = new Gauge({
      name: 'projector_deadlines',
      help: 'Dialogs with a deadline',
      registers: [registry],
      collect: (): void => deadlines.set(projector.health().deadlines),
    });
  };
  return {
    ingress,
    outbound,
    /** Counts a group's resets from its start on: 0 is a series too, so that the first one is seen as an increase. */
    offsetResets: (group: string) => {
      resets.inc({ group }, 0);
      return (): void => resets.inc({ group });
    },
    watch,
    text: () => registry.metrics(),
  };
};
export type EngineMetrics = ReturnType<typeof engineMetrics>;

type Totals = NonNullable<Awaited<ReturnType<Console['totals']>>>;

/** What the console's read model counts. The gauges of one scrape share one query. */
const watchDialogs = (registry: Registry, desk: Pick<Console, 'totals'>): void => {
  let asked: ReturnType<Console['totals']> | undefined;
  const totals = (): ReturnType<Console['totals']> => {
    asked ??= desk.totals().finally(() => {
      asked = undefined;
    });
    return asked;
  };
  const gauge = (name: string, help: string, labelNames: string[], fill: (gauge: Gauge<string>, totals: Totals) => void): void => {
    const one: Gauge<string> = new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect: async () => {
        const known = await totals();
        // No series of what is not known, or is no more.
        one.reset();
        if (known !== undefined) fill(one, known);
      },
    });
  };
  gauge('dialogs_open', 'Dialogs that are not closed, by who has them', ['account', 'owner'], (one, { open }) => {
    for (const { account, owner, count } of open) one.set({ account, owner }, count);
  });
  const oldest = 'How long the longest of them has this owner; in the queue: how long a person waits';
  gauge('dialogs_oldest_seconds', oldest, ['account', 'owner'], (one, { open, now }) => {
    for (const { account, owner, oldestSince } of open)
      if (oldestSince !== null) one.set({ account, owner }, Math.max(0, now - oldestSince) / 1000);
  });
  gauge('dialogs_close_overdue', 'Open dialogs that Webim should have closed', ['account'], (one, { open }) => {
    for (const { account, closeOverdue } of open) one.inc({ account }, closeOverdue);
  });
  gauge('dialogs_parked', 'Dialogs that wait for a release', ['account'], (one, { parked }) => {
    for (const { account, count } of parked) one.set({ account }, count);
  });
};
