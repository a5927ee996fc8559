import { describe, expect, it } from 'vitest';
import { clusterRun } from './cluster-run.ts';
import type { Planted } from './planted.ts';

const seed = Number(process.env['CRASH_SEED'] ?? 1);
const skipped = (reason: string): void => void process.stderr.write(`SKIPPED the crash test of the cluster: ${reason}\n`);

describe('a cluster of separate processes on a real Kafka, killed at random under load', () => {
  it('20 kills, two owners at once: nothing accepted is lost or applied twice, all in order; sent twice is what the history calls in doubt', {
    timeout: 600_000,
  }, async (context) => {
    const report = await clusterRun({ kills: 20, chats: 60, rate: 50, seed, freezes: 2 });
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

  it('outages of broker, store and both, 5 s and 30 s: answers in time, goes on by itself, loses nothing, no burst of old replies', {
    timeout: 900_000,
  }, async (context) => {
    const outages = (['kafka', 'event store', 'both'] as const).flatMap((away) => [5, 30].map((seconds) => ({ away, seconds })));
    const report = await clusterRun({ kills: 0, chats: 30, rate: 20, seed, outages });
    if ('reason' in report) {
      skipped(report.reason);
      return context.skip(report.reason);
    }
    const { findings, ...figures } = report;
    process.stdout.write(`outages of the cluster: ${JSON.stringify(figures)}\n`);
    expect(findings).toEqual([]);
    // The log's acknowledgement may take 2 s; one answer may wait behind it.
    expect(report.slowestAnswerMs).toBeLessThan(6_000);
    expect(report.oldReplies).toBe(0);
  });

  it.for<[Planted, RegExp, number, number]>([
    ['committed_before_append', /recorded \d+ times/, 5, 0],
    ['acknowledged_before_produce', /recorded \d+ times/, 5, 0],
    ['no_expected_revision', /applied twice|taken as new|settled twice|seen by Webim|no end/, 2, 4],
  ])('sees a planted bug: %s', { timeout: 300_000 }, async ([planted, finding, kills, freezes], context) => {
    const report = await clusterRun({ kills, freezes, chats: 40, rate: 50, seed, planted });
    if ('reason' in report) {
      skipped(report.reason);
      return context.skip(report.reason);
    }
    expect(report.findings.filter((one) => finding.test(one)).length).toBeGreaterThan(0);
  });
});
