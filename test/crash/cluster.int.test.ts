import { describe, expect, it } from 'vitest';
import { type ClusterReport, type ClusterRun, clusterRun } from './cluster-run.ts';

const seed = Number(process.env['CRASH_SEED'] ?? 1);

type Skippable = { readonly skip: (reason: string) => void };

/** @returns the report with its figures printed, or undefined where the test is skipped, loudly */
const reportOf = async (what: string, options: Omit<ClusterRun, 'seed'>, context: Skippable): Promise<ClusterReport | undefined> => {
  const report = await clusterRun({ seed, ...options });
  if ('reason' in report) {
    process.stderr.write(`SKIPPED ${what}: ${report.reason}\n`);
    context.skip(report.reason);
    return undefined;
  }
  const { findings, ...figures } = report;
  process.stdout.write(`${what}: ${JSON.stringify({ ...figures, findings: findings.length })}\n`);
  return report;
};

describe('a cluster of separate processes on a real Kafka, killed at random under load', () => {
  it('20 kills, two owners at once, lost acknowledgements: nothing accepted is lost or applied twice, all in order; sent twice is what the history calls in doubt', {
    timeout: 900_000,
  }, async (context) => {
    const run = { kills: 20, chats: 60, rate: 50, freezes: 2, lostAnswers: 8 };
    const report = await reportOf('crash test of the cluster', run, context);
    if (report === undefined) return;
    expect(report.findings).toEqual([]);
    expect(Object.keys(report.killed).sort()).toEqual(['event store', 'ingress', 'kafka', 'outbound', 'projector']);
    expect(Math.min(...Object.values(report.killed))).toBeGreaterThanOrEqual(3);
    expect(report.answersLost).toBeGreaterThan(40);
    expect(report.answered200).toBeGreaterThan(1_000);
    expect(report.effects).toBeGreaterThan(300);
  });
});

describe.concurrent('outages of 5 s and 30 s: answers in time, goes on by itself, loses nothing, people get their chats, no burst of old replies', () => {
  it.for(['kafka', 'event store', 'both'] as const)('%s away', { timeout: 600_000 }, async (away, context) => {
    const outages = [5, 30].map((seconds) => ({ away, seconds }));
    const report = await reportOf(`outages of ${away}`, { kills: 0, chats: 20, rate: 15, outages }, context);
    if (report === undefined) return;
    expect(report.findings).toEqual([]);
    // The log's acknowledgement may take 2 s; one answer may wait behind it.
    expect(report.slowestAnswerMs).toBeLessThan(6_000);
    expect(report.oldReplies).toBe(0);
    expect(report.toPeople).toBeGreaterThan(0);
    expect(report.heldByDeadBot).toBe(0);
    expect(report.greetedAfterSeconds).toHaveLength(2);
  });
});

// The bugs that one process can have are planted in `crash.int.test.ts`.
describe.concurrent('the comparison sees a planted bug', () => {
  it('no expected revision, while two owners have a dialog', { timeout: 600_000 }, async (context) => {
    const run = { kills: 2, freezes: 4, chats: 40, rate: 50, planted: 'no_expected_revision' } as const;
    const report = await reportOf('no_expected_revision', run, context);
    const seen = report?.findings.filter((one) => /applied twice|taken as new|settled twice|seen by Webim|no end/.test(one));
    if (seen !== undefined) expect(seen.length).toBeGreaterThan(0);
  });

  it('an idempotent producer behind a proxy that swallows answers', { timeout: 600_000 }, async (context) => {
    const run = { kills: 0, lostAnswers: 12, chats: 40, rate: 50, planted: 'idempotent_producer' } as const;
    const report = await reportOf('idempotent_producer', run, context);
    const lost = report?.findings.filter((one) => /answered 200 \d+ times, recorded \d+ times/.test(one));
    if (lost !== undefined) expect(lost.length).toBeGreaterThan(0);
  });
});
