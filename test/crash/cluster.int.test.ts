import { describe, expect, it } from 'vitest';
import { clusterRun } from './cluster-run.ts';
import type { Planted } from './planted.ts';

const seed = Number(process.env['CRASH_SEED'] ?? 1);
const skipped = (reason: string): void => void process.stderr.write(`SKIPPED the crash test of the cluster: ${reason}\n`);

describe('a cluster of separate processes on a real Kafka, killed at random under load', () => {
  it('20 kills: nothing accepted is lost, nothing applied twice, all in order; sent twice is what the history calls in doubt', {
    timeout: 600_000,
  }, async (context) => {
    const report = await clusterRun({ kills: 20, chats: 60, rate: 50, seed });
    if ('reason' in report) {
      skipped(report.reason);
      return context.skip(report.reason);
    }
    const { findings, ...figures } = report;
    process.stdout.write(`crash test of the cluster: ${JSON.stringify(figures)}\n`);
    expect(findings).toEqual([]);
    expect(Object.values(report.killed).every((times) => times >= 3)).toBe(true);
    expect(report.answered200).toBeGreaterThan(1_000);
    expect(report.effects).toBeGreaterThan(500);
  });

  it.for<[Planted, RegExp]>([
    ['acknowledged_before_produce', /recorded \d+ times/],
    ['no_expected_revision', /applied twice|taken as new|settled twice|seen by Webim/],
    ['result_before_settled', /seen by Webim \d+ times, accepted/],
  ])('sees a planted bug: %s', { timeout: 300_000 }, async ([planted, finding], context) => {
    const report = await clusterRun({ kills: 10, chats: 40, rate: 50, seed, planted });
    if ('reason' in report) {
      skipped(report.reason);
      return context.skip(report.reason);
    }
    expect(report.findings.filter((one) => finding.test(one)).length).toBeGreaterThan(0);
  });
});
