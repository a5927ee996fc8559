import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { groups, topics } from '@dialog/contracts/topics';
import { configurationSchema, configurationVariables } from '@dialog/service-kit/configuration';
import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1';
import { PrometheusRule, ServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1';
import { Ingress } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { Service } from 'kubernetes-models/v1';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { findHelm, helmIsBeingBuilt } from '../../scripts/helm.ts';

const root = new URL('../../', import.meta.url);
const chart = fileURLToPath(new URL('deploy/helm/dialog-engine', root));
const available = findHelm() !== undefined || helmIsBeingBuilt();
let helm = '';
beforeAll(async () => {
  if (!available) return;
  // CI builds it beside everything else.
  await vi.waitUntil(() => findHelm() !== undefined || !helmIsBeingBuilt(), { timeout: 540_000, interval: 2_000 });
  helm = findHelm() ?? '';
}, 560_000);

const run = (command: 'template' | 'lint', ...args: string[]): { text: string; error: string } => {
  const place = command === 'template' ? ['prod', chart] : [chart, '--strict'];
  const { status, stdout, stderr } = spawnSync(helm, [command, ...place, '--kube-version', '1.31.0', ...args], { encoding: 'utf8' });
  return { text: stdout, error: status === 0 ? '' : `${stdout}${stderr}` };
};
const sets = (...values: string[]): string[] => values.flatMap((value) => ['--set', value]);
const everything = sets(
  ...['projector.scaling.enabled=true', 'outbound.scaling.enabled=true', 'outbound.scaling.max=40', 'serviceMonitor.enabled=true'],
  ...['prometheusRule.enabled=true', 'ingress.route.enabled=true', 'ingress.route.host=bot.example.com', 'ingress.route.tlsSecret=tls'],
  ...['secrets.kafkaPassword.name=kafka', 'secrets.kafkaPassword.key=password', 'secrets.accounts=bots', 'settings.WEBIM_RATE=9'],
  'logUrl=kafka:one:9092?sasl=plain',
);

type Container = {
  readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
  readonly ports: readonly { readonly name: string }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly securityContext: unknown;
  readonly lifecycle?: unknown;
} & Readonly<Record<'startupProbe' | 'livenessProbe' | 'readinessProbe', { readonly httpGet: unknown }>>;
type Resource = {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  /** What it is, the schema of its kind checks. */
  readonly spec: ReturnType<typeof JSON.parse>;
};
const kinds = { Deployment, StatefulSet, Service, Ingress, PodDisruptionBudget, ScaledObject, ServiceMonitor, PrometheusRule } as const;

const rendered = (...args: string[]): Resource[] => {
  const { text, error } = run('template', ...args);
  expect(error).toBe('');
  return parseAllDocuments(text, { version: '1.1' }).flatMap((document) => {
    expect(document.errors).toEqual([]);
    const resource = document.toJS() as Resource | null;
    return resource === null ? [] : [resource];
  });
};
/** What the schema of its kind says. */
const problemsOf = (resource: Resource): string => {
  const Kind = kinds[resource.kind as keyof typeof kinds] as (new (data: never) => { validate: () => void }) | undefined;
  if (Kind === undefined) return `${resource.kind} has no schema here`;
  try {
    new Kind(resource as never).validate();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};
const containerOf = (resource: Resource): Container => resource.spec.template.spec.containers[0];
const workloads = (resources: readonly Resource[]): Resource[] =>
  resources.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
const of = (resources: readonly Resource[], kind: string): Resource[] => resources.filter((resource) => resource.kind === kind);

it('the settings that the chart passes on are settings of the services', () => {
  const schema = JSON.parse(readFileSync(`${chart}/values.schema.json`, 'utf8'));
  expect(schema.properties.settings.propertyNames.enum.filter((name: string) => !(name in configurationSchema.shape))).toEqual([]);
});

describe.skipIf(!available)('the chart (skipped where there is neither helm nor a go to build it)', () => {
  it('is clean for helm lint', () => expect(run('lint', ...everything).error).toBe(''));

  it.each([
    ['by default', [] as string[]],
    ['with everything on', everything],
  ])('renders what the schemas of Kubernetes, KEDA and the Prometheus operator take, %s', (_how, args) => {
    const resources = rendered(...args);
    expect(resources.map((one) => `${one.kind} ${one.metadata.name}: ${problemsOf(one)}`).filter((line) => !line.endsWith(': '))).toEqual(
      [],
    );
    expect(
      workloads(resources)
        .map((one) => `${one.kind} ${one.metadata.name}`)
        .sort(),
    ).toEqual([
      'Deployment prod-dialog-engine-console',
      'Deployment prod-dialog-engine-outbound',
      'Deployment prod-dialog-engine-projector',
      'StatefulSet prod-dialog-engine-ingress',
    ]);
    expect(of(resources, 'PodDisruptionBudget')).toHaveLength(4);
    expect(of(resources, 'Secret')).toEqual([]);
  });

  it('runs each as nobody in particular, read-only, with probes, settings that are known and secrets from files alone', () => {
    for (const workload of workloads(rendered(...everything))) {
      const container = containerOf(workload);
      expect(workload.spec.template.spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(container.livenessProbe.httpGet).toEqual({ path: '/healthz', port: 'operations' });
      expect(container.startupProbe.httpGet).toEqual({ path: '/healthz', port: 'operations' });
      expect(container.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'operations' });
      const mounted = container.volumeMounts.map((mount) => mount.name).sort();
      const volumes = workload.spec.template.spec.volumes.map((volume: { name: string }) => volume.name);
      const claims = (workload.spec.volumeClaimTemplates ?? []).map((claim: Resource) => claim.metadata.name);
      expect([...volumes, ...claims].sort()).toEqual(mounted);

      const known = new Set(configurationVariables);
      const given = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
      expect(Object.keys(given).filter((name) => !known.has(name))).toEqual([]);
      expect(container.env.filter(({ valueFrom }) => valueFrom !== undefined)).toEqual([]);
      for (const name of ['HASH_KEY', 'EVENTS_URL', 'KAFKA_PASSWORD']) expect(given).not.toHaveProperty(name);
      const { success, error } = configurationSchema.safeParse(given);
      expect(success ? '' : error.message).toBe('');
      expect(given['SERVICES']).toBe(workload.metadata.labels['app.kubernetes.io/component']);
    }
  });

  it('keeps the spool of ingress on a volume that outlives the pod', () => {
    const [ingress] = of(rendered(), 'StatefulSet');
    expect(ingress?.spec.volumeClaimTemplates[0].metadata.name).toBe('data');
    expect(ingress?.spec.persistentVolumeClaimRetentionPolicy).toEqual({ whenDeleted: 'Retain', whenScaled: 'Retain' });
  });

  it('lets the door stand open while the proxies still lead to a pod that ends', () => {
    for (const workload of workloads(rendered())) {
      const isDoor = workload.metadata.labels['app.kubernetes.io/component'] === 'ingress';
      expect(containerOf(workload).lifecycle).toEqual(isDoor ? { preStop: { exec: { command: ['sleep', '5'] } } } : undefined);
    }
  });

  it('scales on lag from a floor of 1 up to the partitions, a stuck partition left out, and leaves replicas to KEDA then', () => {
    const resources = rendered(...everything);
    const scaled = of(resources, 'ScaledObject');
    expect(scaled.map((one) => one.spec.triggers[0].metadata).map(({ consumerGroup, topic }) => [consumerGroup, topic])).toEqual([
      [groups.outbound, topics.outbox],
      [groups.projector, topics.inbox],
    ]);
    for (const { spec } of scaled) {
      expect([spec.minReplicaCount, spec.maxReplicaCount, spec.triggers[0].metadata.bootstrapServers]).toEqual([1, 12, 'one:9092']);
      expect(spec.triggers[0].metadata).toMatchObject({
        excludePersistentLag: 'true',
        allowIdleConsumers: 'false',
        offsetResetPolicy: 'earliest',
      });
      const target = of(resources, 'Deployment').find((one) => one.metadata.name === spec.scaleTargetRef.name);
      expect(target?.spec).toBeDefined();
      expect(target?.spec).not.toHaveProperty('replicas');
    }
  });

  it('gives Prometheus the same alerts, under the job that they ask for', () => {
    const resources = rendered(...everything);
    expect(of(resources, 'PrometheusRule')[0]?.spec).toEqual(parse(readFileSync(new URL('deploy/observability/alerts.yml', root), 'utf8')));
    const [monitor] = of(resources, 'ServiceMonitor');
    const watched = of(resources, 'Service').filter((one) =>
      Object.entries(monitor?.spec.selector.matchLabels as Record<string, string>).every(
        ([name, value]) => one.metadata.labels[name] === value,
      ),
    );
    expect(watched).toHaveLength(4);
    for (const { metadata, spec } of watched) {
      expect(metadata.labels[monitor?.spec.jobLabel]).toBe('dialog-engine');
      expect(spec.ports.map((port: { name: string }) => port.name)).toContain(monitor?.spec.endpoints[0].port);
      const target = workloads(resources).find((one) => one.metadata.name === metadata.name);
      expect(target?.spec.template.metadata.labels).toMatchObject(spec.selector);
    }
  });

  it.each([
    ['logUrl=sqlite:/data/log.db', 'logUrl'],
    ['logUrl=kafka:user:password@one:9092', 'logUrl'],
    ['secrets.hashKey.name=', 'hashKey'],
    ['secrets.hashKey.value=abc', 'hashKey'],
    ['settings.HASH_KEY=abc', 'HASH_KEY'],
    ['settings.BOT_SILENCE=3s', 'BOT_SILENCE_LIMIT'],
    ['image.tag=latest', 'tag'],
    ['ingress.replicas=0', 'replicas'],
    ['ingress.route.enabled=true', 'host'],
    ['projectors.replicas=3', 'projectors'],
  ])('refuses %s', (value, told) => expect(run('template', '--set', value).error).toContain(told));

  it('goes red on a resource that its schema refuses', () => {
    const [deployment] = of(rendered(), 'Deployment');
    const spec = { ...deployment?.spec, replicas: 'two' };
    expect(problemsOf({ ...(deployment as Resource), spec })).toContain('replicas must be integer');
    const [scaled] = of(rendered(...everything), 'ScaledObject');
    expect(problemsOf({ ...(scaled as Resource), spec: { ...scaled?.spec, scaleTargetRef: {} } })).toContain('name');
  });
});
