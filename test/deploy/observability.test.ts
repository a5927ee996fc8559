import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { groupLag, type LagReport } from '@dialog/console/lag/report';
import { serviceNames } from '@dialog/standalone/engine';
import { engineMetrics } from '@dialog/standalone/metrics';
import { parser } from '@prometheus-io/lezer-promql';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const folder = new URL('../../deploy/observability/', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, folder), 'utf8');

type Rule = {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary?: string; readonly runbook?: string };
};
const { groups } = parse(read('alerts.yml')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
type Dashboard = { readonly uid: string; readonly panels: { readonly title: string; readonly targets: { readonly expr: string }[] }[] };
const dashboards = ['engine', 'lag'].map((name) => JSON.parse(read(`dashboards/${name}.json`)) as Dashboard);

/** Metric and label names of an expression, by Prometheus' own grammar. @throws where it does not parse */
const namesIn = (expr: string): { metrics: string[]; labels: string[] } => {
  const metrics: string[] = [];
  const labels: string[] = [];
  parser.parse(expr).iterate({
    enter: (node) => {
      if (node.type.isError) throw new Error(`does not parse at ${node.from}: ${expr}`);
      const selector = node.node.parent?.name === 'VectorSelector';
      if (node.name === 'Identifier' && selector) metrics.push(expr.slice(node.from, node.to));
      if (node.name === 'LabelName') labels.push(expr.slice(node.from, node.to));
    },
  });
  return { metrics, labels };
};

/** What the process of the engine exports: its own registry, with everything in it that may ever be told. */
const exported = async (): Promise<{ metrics: Set<string>; labels: Set<string> }> => {
  const sample = {
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
  // Long enough to have a state.
  const window = Array.from({ length: 60 }, (_, second) => ({ ...sample, at: second * 1_000, high: 9 + second, committed: 4 + second }));
  const lag: LagReport = {
    now: 7,
    at: 7,
    unknownSince: null,
    groups: [groupLag('projector', 'dialog.inbox', [{ partition: 2, committedAt: undefined, behindMs: undefined, window }])],
    lastKnown: null,
  };
  const metrics = engineMetrics();
  metrics.ingress.webhook({ account: 'a', event: 'e', verdict: 'accepted' });
  metrics.ingress.acknowledged(0.1);
  metrics.outbound.settled({ account: 'a', kind: 'text', outcome: 'accepted' });
  metrics.outbound.attempted({ account: 'a', answer: 'accepted' }, 0.1);
  metrics.outbound.stepAsked({ account: 'a', answer: 'answered' }, 0.1);
  metrics.outbound.circuit({ account: 'a' }, true);
  metrics.offsetResets('projector');
  const open = [{ account: 'a', owner: 'queue', count: 1, oldestSince: 0, closeOverdue: 0 }] as const;
  metrics.watch({
    desk: { lag: () => lag, totals: async () => ({ now: 7, open, parked: [{ account: 'a', count: 1 }] }) },
    projector: { health: () => ({ behindMs: 0, deadlines: 0 }) } as never,
  });
  const text = await metrics.text();
  const declared = [...text.matchAll(/^# TYPE (\S+) (\S+)/gm)].flatMap(([, name = '', type]) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  );
  const labels = [...text.matchAll(/[{,](\w+)="/g)].map(([, name = '']) => name);
  // Prometheus itself adds these: whether the scrape went well, and what it scraped.
  return { metrics: new Set([...declared, 'up']), labels: new Set([...labels, 'job', 'instance', 'service']) };
};

const problemsOf = async (expr: string): Promise<string[]> => {
  const { metrics, labels } = await exported();
  const used = namesIn(expr);
  if (used.metrics.length === 0) return [`no metric in ${expr}`];
  return [
    ...used.metrics.filter((name) => !metrics.has(name)).map((name) => `nobody exports ${name}`),
    ...used.labels.filter((name) => !labels.has(name)).map((name) => `no label ${name}`),
  ];
};

describe('alerts', () => {
  it.each(rules.map((rule) => [rule.alert, rule] as const))('%s asks for what is exported and says what to do', async (_name, rule) => {
    expect(await problemsOf(rule.expr)).toEqual([]);
    expect(['critical', 'warning']).toContain(rule.labels.severity);
    expect(rule.annotations.summary?.length).toBeGreaterThan(10);
    expect(rule.annotations.runbook?.length).toBeGreaterThan(30);
  });
  it('see what was counted before the first scrape too', () => {
    const counting = rules.filter(({ expr }) => expr.includes('increase('));
    expect(counting.length).toBeGreaterThan(3);
    // A series whose first value is above 0 has no increase.
    for (const { alert, expr } of counting)
      expect([alert, expr]).toEqual([alert, expect.stringMatching(/unless (\w+)(\{[^}]*\})? offset/)]);
  });
  it('tell of each service of which none runs', () => {
    const expr = rules.find(({ alert }) => alert === 'ServiceMissing')?.expr ?? '';
    for (const name of serviceNames) expect(expr).toContain(`absent(up{job="dialog-engine", service=~"(.*-)?${name}"} == 1)`);
  });
  it('are there for what people must know of', () => {
    const told = [
      'ProjectorBehind',
      'PeopleWaiting',
      'CircuitOpen',
      'DialogsParked',
      'SilenceRefusedWebhooks',
      'OffsetReset',
      'CloseOverdue',
    ];
    expect(rules.map((rule) => rule.alert)).toEqual(expect.arrayContaining(told));
    expect(new Set(rules.map((rule) => rule.alert)).size).toBe(rules.length);
  });
});

describe('dashboards', () => {
  it.each(dashboards.flatMap(({ uid, panels }) => panels.map((panel) => [`${uid}: ${panel.title}`, panel] as const)))(
    '%s asks for what is exported',
    async (_name, panel) => {
      expect(panel.targets.length).toBeGreaterThan(0);
      for (const { expr } of panel.targets) expect(await problemsOf(expr)).toEqual([]);
    },
  );
});

it('no panel shows a 0 where nobody is there to count', () => {
  const exprs = dashboards.flatMap(({ panels }) => panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)));
  expect(exprs.filter((expr) => expr.includes('vector('))).toEqual([]);
});

it.each([
  ['projector_behind_secondz > 1', 'nobody exports projector_behind_secondz'],
  ['rate(webhook_acknowledgement_seconds[5m])', 'nobody exports webhook_acknowledgement_seconds'],
  ['sum by (acount) (webhooks_total)', 'no label acount'],
  ['webhooks_total{verdikt="refused"}', 'no label verdikt'],
])('goes red on %s', async (expr, told) => expect(await problemsOf(expr)).toContain(told));
it('goes red on an expression that does not parse', () => expect(() => namesIn('sum by (a (b)')).toThrow('does not parse'));

const promtool = spawnSync('promtool', ['--version'], { encoding: 'utf8' }).status === 0;
it.skipIf(!promtool)(
  'promtool takes the rules, and each of those tried fires when it should (skipped where promtool, of Debian’s prometheus, is not)',
  () => {
    for (const args of [
      ['check', 'rules', 'alerts.yml'],
      ['test', 'rules', 'alerts.test.yml'],
    ]) {
      const told = spawnSync('promtool', args, { cwd: fileURLToPath(folder), encoding: 'utf8' });
      expect(told.status === 0 ? '' : `${told.stdout}${told.stderr}`).toBe('');
    }
  },
);
