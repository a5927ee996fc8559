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
  const settled = new Counter({
    name: 'effects_settled_total',
    help: 'Attempts of effects settled',
    labelNames: ['account', 'kind', 'outcome'],
    registers: [registry],
  });
  const attempts = new Histogram({
    name: 'webim_request_seconds',
    help: 'HTTP attempts towards Webim',
    labelNames: ['account', 'answer'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10],
    registers: [registry],
  });
  const circuit = new Gauge({
    name: 'webim_circuit_open',
    help: '1 while the circuit of an account is open',
    labelNames: ['account'],
    registers: [registry],
  });
  const unreadable = new Counter({ name: 'outbox_unreadable_total', help: 'Outbox records that could not be read', registers: [registry] });
  const ingress: IngressMetrics = {
    webhook: (labels) => webhooks.inc(labels),
    acknowledged: (seconds) => acknowledged.observe(seconds),
  };
  const outbound: OutboundMetrics = {
    settled: (labels) => settled.inc(labels),
    attempted: (labels, seconds) => attempts.observe(labels, seconds),
    circuit: (labels, open) => circuit.set(labels, open ? 1 : 0),
    unreadable: () => unreadable.inc(),
  };

  /** What is read when Prometheus asks. The lag is told by the process of the console alone, so that no series comes twice. */
  const watch = ({ desk, projector }: { desk: Pick<Console, 'lag'> | undefined; projector: Projector | undefined }): void => {
    if (desk !== undefined) {
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
  return { ingress, outbound, watch, text: () => registry.metrics() };
};
export type EngineMetrics = ReturnType<typeof engineMetrics>;
